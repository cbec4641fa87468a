#include "embed_sequences.hpp"

#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/pipeline/embed.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace biodta::pipeline {
namespace {

void check(const EmbedOptions& options) {
  const auto require = [](const std::filesystem::path& path, const char* key, const char* what) {
    if (path.empty()) throw ConfigError(std::string(key) + ": is not set, expected " + what);
  };
  if (options.sequences.empty()) {
    require(options.genome, "genome", "a FASTA file (or sequences)");
    require(options.annotation, "annotation", "a GTF or BED file");
  } else if (!options.genome.empty() || !options.annotation.empty() || !options.vcf.empty()) {
    throw ConfigError("sequences: are set beside genome, annotation or vcf, expected one or the other");
  }
  require(options.weights, "weights", "the folder of an Enformer");
  require(options.output, "output", "the embedding bank to write");
  if (options.vcf.empty() && !options.samples.empty()) throw ConfigError("samples: are set, but vcf is not");
  support::require_not_read("output", options.output,
                            {options.genome, options.annotation, options.sequences, options.vcf});
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(options.weights, ignored))
    support::require_not_read("output", options.output, {file.path()});
  support::require_writable(options.output);
}

/// Samples of the variants that become contexts.
struct Donors {
  genome::VariantFile variants;
  std::vector<std::size_t> samples;  // index into the file's
  std::vector<int> ploidy;           // of each of `samples`
};

std::vector<std::size_t> chosen_samples(const genome::VariantFile& variants, const EmbedOptions& options) {
  const auto& known = variants.samples();
  std::vector<std::size_t> chosen;
  for (const auto& name : options.samples.empty() ? known : options.samples) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      const auto near = support::nearest_names(name, known);
      throw InputError(options.vcf, "samples", "no sample \"" + name + "\"", "a sample of the file",
                       near.empty() ? "" : "did you mean " + support::join_words(near) + "?");
    }
    chosen.push_back(static_cast<std::size_t>(found - known.begin()));
  }
  if (chosen.empty()) throw InputError(options.vcf, "", "no samples", "donors with genotypes");
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

/// A gene must be on the genome, before anything is computed.
void check_genes(const EmbedOptions& options, const genome::Genome& genome,
                 const std::vector<genome::Gene>& genes) {
  for (const auto& gene : genes) {
    const auto place = "gene " + gene.id + " (" + gene.symbol + ")";
    if (!genome.has_contig(gene.contig)) {
      throw InputError(options.annotation, place, "contig " + gene.contig,
                       "a contig of " + options.genome.string() + ", such as " + genome.contigs().front(),
                       "genome and annotation must name contigs alike and be of one assembly");
    }
    if (gene.tss < 0 || gene.tss >= genome.contig_length(gene.contig)) {
      throw InputError(options.annotation, place, "a TSS at " + std::to_string(gene.tss + 1),
                       "a position on " + gene.contig + " of " +
                           std::to_string(genome.contig_length(gene.contig)) + " bp");
    }
  }
}

/// The distinct sequences of one gene, the reference first, and which of them each donor's haplotypes are.
struct GeneWindows {
  std::uint32_t gene = 0;
  std::vector<std::string> sequences;
  struct Use {
    std::size_t context;
    std::array<std::size_t, 2> haplotype;
  };
  std::vector<Use> uses;

  std::size_t index_of(std::string sequence) {
    const auto found = std::find(sequences.begin(), sequences.end(), sequence);
    if (found != sequences.end()) return static_cast<std::size_t>(found - sequences.begin());
    sequences.push_back(std::move(sequence));
    return sequences.size() - 1;
  }
};

class WindowReader {
 public:
  WindowReader(const EmbedOptions& options, const genome::Genome& genome, const std::optional<Donors>& donors,
               std::int64_t window)
      : options_(options), genome_(genome), donors_(donors), window_(window) {}

  GeneWindows read(std::uint32_t index, const genome::Gene& gene) const {
    const auto window = genome::window_around(gene.tss, window_);
    GeneWindows result{index, {genome_.fetch(gene.contig, window.start, window.end)}, {}};
    if (result.sequences.front().find_first_not_of('N') == std::string::npos) {
      throw InputError(options_.genome,
                       "window of gene " + gene.id + " (" + gene.symbol + ") on " + gene.contig,
                       "nothing but N", "known bases around the TSS");
    }
    if (!donors_) return result;
    for (std::size_t context = 0; context < donors_->samples.size(); ++context)
      add_donor(gene, window, context, result);
    return result;
  }

 private:
  void add_donor(const genome::Gene& gene, const genome::Window& window, std::size_t context,
                 GeneWindows& result) const {
    const auto sample = donors_->samples[context];
    GeneWindows::Use use{context, {0, 0}};
    bool differs = false;
    for (int haplotype = 0; haplotype < donors_->ploidy[context]; ++haplotype) {
      const auto edits =
          donors_->variants.haplotype_edits(gene.contig, window.start, window.end, sample, haplotype);
      differs = differs || !edits.empty();
      const auto place =
          options_.vcf.string() + ": sample " + donors_->variants.samples()[sample] + " on " + gene.contig;
      use.haplotype[static_cast<std::size_t>(haplotype)] =
          result.index_of(genome::apply_substitutions(result.sequences.front(), window.start, edits, place));
    }
    if (donors_->ploidy[context] == 1) use.haplotype[1] = use.haplotype[0];
    if (differs) result.uses.push_back(use);
  }

  const EmbedOptions& options_;
  const genome::Genome& genome_;
  const std::optional<Donors>& donors_;
  std::int64_t window_;
};

/// Rows as they come; genes are given in ascending order.
struct Rows {
  std::size_t width;
  std::vector<float> reference;
  struct Context {
    std::vector<std::uint32_t> genes;
    std::vector<float> values;
  };
  std::vector<Context> contexts;
  std::size_t sequences = 0;

  /// @param embedded  [sequences of the gene, width]
  void add(const GeneWindows& windows, std::span<const float> embedded) {
    const auto row = [&](std::size_t index) { return embedded.subspan(index * width, width); };
    const auto first = row(0);
    reference.insert(reference.end(), first.begin(), first.end());
    for (const auto& use : windows.uses) {
      auto& context = contexts[use.context];
      context.genes.push_back(windows.gene);
      const auto one = row(use.haplotype[0]), other = row(use.haplotype[1]);
      for (std::size_t e = 0; e < width; ++e) context.values.push_back(0.5F * one[e] + 0.5F * other[e]);
    }
    sequences += windows.sequences.size();
  }
};

void embed_block(std::vector<GeneWindows>& block, enformer::SequenceEmbedder& embedder, std::int64_t batch,
                 Rows& rows) {
  std::vector<std::string> sequences;
  for (const auto& gene : block)
    sequences.insert(sequences.end(), gene.sequences.begin(), gene.sequences.end());
  const auto embedded = embedder.embed(sequences, nullptr, batch).rows_NRE;
  std::span<const float> values(embedded.data_ptr<float>(), static_cast<std::size_t>(embedded.numel()));
  for (const auto& gene : block) {
    const auto size = gene.sequences.size() * rows.width;
    rows.add(gene, values.first(size));
    values = values.subspan(size);
  }
  block.clear();
}

Rows embed_genes(const std::vector<genome::Gene>& genes, const WindowReader& windows, std::size_t contexts,
                 enformer::SequenceEmbedder& embedder, std::int64_t batch, support::Reporter& reporter) {
  Rows rows{static_cast<std::size_t>(embedder.config().embedding_size()), {}, {}};
  rows.contexts.resize(contexts);
  const auto progress = reporter.start("embed", genes.size(), "genes");
  std::vector<GeneWindows> block;
  std::size_t pending = 0;
  for (std::size_t gene = 0; gene < genes.size(); ++gene) {
    block.push_back(windows.read(static_cast<std::uint32_t>(gene), genes[gene]));
    pending += block.back().sequences.size();
    // Several batches at once, so that few of them are partly filled.
    if (std::cmp_less(pending, 4 * batch) && gene + 1 < genes.size()) continue;
    embed_block(block, embedder, batch, rows);
    pending = 0;
    progress->update(gene + 1);
  }
  return rows;
}

embedding::Provenance provenance_of(const EmbedOptions& options, const enformer::SequenceEmbedder& embedder) {
  embedding::Provenance provenance = {{"genome", options.genome.filename().string()},
                                      {"genome_checksum", support::file_checksum(options.genome)},
                                      {"annotation", options.annotation.filename().string()},
                                      {"annotation_checksum", support::file_checksum(options.annotation)},
                                      {"tss_policy", genome::to_string(options.genes.tss)},
                                      {"window", std::to_string(embedder.config().window)},
                                      {"model_checksum", embedder.checksum()},
                                      {"readout", "mean over bins of the Enformer's final pointwise output"}};
  if (!options.vcf.empty()) {
    provenance["variants"] = options.vcf.filename().string();
    provenance["variants_checksum"] = support::file_checksum(options.vcf);
  }
  return provenance;
}

embedding::EmbeddingBank make_bank(const std::vector<genome::Gene>& genes, Rows rows,
                                   const std::optional<Donors>& donors, embedding::Provenance provenance) {
  std::vector<std::string> ids, symbols;
  for (const auto& gene : genes) {
    ids.push_back(gene.id);
    symbols.push_back(gene.symbol);
  }
  embedding::EmbeddingBank bank(std::move(ids), std::move(symbols), /*tokens_per_gene=*/1, rows.width,
                                std::move(rows.reference), std::move(provenance));
  for (std::size_t context = 0; context < rows.contexts.size(); ++context) {
    auto& found = rows.contexts[context];
    bank.add_context(donors->variants.samples()[donors->samples[context]], std::move(found.genes),
                     found.values);
  }
  return bank;
}

}  // namespace

void describe(support::OptionVisitor& visit, EmbedOptions& options) {
  visit.field("genome", options.genome, "genome, FASTA, plain or bgzip");
  visit.field("annotation", options.annotation, "genes, GTF or BED");
  visit.field("sequences", options.sequences,
              "instead of genome and annotation: FASTA, one window a record, named by gene id");
  visit.section("genes", options.genes, "which genes, and which position stands for one");
  visit.field("weights", options.weights, "folder of an Enformer: config.json and its weights");
  visit.field("vcf", options.vcf, "donors' variants, VCF or BCF; empty = the reference only");
  visit.field("samples", options.samples, "samples that become contexts; an empty list takes all");
  visit.field("output", options.output, "embedding bank to write");
  visit.field("batch", options.batch, "windows a forward pass", support::between(1, 1 << 20));
  visit.choice("precision", options.precision,
               {{"float32", embedding::Precision::kFloat32}, {"float16", embedding::Precision::kFloat16}},
               "how rows are stored");
}

void embed(const EmbedOptions& options, support::Reporter& reporter, std::string_view device) {
  check(options);
  if (!options.sequences.empty()) {
    embed_sequences(options, reporter, device);
    return;
  }
  const auto genome = genome::Genome::open(options.genome);
  const auto genes = genome::read_annotation(options.annotation, options.genes);
  check_genes(options, genome, genes);
  const auto donors = open_donors(options, genes);
  auto embedder = enformer::SequenceEmbedder::load(options.weights, choose_device(device));

  const WindowReader windows(options, genome, donors, embedder.config().window);
  auto rows =
      embed_genes(genes, windows, donors ? donors->samples.size() : 0, embedder, options.batch, reporter);
  const auto sequences = rows.sequences;
  const auto bank = make_bank(genes, std::move(rows), donors, provenance_of(options, embedder));
  bank.write(options.output, options.precision);
  reporter.info("wrote " + options.output.string() + ": " + support::with_thousands(bank.gene_count()) +
                " genes, " + support::with_thousands(bank.context_names().size()) + " contexts, " +
                support::with_thousands(sequences) + " sequences embedded");
}

}  // namespace biodta::pipeline
