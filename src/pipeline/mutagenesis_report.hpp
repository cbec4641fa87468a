#pragma once
/// @file
/// What a mutagenesis report says about itself: settings, inputs with checksums, the command that repeats it.

#include "perturbed_run.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/cells/corpus.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/pipeline/mutagenesis.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// Names of methods in tables and figures.
std::string method_name(const PerturbedRun& run, bool mutates);
/// @param folder  as it was given.
std::string baseline_name(const PerturbedRun& baseline, const std::filesystem::path& folder);

struct ReportSubjects {
  const cells::Corpus& corpus;
  const PerturbedRun& run;
  std::vector<const PerturbedRun*> baselines;
  const enformer::SequenceEmbedder* embedder;  ///< nullptr where no DNA was mutated
};
/// Fills notes, settings, inputs, config, command, program and time.
void finish_report(analysis::Report& report, const MutagenesisRunOptions& options,
                   const ReportSubjects& subjects, const std::filesystem::path& output);

}  // namespace biodta::pipeline
