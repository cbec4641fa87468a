#include <biodta/pipeline/simulate.hpp>
#include <biodta/simulation/world.hpp>
#include <biodta/simulation/world_files.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <string>

namespace biodta::pipeline {
namespace {

using support::with_thousands;

void check_output(const SimulateOptions& options) {
  if (options.output.empty()) {
    throw ConfigError("output: found nothing, expected the folder to make", "give --output FOLDER");
  }
  std::error_code ignored;
  if (!std::filesystem::exists(options.output, ignored)) return;
  const std::string found = "output: found " + options.output.string() + ", which exists";
  if (!options.overwrite)
    throw ConfigError(found + ", expected a new folder", "--overwrite replaces a world");
  if (!support::may_replace(options.output, "world.yaml")) {
    throw ConfigError(
        found + " and is no simulated world (it has no world.yaml), expected a world to overwrite",
        "remove it by hand, or choose another folder");
  }
}

void summarize(const simulation::World& world, support::Reporter& reporter) {
  const std::size_t cells = world.cells.counts.cell_count();
  reporter.info("simulated world of seed " + std::to_string(world.options.seed) + ": " +
                with_thousands(world.genes.size()) + " genes on " + with_thousands(world.contigs.size()) +
                " contigs, " + with_thousands(world.variants.size()) + " variants in " +
                with_thousands(world.donors.size()) + " donors");
  reporter.info(with_thousands(cells) + " cells of " + with_thousands(world.cell_types.size()) + " types, " +
                with_thousands((world.cells.counts.genes.size() + cells / 2) / cells) +
                " genes seen in each on average; " + with_thousands(world.regulation.size()) +
                " regulations; " + with_thousands(world.loci.sequences.size()) + " training loci");
}

}  // namespace

void describe(support::OptionVisitor& visit, SimulateOptions& options) {
  visit.field("output", options.output, "folder to make");
  visit.field("overwrite", options.overwrite, "replace the world that stands there");
  describe(visit, options.world);
}

void simulate(const SimulateOptions& options, support::Reporter& reporter) {
  check_output(options);
  const simulation::World world = simulation::simulate_world(options.world);
  summarize(world, reporter);
  simulation::write_world(world, options.output);
  reporter.info("wrote " + options.output.string());
}

}  // namespace biodta::pipeline
