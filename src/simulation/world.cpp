#include "cells.hpp"
#include "dna.hpp"
#include "donors.hpp"
#include "genome_layout.hpp"
#include "loci.hpp"
#include "network.hpp"
#include "streams.hpp"

#include <biodta/simulation/world.hpp>

namespace biodta::simulation {
namespace {

/// Factors whose motif stands at a gene: its regulators, where there is regulation.
std::vector<std::size_t> regulators_of(const WorldOptions& options, const detail::Network& network,
                                       std::size_t gene) {
  std::vector<std::size_t> factors;
  for (std::size_t factor = 0; options.regulation && factor < network.factors(); ++factor) {
    if (network.sign(factor, gene) != 0) factors.push_back(factor);
  }
  return factors;
}

/// [donors, genes]
std::vector<double> gather_donor_strengths(const std::vector<detail::GeneDna>& dna, std::size_t donors) {
  std::vector<double> strengths(donors * dna.size());
  for (std::size_t gene = 0; gene < dna.size(); ++gene) {
    for (std::size_t donor = 0; donor < donors; ++donor) {
      strengths[donor * dna.size() + gene] = dna[gene].donor_log_strength[donor];
    }
  }
  return strengths;
}

}  // namespace

World simulate_world(const WorldOptions& options) {
  validate(options);
  World world;
  world.options = options;
  support::RandomStream motif_stream = detail::stream_of(options, detail::Purpose::kMotifs);
  world.motifs =
      detail::draw_motifs(options.promoters.motif_weights.size(), factor_symbols().size(), motif_stream);
  const detail::PromoterModel model(world.options.promoters, world.motifs);
  const detail::Network network = detail::draw_network(options);

  std::vector<detail::GeneDna> dna;
  for (std::size_t gene = 0; gene < network.genes(); ++gene) {
    dna.push_back(detail::make_gene_dna(options, model, gene, regulators_of(options, network, gene)));
  }
  world.genes = detail::place_genes(options, dna);
  world.contigs = detail::build_contigs(options, world.genes, dna);
  world.variants = detail::place_variants(options, world.genes, dna);
  world.donors = detail::numbered_names("donor", static_cast<std::size_t>(options.donors.count));
  world.cell_types = detail::numbered_names("type", options.cells.type_depths.size());
  world.donor_log_strength = gather_donor_strengths(dna, world.donors.size());
  if (options.regulation) world.regulation = detail::list_regulation(network);
  world.gene_sets = detail::list_gene_sets(network, world.genes);
  world.cells = detail::simulate_cells({options, network, world.genes, world.donor_log_strength});
  world.loci = detail::make_training_loci(options, model);
  return world;
}

bool is_held_out(const WorldOptions& options, std::size_t donor) noexcept {
  return donor >= static_cast<std::size_t>(options.donors.count - options.donors.held_out);
}

}  // namespace biodta::simulation
