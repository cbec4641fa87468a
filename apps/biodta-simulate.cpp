// Parses the command line of biodta-simulate and calls pipeline::simulate.
#include "common.hpp"

#include <biodta/pipeline/simulate.hpp>

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app(
      "Makes a small simulated world with known truth: genome, annotation, donors' variants, counts, gene "
      "sets.",
      "biodta-simulate");
  app.footer(
      "Examples:\n"
      "  biodta-simulate --output world --seed 1\n"
      "  biodta-simulate --output null --no-regulation --set cells.count=2000\n"
      "  biodta-simulate --config world/world.yaml --output again");
  apps::CommonFlags flags;
  apps::add_text_flag(app, flags, "--output,-o", "output", "folder to make")->type_name("FOLDER");
  apps::add_value_flag(app, flags, "--seed", "seed", "seed of the whole world (0)")->type_name("N");
  apps::add_value_flag(app, flags, "--cells", "cells.count", "number of cells (6000)")->type_name("N");
  apps::add_value_flag(app, flags, "--donors", "donors.count", "number of haploid donors (32)")
      ->type_name("N");
  app.add_flag_callback(
      "--no-regulation", [&flags] { flags.from_flags.emplace_back("regulation=false"); },
      "no factor regulates its gene set: for calibration under the null");
  apps::add_switch(app, flags, "--overwrite", "overwrite", "replace the world that stands there");
  apps::add_config_flags<pipeline::SimulateOptions>(app, flags);
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    pipeline::simulate(apps::read_program_options<pipeline::SimulateOptions>(flags), reporter);
  });
}
