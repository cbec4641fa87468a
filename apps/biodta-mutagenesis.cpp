// Parses the command line of biodta-mutagenesis and calls pipeline::mutagenesis.
#include "common.hpp"

#include <biodta/pipeline/every_gene.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/pipeline/runtime.hpp>
#include <biodta/support/error.hpp>

#include <iostream>

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Mutates a gene's DNA in silico and reports which genes' embeddings move.",
               "biodta-mutagenesis");
  app.footer(
      "Examples:\n"
      "  biodta-mutagenesis --gene GATA4            settings from mutagenesis.yaml in the current folder\n"
      "  biodta-mutagenesis --gene TBX5 --config heart.yaml --cells cell_type=cardiomyocyte --output "
      "report/TBX5\n"
      "  biodta-mutagenesis --all-genes --perturbation delete --cells cell_type=cardiomyocyte");
  apps::CommonFlags flags;
  bool dry_run = false;
  apps::add_text_flag(app, flags, "--gene", "gene", "symbol or id of the gene")->type_name("NAME");
  apps::add_repeated_flag(app, flags, "--with", "with", "gene perturbed together with it; repeatable")
      ->type_name("NAME");
  apps::add_text_flag(
      app, flags, "--perturbation", "perturbation",
      "mutate (its DNA), delete (its token), overexpress, inhibit, activate, …: see --settings")
      ->type_name("NAME");
  apps::add_text_flag(app, flags, "--vcf", "mutants.vcf", "variants in place of random mutants")
      ->type_name("FILE");
  apps::add_switch(app, flags, "--keep-identity", "mutants.keep_identity",
                   "prefer mutants that stay nearest to their own gene");
  apps::add_switch(app, flags, "--all-genes", "all_genes",
                   "every gene of every cell, one at a time; goes on");
  apps::add_text_flag(app, flags, "--shard", "shard", "only part i of n of the cells of --all-genes")
      ->type_name("I/N");
  app.add_flag("--dry-run", dry_run, "tell how long --all-genes will take, and exit");
  apps::add_list_flag(app, flags, "--cells", "cells.filters", "cells to run, by obs")
      ->type_name("COLUMN=VALUE");
  apps::add_repeated_flag(app, flags, "--baseline", "baselines",
                          "run or Hugging Face folder to compare with; repeatable")
      ->type_name("DIR");
  apps::add_value_flag(app, flags, "--max-cells", "cells.max_cells",
                       "cells drawn when more express the gene (120)");
  apps::add_value_flag(app, flags, "--trials", "mutants.trials", "random mutants made (20)");
  apps::add_value_flag(app, flags, "--saturation", "saturation",
                       "also change every base within so many bp of the TSS (0)");
  apps::add_value_flag(app, flags, "--seed", "seed", "of mutants, cells, controls and random sets (1)");
  apps::add_text_flag(app, flags, "--output,-o", "output", "folder of the report (report/<GENE>)")
      ->type_name("DIR");
  apps::add_switch(app, flags, "--overwrite", "overwrite", "replace what stands at the output");
  apps::add_device_flag(app, flags);
  apps::add_config_flags<pipeline::MutagenesisRunOptions>(app, flags, "mutagenesis.yaml");
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    pipeline::set_threads(flags.threads);
    if (flags.config.empty())
      throw ConfigError(
          "there is no mutagenesis.yaml in the current folder, and no --config was given",
          "scripts/quickstart leaves one in its folder; configs/mutagenesis.yaml shows what it holds");
    const auto options = apps::read_program_options<pipeline::MutagenesisRunOptions>(flags);
    if (dry_run) return pipeline::estimate_every_gene(options, reporter, flags.device);
    const auto outcome = pipeline::mutagenesis(options, reporter, flags.device);
    std::cout << outcome.tables;
    if (!outcome.report.empty()) std::cout << "\nreport: " << outcome.report.string() << '\n';
  });
}
