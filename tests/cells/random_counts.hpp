#pragma once
/// @file
/// Random cells, genes and vocabularies for the tests of this room.

#include <biodta/cells/count_source.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/random.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace biodta::cells::testing {

inline std::vector<std::string> numbered(const std::string& stem, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(stem + std::to_string(i));
  return names;
}

/// Geometric counts, which are small and so make many ties; some of those stored are zero.
inline CountBlock random_counts(std::size_t cells, std::size_t genes, double density,
                                support::RandomStream& random) {
  CountBlock block;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    for (std::size_t gene = 0; gene < genes; ++gene) {
      if (!random.bernoulli(density)) continue;
      float count = random.bernoulli(0.05) ? 0.0F : 1.0F;
      while (count > 0.0F && random.bernoulli(0.5)) ++count;
      block.genes.push_back(static_cast<std::uint32_t>(gene));
      block.counts.push_back(count);
    }
    block.offsets.push_back(block.genes.size());
  }
  return block;
}

/// Medians are among a few values with common multiples, so that count / median ties between genes.
inline Vocabulary tied_vocabulary(const std::vector<std::string>& ids, support::RandomStream& random) {
  constexpr double kMedians[] = {0.5, 1.0, 2.0, 3.0, 1.5, 0.1, 0.3};
  std::vector<VocabularyGene> genes;
  for (const std::string& id : ids) genes.push_back({id, "S" + id, kMedians[random.below(7)]});
  return Vocabulary(std::move(genes));
}

}  // namespace biodta::cells::testing
