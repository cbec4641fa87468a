#include "embed_genome.hpp"

#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <utility>

namespace biodta::pipeline {
namespace {

constexpr std::size_t kNamesShown = 8;

/// Samples of the variants that become contexts.
struct Donors {
  genome::VariantFile variants;
  std::vector<std::size_t> samples;  // index into the file's
  std::vector<int> ploidy;           // of each of `samples`
};

[[noreturn]] void refuse_sample(const EmbedOptions& options, const std::string& name,
                                const std::vector<std::string>& known) {
  const auto near = support::nearest_names(name, known);
  std::vector<std::string> shown(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(
                                                                    std::min(known.size(), kNamesShown)));
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

std::optional<Donors> open_donors(const EmbedOptions& options, const std::vector<genome::Gene>& genes) {
  if (options.vcf.empty()) return std::nullopt;
  auto variants = genome::VariantFile::open(options.vcf);
  auto samples = chosen_samples(variants, options);
  const auto contigs = variants.contigs();
  const auto on_known_contig = [&](const genome::Gene& gene) {
    return std::find(contigs.begin(), contigs.end(), gene.contig) != contigs.end();
  };
  if (std::none_of(genes.begin(), genes.end(), on_known_contig)) {
    throw InputError(options.vcf, "contigs", contigs.empty() ? "none" : contigs.front() + ", …",
                     "contigs of the genes, such as " + genes.front().contig);
  }
  std::vector<int> ploidy;
  for (const auto sample : samples) ploidy.push_back(variants.ploidy(sample));
  return Donors{std::move(variants), std::move(samples), std::move(ploidy)};
}

/// The distinct windows around one start: by the edits that make them, the reference first.
struct StartWindows {
  std::string reference;
  std::int64_t start = 0;
  std::string place;  // what errors call the variants
  std::vector<std::vector<genome::Edit>> edits = {{}};

  std::uint32_t index_of(std::vector<genome::Edit> haplotype) {
    const auto found = std::find(edits.begin(), edits.end(), haplotype);
    if (found != edits.end()) return static_cast<std::uint32_t>(found - edits.begin());
    edits.push_back(std::move(haplotype));
    return static_cast<std::uint32_t>(edits.size() - 1);
  }
};

class EmbedGenome : public EmbedSource {
 public:
  EmbedGenome(const EmbedOptions& options, std::int64_t window)
      : options_(options),
        genome_(genome::Genome::open(options.genome)),
        genes_(genome::read_annotation(options.annotation, options.genes)),
        donors_(open_donors(options, genes_)),
        window_(window) {
    for (const auto& gene : genes_) names_.push_back({gene.id, gene.symbol});
    if (!donors_) return;
    for (const auto sample : donors_->samples) contexts_.push_back(donors_->variants.samples()[sample]);
  }

  const std::vector<Name>& genes() const override { return names_; }
  const std::vector<std::string>& contexts() const override { return contexts_; }

  std::optional<UnknownDna> unknown_dna(std::size_t index) const override {
    const auto& gene = genes_[index];
    const auto place = "gene " + gene.id + " (" + gene.symbol + ")";
    if (!genome_.has_contig(gene.contig)) {
      return UnknownDna{options_.annotation, place, "contig " + gene.contig + ", which the genome does not have",
                        "a contig of " + options_.genome.string() + ", such as " + genome_.contigs().front()};
    }
    const auto length = genome_.contig_length(gene.contig);
    if (gene.tss < 0 || gene.tss >= length) {
      return UnknownDna{options_.annotation, place,
                        "a TSS at " + std::to_string(gene.tss + 1) + ", which is not on " + gene.contig,
                        "a position of its " + std::to_string(length) + " bp"};
    }
    if (reference_window(gene).find_first_not_of('N') != std::string::npos) return std::nullopt;
    return UnknownDna{options_.genome, "window of " + place + " on " + gene.contig, "nothing but N",
                      "known bases around the TSS"};
  }

  GeneWindows read(std::size_t index) const override {
    const auto& gene = genes_[index];
    auto start = std::make_shared<StartWindows>();
    start->reference = reference_window(gene);
    start->start = genome::window_around(gene.tss, window_).start;
    start->place = options_.vcf.string() + ": " + gene.contig;
    GeneWindows result;
    result.rows.push_back({0});
    const auto unknown = std::count(start->reference.begin(), start->reference.end(), 'N');
    result.known_bases = static_cast<float>(1.0 - static_cast<double>(unknown) / static_cast<double>(window_));
    for (std::size_t context = 0; context < contexts_.size(); ++context)
      add_donor(gene, context, *start, result);
    result.count = start->edits.size();
    result.window = [start](std::size_t i) {
      return genome::apply_substitutions(start->reference, start->start, start->edits[i], start->place);
    };
    return result;
  }

 private:
  std::string reference_window(const genome::Gene& gene) const {
    const auto window = genome::window_around(gene.tss, window_);
    return genome_.fetch(gene.contig, window.start, window.end);
  }

  void add_donor(const genome::Gene& gene, std::size_t context, StartWindows& start,
                 GeneWindows& result) const {
    const auto sample = donors_->samples[context];
    std::vector<std::uint32_t> row;
    for (int haplotype = 0; haplotype < donors_->ploidy[context]; ++haplotype) {
      row.push_back(start.index_of(donors_->variants.haplotype_edits(gene.contig, start.start,
                                                                     start.start + window_, sample,
                                                                     haplotype)));
    }
    if (std::all_of(row.begin(), row.end(), [](std::uint32_t window) { return window == 0; })) return;
    result.contexts.push_back(static_cast<std::uint32_t>(context));
    result.rows.push_back(std::move(row));
  }

  const EmbedOptions& options_;
  genome::Genome genome_;
  std::vector<genome::Gene> genes_;
  std::optional<Donors> donors_;
  std::int64_t window_;
  std::vector<Name> names_;
  std::vector<std::string> contexts_;
};

}  // namespace

std::unique_ptr<EmbedSource> open_embed_genome(const EmbedOptions& options, std::int64_t window) {
  return std::make_unique<EmbedGenome>(options, window);
}

}  // namespace biodta::pipeline
