#pragma once
/// @file
/// Where the genes lie on the contigs. Internal to the room.

#include "donors.hpp"

#include <vector>

namespace biodta::simulation::detail {

/// Names the genes and gives each its place; the windows follow each other with random spacers between.
std::vector<SimulatedGene> place_genes(const WorldOptions& options, const std::vector<GeneDna>& dna);
std::vector<genome::FastaRecord> build_contigs(const WorldOptions& options,
                                               const std::vector<SimulatedGene>& genes,
                                               const std::vector<GeneDna>& dna);
/// The genes' variants at their places, by contig and position.
std::vector<SimulatedVariant> place_variants(const WorldOptions& options,
                                             const std::vector<SimulatedGene>& genes,
                                             const std::vector<GeneDna>& dna);

/// "donor07" of 32: numbers from one, padded to the width of the largest.
std::vector<std::string> numbered_names(std::string_view stem, std::size_t count);

}  // namespace biodta::simulation::detail
