#pragma once
/// @file
/// biodta-simulate: options in, the folder of a small simulated world out.

#include <biodta/simulation/world_options.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <filesystem>

namespace biodta::pipeline {

struct SimulateOptions {
  std::filesystem::path output;  ///< folder to make
  bool overwrite = false;        ///< replace the world that stands there
  simulation::WorldOptions world;
};
/// The world's settings stand beside the others, so that a world's own world.yaml is a config that makes it
/// again.
void describe(support::OptionVisitor& visit, SimulateOptions& options);

/// Simulates a world and writes it (simulation/world_files.hpp says what). Throws ConfigError for settings
/// that contradict each other and for an output that exists, which `overwrite` replaces where it is empty or
/// a world; InputError where it cannot be written. The output then is as it was.
void simulate(const SimulateOptions& options, support::Reporter& reporter);

}  // namespace biodta::pipeline
