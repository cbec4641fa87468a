#include "enformer_run.hpp"
#include "run_folder.hpp"
#include "run_training.hpp"

#include <biodta/enformer/model_folder.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/pipeline/train_enformer.hpp>
#include <biodta/support/text.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace biodta::pipeline {
namespace {

training::Schedule schedule_of(const TrainEnformerOptions& options, const training::Task& task) {
  return {options.schedule, training::total_steps(options.training, task.steps_per_epoch())};
}

void tell_plan(EnformerRun& run, const training::Schedule& schedule, support::Reporter& reporter) {
  std::uint64_t all = 0, learning = 0;
  for (const auto& parameter : run.task().module().parameters()) {
    const auto size = static_cast<std::uint64_t>(parameter.numel());
    all += size;
    if (parameter.requires_grad()) learning += size;
  }
  using support::with_thousands;
  reporter.info(run.start->told);
  reporter.info(run.plan + "; " + with_thousands(all) + " parameters" +
                (learning == all ? "" : ", of which " + with_thousands(learning) + " learn") + "; " +
                with_thousands(schedule.total_steps()) + " steps");
}

/// The settings as they really were: with weights, the network is theirs.
std::string resolved(TrainEnformerOptions options, const EnformerRun& run) {
  options.enformer = run.start->model->config();
  return support::write_options(options);
}

/// The weights come last: without them the folder is no Enformer.
void write_folder(const TrainEnformerOptions& options, const EnformerRun& run) {
  write_track_names(options, run.track_names());
  auto model = run.start->model;
  model->to(torch::kCPU);
  enformer::save_enformer(model, options.output);
}

}  // namespace

void describe(support::OptionVisitor& visit, TrainEnformerOptions& options) {
  visit.field("sequences", options.sequences, "loci, FASTA; the window lies in the middle of each");
  visit.field("tracks", options.tracks,
              "tracks of the loci: HDF5 (tracks [loci, bins, tracks] and track_names), or TSV with a line a "
              "locus and a column a track: sums over readout.bins");
  visit.field("output", options.output, "folder to write; one with checkpoints is gone on from");
  visit.field("weights", options.weights, "folder of an Enformer to start from; empty = a new network");
  visit.field("head", options.head, "name of the output head; a new one where the weights have none such");
  describe(visit, options.trainable);
  visit.section("enformer", options.enformer,
                "sizes of a new network; its head has as many tracks as the data");
  visit.section("readout", options.readout, "what stands for a gene's expression");
  visit.section("data", options.data, "loci: batches, augmentation, what is held out");
  visit.section("donors", options.donors, "donors' genomes and expression, to train on instead of tracks");
  visit.section("groups", options.groups, "donors: batches, loss, augmentation, what is held out");
  visit.section("training", options.training, "the loop");
  visit.section("optimizer", options.optimizer, "Adam or AdamW");
  visit.section("schedule", options.schedule, "learning rate over the run");
  visit.section("distributed", options.distributed, "several processes");
}

void check_enformer_training(const TrainEnformerOptions& options) {
  const auto alone = distributed::make_communicator({}, torch::kCPU);
  const auto run = set_up_enformer(options, *alone, torch::kCPU, support::silent_reporter());
  schedule_of(options, run->task());
  require_own_result(options.output, kTrainedWeights);
}

training::TrainingOutcome train_enformer(const TrainEnformerOptions& options, support::Reporter& reporter,
                                         const TrainRuntime& runtime) {
  const auto device = choose_device(runtime.device, runtime.membership.local_rank);
  const auto ranks = join_ranks(runtime, options.distributed, device);
  const auto run = set_up_enformer(options, *ranks, device, reporter);
  const auto schedule = schedule_of(options, run->task());
  tell_plan(*run, schedule, reporter);

  const RunSettings settings{options.output, resolved(options, *run), kTrainedWeights, options.training,
                             options.optimizer};
  auto outcome = run_training(run->task(), schedule, *ranks, settings, reporter, runtime.stop);
  if (run->donors && ranks->is_first()) run->donors->tell_skipped(reporter);
  if (!outcome.stopped && ranks->is_first()) {
    write_folder(options, *run);
    reporter.info("wrote " + options.output.string());
  }
  ranks->barrier();
  return outcome;
}

}  // namespace biodta::pipeline
