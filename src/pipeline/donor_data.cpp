#include "measurement_table.hpp"

#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/pipeline/donor_data.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

/// Windows from a genome and a VCF.
class VcfGenomes : public training::DonorGenomes {
 public:
  VcfGenomes(const DonorFiles& files, std::int64_t window)
      : genome_(genome::Genome::open(files.genome)),
        variants_(genome::VariantFile::open(files.vcf)),
        vcf_(files.vcf),
        window_(window) {}

  genome::Genome& genome() { return genome_; }
  const genome::VariantFile& variants() const { return variants_; }
  std::vector<genome::Gene> genes;   // of the table, in its order
  std::vector<std::size_t> samples;  // of the table's donors, in its order

  training::HaplotypeWindows windows(std::uint32_t gene, std::span<const std::uint32_t> donors,
                                     std::int64_t shift) override {
    const auto& where = genes[gene];
    const auto window = genome::window_around(where.tss + shift, window_);
    const auto reference = genome_.fetch(where.contig, window.start, window.end);
    training::HaplotypeWindows result;
    for (const auto donor : donors) {
      const auto sample = samples[donor];
      std::array<std::uint32_t, 2> of{};
      for (int haplotype = 0; haplotype < variants_.ploidy(sample); ++haplotype) {
        const auto edits =
            variants_.haplotype_edits(where.contig, window.start, window.end, sample, haplotype);
        const auto place = vcf_.string() + ": sample " + variants_.samples()[sample] + " on " + where.contig;
        of[static_cast<std::size_t>(haplotype)] =
            index_of(genome::apply_substitutions(reference, window.start, edits, place), result.sequences);
      }
      if (variants_.ploidy(sample) == 1) of[1] = of[0];
      result.of_donor.push_back(of);
    }
    return result;
  }

  std::string reference(std::uint32_t gene) override {
    const auto window = genome::window_around(genes[gene].tss, window_);
    return genome_.fetch(genes[gene].contig, window.start, window.end);
  }

 private:
  static std::uint32_t index_of(std::string sequence, std::vector<std::string>& sequences) {
    const auto found = std::find(sequences.begin(), sequences.end(), sequence);
    const auto index = static_cast<std::uint32_t>(found - sequences.begin());
    if (found == sequences.end()) sequences.push_back(std::move(sequence));
    return index;
  }

  genome::Genome genome_;
  genome::VariantFile variants_;
  std::filesystem::path vcf_;
  std::int64_t window_;
};

void require_files(const DonorFiles& files) {
  const auto require = [](const std::filesystem::path& path, const char* key, const char* what) {
    if (path.empty()) throw ConfigError(std::string(key) + ": is not set, expected " + what);
  };
  require(files.genome, "donors.genome", "a FASTA file");
  require(files.annotation, "donors.annotation", "a GTF or BED file");
  require(files.vcf, "donors.vcf", "a VCF with the donors' genotypes");
}

void find_samples(const DonorFiles& files, const std::vector<std::string>& donors, VcfGenomes& genomes) {
  const auto& known = genomes.variants().samples();
  for (const auto& donor : donors) {
    const auto found = std::find(known.begin(), known.end(), donor);
    if (found == known.end()) {
      const auto near = support::nearest_names(donor, known);
      throw InputError(files.expression, "column " + donor, "no such sample in " + files.vcf.string(),
                       "donors named as the VCF names them",
                       near.empty() ? known.empty() ? "" : "it has " + known.front() + ", …"
                                    : "did you mean " + support::join_words(near) + "?");
    }
    genomes.samples.push_back(static_cast<std::size_t>(found - known.begin()));
  }
}

/// Genes of an annotation by id, id without version, or a symbol that only one of them bears.
class GeneNames {
 public:
  explicit GeneNames(const std::vector<genome::Gene>& genes) : genes_(genes) {
    for (std::size_t i = 0; i < genes.size(); ++i) {
      by_id_.emplace(genes[i].id, i);
      const auto [entry, is_new] = by_symbol_.emplace(genes[i].symbol, i);
      if (!is_new) entry->second = std::nullopt;
    }
  }

  std::optional<std::size_t> find(const std::string& name) const {
    if (const auto found = by_id_.find(name); found != by_id_.end()) return found->second;
    if (const auto found = by_id_.find(name.substr(0, name.rfind('.'))); found != by_id_.end())
      return found->second;
    const auto found = by_symbol_.find(name);
    return found == by_symbol_.end() ? std::nullopt : found->second;
  }
  const genome::Gene& gene(std::size_t index) const { return genes_[index]; }

 private:
  const std::vector<genome::Gene>& genes_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, std::optional<std::size_t>> by_symbol_;
};

/// Rows of the table whose genes the annotation has; tells of the others.
void take_genes(const DonorFiles& files, const MeasurementTable& table, VcfGenomes& genomes,
                training::DonorData& data, support::Reporter& reporter) {
  const auto annotation = genome::read_annotation(files.annotation, files.genes);
  const GeneNames names(annotation);
  std::unordered_map<std::size_t, std::string> taken;
  std::string missing;
  const auto width = table.columns.size();
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto found = names.find(table.rows[row]);
    if (!found) {
      if (missing.empty()) missing = table.rows[row];
      continue;
    }
    const auto& gene = names.gene(*found);
    const auto [first, is_new] = taken.emplace(*found, table.rows[row]);
    if (!is_new) {
      throw InputError(files.expression, "gene " + table.rows[row],
                       gene.id + " again, which stands there as " + first->second, "each gene once");
    }
    genomes.genes.push_back(gene);
    data.genes.push_back(gene.id);
    data.symbols.push_back(gene.symbol);
    const auto begin = table.values.begin() + static_cast<std::ptrdiff_t>(row * width);
    data.expression.insert(data.expression.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
  }
  if (missing.empty()) return;
  const auto share = support::with_thousands(table.rows.size() - data.genes.size()) + " of the " +
                     support::with_thousands(table.rows.size()) + " genes";
  if (data.genes.empty()) {
    throw InputError(files.expression, "genes", missing + ", … of which the annotation has none",
                     "ids or symbols of " + files.annotation.string() + ", such as " + annotation.front().id +
                         " or " + annotation.front().symbol);
  }
  reporter.warn(files.expression.string() + ": " + share + " (" + missing + ", …) are not in " +
                files.annotation.string() + " and are left out");
}

void check_places(const DonorFiles& files, VcfGenomes& genomes) {
  const auto contigs = genomes.variants().contigs();
  bool on_known_contig = false;
  for (const auto& gene : genomes.genes) {
    const auto place = "gene " + gene.id + " (" + gene.symbol + ")";
    if (!genomes.genome().has_contig(gene.contig)) {
      throw InputError(
          files.annotation, place, "contig " + gene.contig,
          "a contig of " + files.genome.string() + ", such as " + genomes.genome().contigs().front(),
          "genome and annotation must name contigs alike and be of one assembly");
    }
    if (gene.tss < 0 || gene.tss >= genomes.genome().contig_length(gene.contig)) {
      throw InputError(files.annotation, place, "a TSS at " + std::to_string(gene.tss + 1),
                       "a position on " + gene.contig + " of " +
                           std::to_string(genomes.genome().contig_length(gene.contig)) + " bp");
    }
    on_known_contig =
        on_known_contig || std::find(contigs.begin(), contigs.end(), gene.contig) != contigs.end();
  }
  if (!on_known_contig) {
    throw InputError(files.vcf, "contigs", contigs.empty() ? "none" : contigs.front() + ", …",
                     "contigs of the genes, such as " + genomes.genes.front().contig);
  }
}

}  // namespace

void describe(support::OptionVisitor& visit, DonorFiles& files) {
  visit.field("genome", files.genome, "genome, FASTA, plain or bgzip");
  visit.field("annotation", files.annotation, "genes, GTF or BED");
  visit.section("genes", files.genes, "which genes, and which position stands for one");
  visit.field("vcf", files.vcf, "donors' variants, VCF or BCF");
  visit.field("expression", files.expression,
              "measured expression, TSV: a line a gene (id or symbol), a column a donor; empty = train on "
              "tracks");
}

DonorInputs read_donor_data(const DonorFiles& files, std::int64_t window, bool with_checksums,
                            support::Reporter& reporter) {
  require_files(files);
  auto table = read_measurements(files.expression, "gene", "donor");
  auto genomes = std::make_unique<VcfGenomes>(files, window);
  training::DonorData data;
  find_samples(files, table.columns, *genomes);
  take_genes(files, table, *genomes, data, reporter);
  check_places(files, *genomes);
  data.donors = std::move(table.columns);
  data.genomes = genomes.get();
  data.identity = {{"donors.window", std::to_string(window)},
                   {"donors.genes.tss", genome::to_string(files.genes.tss)}};
  if (with_checksums) {
    data.identity["donors.genome"] = support::file_checksum(files.genome);
    data.identity["donors.annotation"] = support::file_checksum(files.annotation);
    data.identity["donors.vcf"] = support::file_checksum(files.vcf);
  }
  return {std::move(genomes), std::move(data)};
}

}  // namespace biodta::pipeline
