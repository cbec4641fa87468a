#include "embed_options.hpp"

#include "embed_job.hpp"
#include "required_paths.hpp"
#include "shard.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <set>

namespace biodta::pipeline {
namespace {

void check_source(const EmbedOptions& options) {
  if (options.sequences.empty()) {
    require_set(options.genome, "genome", "a FASTA file (or sequences)");
    require_set(options.annotation, "annotation", "a GTF, GFF3 or BED file");
  } else if (!options.genome.empty() || !options.annotation.empty() || !options.vcf.empty()) {
    throw ConfigError("sequences: are set beside genome, annotation or vcf, expected one or the other");
  }
  require_set(options.weights, "weights", "the folder of an Enformer");
  require_set(options.output, "output", "the embedding bank to write");
  if (options.vcf.empty() && !options.samples.empty()) throw ConfigError("samples: are set, but vcf is not");
  std::set<std::string> seen;
  for (const auto& sample : options.samples)
    if (!seen.insert(sample).second)
      throw ConfigError("samples: found \"" + sample + "\" twice, expected each once");
}

void check_readout(const EmbedOptions& options) {
  if (!options.tracks.empty() && options.predictions.empty())
    throw ConfigError("predictions: is not set, expected the table to write, since tracks are asked for");
  if (options.tracks.empty() && !options.predictions.empty())
    throw ConfigError("tracks: are not set, expected those whose predictions are to be written");
  if (options.tracks.empty() && !options.targets.empty())
    throw ConfigError("targets: is set, but tracks are not");
  const EmbedOptions defaults;
  if (options.tracks.empty() && options.head != defaults.head)
    throw ConfigError("head: is set, but tracks are not");
  if (options.tracks.empty() && options.bins != defaults.bins)
    throw ConfigError("bins: is set, but tracks are not");
  if (options.predictions.empty()) return;
  std::error_code ignored;
  const auto written = std::filesystem::weakly_canonical(options.predictions, ignored);
  for (const auto& other : {options.output, journal_of(options.output)}) {
    if (written == std::filesystem::weakly_canonical(other, ignored))
      throw ConfigError("predictions: found " + options.predictions.string() +
                        ", which the output needs too");
  }
}

void check_written(const EmbedOptions& options, std::string_view key, const std::filesystem::path& written) {
  if (written.empty()) return;
  support::require_not_read(
      key, written, {options.genome, options.annotation, options.sequences, options.vcf, options.targets});
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(options.weights, ignored))
    support::require_not_read(key, written, {file.path()});
  support::require_regular(key, written);
  support::require_writable(written);
}

}  // namespace

void describe(support::OptionVisitor& visit, EmbedOptions& options) {
  visit.field("genome", options.genome, "genome, FASTA, plain or bgzip");
  visit.field("annotation", options.annotation, "genes, GTF, GFF3 or BED");
  visit.field("sequences", options.sequences,
              "instead of genome and annotation: FASTA, one window a record, named by gene id");
  visit.section("genes", options.genes, "which genes, and which position stands for one");
  visit.field("weights", options.weights, "folder of an Enformer: config.json and its weights");
  visit.field("vcf", options.vcf, "donors' variants, VCF or BCF; empty = the reference only");
  visit.field("samples", options.samples, "samples that become contexts; an empty list takes all");
  visit.section("haplotypes", options.haplotypes, "variants that cannot be taken as they stand");
  visit.choice("unknown_dna", options.unknown_dna,
               {{"refuse", UnknownDnaPolicy::kRefuse}, {"leave_out", UnknownDnaPolicy::kLeaveOut}},
               "genes off the genome's contigs, or whose window is nothing but N: an error, or listed in the "
               "bank without a row");
  visit.field("output", options.output, "embedding bank to write");
  visit.field("batch", options.batch, "windows a forward pass", support::between(1, 1 << 20));
  visit.section("embedder", options.embedder, "what becomes of a window's bins, and over what is averaged");
  visit.choice("precision", options.precision,
               {{"float32", embedding::Precision::kFloat32}, {"float16", embedding::Precision::kFloat16}},
               "how rows are stored");
  visit.field("shard", options.shard,
              "\"i/n\": only the i-th of n contiguous parts of the genes, for job arrays; empty = all");
  visit.field("restart", options.restart,
              "begin anew where an earlier run of this output was broken off, rather than go on");
  visit.field("overwrite", options.overwrite, "replace a finished bank, and its table of predictions");
  visit.field("tracks", options.tracks,
              "tracks whose predicted expression is written too: indices, names, or patterns of names with * "
              "and ?");
  visit.field("head", options.head, "output head of the tracks");
  visit.field("bins", options.bins, "bins around the TSS that a prediction sums", support::at_least(1));
  visit.field("targets", options.targets,
              "names of the tracks, as basenji's targets_human.txt; empty = tracks.tsv in weights");
  visit.field("predictions", options.predictions, "table of predictions to write, TSV");
}

void check(const EmbedOptions& options) {
  check_source(options);
  check_readout(options);
  static_cast<void>(Shard::parse(options.shard));
  check_written(options, "output", options.output);
  check_written(options, "predictions", options.predictions);
}

}  // namespace biodta::pipeline
