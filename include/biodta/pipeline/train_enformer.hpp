#pragma once
/// @file
/// biodta-train-enformer: loci with measured tracks in, an Enformer out.

#include <biodta/enformer/config.hpp>
#include <biodta/pipeline/train.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/enformer_task.hpp>
#include <biodta/training/optimizer.hpp>
#include <biodta/training/schedule.hpp>
#include <biodta/training/trainer.hpp>

#include <filesystem>
#include <string>

namespace biodta::pipeline {

struct TrainEnformerOptions {
  std::filesystem::path sequences;    ///< FASTA of loci
  std::filesystem::path tracks;       ///< HDF5 with the loci's tracks; see read_track_data
  std::filesystem::path output;       ///< Enformer folder to write
  std::string head = "human";         ///< name of the output head
  enformer::EnformerConfig enformer;  ///< its heads come from the tracks
  training::EnformerTaskOptions data;
  training::TrainingOptions training;
  training::OptimizerOptions optimizer;
  training::ScheduleOptions schedule;
  DistributedOptions distributed;
};
void describe(support::OptionVisitor& visit, TrainEnformerOptions& options);

/// Reads and checks everything without training or writing. Throws as train_enformer would.
void check_enformer_training(const TrainEnformerOptions& options);

/// Trains this rank's part. The first rank writes into the output folder config.yaml (resolved),
/// metrics.jsonl, checkpoints/, and at the end tracks.tsv, config.json and model.safetensors, which stay away
/// when the run was stopped. A folder with checkpoints is gone on from (training.resume). Throws ConfigError
/// for settings that contradict each other or the data, InputError for files that cannot be used.
training::TrainingOutcome train_enformer(const TrainEnformerOptions& options, support::Reporter& reporter,
                                         const TrainRuntime& runtime = {});

}  // namespace biodta::pipeline
