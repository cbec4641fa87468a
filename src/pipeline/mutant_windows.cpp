#include "mutant_windows.hpp"

#include <biodta/genome/contig_names.hpp>
#include <biodta/support/error.hpp>

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace biodta::pipeline {
namespace {

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

class GenomeWindows : public MutantWindows {
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
  const genome::Genome* genome() const override { return &genome_; }

 private:
  genome::Genome genome_;
  genome::ContigNames contigs_;
  std::filesystem::path annotation_;
  std::vector<genome::Gene> genes_;
  ByName names_;
};

class FileWindows : public MutantWindows {
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
  const genome::Genome* genome() const override { return nullptr; }

 private:
  std::filesystem::path path_;
  std::vector<genome::FastaRecord> records_;
  ByName names_;
};

}  // namespace

std::unique_ptr<MutantWindows> open_mutant_windows(const MutagenesisRunOptions& options) {
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

}  // namespace biodta::pipeline
