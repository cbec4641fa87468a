#include "measurement_table.hpp"
#include "required_paths.hpp"

#include <biodta/genome/contig_names.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/pipeline/donor_data.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
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
        reader_(genome_, variants_, files.haplotypes),
        window_(window) {}

  const genome::Genome& genome() const { return genome_; }
  const genome::VariantFile& variants() const { return variants_; }
  const genome::HaplotypeReader& reader() const { return reader_; }
  std::vector<genome::Gene> genes;   // of the table, in its order
  std::vector<std::size_t> samples;  // of the table's donors, in its order

  training::HaplotypeWindows windows(std::uint32_t gene, std::span<const std::uint32_t> donors,
                                     std::int64_t shift) override {
    std::vector<genome::HaplotypeId> haplotypes;
    for (const auto donor : donors) {
      haplotypes.push_back({samples[donor], 0});
      haplotypes.push_back({samples[donor], 1});
    }
    // A wider window is cut, so that a shift counts from where the haplotype's own TSS lies.
    const auto margin = std::abs(shift);
    const auto found = reader_.windows(genes[gene].contig, genes[gene].tss, window_ + 2 * margin, haplotypes);
    training::HaplotypeWindows result;
    std::vector<std::uint32_t> place(found.distinct(), kNotUsed);
    std::unordered_map<std::string, std::uint32_t> known;
    const auto index_of = [&](std::size_t distinct) {
      if (place[distinct] == kNotUsed) {
        auto sequence = found.sequence(distinct).substr(static_cast<std::size_t>(margin + shift),
                                                        static_cast<std::size_t>(window_));
        const auto [entry, is_new] =
            known.emplace(sequence, static_cast<std::uint32_t>(result.sequences.size()));
        if (is_new) result.sequences.push_back(std::move(sequence));
        place[distinct] = entry->second;
      }
      return place[distinct];
    };
    for (std::size_t i = 0; i < haplotypes.size(); i += 2)
      result.of_donor.push_back({index_of(found.of(i)), index_of(found.of(i + 1))});
    return result;
  }

  std::string reference(std::uint32_t gene) override {
    const auto window = genome::window_around(genes[gene].tss, window_);
    return genome_.fetch(genes[gene].contig, window.start, window.end);
  }

 private:
  static constexpr std::uint32_t kNotUsed = ~std::uint32_t{0};

  genome::Genome genome_;
  genome::VariantFile variants_;
  genome::HaplotypeReader reader_;
  std::int64_t window_;
};

void require_files(const DonorFiles& files) {
  require_set(files.genome, "donors.genome", "a FASTA file");
  require_set(files.annotation, "donors.annotation", "a GTF, GFF3 or BED file");
  require_set(files.vcf, "donors.vcf", "a VCF with the donors' genotypes");
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
    if (const auto found = by_id_.find(genome::without_version(name)); found != by_id_.end())
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

/// Genes of contigs that the VCF knows nothing of are the same in all donors.
void tell_silent_contigs(const DonorFiles& files, const VcfGenomes& genomes, support::Reporter& reporter) {
  const auto silent = [&](const genome::Gene& gene) { return !genomes.reader().has_contig(gene.contig); };
  const auto count = std::count_if(genomes.genes.begin(), genomes.genes.end(), silent);
  if (count == 0) return;
  const auto& first = *std::find_if(genomes.genes.begin(), genomes.genes.end(), silent);
  reporter.warn(files.vcf.string() + ": has no contig of " +
                support::with_thousands(static_cast<std::uint64_t>(count)) + " of the " +
                support::with_thousands(genomes.genes.size()) + " genes (" + first.contig +
                ", …): there all donors are the reference");
}

}  // namespace

void describe(support::OptionVisitor& visit, DonorFiles& files) {
  visit.field("genome", files.genome, "genome, FASTA, plain or bgzip");
  visit.field("annotation", files.annotation, "genes, GTF, GFF3 or BED");
  visit.section("genes", files.genes, "which genes, and which position stands for one");
  visit.field("vcf", files.vcf, "donors' variants, VCF or BCF; phased or haploid");
  visit.section("haplotypes", files.haplotypes, "variants that cannot be used");
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
  genome::use_contigs_of(genomes->genome(), genomes->genes, files.annotation);
  tell_silent_contigs(files, *genomes, reporter);
  data.donors = std::move(table.columns);
  data.genomes = genomes.get();
  data.identity = {
      {"donors.window", std::to_string(window)},
      {"donors.genes.tss", genome::to_string(files.genes.tss)},
      {"donors.haplotypes", std::string(files.haplotypes.skip_mismatches ? "skip_mismatches " : "") +
                                (files.haplotypes.skip_unsupported ? "skip_unsupported" : "")}};
  if (with_checksums) {
    data.identity["donors.genome"] = support::file_checksum(files.genome);
    data.identity["donors.annotation"] = support::file_checksum(files.annotation);
    data.identity["donors.vcf"] = support::file_checksum(files.vcf);
  }
  auto tell_skipped = [&reader = genomes->reader()](support::Reporter& to) {
    const auto skipped = reader.skipped_text();
    if (!skipped.empty()) to.warn("variants left out of the donors' windows, once a haplotype: " + skipped);
  };
  return {std::move(genomes), std::move(data), std::move(tell_skipped)};
}

}  // namespace biodta::pipeline
