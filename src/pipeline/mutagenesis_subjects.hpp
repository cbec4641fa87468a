#pragma once
/// @file
/// What a mutagenesis run is about: all that is loaded and chosen before anything is perturbed. Internal to
/// the room.

#include "cell_groups.hpp"
#include "gene_perturbation.hpp"
#include "perturbed_run.hpp"

#include <biodta/analysis/cell_selection.hpp>
#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/analysis/gene_sets.hpp>
#include <biodta/cells/corpus.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/reporter.hpp>

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// A model that the run is compared with.
struct Baseline {
  std::filesystem::path folder;  ///< as it was given
  std::unique_ptr<PerturbedRun> run;
  std::string name;
};

/// Loaded once; stays where it was made, since parts refer to each other.
struct MutagenesisSubjects {
  explicit MutagenesisSubjects(const MutagenesisRunOptions& options);
  MutagenesisSubjects(const MutagenesisSubjects&) = delete;
  MutagenesisSubjects& operator=(const MutagenesisSubjects&) = delete;

  cells::Corpus corpus;
  std::vector<cells::TokenId> genes;  ///< the one asked for, then those perturbed together with it
  std::optional<embedding::EmbeddingBank> bank;
  std::unique_ptr<PerturbedRun> run;
  std::vector<Baseline> baselines;
  std::vector<PerturbationTraits> compared;  ///< in the run's own model, beside options.perturbation
  std::vector<PerturbationTraits> compared_baselines;  ///< in each baseline
  std::vector<analysis::GeneSet> all_sets;
  std::vector<analysis::GeneSet> sets;  ///< those tested
  analysis::CellSelection cells;
  std::vector<std::vector<cells::TokenId>> tokens;   ///< of each of these cells
  std::vector<analysis::GeneCovariates> covariates;  ///< by token, over these cells
  analysis::CellValues values;                       ///< where a perturbation moves by counts
  CellGroups groups;
  std::vector<CellState> states;

  const cells::VocabularyGene& gene(cells::TokenId token) const { return corpus.vocabulary().gene(token); }
  /// "GATA4 + TBX5".
  std::string symbols() const;
  std::string ids() const;
  /// Whether any perturbation asked for needs a mutant.
  bool needs_dna(const MutagenesisRunOptions& options) const;
  /// … or the counts of the cells.
  bool needs_values(const MutagenesisRunOptions& options) const;

 private:
  bool any_has(bool PerturbationTraits::*trait, const MutagenesisRunOptions& options) const;
};

/// Loads and chooses. Throws as pipeline::mutagenesis does.
std::unique_ptr<MutagenesisSubjects> load_subjects(const MutagenesisRunOptions& options,
                                                   support::Reporter& reporter, torch::Device device);

}  // namespace biodta::pipeline
