#include "run_folder.hpp"

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/model_folder.hpp>
#include <biodta/enformer/tracks.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/pipeline/track_data.hpp>
#include <biodta/pipeline/train_enformer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

void require_set(const std::filesystem::path& path, const char* key, const char* what) {
  if (path.empty()) throw ConfigError(std::string(key) + ": is not set, expected " + what);
}

training::TrackData load_data(const TrainEnformerOptions& options) {
  require_set(options.sequences, "sequences", "a FASTA file of loci");
  require_set(options.tracks, "tracks", "an HDF5 file of the loci's tracks");
  require_set(options.output, "output", "a folder to write");
  return read_track_data(options.sequences, options.tracks);
}

enformer::Enformer make_model(const TrainEnformerOptions& options, const training::TrackData& data) {
  auto config = options.enformer;
  config.heads_out = {{options.head, static_cast<std::int64_t>(data.track_names.size())}};
  enformer::Enformer model(config);
  model->initialise(static_cast<std::uint64_t>(options.training.seed));
  return model;
}

training::EnformerTask make_task(const TrainEnformerOptions& options, const training::TrackData& data,
                                 distributed::Communicator& ranks, torch::Device device) {
  return {make_model(options, data),
          options.head,
          data,
          options.data,
          options.training.gradient_accumulation,
          ranks,
          device};
}

void tell_plan(const training::EnformerTask& task, torch::nn::Module& module, const training::TrackData& data,
               const training::Schedule& schedule, support::Reporter& reporter) {
  using support::with_thousands;
  std::uint64_t parameters = 0;
  for (const auto& parameter : module.parameters())
    parameters += static_cast<std::uint64_t>(parameter.numel());
  reporter.info(with_thousands(task.training_loci().size()) + " loci to train on, " +
                with_thousands(task.held_out_loci().size()) + " held out; " +
                with_thousands(data.track_names.size()) + " tracks; " + with_thousands(parameters) +
                " parameters; " + with_thousands(schedule.total_steps()) + " steps");
}

/// The weights come last: without them the folder is no Enformer.
void write_folder(const TrainEnformerOptions& options, const training::TrackData& data,
                  torch::nn::Module& module) {
  std::vector<enformer::Track> tracks;
  for (const auto& name : data.track_names) {
    tracks.push_back({options.head, static_cast<std::int64_t>(tracks.size()), name});
  }
  enformer::write_tracks(options.output / "tracks.tsv", tracks);
  module.to(torch::kCPU);
  const auto shared = std::dynamic_pointer_cast<enformer::EnformerImpl>(module.shared_from_this());
  enformer::save_enformer(enformer::Enformer(shared), options.output);
}

}  // namespace

void describe(support::OptionVisitor& visit, TrainEnformerOptions& options) {
  visit.field("sequences", options.sequences, "loci, FASTA; the window lies in the middle of each");
  visit.field("tracks", options.tracks,
              "tracks of the loci, HDF5: tracks [loci, bins, tracks] and track_names");
  visit.field("output", options.output, "folder to write; one with checkpoints is gone on from");
  visit.field("head", options.head, "name of the output head");
  visit.section("enformer", options.enformer,
                "sizes of the network; its head has as many tracks as the data");
  visit.section("data", options.data, "batches, augmentation, held-out loci");
  visit.section("training", options.training, "the loop");
  visit.section("optimizer", options.optimizer, "AdamW");
  visit.section("schedule", options.schedule, "learning rate over the run");
  visit.section("distributed", options.distributed, "several processes");
}

void check_enformer_training(const TrainEnformerOptions& options) {
  const auto data = load_data(options);
  const auto alone = distributed::make_communicator({}, torch::kCPU);
  const auto task = make_task(options, data, *alone, torch::kCPU);
  const training::Schedule schedule(options.schedule,
                                    training::total_steps(options.training, task.steps_per_epoch()));
}

training::TrainingOutcome train_enformer(const TrainEnformerOptions& options, support::Reporter& reporter,
                                         const TrainRuntime& runtime) {
  const auto device = choose_device(runtime.device, runtime.membership.local_rank);
  const auto data = load_data(options);
  auto membership = runtime.membership;
  membership.timeout_seconds = static_cast<int>(options.distributed.timeout_seconds);
  const auto ranks = distributed::make_communicator(membership, device);
  auto task = make_task(options, data, *ranks, device);
  const training::Schedule schedule(options.schedule,
                                    training::total_steps(options.training, task.steps_per_epoch()));
  if (ranks->is_first()) tell_plan(task, task.module(), data, schedule, reporter);

  training::AdamW optimizer(task.module(), options.optimizer);
  std::optional<training::CheckpointStore> checkpoints;
  if (ranks->is_first()) {
    checkpoints.emplace(options.output / "checkpoints", static_cast<std::size_t>(options.training.keep_last));
  }
  RunFolder run_folder(options.output, support::write_options(options), "model.safetensors");
  training::MetricsFile metrics(options.output / "metrics.jsonl");
  training::ProgressObserver progress("train", reporter);
  training::TrainerParts parts{.task = task,
                               .optimizer = optimizer,
                               .schedule = schedule,
                               .ranks = *ranks,
                               .checkpoints = checkpoints ? &*checkpoints : nullptr,
                               .observers = {&run_folder, &metrics, &progress},
                               .reporter = reporter,
                               .stop = runtime.stop};
  training::Trainer trainer(parts, options.training,
                            training::peak_learning_rate(options.optimizer, ranks->size()));
  auto outcome = trainer.run();
  if (!outcome.stopped && ranks->is_first()) {
    write_folder(options, data, task.module());
    reporter.info("wrote " + options.output.string());
  }
  ranks->barrier();
  return outcome;
}

}  // namespace biodta::pipeline
