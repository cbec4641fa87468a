#pragma once
/// @file
/// Which transcription factor regulates which gene. Internal to the room.

#include <biodta/simulation/world.hpp>

#include <cstdint>
#include <vector>

namespace biodta::simulation::detail {

/// Signs of all pairs: +1 activates, -1 represses, 0 leaves alone.
class Network {
 public:
  Network(std::size_t factors, std::size_t genes) : genes_(genes), signs_(factors * genes, 0) {}
  int sign(std::size_t factor, std::size_t gene) const { return signs_[factor * genes_ + gene]; }
  void set(std::size_t factor, std::size_t gene, int sign) {
    signs_[factor * genes_ + gene] = static_cast<std::int8_t>(sign);
  }
  std::size_t factors() const noexcept { return signs_.size() / genes_; }
  std::size_t genes() const noexcept { return genes_; }

 private:
  std::size_t genes_;
  std::vector<std::int8_t> signs_;
};

/// Targets of each factor among the pool, and the edges between factors, which all lead to a later one.
Network draw_network(const WorldOptions& options);

std::vector<Regulation> list_regulation(const Network& network);
/// @param genes  to know the housekeeping genes and the factors' names.
std::vector<GeneSet> list_gene_sets(const Network& network, const std::vector<SimulatedGene>& genes);

}  // namespace biodta::simulation::detail
