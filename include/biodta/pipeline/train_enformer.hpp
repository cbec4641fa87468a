#pragma once
/// @file
/// biodta-train-enformer: loci with measured tracks, or donors with genomes and measured expression, in; an
/// Enformer out.

#include <biodta/enformer/config.hpp>
#include <biodta/pipeline/donor_data.hpp>
#include <biodta/pipeline/train.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/donor_task.hpp>
#include <biodta/training/enformer_task.hpp>
#include <biodta/training/optimizer.hpp>
#include <biodta/training/schedule.hpp>
#include <biodta/training/trained_parts.hpp>
#include <biodta/training/trainer.hpp>
#include <biodta/training/tss_readout.hpp>

#include <filesystem>
#include <string>

namespace biodta::pipeline {

struct TrainEnformerOptions {
  std::filesystem::path sequences;  ///< FASTA of loci; empty where donors are trained on
  std::filesystem::path tracks;     ///< HDF5 or TSV with the loci's tracks; see read_track_data
  std::filesystem::path output;     ///< Enformer folder to write
  /// Folder of an Enformer to start from; empty = a new network. Its sizes and other heads stay.
  std::filesystem::path weights;
  std::string head = "human";  ///< output head to train; made where the weights have none of that name
  training::TrainableOptions trainable;
  enformer::EnformerConfig enformer;    ///< of a new network; its heads come from the tracks
  training::TssReadoutOptions readout;  ///< bins and tracks that stand for a gene's expression
  training::EnformerTaskOptions data;   ///< of a run on tracks
  DonorFiles donors;                    ///< set donors.expression to train on donors
  training::DonorTaskOptions groups;    ///< of a run on donors
  training::TrainingOptions training;
  training::OptimizerOptions optimizer;
  training::ScheduleOptions schedule;
  DistributedOptions distributed;
};
void describe(support::OptionVisitor& visit, TrainEnformerOptions& options);

/// Reads and checks everything without training or writing. Throws as train_enformer would.
void check_enformer_training(const TrainEnformerOptions& options);

/// Trains this rank's part, on loci with tracks or on donors with expression. The first rank writes into the
/// output folder config.yaml (resolved), metrics.jsonl, checkpoints/, and at the end tracks.tsv, config.json
/// and model.safetensors, which stay away when the run was stopped. A folder with checkpoints is gone on from
/// (training.resume). Throws ConfigError for settings that contradict each other or the data, InputError for
/// files that cannot be used.
training::TrainingOutcome train_enformer(const TrainEnformerOptions& options, support::Reporter& reporter,
                                         const TrainRuntime& runtime = {});

/// The held-out figures of `weights`, without training; where none are set, of the Enformer in `output`, for
/// which they go to `output`/evaluation. The first rank writes them to `output`: evaluation.tsv (figure,
/// value) and, of donors, evaluation_genes.tsv (a line a gene: its set, the correlation over held-out donors,
/// and the mean over them of predicted and measured log expression). Throws as train_enformer does;
/// ConfigError when nothing is held out.
training::Metrics evaluate_enformer(const TrainEnformerOptions& options, support::Reporter& reporter,
                                    const TrainRuntime& runtime = {});

}  // namespace biodta::pipeline
