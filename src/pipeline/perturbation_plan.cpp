#include "perturbation_plan.hpp"

#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace biodta::pipeline {
namespace {

std::vector<GeneInCells> genes_in_cells(const MutagenesisSubjects& subjects,
                                        const std::vector<analysis::PerturbedGene>& genes,
                                        const std::vector<std::size_t>& indices) {
  std::vector<GeneInCells> result;
  result.reserve(indices.size());
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
    plan_.genes.reserve(size * (1 + controls.size()));
    const std::size_t mutated = size * (1 + (traits_.dna ? controls.size() : 0));
    progress_ =
        plan_.mutants ? reporter_.start("mutants", mutated, mutated == 1 ? "gene" : "genes") : nullptr;
    add_step(subjects_.genes, false);
    for (const auto& control : controls) add_step(control, true);
    return std::move(plan_);
  }

 private:
  /// Controls, each of as many genes as are asked for: gene k of a control stands for gene k of these. Cells
  /// must hold all genes of a control, but for an overexpression.
  std::vector<std::vector<cells::TokenId>> choose_controls() {
    const auto wanted = static_cast<std::size_t>(options_.evaluation.control_genes);
    if (wanted == 0) return {};
    const auto candidates = candidates_by_gene();
    std::vector<std::size_t> next(candidates.size(), 0);
    std::set<cells::TokenId> taken;
    std::vector<std::vector<cells::TokenId>> controls;
    while (controls.size() < wanted) {
      std::vector<cells::TokenId> control;
      for (std::size_t k = 0; k < candidates.size(); ++k) {
        while (next[k] < candidates[k].size() && taken.contains(candidates[k][next[k]])) ++next[k];
        if (next[k] == candidates[k].size()) break;
        control.push_back(candidates[k][next[k]]);
        taken.insert(control.back());
      }
      if (control.size() < candidates.size()) break;
      if (control.size() == 1 || cells_with_all(control) >= least_cells()) controls.push_back(control);
    }
    if (controls.size() < wanted)
      reporter_.warn("specificity control: " + std::to_string(controls.size()) + " of " +
                     std::to_string(wanted) + " controls are found among the genes of " + control_name() +
                     " that are expressed in " + std::to_string(least_cells()) + " of the cells" +
                     (traits_.dna ? " and have DNA" : ""));
    return controls;
  }

  /// Genes that may stand for each gene asked for, those to be taken first first.
  std::vector<std::vector<cells::TokenId>> candidates_by_gene() {
    std::vector<cells::TokenId> usable;
    for (const cells::TokenId token : control_candidates())
      if (is_usable(token)) usable.push_back(token);
    std::vector<std::vector<cells::TokenId>> candidates;
    const bool matched = options_.evaluation.control_choice == ControlChoice::kMatched;
    if (!matched) {
      auto random =
          support::RandomStream::of({static_cast<std::uint64_t>(options_.seed), subjects_.genes.front(),
                                     static_cast<std::uint64_t>(options_.evaluation.control_genes)});
      random.shuffle(usable);
    }
    for (const cells::TokenId gene : subjects_.genes) {
      if (matched && subjects_.covariates[gene].cells == 0)
        throw ConfigError("evaluation.control_choice: found matched, but none of the cells expresses " +
                              subjects_.gene(gene).symbol + ", so no gene is expressed like it",
                          "set evaluation.control_choice: random");
      candidates.push_back(
          matched ? analysis::matched_genes(subjects_.covariates, gene, usable, usable.size()) : usable);
    }
    return candidates;
  }

  std::uint64_t least_cells() const {
    return std::min<std::uint64_t>(static_cast<std::uint64_t>(options_.evaluation.min_cells),
                                   subjects_.cells.cells.size());
  }

  std::uint64_t cells_with_all(const std::vector<cells::TokenId>& genes) const {
    const auto holds_all = [&](const std::vector<cells::TokenId>& cell) {
      return std::all_of(genes.begin(), genes.end(), [&](cells::TokenId gene) {
        return std::find(cell.begin(), cell.end(), gene) != cell.end();
      });
    };
    return static_cast<std::uint64_t>(
        std::count_if(subjects_.tokens.begin(), subjects_.tokens.end(), holds_all));
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
    const auto& genes = subjects_.genes;
    if (std::find(genes.begin(), genes.end(), token) != genes.end()) return false;
    if (subjects_.covariates[token].cells < least_cells()) return false;
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
      for (const std::size_t i : step.genes) note_fold_changes(plan_.genes[i]);
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
    if (!gene.control && !traits_.dna) return plan_.note_without_mutant(gene.symbol + ": " + what);
    if (!gene.control)
      throw InputError(gene.symbol + ": " + what,
                       "raise mutants.trials, or change fewer or other bases (mutants.mutagenesis)");
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

  static void note_fold_changes(analysis::PerturbedGene& gene) {
    const auto folds = analysis::fold_changes(*gene.search);
    const auto [least, greatest] = std::minmax_element(folds.begin(), folds.end());
    gene.fold_changes = analysis::PerturbedGene::FoldChanges{*least, *greatest};
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
