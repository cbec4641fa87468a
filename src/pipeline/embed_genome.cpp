#include "embed_genome.hpp"

#include <biodta/genome/contig_names.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace biodta::pipeline {
namespace {

constexpr std::size_t kNamesShown = 8;

[[noreturn]] void refuse_sample(const EmbedOptions& options, const std::string& name,
                                const std::vector<std::string>& known) {
  const auto near = support::nearest_names(name, known);
  std::vector<std::string> shown(
      known.begin(), known.begin() + static_cast<std::ptrdiff_t>(std::min(known.size(), kNamesShown)));
  if (shown.size() < known.size())
    shown.push_back(support::with_thousands(known.size() - shown.size()) + " more");
  throw InputError(options.vcf, "samples", "no sample \"" + name + "\"",
                   "one of " + support::join_words(shown),
                   near.empty() ? "" : "did you mean " + support::join_words(near) + "?");
}

std::vector<std::size_t> chosen_samples(const genome::VariantFile& variants, const EmbedOptions& options) {
  const auto& known = variants.samples();
  if (known.empty()) throw InputError(options.vcf, "", "no samples", "donors with genotypes");
  std::vector<std::size_t> chosen;
  for (const auto& name : options.samples.empty() ? known : options.samples) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) refuse_sample(options, name, known);
    if (!embedding::is_context_name(name) || !support::is_plain_text(name)) {
      throw InputError(options.vcf, "samples", "\"" + name + "\"",
                       "a name of plain text without a slash, since contexts are called so");
    }
    chosen.push_back(static_cast<std::size_t>(found - known.begin()));
  }
  return chosen;
}

/// Donors' variants on a genome, which must outlive it.
struct Donors {
  Donors(const EmbedOptions& options, const genome::Genome& genome)
      : variants(genome::VariantFile::open(options.vcf)),
        samples(chosen_samples(variants, options)),
        reader(genome, variants, options.haplotypes) {
    for (const auto sample : samples)
      for (const int haplotype : {0, 1}) haplotypes.push_back({sample, haplotype});
  }

  genome::VariantFile variants;
  std::vector<std::size_t> samples;  // of the file, which become contexts
  genome::HaplotypeReader reader;
  std::vector<genome::HaplotypeId> haplotypes;  // two a sample; those of a haploid one are equal
};

/// The windows around the starts of one gene: in each, number 0 is the reference.
class StartWindows {
 public:
  void add(std::string reference) {
    offsets_.push_back(count());
    parts_.push_back({std::move(reference), std::nullopt});
  }
  void add(genome::WindowHaplotypes haplotypes) {
    offsets_.push_back(count());
    parts_.push_back({{}, std::move(haplotypes)});
  }

  std::size_t count() const {
    if (parts_.empty()) return 0;
    const auto& last = parts_.back().haplotypes;
    return offsets_.back() + (last ? last->distinct() : 1);
  }
  std::string window(std::size_t i) const {
    const auto after = std::upper_bound(offsets_.begin(), offsets_.end(), i);
    const auto part = static_cast<std::size_t>(after - offsets_.begin()) - 1;
    const auto& [reference, haplotypes] = parts_[part];
    return haplotypes ? haplotypes->sequence(i - offsets_[part]) : reference;
  }
  std::vector<std::uint32_t> reference_row() const { return {offsets_.begin(), offsets_.end()}; }
  /// Both haplotypes of the donor asked for at place `donor`, around every start.
  std::vector<std::uint32_t> donor_row(std::size_t donor) const {
    std::vector<std::uint32_t> row;
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      for (const std::size_t haplotype : {2 * donor, 2 * donor + 1}) {
        const auto& found = parts_[part].haplotypes;
        row.push_back(static_cast<std::uint32_t>(offsets_[part] + (found ? found->of(haplotype) : 0)));
      }
    }
    return row;
  }
  bool differs(std::size_t sample) const {
    return std::any_of(parts_.begin(), parts_.end(), [sample](const Part& part) {
      return part.haplotypes && part.haplotypes->differs(sample);
    });
  }

 private:
  struct Part {
    std::string reference;  // where there are no haplotypes
    std::optional<genome::WindowHaplotypes> haplotypes;
  };
  std::vector<Part> parts_;
  std::vector<std::size_t> offsets_;
};

/// Where a gene's transcription starts: at least one place.
std::vector<std::int64_t> starts_of(const genome::Gene& gene) {
  std::vector<std::int64_t> positions;
  for (const auto& start : gene.starts) positions.push_back(start.position);
  if (positions.empty()) positions.push_back(gene.tss);
  return positions;
}

double share_of_n(std::string_view sequence) {
  return static_cast<double>(std::count(sequence.begin(), sequence.end(), 'N')) /
         static_cast<double>(sequence.size());
}

class EmbedGenome : public EmbedSource {
 public:
  EmbedGenome(const EmbedOptions& options, std::int64_t window, support::Reporter& reporter)
      : options_(options),
        genome_(genome::Genome::open(options.genome)),
        genes_(genome::read_annotation(options.annotation, options.genes)),
        window_(window) {
    const genome::ContigNames contigs(genome_);
    for (const auto& gene : genes_) {
      names_.push_back({gene.id, gene.symbol});
      contigs_.emplace_back(contigs.find(gene.contig));
    }
    if (options.vcf.empty()) return;
    donors_ = std::make_unique<Donors>(options, genome_);
    for (const auto sample : donors_->samples) contexts_.push_back(donors_->variants.samples()[sample]);
    warn_of_contigs_without_variants(reporter);
  }

  const std::vector<Name>& genes() const override { return names_; }
  const std::vector<std::string>& contexts() const override { return contexts_; }

  std::optional<UnknownDna> unknown_dna(std::size_t index) const override {
    const auto& gene = genes_[index];
    const auto place = "gene " + gene.id + " (" + gene.symbol + ")";
    if (!contigs_[index]) {
      return UnknownDna{options_.annotation, place,
                        "contig " + gene.contig + ", which the genome does not have",
                        "a contig of " + options_.genome.string() + ", such as " + genome_.contigs().front()};
    }
    const auto length = genome_.contig_length(*contigs_[index]);
    const auto starts = starts_of(gene);
    for (const auto start : starts) {
      if (start < 0 || start >= length) {
        return UnknownDna{options_.annotation, place,
                          "a TSS at " + std::to_string(start + 1) + ", which is not on " + gene.contig,
                          "a position of its " + std::to_string(length) + " bp"};
      }
    }
    for (const auto start : starts) {
      if (reference_window(index, start).find_first_not_of('N') != std::string::npos) continue;
      return UnknownDna{options_.genome, "window of " + place + " on " + gene.contig, "nothing but N",
                        "known bases around the TSS"};
    }
    return std::nullopt;
  }

  GeneWindows read(std::size_t index) const override {
    const auto starts = starts_of(genes_[index]);
    auto windows = std::make_shared<StartWindows>();
    double unknown = 0.0;
    for (const auto start : starts) {
      std::string reference = reference_window(index, start);
      unknown += share_of_n(reference) / static_cast<double>(starts.size());
      if (donors_) {
        windows->add(donors_->reader.windows(*contigs_[index], start, window_, donors_->haplotypes));
      } else {
        windows->add(std::move(reference));
      }
    }
    GeneWindows result;
    result.known_bases = static_cast<float>(1.0 - unknown);
    result.rows.push_back(windows->reference_row());
    for (std::size_t context = 0; context < contexts_.size(); ++context) {
      if (!windows->differs(donors_->samples[context])) continue;
      result.contexts.push_back(static_cast<std::uint32_t>(context));
      result.rows.push_back(windows->donor_row(context));
    }
    result.count = windows->count();
    result.window = [windows](std::size_t i) { return windows->window(i); };
    return result;
  }

  void summarize(support::Reporter& reporter) const override {
    if (!donors_) return;
    const auto skipped = donors_->reader.skipped_text();
    if (!skipped.empty())
      reporter.warn("variants left out of the windows of this run, once a haplotype: " + skipped);
  }

 private:
  std::string reference_window(std::size_t gene, std::int64_t tss) const {
    const auto window = genome::window_around(tss, window_);
    return genome_.fetch(*contigs_[gene], window.start, window.end);
  }

  void warn_of_contigs_without_variants(support::Reporter& reporter) const {
    std::vector<std::string> contigs;
    std::uint64_t genes = 0;
    for (const auto& contig : contigs_) {
      if (!contig || donors_->reader.has_contig(*contig)) continue;
      ++genes;
      if (std::find(contigs.begin(), contigs.end(), *contig) == contigs.end()) contigs.push_back(*contig);
    }
    if (genes == 0) return;
    const auto all = contigs.size();
    contigs.resize(std::min(all, kNamesShown));
    if (contigs.size() < all) contigs.push_back(support::with_thousands(all - contigs.size()) + " more");
    reporter.warn(options_.vcf.string() + " knows nothing of " + support::join_words(contigs) + ": the " +
                  support::with_thousands(genes) + " genes there are taken as the reference in every donor");
  }

  const EmbedOptions& options_;
  genome::Genome genome_;
  std::vector<genome::Gene> genes_;
  std::int64_t window_;
  std::vector<Name> names_;
  std::vector<std::optional<std::string>> contigs_;  // [genes] the genome's names
  std::unique_ptr<Donors> donors_;
  std::vector<std::string> contexts_;
};

}  // namespace

std::unique_ptr<EmbedSource> open_embed_genome(const EmbedOptions& options, std::int64_t window,
                                               support::Reporter& reporter) {
  return std::make_unique<EmbedGenome>(options, window, reporter);
}

}  // namespace biodta::pipeline
