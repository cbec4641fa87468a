#pragma once
/// @file
/// What biodta-train --dry-run tells beside the checks: sizes and costs of the run. Internal to the room.

#include <biodta/model/masked_language_model.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/masked_lm_task.hpp>
#include <biodta/training/trainer.hpp>

#include <cstdint>

namespace biodta::pipeline {

struct PlannedRun {
  model::MaskedLanguageModel model;
  const training::MaskedLmTask& task;
  const training::TrainingOptions& training;
  int ranks;
  std::uint64_t bank_bytes;  ///< of the rows in memory; 0 for the twin
  bool shards_moments;       ///< over the ranks
};

/// Numbers (not bytes) of floating point that a token leaves for the backward pass of one encoder layer of
/// hidden size H and intermediate size I: input, queries, keys, values, attention output, its projection,
/// two dropouts, two norms and the second addition (11 H), both sides of the ReLU (2 I).
constexpr std::int64_t activations_per_token(std::int64_t hidden, std::int64_t intermediate) {
  return 11 * hidden + 2 * intermediate;
}

/// Parameters by part, tokens and steps of an epoch, the first batch, and about how much memory a rank takes.
void tell_run(const PlannedRun& run, support::Reporter& reporter);

}  // namespace biodta::pipeline
