#include "gene_mutants.hpp"

#include "mutant_windows.hpp"
#include "run_bank.hpp"

#include <biodta/analysis/donor_mutants.hpp>
#include <biodta/analysis/given_variants.hpp>
#include <biodta/analysis/mutant_identity.hpp>
#include <biodta/analysis/mutant_search.hpp>
#include <biodta/analysis/saturation_scan.hpp>
#include <biodta/analysis/window_track.hpp>
#include <biodta/embedding/united_banks.hpp>
#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

/// Largest relative difference between a bank's row and the Enformer's: float16 in the bank makes 5e-4.
constexpr double kSameRow = 0.01;

/// A VCF with the reader of its haplotypes.
struct VcfOnGenome {
  VcfOnGenome(const std::filesystem::path& path, const genome::Genome& genome,
              genome::HaplotypeOptions options)
      : variants(genome::VariantFile::open(path)), reader(genome, variants, options) {}

  genome::VariantFile variants;
  genome::HaplotypeReader reader;
};

std::unique_ptr<VcfOnGenome> open_given(const MutagenesisRunOptions& options, const MutantWindows& windows) {
  const auto& given = options.mutants.given;
  if (given.vcf.empty()) return nullptr;
  if (windows.genome() == nullptr)
    throw ConfigError("mutants.vcf: is set together with sequences, expected genome and annotation",
                      "variants have places in a genome");
  return std::make_unique<VcfOnGenome>(given.vcf, *windows.genome(), given.haplotypes);
}

std::size_t sample_of(const std::string& context, const std::filesystem::path& vcf,
                      const std::vector<std::string>& samples) {
  const auto found = std::find(samples.begin(), samples.end(), context);
  if (found != samples.end()) return static_cast<std::size_t>(found - samples.begin());
  throw InputError(vcf, "samples", "no sample " + context, "the bank's contexts among the donors");
}

/// The bank's row with the change of the DNA embedding added to its first part.
std::vector<float> changed_row(std::span<const float> bank_row, std::span<const float> mutant,
                               std::span<const float> reference) {
  std::vector<float> row(bank_row.begin(), bank_row.end());
  for (std::size_t i = 0; i < mutant.size(); ++i) row[i] = bank_row[i] + (mutant[i] - reference[i]);
  return row;
}

}  // namespace

struct GeneMutants::Parts {
  const MutagenesisRunOptions& options;
  const embedding::EmbeddingBank& bank;
  torch::Device device;
  enformer::SequenceEmbedder embedder;
  std::unique_ptr<MutantWindows> windows;
  std::unique_ptr<VcfOnGenome> given;                      // nullptr = random mutants
  std::unique_ptr<analysis::MutantIdentifier> identifier;  // nullptr = identity is not known
  std::vector<analysis::StrengthTarget> strengths;         // of the genes that are no controls

  std::span<const float> bank_row(const std::string& gene_id) const {
    return bank.row(bank.row_of(*bank.gene_index(gene_id)));
  }
  analysis::IdentifyRows identify(const std::string& gene_id) const;
  analysis::MutantSearch search(const analysis::MutantSubject& subject, const analysis::PerturbedGene& gene,
                                const std::optional<analysis::StrengthTarget>& target,
                                support::Progress* progress) const;
  /// Throws unless the bank's row is what the Enformer makes.
  void check_row(std::span<const float> made, std::span<const float> of_bank, const std::string& whose) const;
};

analysis::IdentifyRows GeneMutants::Parts::identify(const std::string& gene_id) const {
  if (!identifier) return {};
  const auto index = *bank.gene_index(gene_id);
  return [this, index](std::span<const float> reference, std::span<const std::vector<float>> rows) {
    const auto bank_row = bank.row(bank.row_of(index));
    std::vector<std::vector<float>> changed;
    std::vector<analysis::MutantRow> mutants;
    changed.reserve(rows.size());
    mutants.reserve(rows.size());
    for (const auto& row : rows) changed.push_back(changed_row(bank_row, row, reference));
    for (const auto& row : changed) mutants.push_back({index, row});
    return identifier->identify(mutants);
  };
}

analysis::MutantSearch GeneMutants::Parts::search(const analysis::MutantSubject& subject,
                                                  const analysis::PerturbedGene& gene,
                                                  const std::optional<analysis::StrengthTarget>& target,
                                                  support::Progress* progress) const {
  analysis::MutantSearchOptions how = options.mutants;
  how.seed = options.seed;
  if (gene.control && target) return analysis::search_matched_mutant(subject, how, *target, progress);
  if (gene.control || !given) return analysis::search_mutant(subject, how, progress);
  const auto& file = how.given.vcf;
  const auto mutants =
      how.given.kind == analysis::GivenMutantKind::kVariants
          ? analysis::GivenMutants::variants(given->reader, file, subject.window, how.given.distance)
          : analysis::GivenMutants::haplotypes(given->reader, file, given->variants.samples(),
                                               subject.window);
  return analysis::score_given_mutants(subject, mutants, how.batch, progress);
}

void GeneMutants::Parts::check_row(std::span<const float> made, std::span<const float> of_bank,
                                   const std::string& whose) const {
  const double difference = embedding::relative_difference(made, of_bank.first(bank.parts().front()));
  if (difference <= kSameRow) return;
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", difference);
  throw InputError(
      name_of_bank(options.embeddings), "row of " + whose,
      std::string("another than the Enformer makes of the gene's DNA (relative difference ") + text + ")",
      "the same",
      "embed again with biodta-embed from this genome and these weights, with the same settings of "
      "embedder");
}

GeneMutants::GeneMutants(const MutagenesisRunOptions& options, const embedding::EmbeddingBank& bank,
                         torch::Device device) {
  if (options.weights.empty())
    throw ConfigError("weights: is not set, expected the folder of the Enformer that made the bank",
                      "perturbation: delete needs none");
  if (options.genes.tss == genome::TssPolicy::kAllTranscripts)
    throw ConfigError(
        "genes.tss: found all_transcripts, expected gene_start or canonical: one window is mutated");
  auto windows = open_mutant_windows(options);
  auto given = open_given(options, *windows);
  parts_ = std::make_unique<Parts>(
      Parts{options,
            bank,
            device,
            enformer::SequenceEmbedder::load(options.weights, device, options.embedder),
            std::move(windows),
            std::move(given),
            nullptr,
            {}});
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

void GeneMutants::identify_with(model::MaskedLanguageModel model) {
  parts_->identifier =
      std::make_unique<analysis::MutantIdentifier>(std::move(model), parts_->device, parts_->bank);
}

void GeneMutants::search(analysis::PerturbedGene& gene, cells::TokenId token,
                         const cells::VocabularyGene& known, support::Reporter& reporter,
                         support::Progress* progress) {
  const auto& options = parts_->options;
  gene.window = window(known);
  if (!gene.window)
    throw InputError(options.sequences.empty() ? options.annotation : options.sequences, "",
                     "no gene " + known.symbol + " (" + known.id + ")",
                     "its place in the genome or its window");
  const analysis::MutantSubject subject{parts_->embedder, options.readout, *gene.window, token,
                                        parts_->identify(known.id)};
  gene.search = parts_->search(subject, gene, target(), progress);
  parts_->check_row(gene.search->reference_row, parts_->bank_row(known.id), known.symbol);
  if (gene.search->identity_given_up)
    reporter.warn(known.symbol + ": " + analysis::identity_text(*gene.search));
  else if (options.mutants.choice.keep_identity && !gene.search->target)
    reporter.info(known.symbol + ": " + analysis::identity_text(*gene.search));
  if (gene.control) return;
  if (const auto measure = analysis::measure_of(options.mutants.match); measure)
    if (const auto strength = analysis::target_of(*gene.search, *measure); strength)
      parts_->strengths.push_back(*strength);
  if (parts_->given)
    if (const auto skipped = parts_->given->reader.skipped_text(); !skipped.empty())
      reporter.warn(options.mutants.given.vcf.string() + ": variants left out: " + skipped);
}

std::optional<analysis::StrengthTarget> GeneMutants::target() const {
  const auto measure = analysis::measure_of(parts_->options.mutants.match);
  const auto& strengths = parts_->strengths;
  if (!measure || strengths.empty()) return std::nullopt;
  const bool magnitude =
      std::any_of(strengths.begin(), strengths.end(), [](const auto& one) { return one.magnitude; });
  double sum = 0.0;
  for (const auto& one : strengths) sum += magnitude ? std::abs(one.value) : one.value;
  return analysis::StrengthTarget{*measure, sum / static_cast<double>(strengths.size()), magnitude};
}

void GeneMutants::scan(analysis::PerturbedGene& gene, support::Reporter& reporter) {
  const auto& options = parts_->options;
  const auto mutants = analysis::saturation_mutants_of(*gene.window, options.saturation);
  const auto progress = reporter.start("saturation", mutants, "mutants");
  gene.saturation = analysis::scan_saturation(parts_->embedder, options.readout, *gene.window,
                                              options.saturation, options.mutants.batch, progress.get());
}

analysis::WindowTrack GeneMutants::track(const analysis::PerturbedGene& gene) {
  if (!gene.search || !gene.search->chosen) throw Error("no mutant of " + gene.symbol + " was taken");
  return analysis::window_track(parts_->embedder, parts_->options.readout, *gene.window,
                                gene.search->trials.at(*gene.search->chosen).edits);
}

analysis::Perturbation GeneMutants::perturbation(const analysis::PerturbedGene& gene,
                                                 cells::TokenId token) const {
  if (!gene.search || !gene.search->chosen) throw Error("no mutant of " + gene.symbol + " was taken");
  const auto bank_row = parts_->bank_row(gene.gene_id);
  analysis::Perturbation result;
  result.kind = analysis::PerturbationKind::kReplaceRow;
  result.token = token;
  result.row = changed_row(bank_row, gene.search->mutant_row, gene.search->reference_row);
  result.reference_row = {bank_row.begin(), bank_row.end()};
  return result;
}

std::vector<analysis::Perturbation> GeneMutants::perturbations(const analysis::PerturbedGene& gene,
                                                               cells::TokenId token) const {
  std::vector<analysis::Perturbation> result = {perturbation(gene, token)};
  if (gene.search->use != analysis::MutantUse::kAll) return result;
  const auto bank_row = parts_->bank_row(gene.gene_id);
  const analysis::Perturbation pattern = std::move(result.front());
  result.clear();
  for (const auto& row : gene.search->used_rows) {
    result.push_back(pattern);
    result.back().row = changed_row(bank_row, row, gene.search->reference_row);
  }
  return result;
}

std::vector<std::vector<analysis::Perturbation>> GeneMutants::perturbations_in(
    const analysis::PerturbedGene& gene, cells::TokenId token, const std::filesystem::path& vcf,
    const genome::HaplotypeOptions& haplotypes, std::span<const embedding::ContextIndex> contexts) {
  const auto& bank = parts_->bank;
  if (parts_->windows->genome() == nullptr)
    throw ConfigError("sequences: is set, expected genome and annotation to mutate donors' DNA");
  const VcfOnGenome donors(vcf, *parts_->windows->genome(), haplotypes);
  std::vector<std::size_t> samples;
  for (const auto context : contexts)
    samples.push_back(sample_of(bank.context_names().at(static_cast<std::size_t>(context)), vcf,
                                donors.variants.samples()));
  const analysis::MutantSubject subject{parts_->embedder, parts_->options.readout, *gene.window, token, {}};
  auto made = analysis::mutants_in_donors(subject, *gene.search, *parts_->windows->genome(), donors.reader,
                                          samples, parts_->options.mutants.batch);
  std::vector<std::vector<analysis::Perturbation>> result;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const auto bank_row = bank.row(bank.row_of(*bank.gene_index(gene.gene_id), contexts[i]));
    parts_->check_row(made[i].reference_row, bank_row,
                      gene.symbol + " in " + donors.variants.samples()[samples[i]]);
    auto& rows = made[i].rows;
    if (gene.search->use == analysis::MutantUse::kMean)
      rows = std::vector<std::vector<float>>(1, analysis::mean_row(rows));
    auto& own = result.emplace_back();
    for (const auto& row : rows) {
      analysis::Perturbation& one = own.emplace_back();
      one.kind = analysis::PerturbationKind::kReplaceRow;
      one.token = token;
      one.row = changed_row(bank_row, row, made[i].reference_row);
      one.reference_row = {bank_row.begin(), bank_row.end()};
    }
  }
  return result;
}

}  // namespace biodta::pipeline
