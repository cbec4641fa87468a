#pragma once
/// @file
/// Made-up shifts under mutations of many genes, in which genes move together.

#include <biodta/analysis/evaluation.hpp>
#include <biodta/support/random.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace biodta::analysis {

struct MutationTables {
  GeneRanking gene;
  std::vector<GeneRanking> controls;
};

/// What made_up_tables makes: log shift = ease of the gene + strength of the mutation + common × (a factor
/// that the first `set_genes` genes share, drawn anew a table) + noise, and `effect` on these genes in the
/// first table alone.
struct MutationWorld {
  std::size_t genes = 100;  ///< tokens from 2
  std::size_t set_genes = 15;
  std::size_t controls = 19;
  double common = 0.0;
  double noise = 0.3;
  double effect = 0.0;
};

inline MutationTables made_up_tables(const MutationWorld& world, support::RandomStream& random) {
  std::vector<double> ease(world.genes);
  for (auto& value : ease) value = random.normal(-7.0);
  std::vector<GeneRanking> tables(1 + world.controls);
  for (std::size_t table = 0; table < tables.size(); ++table) {
    const double strength = random.normal();
    const double factor = world.common * random.normal() + (table == 0 ? world.effect : 0.0);
    for (std::size_t x = 0; x < world.genes; ++x) {
      const double level =
          ease[x] + strength + (x < world.set_genes ? factor : 0.0) + world.noise * random.normal();
      tables[table].genes.push_back({static_cast<cells::TokenId>(2 + x), 40, std::exp(level), 0.1});
    }
  }
  MutationTables result{tables.front(), {}};
  result.controls.assign(tables.begin() + 1, tables.end());
  return result;
}

/// The set that shares the factor.
inline std::vector<GeneSet> factor_set(const MutationWorld& world) {
  GeneSet set{"s", {}, {}};
  for (std::size_t x = 0; x < world.set_genes; ++x) set.tokens.push_back(static_cast<cells::TokenId>(2 + x));
  return {set};
}

}  // namespace biodta::analysis
