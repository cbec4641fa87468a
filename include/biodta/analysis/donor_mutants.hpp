#pragma once
/// @file
/// The mutants of a gene made in the DNA of donors rather than in the reference genome.

#include <biodta/analysis/mutant_search.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/haplotypes.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace biodta::analysis {

/// The mutants that a search uses, in one donor's DNA. Rows and expression are means over both haplotypes, as
/// a donor's row in a bank is.
struct DonorMutants {
  double reference_expression = 0.0;     ///< of the donor's own window
  std::vector<float> reference_row;      ///< … and its embedding
  std::vector<double> expression;        ///< [used mutants]
  std::vector<std::vector<float>> rows;  ///< [used mutants]
};

/// Makes `search.used` in each donor's haplotypes and embeds them; haplotypes that donors share are made
/// once. An edit that meets a variant of a haplotype is not made there: the base that it would change is
/// another, or is not there (genome::joined_edits). So a variant that the donor carries already changes
/// nothing.
/// @param subject  of the search: its window, embedder and readout.
/// @param donors   reads the donors' variants on `genome`.
/// @param samples  of the donors' file; the result is in their order.
std::vector<DonorMutants> mutants_in_donors(const MutantSubject& subject, const MutantSearch& search,
                                            const genome::Genome& genome,
                                            const genome::HaplotypeReader& donors,
                                            std::span<const std::size_t> samples, std::int64_t batch);

}  // namespace biodta::analysis
