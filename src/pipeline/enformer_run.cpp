#include "enformer_run.hpp"

#include "required_paths.hpp"

#include <biodta/enformer/config.hpp>
#include <biodta/pipeline/track_data.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <filesystem>
#include <utility>

namespace biodta::pipeline {
namespace {

using support::counted;
using support::with_thousands;

void check_inputs(const TrainEnformerOptions& options) {
  require_set(options.output, "output", "a folder to write");
  std::error_code ignored;
  if (!options.weights.empty() && std::filesystem::equivalent(options.weights, options.output, ignored)) {
    throw ConfigError("output: found " + options.output.string() +
                      ", the folder of the weights, expected another one");
  }
  if (!trains_on_donors(options)) {
    for (const auto& [key, path] : {std::pair{"genome", options.donors.genome},
                                    {"annotation", options.donors.annotation},
                                    {"vcf", options.donors.vcf}}) {
      if (!path.empty())
        throw ConfigError(std::string("donors.") + key + ": is set, but donors.expression is not");
    }
    require_set(options.sequences, "sequences", "a FASTA file of loci (or donors.expression)");
    require_set(options.tracks, "tracks", "an HDF5 or TSV file of the loci's tracks");
  } else if (!options.sequences.empty() || !options.tracks.empty()) {
    throw ConfigError("donors.expression: is set beside sequences or tracks, expected one or the other");
  }
}

/// Only a network that comes with statistics has some to keep.
training::TrainableOptions trainable_of(const TrainEnformerOptions& options) {
  auto trainable = options.trainable;
  if (options.weights.empty()) {
    if (trainable.parts != training::Trainable::kAll)
      throw ConfigError(
          "trainable: found a part only, but weights is not set: a new network is trained whole");
    trainable.keep_batch_statistics = false;
  }
  return trainable;
}

void set_up_tracks(const TrainEnformerOptions& options, distributed::Communicator& ranks,
                   torch::Device device, EnformerRun& run) {
  run.tracks = read_track_data(options.sequences, options.tracks, options.readout);
  run.start = start_enformer(options, run.tracks->track_names);
  run.tracks->identity = run.start->identity;
  run.track_task = std::make_unique<training::EnformerTask>(
      training::TrainedParts(run.start->model, options.head, trainable_of(options)), *run.tracks,
      options.data, options.training.gradient_accumulation, ranks, device);
  run.plan = counted(run.track_task->training_loci().size(), "locus", "loci") + " to train on, " +
             with_thousands(run.track_task->held_out_loci().size()) + " held out; " +
             counted(run.tracks->track_names.size(), "track");
}

void set_up_donors(const TrainEnformerOptions& options, distributed::Communicator& ranks,
                   torch::Device device, support::Reporter& reporter, EnformerRun& run) {
  run.start = start_enformer(options, {});
  run.donors = read_donor_data(options.donors, run.start->model->config().window, ranks.is_first(), reporter);
  run.donors->data.identity.merge(run.start->identity);
  run.donor_task = std::make_unique<training::DonorTask>(
      training::TrainedParts(run.start->model, options.head, trainable_of(options)), options.readout,
      run.donors->data, options.groups, options.training.gradient_accumulation, ranks, device);
  const auto& task = *run.donor_task;
  run.plan = counted(task.training_genes().size(), "gene") + " of " +
             counted(task.training_donors().size(), "donor") +
             " to train on; held out: " + counted(task.held_out_donors().size(), "donor") + ", " +
             counted(task.held_out_genes().size(), "gene");
}

}  // namespace

training::Task& EnformerRun::task() {
  if (donor_task) return *donor_task;
  return *track_task;
}

std::vector<std::string> EnformerRun::track_names() const {
  return tracks ? tracks->track_names : std::vector<std::string>();
}

bool trains_on_donors(const TrainEnformerOptions& options) {
  return !options.donors.expression.empty();
}

std::unique_ptr<EnformerRun> set_up_enformer(const TrainEnformerOptions& options,
                                             distributed::Communicator& ranks, torch::Device device,
                                             support::Reporter& reporter) {
  check_inputs(options);
  auto run = std::make_unique<EnformerRun>();
  if (trains_on_donors(options)) {
    set_up_donors(options, ranks, device, reporter, *run);
  } else {
    set_up_tracks(options, ranks, device, *run);
  }
  return run;
}

}  // namespace biodta::pipeline
