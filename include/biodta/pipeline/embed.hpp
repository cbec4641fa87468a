#pragma once
/// @file
/// biodta-embed: a genome, its genes and an Enformer in, an embedding bank out.

#include <biodta/embedding/bank.hpp>
#include <biodta/genome/annotation.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::pipeline {

struct EmbedOptions {
  std::filesystem::path genome;      ///< FASTA, plain or bgzip
  std::filesystem::path annotation;  ///< GTF or BED
  std::filesystem::path sequences;   ///< instead of both: FASTA, one window a record, named by gene id
  genome::AnnotationOptions genes;
  std::filesystem::path weights;     ///< Enformer folder
  std::filesystem::path vcf;         ///< donors' variants; empty = the reference only
  std::vector<std::string> samples;  ///< samples that become contexts; empty = all of the file
  std::filesystem::path output;      ///< bank to write
  std::int64_t batch = 64;           ///< windows a forward pass
  embedding::Precision precision = embedding::Precision::kFloat32;
};
void describe(support::OptionVisitor& visit, EmbedOptions& options);

/// Embeds the window around every gene's TSS (mean over bins of the Enformer's final pointwise output), and,
/// for each sample, the windows that hold a variant of it: the mean of the embeddings of its haplotypes.
/// Equal sequences of a gene are computed once. Memory does not grow with the genome: windows live for a few
/// batches. Throws ConfigError for options that contradict each other, InputError for files that cannot be
/// used, for genes that are not on the genome's contigs and windows without a known base; the output then is
/// as it was.
/// @param device  see choose_device.
void embed(const EmbedOptions& options, support::Reporter& reporter, std::string_view device = "auto");

}  // namespace biodta::pipeline
