#pragma once
/// @file
/// What biodta-train-enformer learns from and the task that it makes of it. Internal to the room.

#include "enformer_start.hpp"

#include <biodta/distributed/communicator.hpp>
#include <biodta/pipeline/donor_data.hpp>
#include <biodta/pipeline/train_enformer.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/donor_task.hpp>
#include <biodta/training/enformer_task.hpp>

#include <torch/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// What stands in a run's folder when it has come to its end, and not before.
inline constexpr const char* kTrainedWeights = "model.safetensors";

/// Data, network and task of a run: each refers to the one before.
struct EnformerRun {
  std::optional<training::TrackData> tracks;
  std::optional<DonorInputs> donors;
  std::optional<EnformerStart> start;
  std::unique_ptr<training::EnformerTask> track_task;  ///< one of the two
  std::unique_ptr<training::DonorTask> donor_task;
  std::string plan;  ///< what is trained on, one line

  training::Task& task();
  /// Of the data; empty for donors.
  std::vector<std::string> track_names() const;
};

bool trains_on_donors(const TrainEnformerOptions& options);

/// @param ranks  must outlive the run.
std::unique_ptr<EnformerRun> set_up_enformer(const TrainEnformerOptions& options,
                                             distributed::Communicator& ranks, torch::Device device,
                                             support::Reporter& reporter);

}  // namespace biodta::pipeline
