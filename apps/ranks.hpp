#pragma once
/// @file
/// How a training program becomes one or several ranks: as a launcher's rank, as a starter of ranks of its
/// own, or alone.

#include "common.hpp"

#include <biodta/pipeline/train.hpp>

#include <functional>
#include <span>
#include <string>

namespace biodta::apps {

/// Lets SIGINT, SIGTERM and SIGUSR1 ask the run to stop (TrainRuntime::stop); a second one ends the program.
/// Call first.
void stop_on_signals();

/// Runs `train` as the rank that torchrun or srun made of this process; else, where several ranks are to be
/// started, checks the settings once and starts them; else alone. Only the first rank is given a reporter
/// that speaks.
/// @param arguments  the program's own, its name first, for the ranks that it starts.
/// @param check      reads and checks everything, throwing as `train` would.
void run_as_ranks(const pipeline::DistributedOptions& options, const CommonFlags& flags,
                  std::span<const std::string> arguments, support::Reporter& reporter,
                  const std::function<void()>& check,
                  const std::function<void(support::Reporter&, const pipeline::TrainRuntime&)>& train);

}  // namespace biodta::apps
