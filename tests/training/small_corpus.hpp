#pragma once
/// @file
/// A small corpus and bank made on the spot.

#include <biodta/cells/corpus.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

namespace biodta::testing {

inline cells::Vocabulary small_vocabulary(std::size_t genes) {
  std::vector<cells::VocabularyGene> entries;
  for (std::size_t gene = 0; gene < genes; ++gene) {
    entries.push_back({"ENSG" + std::to_string(100 + gene), "G" + std::to_string(gene), 1.0});
  }
  return cells::Vocabulary(std::move(entries));
}

/// Cells of 4 to `genes` tokens. Each cell's genes follow one of three orders with noise, so that there is
/// something to learn. obs: "donor" (D0, D1, D2, D3 in turn), "age" (numbers).
inline void write_small_corpus(const std::filesystem::path& path, std::size_t cells, std::size_t genes,
                               std::uint64_t seed = 5) {
  support::RandomStream random(seed);
  std::vector<cells::TokenId> tokens;
  std::vector<std::uint64_t> offsets = {0};
  std::vector<std::string> ids;
  cells::ObsColumn donor{.name = "donor", .categories = {"D0", "D1", "D2", "D3"}};
  cells::ObsColumn age{.name = "age"};
  for (std::size_t cell = 0; cell < cells; ++cell) {
    std::vector<cells::TokenId> order(genes);
    std::iota(order.begin(), order.end(), cells::TokenId{2});
    support::RandomStream kind(cell % 3);
    kind.shuffle(order);
    for (int swap = 0; swap < 4; ++swap) std::swap(order[random.below(genes)], order[random.below(genes)]);
    order.resize(4 + random.below(genes - 3));
    tokens.insert(tokens.end(), order.begin(), order.end());
    offsets.push_back(tokens.size());
    ids.push_back("cell-" + std::to_string(cell));
    donor.codes.push_back(static_cast<std::int32_t>(cell % 4));
    age.numbers.push_back(static_cast<double>(cell));
  }
  cells::write_corpus(path, small_vocabulary(genes), tokens, offsets, ids,
                      std::vector<cells::ObsColumn>{donor, age});
}

/// Rows for the first `genes` genes of small_vocabulary; donor D1 has rows of its own for genes 0 and 2.
inline embedding::EmbeddingBank small_bank(std::size_t genes, std::size_t width) {
  support::RandomStream random(17);
  std::vector<std::string> ids;
  std::vector<std::string> symbols;
  std::vector<float> values(genes * width);
  const auto vocabulary = small_vocabulary(genes);
  for (const auto& gene : vocabulary.genes()) {
    ids.push_back(gene.id);
    symbols.push_back(gene.symbol);
  }
  for (auto& value : values) value = static_cast<float>(random.normal());
  embedding::EmbeddingBank bank(ids, symbols, 1, width, values);
  std::vector<float> own(2 * width);
  for (auto& value : own) value = static_cast<float>(random.normal());
  bank.add_context("D1", {0, 2}, own);
  return bank;
}

}  // namespace biodta::testing
