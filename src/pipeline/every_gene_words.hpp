#pragma once
/// @file
/// What a run over every gene does, in words. Internal to the room.

#include "perturbed_run.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/pipeline/mutagenesis.hpp>

#include <string>
#include <utility>
#include <vector>

namespace biodta::pipeline {

/// "its token is taken out".
std::string done_to_a_gene(const MutagenesisRunOptions& options);
/// The few settings that a reader needs, in words.
std::vector<std::pair<std::string, std::string>> settings_of(const MutagenesisRunOptions& options,
                                                             const cells::Corpus& corpus,
                                                             const PerturbedRun& run);

}  // namespace biodta::pipeline
