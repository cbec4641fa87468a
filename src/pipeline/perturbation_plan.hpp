#pragma once
/// @file
/// What is done to cells: the perturbation asked for, and the same to control genes in its place. Internal to
/// the room.

#include "gene_mutants.hpp"
#include "mutagenesis_subjects.hpp"

#include <biodta/analysis/perturbation.hpp>
#include <biodta/analysis/report.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/reporter.hpp>

#include <torch/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace biodta::pipeline {

/// One joint perturbation: of the genes asked for, or of as many controls.
struct PlannedPerturbation {
  bool control = false;
  std::vector<std::size_t> genes;  ///< indices into PerturbationPlan::genes
  /// One, or one a mutant where a gene has several in use.
  std::vector<analysis::JointPerturbation> forms;
};

/// All that will be done, with the mutants that it takes.
struct PerturbationPlan {
  std::vector<analysis::PerturbedGene> genes;  ///< as Report::perturbed
  std::vector<PlannedPerturbation> steps;  ///< the one asked for first; controls without a mutant are in none
  std::unique_ptr<GeneMutants> mutants;    ///< nullptr where no DNA is mutated

  /// Whether every gene asked for has a mutant; it may not where only a comparison needs one.
  bool has_mutants() const { return mutants != nullptr && without_mutant_.empty(); }
  /// Which gene has none, and why.
  const std::string& without_mutant() const noexcept { return without_mutant_; }
  void note_without_mutant(std::string why) { without_mutant_ = std::move(why); }

  /// The genes of the first step perturbed in another way.
  std::vector<analysis::JointPerturbation> forms(const MutagenesisSubjects& subjects, GenePerturbation kind,
                                                 std::int64_t quartiles) const;

 private:
  std::string without_mutant_;
};

/// Makes mutants, chooses controls, and plans. Throws ConfigError for a control set that is none, InputError
/// where no mutant of a gene asked for goes the way it shall; warns where controls are fewer than wanted.
/// @param subjects  must outlive the plan.
PerturbationPlan plan_perturbations(const MutagenesisRunOptions& options, MutagenesisSubjects& subjects,
                                    support::Reporter& reporter, torch::Device device);

}  // namespace biodta::pipeline
