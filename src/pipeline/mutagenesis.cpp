#include "mutagenesis_report.hpp"
#include "mutagenesis_subjects.hpp"
#include "perturbation_plan.hpp"
#include "set_tests.hpp"

#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/expression_baselines.hpp>
#include <biodta/analysis/group_summary.hpp>
#include <biodta/analysis/precision_recall_curve.hpp>
#include <biodta/analysis/report.hpp>
#include <biodta/analysis/signed_readout.hpp>
#include <biodta/analysis/specific_shift.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/pipeline/every_gene.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <optional>
#include <utility>

namespace biodta::pipeline {
namespace {

using analysis::JointPerturbation;
using analysis::ShiftTable;

void check(const MutagenesisRunOptions& options) {
  const auto require = [](bool set, const std::string& key, const std::string& what,
                          const std::string& hint = {}) {
    if (!set) throw ConfigError(key + ": is not set, expected " + what, hint);
  };
  require(!options.gene.empty(), "gene", "a symbol or id", "for example --gene GATA4");
  require(!options.run.empty(), "run", "a run folder of biodta-train");
  require(!options.corpus.empty(), "corpus", "a corpus file");
  require(!options.evaluation.gene_sets.empty(), "evaluation.gene_sets", "a file of gene sets");
  require(!options.evaluation.top_k.empty(), "evaluation.top_k", "at least one number");
  if (!options.shard.empty())
    throw ConfigError("shard: found " + options.shard + ", expected it with --all-genes alone",
                      "a run over one gene has no parts");
}

/// report/GATA4, or report/GATA4+TBX5.
std::filesystem::path report_folder(const MutagenesisRunOptions& options,
                                    const MutagenesisSubjects& subjects) {
  if (!options.output.empty()) return options.output;
  std::string name = subjects.symbols();
  std::erase(name, ' ');
  return std::filesystem::path("report") / name;
}

/// Of the run's cells, how many a method must cover to be compared: a shorter model may lose a few.
constexpr double kSameCells = 0.95;

ShiftTable merged(std::span<const ShiftTable> tables) {
  ShiftTable all = tables.front();
  for (const auto& table : tables.subspan(1)) all.merge(table);
  return all;
}

/// Perturbs, measures and compares; fills a report.
class Mutagenesis {
 public:
  Mutagenesis(const MutagenesisRunOptions& options, support::Reporter& reporter, torch::Device device)
      : options_(options),
        reporter_(reporter),
        device_(device),
        subjects_(load_subjects(options, reporter, device)),
        tests_(subjects_->sets, options.evaluation.complement) {}

  MutagenesisOutcome run() {
    const auto output = report_folder(options_, *subjects_);
    analysis::check_report_folder(output, options_.overwrite);
    plan_ = plan_perturbations(options_, *subjects_, reporter_, device_);
    begin_report();
    measure();
    measure_abundance();
    compare();
    finish_report(report_, options_, *subjects_, plan_.mutants ? &plan_.mutants->embedder() : nullptr,
                  output);
    analysis::write_report(report_, output, options_.overwrite);
    return {analysis::summary_text(report_), output / "report.html"};
  }

 private:
  /// What of the report needs no measurement.
  void begin_report() {
    const auto& traits = traits_of(options_.perturbation);
    report_.gene_id = subjects_->ids();
    report_.symbol = subjects_->symbols();
    report_.words.noun = traits.noun;
    report_.words.compared = compared_text(options_.perturbation, report_.symbol, options_.quartiles);
    if (options_.shift.measure == analysis::ShiftMeasure::kEuclidean)
      report_.words.measure = "Euclidean distance";
    report_.vocabulary = subjects_->corpus.vocabulary();
    report_.sets = subjects_->sets;
    report_.cells = subjects_->cells;
    report_.perturbed = plan_.genes;
    if (!traits.dna)
      for (auto& gene : report_.perturbed) forget_dna(gene);
  }

  /// A mutant that only another method reads is not the perturbation that the page tells of.
  static void forget_dna(analysis::PerturbedGene& gene) {
    gene.window.reset();
    gene.search.reset();
    gene.identity.reset();
    gene.saturation.reset();
    gene.track.reset();
  }

  std::uint64_t min_cells() const { return static_cast<std::uint64_t>(options_.evaluation.min_cells); }
  std::uint64_t seed() const { return static_cast<std::uint64_t>(options_.seed); }
  const std::vector<JointPerturbation>& forms() const { return plan_.steps.front().forms; }

  analysis::ShiftSubjects shift_subjects(const PerturbedRun& run) const {
    return {*run.cells, run.bank, subjects_->values, {}, {}, 0};
  }

  std::vector<ShiftTable> shifts(PerturbedRun& run, const analysis::ShiftSubjects& with,
                                 std::span<const JointPerturbation> perturbations, const std::string& stage) {
    const auto progress = reporter_.start(stage, subjects_->cells.cells.size(), "cells");
    return analysis::measure_shifts(run.model, device_, with, subjects_->cells.cells, perturbations,
                                    options_.shift, progress.get());
  }

  analysis::GeneRanking ranking(const ShiftTable& table, std::size_t forms) const {
    auto result = analysis::rank_genes(table, min_cells(), forms);
    if (result.genes.empty())
      throw InputError(options_.corpus, "",
                       "no gene seen in " + std::to_string(min_cells()) + " of the " +
                           support::with_thousands(table.cells / forms) + " cells",
                       "evaluation.min_cells of them", "lower evaluation.min_cells or take more cells");
    return result;
  }

  void measure() {
    auto with = shift_subjects(*subjects_->run);
    with.states_SH = embed_states(*subjects_->run, device_, shift_subjects(*subjects_->run),
                                  subjects_->states, options_.shift);
    with.group_of_cell = subjects_->groups.of_cell;
    with.groups = subjects_->groups.names.size();
    const auto tables = shifts(*subjects_->run, with, forms(), "perturb");
    const ShiftTable all = merged(tables);
    report_.run = {method_name(*subjects_->run, traits_of(options_.perturbation)),
                   ranking(all, tables.size()),
                   {},
                   all.perturbed};
    report_.run.tests = tests_.against_others(report_.run.ranking);
    for (const std::size_t i : plan_.steps.front().genes)
      report_.perturbed[i].cells = all.cells / tables.size();
    report_.matched = tests_.against_matched(report_.run.ranking, subjects_->covariates, seed());
    tell_mutants_apart(tables);
    summarise_states(all);
    summarise_groups(all, tables.size());
    measure_controls();
  }

  void tell_mutants_apart(std::span<const ShiftTable> tables) {
    if (tables.size() < 2) return;
    const auto& used = report_.perturbed.front().search->used;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      analysis::MutantEffect effect{used.at(i), tables[i].cell, tables[i].perturbed, {}};
      for (const auto& test : tests_.against_others(ranking(tables[i], 1)))
        effect.aurocs.push_back(test.auroc);
      report_.mutants.push_back(std::move(effect));
    }
  }

  void summarise_states(const ShiftTable& all) {
    for (std::size_t i = 0; i < subjects_->states.size(); ++i) {
      const auto& state = subjects_->states[i];
      report_.states.push_back({state.name, state.cells.size(), all.states.at(i)});
    }
  }

  void summarise_groups(const ShiftTable& all, std::size_t forms) {
    if (options_.cells.group_column.empty()) return;
    report_.group_column = options_.cells.group_column;
    std::vector<analysis::GroupRanking> groups;
    for (std::size_t i = 0; i < all.groups.size(); ++i) {
      const auto& table = all.groups[i];
      if (table.cells == 0) continue;
      groups.push_back(
          {subjects_->groups.names[i], table.cells / forms, analysis::rank_genes(table, min_cells(), forms)});
    }
    report_.groups = tests_.by_group(groups);
  }

  /// The same to the genes that should not matter.
  void measure_controls() {
    std::vector<JointPerturbation> perturbations;
    for (const auto& step : plan_.steps)
      if (step.control) perturbations.insert(perturbations.end(), step.forms.begin(), step.forms.end());
    if (perturbations.empty()) return;
    const auto tables =
        shifts(*subjects_->run, shift_subjects(*subjects_->run), perturbations, "perturb controls");
    std::vector<std::vector<analysis::GeneSetTest>> tests;
    std::vector<analysis::GeneRanking> rankings;
    std::size_t first = 0;
    for (const auto& step : plan_.steps) {
      if (!step.control) continue;
      const auto all = merged(std::span(tables).subspan(first, step.forms.size()));
      first += step.forms.size();
      rankings.push_back(analysis::rank_genes(all, min_cells(), step.forms.size()));
      tests.push_back(tests_.against_others(rankings.back()));
      for (const std::size_t gene : step.genes) report_.perturbed[gene].cells = all.cells / step.forms.size();
    }
    report_.controls = analysis::summarise_controls(report_.sets, tests);
    if (rankings.size() < 2) return;
    report_.specificity = tests_.against_controls(report_.run.ranking, rankings);
    report_.specific = analysis::specific_shifts(report_.run.ranking, rankings);
  }

  /// Which way genes go, which no cosine can say.
  void measure_abundance() {
    if (options_.evaluation.readout_draws == 0) return;
    const auto progress = reporter_.start("predict abundance", subjects_->cells.cells.size(), "cells");
    analysis::ReadoutOptions readout;
    readout.draws = options_.evaluation.readout_draws;
    readout.seed = options_.seed;
    readout.batch_tokens = options_.shift.batch_tokens;
    const auto tables =
        analysis::measure_readout(subjects_->run->model, device_, shift_subjects(*subjects_->run),
                                  subjects_->cells.cells, forms(), readout, progress.get());
    report_.readout = merged(tables);
    report_.direction =
        tests_.against_others(analysis::rank_genes(*report_.readout, min_cells(), tables.size()));
  }

  /// A way to order the genes, and its name.
  struct Ordering {
    std::string name;
    analysis::GeneRanking ranking;
  };

  /// Nothing, and a warning, where the method has no mutant or covers other cells than the run: methods are
  /// compared over the same ones.
  std::optional<Ordering> order_by(const PerturbationTraits& traits, PerturbedRun& run,
                                   const std::string& name) {
    if (traits.dna && !plan_.has_mutants()) {
      reporter_.warn(name + " is left out: " + plan_.without_mutant());
      return std::nullopt;
    }
    const auto perturbations = plan_.forms(*subjects_, traits.kind, options_.quartiles);
    const auto tables = shifts(run, shift_subjects(run), perturbations, std::string(traits.name));
    const auto all = merged(tables);
    const std::uint64_t covered = all.cells / tables.size(), asked = report_.perturbed.front().cells;
    if (covered == 0 && traits.kind == options_.perturbation)
      throw InputError(run.folder, "", "no cell with " + report_.symbol,
                       "the gene among the tokens that the model reads");
    if (static_cast<double>(covered) < kSameCells * static_cast<double>(asked)) {
      reporter_.warn(name + " is left out: it is done in " + support::with_thousands(covered) + " of the " +
                     support::with_thousands(asked) + " cells, those that hold " + report_.symbol);
      return std::nullopt;
    }
    return Ordering{name, ranking(all, tables.size())};
  }

  std::vector<Ordering> orderings() {
    std::vector<Ordering> all = {{report_.run.name, report_.run.ranking}};
    auto& run = *subjects_->run;
    const auto consider = [&](const PerturbationTraits& traits, PerturbedRun& model,
                              const std::string& name) {
      if (auto one = order_by(traits, model, name)) all.push_back(std::move(*one));
    };
    for (const auto& traits : subjects_->compared) consider(traits, run, method_name(run, traits));
    for (auto& baseline : subjects_->baselines)
      for (const auto& traits : subjects_->compared_baselines)
        consider(traits, *baseline.run, baseline.name + ", " + std::string(traits.noun));
    const std::vector<std::span<const cells::TokenId>> tokens(subjects_->tokens.begin(),
                                                              subjects_->tokens.end());
    const auto gene = subjects_->genes.front();
    const auto count = subjects_->corpus.vocabulary().token_count();
    all.push_back({"co-expression", analysis::coexpression_ranking(tokens, gene, count, min_cells())});
    all.push_back({"expression rank", analysis::expression_ranking(tokens, gene, count, min_cells())});
    std::erase_if(all, [](const Ordering& one) { return one.ranking.genes.empty(); });
    return all;
  }

  /// All methods over the genes that all of them ranked.
  void compare() {
    const auto all = orderings();
    const auto add = [](auto entries, auto& to) {
      for (auto& entry : entries) to.push_back(std::move(entry));
    };
    std::vector<analysis::GeneRanking> rankings;
    rankings.reserve(all.size());
    for (const auto& one : all) rankings.push_back(one.ranking);
    const auto& top_k = options_.evaluation.top_k;
    for (const auto& [name, own] : all) {
      const auto common = analysis::common_genes(own, rankings);
      report_.methods.push_back({name, tests_.against_others(common)});
      add(analysis::precision_recall(name, common, report_.sets, top_k), report_.precision_recall);
      add(analysis::precision_recall_curves(name, common, report_.sets), report_.curves);
    }
    add(analysis::random_precision_recall(
            "random sets", analysis::common_genes(rankings.front(), rankings), report_.sets, top_k,
            static_cast<std::uint64_t>(options_.evaluation.random_sets), seed()),
        report_.precision_recall);
  }

  const MutagenesisRunOptions& options_;
  support::Reporter& reporter_;
  torch::Device device_;
  std::unique_ptr<MutagenesisSubjects> subjects_;
  SetTests tests_;
  PerturbationPlan plan_;
  analysis::Report report_;
};

}  // namespace

MutagenesisOutcome mutagenesis(const MutagenesisRunOptions& options, support::Reporter& reporter,
                               std::string_view device) {
  if (options.all_genes) return perturb_every_gene(options, reporter, device);
  check(options);
  return Mutagenesis(options, reporter, choose_device(device)).run();
}

}  // namespace biodta::pipeline
