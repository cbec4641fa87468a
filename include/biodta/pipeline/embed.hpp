#pragma once
/// @file
/// biodta-embed: a genome, its genes and an Enformer in, an embedding bank out.

#include <biodta/embedding/bank.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/annotation.hpp>
#include <biodta/genome/haplotypes.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::pipeline {

/// What becomes of genes that are off the genome's contigs, or whose window holds no known base.
enum class UnknownDnaPolicy {
  kRefuse,   ///< an error, before anything is computed
  kLeaveOut  ///< the bank has no row for them and lists them
};

struct EmbedOptions {
  std::filesystem::path genome;      ///< FASTA, plain or bgzip
  std::filesystem::path annotation;  ///< GTF, GFF3 or BED
  std::filesystem::path sequences;   ///< instead of both: FASTA, one window a record, named by gene id
  genome::AnnotationOptions genes;
  std::filesystem::path weights;     ///< Enformer folder
  std::filesystem::path vcf;         ///< donors' variants; empty = the reference only
  std::vector<std::string> samples;  ///< samples that become contexts; empty = all of the file
  genome::HaplotypeOptions haplotypes;
  UnknownDnaPolicy unknown_dna = UnknownDnaPolicy::kRefuse;
  std::filesystem::path output;  ///< bank to write
  std::int64_t batch = 64;       ///< windows a forward pass
  enformer::SequenceEmbedderOptions embedder;
  embedding::Precision precision = embedding::Precision::kFloat32;
  /// "i/n": only the i-th (from 1) of n parts of the genes, each contiguous, for job arrays; empty = all. The
  /// n banks merged are the bank of all.
  std::string shard;
  bool restart = false;    ///< begin anew where a run of this output was broken off
  bool overwrite = false;  ///< replace finished outputs
  /// Tracks whose predictions are written too: indices, names or patterns of names; empty = none.
  std::vector<std::string> tracks;
  std::string head = "human";     ///< output head of the tracks
  std::int64_t bins = 3;          ///< bins around the TSS that are summed (an odd number centres on its bin)
  std::filesystem::path targets;  ///< names of tracks, as basenji lists them; empty = tracks.tsv of weights
  std::filesystem::path predictions;  ///< table to write; set together with tracks
};
void describe(support::OptionVisitor& visit, EmbedOptions& options);

/// Embeds the window around every gene's TSS (means over bins of the Enformer's final pointwise output), and,
/// for each sample, the windows that hold a variant of it: the mean of the embeddings of its haplotypes.
/// Of a gene with several starts (all_transcripts) it is the mean over its distinct starts. Equal windows of
/// a gene are computed once.
///
/// What is done goes, gene by gene, into a journal `<output>.part`. A run that is broken off, however
/// roughly, leaves it there, and the next run of the same job goes on from it; the bank's bytes are the same
/// as if there had been one run (on the same device and with as many threads). Memory grows with the genes
/// and with the donors, not with their product. Where the finished bank of this very job stands already,
/// nothing is done.
///
/// Throws ConfigError for options that contradict each other and for an output that exists, InputError for
/// files that cannot be used, for the journal of another job, and, unless they are to be left out, for genes
/// whose DNA is not known; the output then is as it was.
/// @param device  see choose_device.
void embed(const EmbedOptions& options, support::Reporter& reporter, std::string_view device = "auto");

/// Joins the shards of one job into the bank that the whole job would have written, byte for byte. Throws
/// InputError for banks that are not all of the shards of one job, each once, and ConfigError for an output
/// that exists, unless it is to be overwritten; the output then is as it was.
void merge_banks(const std::vector<std::filesystem::path>& inputs, const std::filesystem::path& output,
                 support::Reporter& reporter, bool overwrite = false);

}  // namespace biodta::pipeline
