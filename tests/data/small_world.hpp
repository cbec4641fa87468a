#pragma once
// A few cells written as a corpus, and a bank that knows most of their genes.

#include "testing.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/embedding/bank.hpp>

#include <string>
#include <utility>
#include <vector>

namespace biodta::data::testing {

/// Genes g0 … g7 have tokens 2 … 9.
inline cells::Vocabulary small_vocabulary() {
  std::vector<cells::VocabularyGene> genes;
  for (int i = 0; i < 8; ++i) genes.push_back({"g" + std::to_string(i), "G" + std::to_string(i), 1.0});
  return cells::Vocabulary(std::move(genes));
}

/// Knows g6, g4, g2, g0 and g1, in this order: rows 0 to 4. Context "donor" has its own g4 (row 5) and g1
/// (row 6). Row r holds {r, r + 0.5}.
inline embedding::EmbeddingBank small_bank() {
  std::vector<float> reference;
  for (int row = 0; row < 5; ++row) reference.insert(reference.end(), {float(row), float(row) + 0.5F});
  embedding::EmbeddingBank bank({"g6", "g4", "g2", "g0", "g1"}, {"G6", "G4", "G2", "G0", "G1"}, 1, 2,
                                reference);
  const std::vector<float> donor{5.0F, 5.5F, 6.0F, 6.5F};
  bank.add_context("donor", {1, 4}, donor);
  return bank;
}

/// Writes cells of the small vocabulary and opens them.
inline cells::Corpus small_corpus(const std::filesystem::path& path,
                                  const std::vector<std::vector<cells::TokenId>>& cells) {
  std::vector<cells::TokenId> tokens;
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::string> ids;
  for (const auto& cell : cells) {
    tokens.insert(tokens.end(), cell.begin(), cell.end());
    offsets.push_back(tokens.size());
    ids.push_back("cell" + std::to_string(ids.size()));
  }
  cells::write_corpus(path, small_vocabulary(), tokens, offsets, ids);
  return cells::Corpus::open(path);
}

}  // namespace biodta::data::testing
