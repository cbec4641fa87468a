#pragma once
/// @file
/// Donors' genomes and their measured expression from files: what biodta-train-enformer fine-tunes on.

#include <biodta/genome/annotation.hpp>
#include <biodta/genome/haplotypes.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/donor_task.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

namespace biodta::pipeline {

struct DonorFiles {
  std::filesystem::path genome;      ///< FASTA
  std::filesystem::path annotation;  ///< GTF, GFF3 or BED
  genome::AnnotationOptions genes;
  std::filesystem::path vcf;  ///< phased or haploid genotypes of the donors
  genome::HaplotypeOptions haplotypes;
  /// TSV: a line a gene (id or symbol), a column a donor (sample of the VCF); not negative, in any unit that
  /// is the same for all donors, such as mean counts per 10,000 or TPM.
  std::filesystem::path expression;
};
void describe(support::OptionVisitor& visit, DonorFiles& files);

/// Genomes first: `data` points to them.
struct DonorInputs {
  std::unique_ptr<training::DonorGenomes> genomes;
  training::DonorData data;
  /// Warns of the variants that were left out of the windows so far (DonorFiles::haplotypes), if any.
  std::function<void(support::Reporter&)> tell_skipped;
};

/// Genes of the table that the annotation does not have are left out, with a warning that counts them.
/// @param window           bp around a TSS.
/// @param with_checksums   of the files, into data.identity; reads them whole.
/// Throws ConfigError for a path that is not set; InputError for donors that the VCF does not have, when no
/// gene is left, for a gene named twice (by id and by symbol), for genes that are not on the genome, and for
/// what read_annotation, HaplotypeReader and the table's reader refuse (of the variants: when a window is
/// read).
DonorInputs read_donor_data(const DonorFiles& files, std::int64_t window, bool with_checksums,
                            support::Reporter& reporter);

}  // namespace biodta::pipeline
