#pragma once
/// @file
/// biodta-train: a corpus and an embedding bank in, a run folder with a pretrained model out.

#include <biodta/data/masking.hpp>
#include <biodta/data/sampler.hpp>
#include <biodta/distributed/communicator.hpp>
#include <biodta/model/config.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/corpus_cells.hpp>
#include <biodta/training/optimizer.hpp>
#include <biodta/training/schedule.hpp>
#include <biodta/training/trainer.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace biodta::pipeline {

enum class MissingRows {
  kDrop,     ///< a gene without an embedding row is dropped from its cells, and counted in a warning
  kLearned,  ///< it stays, with a learned vector of its own
  kError     ///< it ends the run
};

/// How cells meet the embedding bank; adapter only.
struct BankOptions {
  std::string context_column;  ///< obs column whose values name the bank's contexts, for example "donor";
                               ///< empty = reference
  MissingRows missing_rows = MissingRows::kDrop;
  double min_overlap = 0.1;  ///< least share of the vocabulary's genes that must have a row
};
void describe(support::OptionVisitor& visit, BankOptions& options);

struct DistributedOptions {
  std::int64_t processes =
      0;  ///< ranks that the program starts on this machine; 0 = one per visible GPU, or one
  std::int64_t timeout_seconds = 600;  ///< a peer silent for so long is taken for dead
};
void describe(support::OptionVisitor& visit, DistributedOptions& options);

struct TrainOptions {
  std::filesystem::path corpus;                   ///< corpus.h5
  std::vector<std::filesystem::path> embeddings;  ///< embeddings.h5, or several; adapter only
  /// Banks of other kinds (protein, isoforms), each read by an adapter of its own.
  std::vector<std::filesystem::path> further_embeddings;
  std::filesystem::path output;  ///< run folder
  bool corpus_in_memory = true;  ///< 2 or 4 bytes a token and rank
  model::ModelConfig model;
  BankOptions bank;
  data::SamplerOptions sampler;
  data::MaskingOptions masking;
  training::HeldOutOptions held_out;
  training::TrainingOptions training;
  training::OptimizerOptions optimizer;
  training::ScheduleOptions schedule;
  DistributedOptions distributed;
};
void describe(support::OptionVisitor& visit, TrainOptions& options);

/// Where a run happens.
struct TrainRuntime {
  distributed::Membership membership{};     ///< this process among the ranks; alone by default
  std::string device = "auto";              ///< see choose_device
  const std::atomic<bool>* stop = nullptr;  ///< see training::TrainerParts::stop
};

/// Reads and checks everything, and says what the run would be, without training or writing anything.
/// Throws ConfigError or InputError as train would.
void check_training(const TrainOptions& options, support::Reporter& reporter,
                    const TrainRuntime& runtime = {});

/// Trains this rank's part. The first rank writes the run folder: config.yaml (resolved), metrics.jsonl,
/// checkpoints/, and at the end model/{config.json, model.safetensors, vocabulary.tsv}, which appears whole
/// or not at all and stays away when the run was stopped. A run folder with checkpoints is gone on from
/// (training.resume). Throws ConfigError for settings that contradict each other or the data, InputError for
/// files that cannot be used.
training::TrainingOutcome train(const TrainOptions& options, support::Reporter& reporter,
                                const TrainRuntime& runtime = {});

/// Ranks to start on this machine, where no launcher has started any.
int ranks_to_start(const DistributedOptions& options, const std::string& device);

}  // namespace biodta::pipeline
