#pragma once
/// @file
/// Tiny corpora, banks and models for the tests of this room and of its programs.

#include "testing.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/support/random.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis::testing {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;

/// `genes` genes g0, g1, … (tokens from 2) with symbols S0, S1, …
inline cells::Vocabulary vocabulary_of(std::size_t genes) {
  std::vector<cells::VocabularyGene> known;
  for (std::size_t i = 0; i < genes; ++i)
    known.push_back({"g" + std::to_string(i), "S" + std::to_string(i), 1.0});
  return cells::Vocabulary(std::move(known));
}

/// Writes a corpus of given cells and opens it.
inline cells::Corpus corpus_of(const std::filesystem::path& path, const cells::Vocabulary& vocabulary,
                               const std::vector<std::vector<cells::TokenId>>& cells,
                               const std::vector<cells::ObsColumn>& obs = {}) {
  std::vector<cells::TokenId> tokens;
  std::vector<std::uint64_t> offsets = {0};
  std::vector<std::string> ids;
  for (const auto& cell : cells) {
    tokens.insert(tokens.end(), cell.begin(), cell.end());
    offsets.push_back(tokens.size());
    ids.push_back("cell" + std::to_string(ids.size()));
  }
  cells::write_corpus(path, vocabulary, tokens, offsets, ids, obs);
  return cells::Corpus::open(path);
}

/// Cells of 3 … genes tokens in random order.
inline std::vector<std::vector<cells::TokenId>> random_cells(std::size_t count, std::size_t genes,
                                                             std::uint64_t seed) {
  support::RandomStream random(seed);
  std::vector<std::vector<cells::TokenId>> cells(count);
  for (auto& cell : cells) {
    for (std::size_t gene = 0; gene < genes; ++gene)
      cell.push_back(static_cast<cells::TokenId>(gene + cells::kFirstGeneToken));
    random.shuffle(cell);
    cell.resize(3 + random.below(genes - 2));
  }
  return cells;
}

/// Normal rows for every gene of the vocabulary, and one context "donor" that changes every third gene.
inline embedding::EmbeddingBank bank_of(const cells::Vocabulary& vocabulary, std::size_t width,
                                        std::uint64_t seed) {
  support::RandomStream random(seed);
  std::vector<std::string> ids;
  std::vector<std::string> symbols;
  std::vector<float> rows;
  std::vector<std::uint32_t> changed;
  std::vector<float> donor;
  for (const auto& gene : vocabulary.genes()) {
    if (ids.size() % 3 == 0) changed.push_back(static_cast<std::uint32_t>(ids.size()));
    ids.push_back(gene.id);
    symbols.push_back(gene.symbol);
    for (std::size_t e = 0; e < width; ++e) rows.push_back(static_cast<float>(random.normal()));
  }
  for (std::size_t i = 0; i < changed.size() * width; ++i)
    donor.push_back(static_cast<float>(random.normal()));
  embedding::EmbeddingBank bank(ids, symbols, 1, width, rows);
  bank.add_context("donor", changed, donor);
  return bank;
}

/// A random model in eval mode. @param bank  nullptr = a table.
inline model::MaskedLanguageModel model_of(const cells::Vocabulary& vocabulary,
                                           const embedding::EmbeddingBank* bank, std::uint64_t seed) {
  model::ModelConfig config;
  config.bert = {3, 16, 2, 32, 64, 0.0, 0.0, 1e-12, 0.3};
  config.embedding.kind = bank != nullptr ? model::TokenEmbedding::kAdapter : model::TokenEmbedding::kTable;
  config.embedding.table_initializer_range = 0.5;
  config.vocabulary_size = static_cast<std::int64_t>(vocabulary.token_count());
  config.row_size = bank != nullptr ? static_cast<std::int64_t>(bank->row_size()) : 0;
  model::MaskedLanguageModel model(config);
  model->initialise(seed);
  if (bank != nullptr) {
    const auto genes = static_cast<std::int64_t>(bank->gene_count());
    const auto size = static_cast<std::int64_t>(bank->row_size());
    model->fit_input_map(torch::from_blob(const_cast<float*>(bank->values().data()), {genes, size}).clone());
  }
  model->eval();
  return model;
}

}  // namespace biodta::analysis::testing
