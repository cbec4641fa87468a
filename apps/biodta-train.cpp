// Parses the command line of biodta-train and calls pipeline::train, alone or as one of several ranks.
#include "ranks.hpp"

#include <biodta/pipeline/runtime.hpp>
#include <biodta/pipeline/train.hpp>

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Pretrains Bio-DTA (or its adapter-free twin) by masked language modelling.", "biodta-train");
  app.footer(
      "Examples:\n"
      "  biodta-train --config pretrain.yaml\n"
      "  biodta-train --config pretrain.yaml --set training.max_steps=100 --processes 2 --device cpu\n"
      "  torchrun --nnodes 2 --nproc-per-node 4 --no-python biodta-train --config pretrain.yaml");
  apps::CommonFlags flags;
  bool dry_run = false;
  apps::add_text_flag(app, flags, "--corpus", "corpus", "rank-encoded cells, from biodta-tokenize")
      ->type_name("FILE");
  apps::add_repeated_flag(app, flags, "--embeddings", "embeddings",
                          "embedding bank, from biodta-embed; repeatable")
      ->type_name("FILE");
  apps::add_text_flag(app, flags, "--output,-o", "output", "run folder; one with checkpoints is gone on from")
      ->type_name("DIR");
  apps::add_value_flag(app, flags, "--processes", "distributed.processes",
                       "ranks to start on this machine (one per visible GPU, else one)");
  app.add_flag("--dry-run", dry_run, "check settings and files, and say what would be done");
  apps::add_device_flag(app, flags);
  apps::add_config_flags<pipeline::TrainOptions>(app, flags);
  const std::vector<std::string> arguments(argv, argv + argc);
  apps::stop_on_signals();
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    pipeline::set_threads(flags.threads);
    const auto options = apps::read_program_options<pipeline::TrainOptions>(flags);
    const auto check = [&](support::Reporter& to) {
      pipeline::check_training(options, to, {.device = flags.device});
    };
    if (dry_run) return check(reporter);
    apps::run_as_ranks(
        options.distributed, flags, arguments, reporter, [&] { check(support::silent_reporter()); },
        [&](support::Reporter& to, const pipeline::TrainRuntime& runtime) {
          pipeline::train(options, to, runtime);
        });
  });
}
