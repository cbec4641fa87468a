#include "gene_mutants.hpp"

#include "run_bank.hpp"

#include <biodta/analysis/mutant_search.hpp>
#include <biodta/analysis/saturation_scan.hpp>
#include <biodta/genome/contig_names.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

/// Largest relative difference between a bank's row and the Enformer's: float16 in the bank makes 5e-4.
constexpr double kSameRow = 0.01;

/// By id first, else by symbol.
class ByName {
 public:
  void add(const std::string& id, const std::string& symbol, std::size_t index) {
    by_id_.emplace(id, index);
    by_symbol_.emplace(symbol, index);
  }
  std::optional<std::size_t> find(const cells::VocabularyGene& gene) const {
    if (const auto found = by_id_.find(gene.id); found != by_id_.end()) return found->second;
    if (const auto found = by_symbol_.find(gene.symbol); found != by_symbol_.end()) return found->second;
    return std::nullopt;
  }

 private:
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_symbol_;
};

/// Where windows come from.
class WindowSource {
 public:
  virtual ~WindowSource() = default;
  virtual std::optional<analysis::GeneWindow> window(const cells::VocabularyGene& gene,
                                                     std::int64_t length) const = 0;
};

class GenomeWindows : public WindowSource {
 public:
  explicit GenomeWindows(const MutagenesisRunOptions& options)
      : genome_(genome::Genome::open(options.genome)),
        contigs_(genome_),
        annotation_(options.annotation),
        genes_(genome::read_annotation(options.annotation, options.genes)) {
    for (std::size_t i = 0; i < genes_.size(); ++i) names_.add(genes_[i].id, genes_[i].symbol, i);
  }
  std::optional<analysis::GeneWindow> window(const cells::VocabularyGene& gene,
                                             std::int64_t length) const override {
    const auto index = names_.find(gene);
    if (!index) return std::nullopt;
    genome::Gene place = genes_[*index];
    place.contig = contigs_.require(place.contig, annotation_, "gene " + place.id);
    if (place.tss < 0 || place.tss >= genome_.contig_length(place.contig))
      throw InputError(
          annotation_, "gene " + place.id, "a TSS at " + place.contig + ":" + std::to_string(place.tss + 1),
          "a position of " + genome_.path().string(), "genome and annotation must be of one assembly");
    return analysis::gene_window(genome_, place, length);
  }

 private:
  genome::Genome genome_;
  genome::ContigNames contigs_;
  std::filesystem::path annotation_;
  std::vector<genome::Gene> genes_;
  ByName names_;
};

class FileWindows : public WindowSource {
 public:
  explicit FileWindows(const std::filesystem::path& path) : path_(path), records_(genome::read_fasta(path)) {
    for (std::size_t i = 0; i < records_.size(); ++i) names_.add(records_[i].name, records_[i].name, i);
  }
  std::optional<analysis::GeneWindow> window(const cells::VocabularyGene& gene,
                                             std::int64_t length) const override {
    const auto index = names_.find(gene);
    if (!index) return std::nullopt;
    return analysis::gene_window(records_[*index], path_, length);
  }

 private:
  std::filesystem::path path_;
  std::vector<genome::FastaRecord> records_;
  ByName names_;
};

std::unique_ptr<WindowSource> make_windows(const MutagenesisRunOptions& options) {
  const bool from_genome = !options.genome.empty() || !options.annotation.empty();
  if (from_genome && !options.sequences.empty())
    throw ConfigError("sequences: is set together with genome or annotation, expected one or the other");
  if (!options.sequences.empty()) return std::make_unique<FileWindows>(options.sequences);
  if (options.genome.empty() || options.annotation.empty())
    throw ConfigError((options.genome.empty() ? std::string("genome") : std::string("annotation")) +
                          ": is not set, expected genome and annotation, or sequences, to mutate DNA",
                      "perturbation: delete needs no DNA");
  return std::make_unique<GenomeWindows>(options);
}

double relative_difference(std::span<const float> found, std::span<const float> expected) {
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double apart = static_cast<double>(found[i]) - static_cast<double>(expected[i]);
    difference += apart * apart;
    size += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
  }
  return size > 0.0 ? std::sqrt(difference / size) : (difference > 0.0 ? 1.0 : 0.0);
}

}  // namespace

struct GeneMutants::Parts {
  const MutagenesisRunOptions& options;
  const embedding::EmbeddingBank& bank;
  enformer::SequenceEmbedder embedder;
  std::unique_ptr<WindowSource> windows;
};

GeneMutants::GeneMutants(const MutagenesisRunOptions& options, const embedding::EmbeddingBank& bank,
                         torch::Device device) {
  if (options.weights.empty())
    throw ConfigError("weights: is not set, expected the folder of the Enformer that made the bank",
                      "perturbation: delete needs none");
  if (options.genes.tss == genome::TssPolicy::kAllTranscripts)
    throw ConfigError(
        "genes.tss: found all_transcripts, expected gene_start or canonical: one window is mutated");
  auto windows = make_windows(options);
  parts_ = std::make_unique<Parts>(
      Parts{options, bank, enformer::SequenceEmbedder::load(options.weights, device, options.embedder),
            std::move(windows)});
  const auto& embedder = parts_->embedder;
  const auto row_size = options.embedder.tokens_per_gene * embedder.config().embedding_size();
  const auto dna_size = bank.parts().front();
  if (!std::cmp_equal(row_size, dna_size))
    throw InputError(
        options.weights, "embedding size", std::to_string(row_size),
        "the " + std::to_string(dna_size) + " of the rows of " + name_of_bank(options.embeddings).string(),
        "settings of embedder must be those that biodta-embed had");
  const auto made_by = bank.provenance().find("model_checksum");
  if (made_by != bank.provenance().end() && made_by->second != embedder.checksum())
    throw InputError(options.weights, "checksum", embedder.checksum(),
                     made_by->second + ", which made " + name_of_bank(options.embeddings).string(),
                     "mutant and reference must be embedded by one Enformer");
}

GeneMutants::~GeneMutants() = default;

const enformer::SequenceEmbedder& GeneMutants::embedder() const {
  return parts_->embedder;
}

std::optional<analysis::GeneWindow> GeneMutants::window(const cells::VocabularyGene& gene) const {
  return parts_->windows->window(gene, parts_->embedder.input_length());
}

void GeneMutants::search(analysis::PerturbedGene& gene, cells::TokenId token,
                         const cells::VocabularyGene& known, support::Progress* progress) {
  const auto& options = parts_->options;
  gene.window = window(known);
  if (!gene.window)
    throw InputError(options.sequences.empty() ? options.annotation : options.sequences, "",
                     "no gene " + known.symbol + " (" + known.id + ")",
                     "its place in the genome or its window");
  analysis::MutantSearchOptions search = options.mutants;
  search.seed = options.seed;
  gene.search =
      analysis::search_mutant(parts_->embedder, options.readout, *gene.window, token, search, progress);
  const auto row = parts_->bank.row(parts_->bank.row_of(*parts_->bank.gene_index(known.id)));
  const double difference =
      relative_difference(gene.search->reference_row, row.first(parts_->bank.parts().front()));
  if (difference > kSameRow) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2g", difference);
    throw InputError(
        name_of_bank(options.embeddings), "row of " + known.symbol,
        std::string("another than the Enformer makes of the gene's DNA (relative difference ") + text + ")",
        "the same",
        "embed again with biodta-embed from this genome and these weights, with the same settings of "
        "embedder");
  }
}

void GeneMutants::scan(analysis::PerturbedGene& gene, support::Reporter& reporter) {
  const auto& options = parts_->options;
  const auto mutants = analysis::saturation_mutants_of(*gene.window, options.saturation);
  const auto progress = reporter.start("saturation", mutants, "mutants");
  gene.saturation = analysis::scan_saturation(parts_->embedder, options.readout, *gene.window,
                                              options.saturation, options.mutants.batch, progress.get());
}

analysis::Perturbation GeneMutants::perturbation(const analysis::PerturbedGene& gene,
                                                 cells::TokenId token) const {
  if (!gene.search || !gene.search->chosen) throw Error("no mutant of " + gene.symbol + " was taken");
  const auto reference = parts_->bank.row(parts_->bank.row_of(*parts_->bank.gene_index(gene.gene_id)));
  analysis::Perturbation result{
      analysis::PerturbationKind::kReplaceRow, token, {}, {reference.begin(), reference.end()}};
  result.row = result.reference_row;  // what other kinds of banks say of the gene stays
  for (std::size_t i = 0; i < gene.search->mutant_row.size(); ++i)
    result.row[i] = reference[i] + (gene.search->mutant_row[i] - gene.search->reference_row[i]);
  return result;
}

}  // namespace biodta::pipeline
