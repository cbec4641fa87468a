#pragma once
/// @file
/// What a mutagenesis report says about itself: settings, inputs with checksums, the command that repeats it.

#include "gene_perturbation.hpp"
#include "mutagenesis_subjects.hpp"
#include "perturbed_run.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/pipeline/mutagenesis.hpp>

#include <filesystem>
#include <string>

namespace biodta::pipeline {

/// "Bio-DTA, in silico mutagenesis": names of methods in tables and figures.
std::string method_name(const PerturbedRun& run, const PerturbationTraits& traits);
/// "adapter-free twin".
/// @param folder  as it was given.
std::string baseline_name(const PerturbedRun& baseline, const std::filesystem::path& folder);

/// Fills notes, config, command, program, time and the inputs that every run has.
void describe_run(analysis::Report& report, const MutagenesisRunOptions& options, const PerturbedRun& run,
                  const std::filesystem::path& output);
/// The same, all other inputs and the settings.
/// @param embedder  nullptr where no DNA was mutated.
void finish_report(analysis::Report& report, const MutagenesisRunOptions& options,
                   const MutagenesisSubjects& subjects, const enformer::SequenceEmbedder* embedder,
                   const std::filesystem::path& output);

}  // namespace biodta::pipeline
