#include "cell_groups.hpp"
#include "every_gene_job.hpp"
#include "every_gene_words.hpp"
#include "gene_perturbation.hpp"
#include "mutagenesis_report.hpp"
#include "perturbed_run.hpp"
#include "run_bank.hpp"
#include "shard.hpp"
#include "work_estimate.hpp"

#include <biodta/analysis/cell_selection.hpp>
#include <biodta/analysis/gene_effects.hpp>
#include <biodta/analysis/gene_effects_report.hpp>
#include <biodta/analysis/report.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/pipeline/every_gene.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

using support::with_thousands;

/// @param found  empty where it is not set.
void refuse_beside_all_genes(const std::string& key, const std::string& found, const std::string& expected) {
  if (!found.empty()) throw ConfigError(key + ": found " + found + " beside all_genes, expected " + expected);
}

const MutagenesisRunOptions& checked(const MutagenesisRunOptions& options) {
  const auto require = [](const auto& value, const std::string& key, const std::string& what) {
    if (value.empty()) throw ConfigError(key + ": is not set, expected " + what);
  };
  require(options.run, "run", "a run folder of biodta-train");
  require(options.corpus, "corpus", "a corpus file");
  if (!options.gene.empty())
    throw ConfigError("gene: found " + options.gene + " beside all_genes, expected one of the two");
  const auto& traits = traits_of(options.perturbation);
  if (traits.dna)
    throw ConfigError("perturbation: found " + std::string(traits.name) +
                          " beside all_genes, expected delete, overexpress, inhibit, activate or mask",
                      "a mutant takes runs of the Enformer for every gene; name one with --gene");
  refuse_beside_all_genes("with", support::join_words(options.with), "genes perturbed one at a time");
  refuse_beside_all_genes("saturation", options.saturation > 0 ? std::to_string(options.saturation) : "",
                          "0: no DNA is changed");
  refuse_beside_all_genes("mutants.vcf", options.mutants.given.vcf.string(), "none: no DNA is changed");
  return options;
}

/// A trailing slash is taken off, since names beside the output are made from it.
std::filesystem::path output_of_all_genes(const MutagenesisRunOptions& options) {
  if (options.output.empty()) return "report/all_genes";
  const auto output = options.output.lexically_normal();
  return output.has_filename() ? output : output.parent_path();
}

/// Of no gene yet.
analysis::Perturbation perturbation_of(const MutagenesisRunOptions& options) {
  const std::vector<GeneInCells> any(1);
  return forms_of(options.perturbation, any, options.quartiles, nullptr).front().genes.front();
}

std::string noun_of(const MutagenesisRunOptions& options) {
  return std::string(traits_of(options.perturbation).noun);
}

/// One run over every gene, step by step.
class EveryGene {
 public:
  EveryGene(const MutagenesisRunOptions& options, support::Reporter& reporter, torch::Device device)
      : options_(checked(options)),
        reporter_(reporter),
        device_(device),
        shard_(Shard::parse(options.shard)),
        output_(output_of_all_genes(options)),
        corpus_(cells::Corpus::open(options.corpus)) {}

  MutagenesisOutcome run() {
    if (options_.shard.empty()) analysis::check_report_folder(output_, options_.overwrite);
    load();
    // The other shards may have ended, and written the report.
    if (chunks_->size() == 0)
      return {"shard " + options_.shard + " has no cells: nothing is to be done\n", {}};
    analysis::check_report_folder(output_, options_.overwrite);
    EveryGeneJournals journals(output_, every_gene_identity(options_, *run_, chunks_->cells()), *chunks_,
                               options_.cells.states.size(), options_.overwrite);
    journals.open(reporter_);
    if (journals.done() < chunks_->size()) measure(journals);
    return finish(journals);
  }

  void estimate() {
    load();
    const auto cells = chunks_->from(0);
    if (cells.empty()) return reporter_.info("no cell is of shard " + options_.shard);
    place_states();  // once, so that the estimate leaves it out
    WorkEstimate estimate(reporter_, amount_of(cells));
    const std::vector<std::uint32_t> middle = {cell_of_middle_length(cells)};
    const auto silent = support::silent_reporter().start("", 0, "");
    estimate.begin_part(*silent, 0);
    static_cast<void>(effects_of(middle, &estimate));
    estimate.tell();
  }

 private:
  void load() {
    bank_ = read_bank(options_.embeddings, options_.further_embeddings);
    std::vector<embedding::ContextIndex> contexts;
    if (bank_)
      contexts =
          read_contexts(corpus_, *bank_, "cells.context_column", options_.cells.context_column, reporter_);
    run_ = load_run(options_.run, corpus_, bank_ ? &*bank_ : nullptr, options_.embeddings, contexts, device_);
    require_layer(options_.shift.layer, *run_);
    auto cells =
        analysis::select_cells(corpus_, {options_.cells.filters, options_.cells.max_cells, options_.seed});
    if (cells.empty())
      throw InputError(corpus_.path(), "", "no cell with " + support::join_words(options_.cells.filters),
                       "cells to perturb", "loosen the filter in `cells`");
    const auto& column = options_.cells.group_column;
    groups_ = groups_of(corpus_, column, cells);
    if (!column.empty() && groups_.names.empty())
      throw ConfigError("cells.group_column: no chosen cell has a value of '" + column +
                        "', expected donors or regions");
    chunks_.emplace(std::move(cells), shard_);
    states_ = states_of(corpus_, options_.cells, options_.seed);
  }

  analysis::ShiftSubjects subjects() const {
    return {.cells = *run_->cells, .bank = run_->bank, .states_SH = states_SH_};
  }

  /// Where the cells of each state are, before the first cell is changed.
  void place_states() {
    if (states_SH_.defined()) return;
    for (const auto& state : states_)
      reporter_.info("state " + state.name + ": the mean of " + support::counted(state.cells.size(), "cell"));
    states_SH_ = embed_states(*run_, device_, subjects(), states_, options_.shift);
  }

  std::vector<analysis::CellEffects> effects_of(std::span<const std::uint32_t> cells,
                                                support::Progress* progress) {
    return analysis::measure_cell_effects(run_->model, device_, subjects(), cells, perturbation_of(options_),
                                          options_.shift, progress);
  }

  std::uint64_t tokens_of(std::span<const std::uint32_t> cells) const {
    return analysis::forward_tokens_of_every_gene(subjects(), cells, perturbation_of(options_).kind).total();
  }

  WorkAmount amount_of(std::span<const std::uint32_t> cells) const {
    WorkAmount amount{cells.size(), 0, tokens_of(cells)};
    for (const std::uint32_t cell : cells)
      for (const cells::TokenId token : run_->cells->tokens_of(cell))
        amount.perturbed += token >= corpus_.vocabulary().first_gene_token() ? 1 : 0;
    return amount;
  }

  std::uint32_t cell_of_middle_length(std::span<const std::uint32_t> cells) const {
    std::vector<std::pair<std::size_t, std::uint32_t>> sized;
    for (const std::uint32_t cell : cells) sized.emplace_back(run_->cells->tokens_of(cell).size(), cell);
    const auto middle = sized.begin() + static_cast<std::ptrdiff_t>(sized.size() / 2);
    std::nth_element(sized.begin(), middle, sized.end());
    return middle->second;
  }

  void measure(EveryGeneJournals& journals) {
    const auto amount = amount_of(chunks_->from(journals.done()));
    place_states();
    const auto progress = reporter_.start(noun_of(options_), amount.tokens, "tokens");
    WorkEstimate estimate(reporter_, amount);
    std::uint64_t done = 0;
    for (std::uint64_t i = journals.done(); i < chunks_->size(); ++i) {
      estimate.begin_part(*progress, done);
      journals.append(effects_of(chunks_->chunk(i), &estimate));
      done += tokens_of(chunks_->chunk(i));
      estimate.tell();
    }
  }

  MutagenesisOutcome finish(EveryGeneJournals& journals) {
    std::unique_ptr<analysis::GeneEffectSums> sums;  // made once all shards are found to be there
    std::string table;
    const auto add = [&](const analysis::CellEffects& cell) {
      if (!sums)
        sums = std::make_unique<analysis::GeneEffectSums>(corpus_.vocabulary().token_count(), states_.size(),
                                                          groups_.names.size());
      sums->add(cell, groups_.of_cell.empty() ? -1 : groups_.of_cell[cell.cell]);
    };
    const auto missing = journals.finish(add, [&] { table = write(*sums); });
    if (missing.empty()) return {table, output_ / "report.html"};
    return {"shard " + options_.shard + " is done; " + (missing.size() == 1 ? "shard " : "shards ") +
                support::join_words(missing) + (missing.size() == 1 ? " is" : " are") +
                " not there yet: the last one writes the report\n",
            {}};
  }

  /// The report; what is printed of it.
  std::string write(const analysis::GeneEffectSums& sums) {
    analysis::GeneEffectsReport report;
    MutagenesisRunOptions shown = options_;  // what all shards have in common
    shown.shard.clear();
    describe_run(report.about, shown, *run_, output_);
    report.about.settings = settings_of(options_, corpus_, *run_);
    report.noun = noun_of(options_);
    report.done = done_to_a_gene(options_);
    report.vocabulary = corpus_.vocabulary();
    report.cells = sums.cells();
    report.genes_perturbed = sums.genes();
    report.min_cells = static_cast<std::uint64_t>(options_.evaluation.min_cells);
    report.group_column = options_.cells.group_column;
    report.measure = options_.shift.measure;
    report.genes = sums.ranked(report.min_cells);
    for (const auto& state : states_) report.states.push_back({state.name, state.cells.size()});
    if (report.genes.empty())
      throw InputError(options_.corpus, "",
                       "no gene in " + std::to_string(report.min_cells) + " of the " +
                           with_thousands(report.cells) + " cells",
                       "evaluation.min_cells of them", "lower evaluation.min_cells or take more cells");
    analysis::write_report(report, output_, options_.overwrite);
    return analysis::summary_text(report);
  }

  const MutagenesisRunOptions& options_;
  support::Reporter& reporter_;
  torch::Device device_;
  Shard shard_;
  std::filesystem::path output_;
  cells::Corpus corpus_;
  std::optional<embedding::EmbeddingBank> bank_;
  std::unique_ptr<PerturbedRun> run_;
  std::optional<CellChunks> chunks_;
  CellGroups groups_;
  std::vector<CellState> states_;
  torch::Tensor states_SH_;
};

}  // namespace

MutagenesisOutcome perturb_every_gene(const MutagenesisRunOptions& options, support::Reporter& reporter,
                                      std::string_view device) {
  return EveryGene(options, reporter, choose_device(device)).run();
}

void estimate_every_gene(const MutagenesisRunOptions& options, support::Reporter& reporter,
                         std::string_view device) {
  if (!options.all_genes) throw ConfigError("all_genes: is not set, expected it for an estimate");
  EveryGene(options, reporter, choose_device(device)).estimate();
}

}  // namespace biodta::pipeline
