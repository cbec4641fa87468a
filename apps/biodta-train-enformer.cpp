// Parses the command line of biodta-train-enformer and calls pipeline::train_enformer, alone or as one of
// several ranks.
#include "ranks.hpp"

#include <biodta/pipeline/runtime.hpp>
#include <biodta/pipeline/train_enformer.hpp>

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Trains an Enformer to predict tracks from DNA, or fine-tunes one on donors' genomes.",
               "biodta-train-enformer");
  app.footer(
      "Examples:\n"
      "  biodta-train-enformer --config enformer.yaml\n"
      "  biodta-train-enformer --config enformer.yaml --set training.epochs=1 --output enformer\n"
      "  biodta-train-enformer --config donors.yaml --weights enformer --output personal\n"
      "  biodta-train-enformer --config donors.yaml --weights enformer --output before --evaluate-only");
  apps::CommonFlags flags;
  bool evaluate_only = false;
  apps::add_text_flag(app, flags, "--sequences", "sequences", "loci, FASTA")->type_name("FILE");
  apps::add_text_flag(app, flags, "--tracks", "tracks", "tracks of the loci, HDF5 or TSV")->type_name("FILE");
  apps::add_text_flag(app, flags, "--weights", "weights", "Enformer to start from")->type_name("DIR");
  apps::add_text_flag(app, flags, "--output,-o", "output",
                      "folder to write; one with checkpoints is gone on from")
      ->type_name("DIR");
  apps::add_value_flag(app, flags, "--processes", "distributed.processes",
                       "ranks to start on this machine (one per visible GPU, else one)");
  app.add_flag("--evaluate-only", evaluate_only, "held-out figures of the weights, without training");
  apps::add_device_flag(app, flags);
  apps::add_config_flags<pipeline::TrainEnformerOptions>(app, flags);
  const std::vector<std::string> arguments(argv, argv + argc);
  apps::stop_on_signals();
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    pipeline::set_threads(flags.threads);
    const auto options = apps::read_program_options<pipeline::TrainEnformerOptions>(flags);
    apps::run_as_ranks(
        options.distributed, flags, arguments, reporter,
        [&] {
          if (!evaluate_only) pipeline::check_enformer_training(options);
        },
        [&](support::Reporter& to, const pipeline::TrainRuntime& runtime) {
          if (evaluate_only) {
            pipeline::evaluate_enformer(options, to, runtime);
          } else {
            pipeline::train_enformer(options, to, runtime);
          }
        });
  });
}
