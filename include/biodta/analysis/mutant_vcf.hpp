#pragma once
/// @file
/// Mutants as VCF, with the expression that was predicted for them. Torch-free.

#include <biodta/analysis/mutant.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace biodta::analysis {

/// A gene with its mutants. Refers to what must outlive it.
struct MutatedGene {
  const std::string& symbol;
  const GeneWindow& window;
  const MutantSearch& search;
};

/// "GATA4_trial7", or "GATA4_HG00096_1" for a haplotype of that name.
std::string mutant_name(const MutatedGene& gene, std::size_t trial);

/// Writes the mutants that are used, one record an edit. A random mutant or a haplotype is a haploid sample,
/// so that `biodta-embed --vcf` makes its row again; a line ##SAMPLE of the header holds its gene and its
/// predicted expression. A single variant has no sample: its record's INFO holds them (GENE, REF_EXPRESSION,
/// EXPRESSION, ROW_SHIFT).
void write_mutants(const std::filesystem::path& path, std::span<const MutatedGene> genes);

}  // namespace biodta::analysis
