#pragma once
/// @file
/// Cells of two kinds of DNA under a random model with an adapter, and a plain loop over what perturbations
/// do to them.

#include "fixtures.hpp"
#include "naive_model.hpp"

#include <biodta/analysis/embedding_shift.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace biodta::analysis::testing {

/// 40 cells of 12 genes (tokens 2 to 13), at most 8 tokens of each read; every second cell is the donor's, in
/// whose genome every third gene has another row.
struct PerturbedWorld {
  static constexpr std::size_t kGeneCount = 12;
  static constexpr std::size_t kLongest = 8;

  TemporaryFolder folder;
  cells::Vocabulary vocabulary = vocabulary_of(kGeneCount);
  std::vector<std::vector<cells::TokenId>> cells = random_cells(40, kGeneCount, 12);
  cells::Corpus corpus = corpus_of(folder / "corpus.h5", vocabulary, cells);
  embedding::EmbeddingBank bank = bank_of(vocabulary, 5, 31);
  model::MaskedLanguageModel model = model_of(vocabulary, &bank, 22);
  data::TokenRows rows{vocabulary, bank};
  std::vector<embedding::ContextIndex> contexts;
  std::optional<data::BatchBuilder> builder;
  std::vector<std::uint32_t> all;

  PerturbedWorld() {
    for (auto& cell : cells)
      if (cell.size() > kLongest) cell.resize(kLongest);
    for (std::size_t i = 0; i < cells.size(); ++i)
      contexts.push_back(i % 2 == 0 ? embedding::ContextIndex{0} : embedding::kReference);
    builder.emplace(corpus, &rows, contexts, kLongest);
    all.resize(cells.size());
    std::iota(all.begin(), all.end(), 0U);
  }
  ShiftSubjects subjects() const { return {.cells = *builder, .bank = &bank}; }

  std::vector<float> row_of(cells::TokenId token,
                            embedding::ContextIndex context = embedding::kReference) const {
    const auto row = bank.row(bank.row_of(token - cells::kFirstGeneToken, context));
    return {row.begin(), row.end()};
  }
  /// Another row than any gene's.
  std::vector<float> mutant_of(cells::TokenId token) const {
    auto row = row_of(token);
    for (auto& value : row) value = 0.3F - value;
    return row;
  }
  Rows rows_in(std::uint32_t cell) const {
    Rows result;
    for (cells::TokenId token = 2; token < 2 + kGeneCount; ++token)
      result[token] = row_of(token, contexts[cell]);
    return result;
  }
  bool holds(std::uint32_t cell, cells::TokenId token) const {
    return std::find(cells[cell].begin(), cells[cell].end(), token) != cells[cell].end();
  }
};

/// A cell as the model reads it.
struct NaiveCell {
  std::vector<cells::TokenId> tokens;
  Rows rows;
};
/// … before and after.
using NaiveChange = std::optional<std::pair<NaiveCell, NaiveCell>>;

/// To the front, and cut alike.
inline NaiveChange overexpressed(const PerturbedWorld& world, std::uint32_t cell, cells::TokenId gene) {
  NaiveCell before{world.cells[cell], world.rows_in(cell)};
  NaiveCell after = before;
  std::erase(after.tokens, gene);
  after.tokens.insert(after.tokens.begin(), gene);
  if (after.tokens.size() > PerturbedWorld::kLongest) {
    after.tokens.pop_back();
    before.tokens.pop_back();
  }
  return std::pair(before, after);
}

/// Mutated from the reference genome, in the reference genome's row before.
inline NaiveChange mutated(const PerturbedWorld& world, std::uint32_t cell,
                           const std::vector<cells::TokenId>& genes) {
  NaiveCell before{world.cells[cell], world.rows_in(cell)};
  NaiveCell after = before;
  for (const auto gene : genes) {
    if (!world.holds(cell, gene)) return std::nullopt;
    before.rows[gene] = world.row_of(gene);
    after.rows[gene] = world.mutant_of(gene);
  }
  return std::pair(before, after);
}

/// Values that halve from gene to gene.
inline std::vector<double> halving_values(std::uint32_t, std::span<const cells::TokenId> tokens) {
  std::vector<double> values;
  for (double value = 1024.0; values.size() < tokens.size(); value /= 2.0) values.push_back(value);
  return values;
}

/// Mutated, and up by two ranks: what a fold change of 5 does to halving values.
inline NaiveChange mutated_and_moved_up_by_two(const PerturbedWorld& world, std::uint32_t cell,
                                               cells::TokenId gene) {
  auto change = mutated(world, cell, {gene});
  if (!change) return change;
  auto& tokens = change->second.tokens;
  const auto place = std::find(tokens.begin(), tokens.end(), gene) - tokens.begin();
  tokens.erase(tokens.begin() + place);
  tokens.insert(tokens.begin() + std::max<std::ptrdiff_t>(0, place - 2), gene);
  return change;
}

inline JointPerturbation mutation(const PerturbedWorld& world, const std::vector<cells::TokenId>& genes) {
  JointPerturbation joint;
  for (const auto gene : genes)
    joint.genes.push_back({PerturbationKind::kReplaceRow, gene, world.mutant_of(gene), world.row_of(gene)});
  return joint;
}

inline JointPerturbation mutation_and_rank_move(const PerturbedWorld& world, cells::TokenId gene) {
  return {{{PerturbationKind::kRankMove, gene, world.mutant_of(gene), world.row_of(gene), 0, 5.0}}};
}

}  // namespace biodta::analysis::testing
