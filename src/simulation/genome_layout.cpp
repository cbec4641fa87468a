#include "genome_layout.hpp"

#include "streams.hpp"

#include <algorithm>
#include <string>

namespace biodta::simulation::detail {
namespace {

std::string padded(std::size_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

/// Genes on each contig but perhaps the last.
std::size_t genes_a_contig(const WorldOptions& options, std::size_t genes) {
  const auto contigs = static_cast<std::size_t>(options.promoters.contigs);
  return (genes + contigs - 1) / contigs;
}

}  // namespace

std::vector<std::string> numbered_names(std::string_view stem, std::size_t count) {
  const std::size_t width = std::to_string(count).size();
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= count; ++i) names.push_back(std::string(stem) + padded(i, width));
  return names;
}

std::vector<SimulatedGene> place_genes(const WorldOptions& options, const std::vector<GeneDna>& dna) {
  constexpr std::size_t kIdDigits = 11;
  const PromoterOptions& promoter = options.promoters;
  const std::size_t factors = factor_symbols().size();
  const auto housekeeping = static_cast<std::size_t>(options.network.housekeeping);
  const auto house_names = numbered_names("HOUSE", housekeeping);
  const auto pool_names = numbered_names("POOL", dna.size() - factors - housekeeping);
  const std::size_t a_contig = genes_a_contig(options, dna.size());
  std::vector<SimulatedGene> genes(dna.size());
  for (std::size_t i = 0; i < genes.size(); ++i) {
    SimulatedGene& gene = genes[i];
    gene.id = "SIMG" + padded(i + 1, kIdDigits);
    if (i < factors) {
      gene.kind = GeneKind::kFactor;
      gene.symbol = factor_symbols()[i];
    } else if (i < factors + housekeeping) {
      gene.kind = GeneKind::kHousekeeping;
      gene.symbol = house_names[i - factors];
    } else {
      gene.symbol = pool_names[i - factors - housekeeping];
    }
    gene.contig = i / a_contig;
    gene.tss = promoter.spacer +
               static_cast<std::int64_t>(i % a_contig) * (promoter.window + promoter.spacer) +
               promoter.window / 2;
    gene.log_strength = dna[i].log_strength;
  }
  return genes;
}

std::vector<genome::FastaRecord> build_contigs(const WorldOptions& options,
                                               const std::vector<SimulatedGene>& genes,
                                               const std::vector<GeneDna>& dna) {
  const auto spacer = static_cast<std::size_t>(options.promoters.spacer);
  support::RandomStream random = stream_of(options, Purpose::kSpacers);
  std::vector<genome::FastaRecord> contigs;
  for (std::size_t i = 0; i < genes.size(); ++i) {
    if (genes[i].contig == contigs.size()) {
      contigs.push_back(
          {"sim" + std::to_string(contigs.size() + 1), "simulated", random_bases(spacer, random)});
    }
    contigs.back().sequence += dna[i].window + random_bases(spacer, random);
  }
  return contigs;
}

std::vector<SimulatedVariant> place_variants(const WorldOptions& options,
                                             const std::vector<SimulatedGene>& genes,
                                             const std::vector<GeneDna>& dna) {
  std::vector<SimulatedVariant> placed;
  for (std::size_t i = 0; i < genes.size(); ++i) {
    const std::int64_t start = genes[i].tss - options.promoters.window / 2;
    for (const WindowVariant& variant : dna[i].variants) {
      genome::Edit edit{start + static_cast<std::int64_t>(variant.at),
                        std::string(1, dna[i].window[variant.at]), std::string(1, variant.alt)};
      placed.push_back({i, std::move(edit), variant.frequency, variant.carriers});
    }
  }
  return placed;
}

}  // namespace biodta::simulation::detail
