#include "network.hpp"

#include "streams.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace biodta::simulation {

const std::vector<std::string>& factor_symbols() {
  static const std::vector<std::string> kSymbols = {"GATA4", "TBX5",  "NKX2-5", "HAND2", "MEF2C", "ISL1",
                                                    "TBX20", "GATA6", "SRF",    "FOXC1", "TCF21", "PRRX1"};
  return kSymbols;
}

namespace detail {
namespace {

constexpr std::size_t kGata4 = 0;
constexpr std::size_t kTbx5 = 1;
/// Factors that activate factors. With regulation, these are direct targets like any other.
constexpr std::array<std::pair<std::size_t, std::size_t>, 7> kFactorEdges = {
    {{0, 2}, {0, 3}, {1, 3}, {1, 4}, {5, 6}, {7, 8}, {9, 10}}};

/// `count` of the candidates, without replacement.
std::vector<std::size_t> choose(std::vector<std::size_t> candidates, std::int64_t count,
                                support::RandomStream& random) {
  random.shuffle(candidates);
  candidates.resize(static_cast<std::size_t>(count));
  return candidates;
}

std::vector<std::size_t> draw_targets(std::size_t factor, const std::vector<std::size_t>& pool,
                                      const std::vector<std::size_t>& gata4_targets,
                                      const NetworkOptions& options, support::RandomStream& random) {
  if (factor != kTbx5) return choose(pool, options.targets, random);
  std::vector<std::size_t> others;
  for (const std::size_t gene : pool) {
    if (std::find(gata4_targets.begin(), gata4_targets.end(), gene) == gata4_targets.end())
      others.push_back(gene);
  }
  std::vector<std::size_t> targets = choose(gata4_targets, options.shared, random);
  const auto rest = choose(others, options.targets - options.shared, random);
  targets.insert(targets.end(), rest.begin(), rest.end());
  return targets;
}

}  // namespace

Network draw_network(const WorldOptions& options) {
  const std::size_t factors = factor_symbols().size();
  const std::size_t first_in_pool = factors + static_cast<std::size_t>(options.network.housekeeping);
  std::vector<std::size_t> pool(static_cast<std::size_t>(options.network.pool));
  std::iota(pool.begin(), pool.end(), first_in_pool);
  Network network(factors, first_in_pool + pool.size());
  std::vector<std::size_t> gata4_targets;
  for (std::size_t factor = 0; factor < factors; ++factor) {
    support::RandomStream random = stream_of(options, Purpose::kNetwork, factor);
    const auto targets = draw_targets(factor, pool, gata4_targets, options.network, random);
    for (const std::size_t target : targets) {
      network.set(factor, target, random.bernoulli(options.network.repressed_share) ? -1 : 1);
    }
    if (factor == kGata4) gata4_targets = targets;
  }
  // Without regulation a set must be a random label: factors, which are on in few cell types, would betray
  // it.
  if (options.regulation) {
    for (const auto& [source, target] : kFactorEdges) network.set(source, target, 1);
  }
  return network;
}

std::vector<Regulation> list_regulation(const Network& network) {
  std::vector<Regulation> edges;
  for (std::size_t factor = 0; factor < network.factors(); ++factor) {
    for (std::size_t gene = 0; gene < network.genes(); ++gene) {
      if (network.sign(factor, gene) != 0) edges.push_back({factor, gene, network.sign(factor, gene)});
    }
  }
  return edges;
}

std::vector<GeneSet> list_gene_sets(const Network& network, const std::vector<SimulatedGene>& genes) {
  std::vector<GeneSet> sets;
  for (std::size_t factor = 0; factor < network.factors(); ++factor) {
    const std::string& symbol = genes[factor].symbol;
    GeneSet direct{symbol + " direct", {}};
    GeneSet activated{symbol + " activated", {}};
    GeneSet repressed{symbol + " repressed", {}};
    GeneSet indirect{symbol + " indirect", {}};
    for (std::size_t gene = 0; gene < network.genes(); ++gene) {
      if (const int sign = network.sign(factor, gene); sign != 0) {
        direct.genes.push_back(gene);
        (sign > 0 ? activated : repressed).genes.push_back(gene);
        continue;
      }
      bool reached = false;
      for (std::size_t middle = 0; middle < network.factors(); ++middle) {
        reached |= network.sign(factor, middle) != 0 && network.sign(middle, gene) != 0;
      }
      if (reached && gene != factor) indirect.genes.push_back(gene);
    }
    sets.push_back(std::move(direct));
    for (GeneSet* part : {&activated, &repressed, &indirect})
      if (!part->genes.empty()) sets.push_back(std::move(*part));
  }
  GeneSet housekeeping{"housekeeping", {}};
  for (std::size_t gene = 0; gene < genes.size(); ++gene) {
    if (genes[gene].kind == GeneKind::kHousekeeping) housekeeping.genes.push_back(gene);
  }
  sets.push_back(std::move(housekeeping));
  return sets;
}

}  // namespace detail
}  // namespace biodta::simulation
