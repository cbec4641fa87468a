#include "perturbation_plan.hpp"

#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace biodta::pipeline {
namespace {

std::vector<GeneInCells> genes_in_cells(const MutagenesisSubjects& subjects,
                                        const std::vector<analysis::PerturbedGene>& genes,
                                        const std::vector<std::size_t>& indices) {
  std::vector<GeneInCells> result;
  for (const std::size_t i : indices)
    result.push_back({*subjects.corpus.vocabulary().token_of_id(genes[i].gene_id), &genes[i]});
  return result;
}

/// Makes a plan, step by step.
class Planner {
 public:
  Planner(const MutagenesisRunOptions& options, MutagenesisSubjects& subjects, support::Reporter& reporter,
          torch::Device device)
      : options_(options),
        subjects_(subjects),
        reporter_(reporter),
        device_(device),
        traits_(traits_of(options.perturbation)) {}

  PerturbationPlan make() {
    if (subjects_.needs_dna(options_)) {
      plan_.mutants = std::make_unique<GeneMutants>(options_, *subjects_.bank, device_);
      if (subjects_.run->has_adapter()) plan_.mutants->identify_with(subjects_.run->model);
    }
    const auto controls = choose_controls();
    const std::size_t size = subjects_.genes.size();
    plan_.genes.reserve(size + controls.size());
    progress_ = plan_.mutants
                    ? reporter_.start("mutants", size + (traits_.dna ? controls.size() : 0), "genes")
                    : nullptr;
    add_step(subjects_.genes, false);
    for (std::size_t first = 0; first + size <= controls.size(); first += size)
      add_step({controls.begin() + static_cast<std::ptrdiff_t>(first),
                controls.begin() + static_cast<std::ptrdiff_t>(first + size)},
               true);
    return std::move(plan_);
  }

 private:
  /// As many a control as there are genes asked for, one after the other.
  std::vector<cells::TokenId> choose_controls() {
    const auto wanted = static_cast<std::size_t>(options_.evaluation.control_genes) * subjects_.genes.size();
    if (wanted == 0) return {};
    std::vector<cells::TokenId> usable;
    for (const cells::TokenId token : control_candidates())
      if (is_usable(token)) usable.push_back(token);
    if (options_.evaluation.control_choice == ControlChoice::kMatched) {
      usable = analysis::matched_genes(subjects_.covariates, subjects_.genes.front(), usable, wanted);
    } else {
      auto random = support::RandomStream::of(
          {static_cast<std::uint64_t>(options_.seed), subjects_.genes.front(), wanted});
      random.shuffle(usable);
      if (usable.size() > wanted) usable.resize(wanted);
    }
    if (usable.size() < wanted)
      reporter_.warn("specificity control: " + std::to_string(usable.size()) + " of " +
                     std::to_string(wanted) + " genes of " + control_name() +
                     " are expressed in enough of the cells" + (traits_.dna ? " and have DNA" : ""));
    return usable;
  }

  std::string control_name() const {
    const auto& name = options_.evaluation.control_set;
    return name.empty() ? std::string("no set") : "'" + name + "'";
  }

  std::vector<cells::TokenId> control_candidates() const {
    const std::string& name = options_.evaluation.control_set;
    if (name.empty()) return genes_in_no_set();
    const auto set = std::find_if(subjects_.all_sets.begin(), subjects_.all_sets.end(),
                                  [&](const auto& candidate) { return candidate.name == name; });
    if (set == subjects_.all_sets.end())
      throw ConfigError(
          "evaluation.control_set: " + options_.evaluation.gene_sets.string() + " has no set '" + name + "'",
          "name a set of genes that should not matter, or set evaluation.control_genes: 0");
    return set->tokens;
  }

  std::vector<cells::TokenId> genes_in_no_set() const {
    std::vector<cells::TokenId> result;
    const auto& vocabulary = subjects_.corpus.vocabulary();
    for (cells::TokenId token = vocabulary.first_gene_token(); token < vocabulary.token_count(); ++token) {
      const auto holds = [&](const auto& set) { return set.contains(token); };
      if (std::none_of(subjects_.sets.begin(), subjects_.sets.end(), holds)) result.push_back(token);
    }
    return result;
  }

  bool is_usable(cells::TokenId token) const {
    const auto least = std::min<std::uint64_t>(static_cast<std::uint64_t>(options_.evaluation.min_cells),
                                               subjects_.cells.cells.size());
    const auto& genes = subjects_.genes;
    if (std::find(genes.begin(), genes.end(), token) != genes.end()) return false;
    if (subjects_.covariates[token].cells < least) return false;
    return !traits_.dna ||
           (subjects_.run->rows->has_row(token) && plan_.mutants->window(subjects_.gene(token)));
  }

  void add_step(const std::vector<cells::TokenId>& tokens, bool control) {
    PlannedPerturbation step{control, {}, {}};
    for (const cells::TokenId token : tokens) {
      analysis::PerturbedGene gene;
      gene.gene_id = subjects_.gene(token).id;
      gene.symbol = subjects_.gene(token).symbol;
      gene.control = control;
      gene.partner = !control && token != tokens.front();
      if (plan_.mutants && (traits_.dna || !control)) add_mutant(gene, token);
      step.genes.push_back(plan_.genes.size());
      plan_.genes.push_back(std::move(gene));
    }
    if (leave_out(step)) return;
    step.forms = forms_of(options_.perturbation, genes_in_cells(subjects_, plan_.genes, step.genes),
                          options_.quartiles, plan_.mutants.get());
    if (traits_.values)
      for (const std::size_t i : step.genes) note_fold_change(plan_.genes[i]);
    plan_.steps.push_back(std::move(step));
  }

  void add_mutant(analysis::PerturbedGene& gene, cells::TokenId token) {
    auto& mutants = *plan_.mutants;
    mutants.search(gene, token, subjects_.gene(token), reporter_);
    if (progress_) progress_->update(plan_.genes.size() + 1);
    if (!gene.control && options_.saturation > 0) mutants.scan(gene, reporter_);
    if (gene.search->chosen) {
      gene.identity = gene.search->identity;
      if (!gene.control) gene.track = mutants.track(gene);
      return;
    }
    const std::string what = analysis::nothing_taken_text(*gene.search);
    if (!gene.control)
      throw InputError(gene.symbol + ": " + what, "raise mutants.trials or mutants.mutagenesis.distance");
    gene.skipped = what;
    reporter_.warn("control " + gene.symbol + " is left out: " + what);
  }

  /// A control without all of its mutants is in no step.
  bool leave_out(const PlannedPerturbation& step) {
    const auto skipped = std::find_if(step.genes.begin(), step.genes.end(),
                                      [&](std::size_t i) { return !plan_.genes[i].skipped.empty(); });
    if (skipped == step.genes.end()) return false;
    const std::string symbol = plan_.genes[*skipped].symbol;
    for (const std::size_t i : step.genes)
      if (plan_.genes[i].skipped.empty()) plan_.genes[i].skipped = "its partner " + symbol + " is left out";
    return true;
  }

  static void note_fold_change(analysis::PerturbedGene& gene) {
    const auto folds = analysis::fold_changes(*gene.search);
    double sum = 0.0;
    for (const double fold : folds) sum += fold;
    gene.fold_change = sum / static_cast<double>(folds.size());
  }

  const MutagenesisRunOptions& options_;
  MutagenesisSubjects& subjects_;
  support::Reporter& reporter_;
  torch::Device device_;
  const PerturbationTraits& traits_;
  std::unique_ptr<support::Progress> progress_;
  PerturbationPlan plan_;
};

}  // namespace

std::vector<analysis::JointPerturbation> PerturbationPlan::forms(const MutagenesisSubjects& subjects,
                                                                 GenePerturbation kind,
                                                                 std::int64_t quartiles) const {
  return forms_of(kind, genes_in_cells(subjects, genes, steps.front().genes), quartiles, mutants.get());
}

PerturbationPlan plan_perturbations(const MutagenesisRunOptions& options, MutagenesisSubjects& subjects,
                                    support::Reporter& reporter, torch::Device device) {
  return Planner(options, subjects, reporter, device).make();
}

}  // namespace biodta::pipeline
