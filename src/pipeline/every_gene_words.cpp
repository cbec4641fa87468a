#include "every_gene_words.hpp"

#include "gene_perturbation.hpp"

#include <biodta/support/text.hpp>

namespace biodta::pipeline {
namespace {

std::string quartiles_text(const MutagenesisRunOptions& options) {
  return support::counted(static_cast<std::uint64_t>(options.quartiles), "quartile") + " of the cell's genes";
}

}  // namespace

std::string done_to_a_gene(const MutagenesisRunOptions& options) {
  switch (options.perturbation) {
    case GenePerturbation::kOverexpress:
      return "its token moves to the front of the cell";
    case GenePerturbation::kInhibit:
      return "its token moves down by " + quartiles_text(options);
    case GenePerturbation::kActivate:
      return "its token moves up by " + quartiles_text(options);
    case GenePerturbation::kMask:
      return "the mask token takes its place";
    default:
      return "its token is taken out";
  }
}

std::vector<std::pair<std::string, std::string>> settings_of(const MutagenesisRunOptions& options,
                                                             const cells::Corpus& corpus,
                                                             const PerturbedRun& run) {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"Perturbation", std::string(traits_of(options.perturbation).noun) +
                           " of every gene, one at a time: " + done_to_a_gene(options)},
      {"Model", run.has_adapter() ? "Bio-DTA" : "adapter-free model"}};
  const auto most = static_cast<std::uint64_t>(options.cells.max_cells);
  settings.emplace_back(
      "Cells",
      (options.cells.filters.empty() ? std::string("all") : support::join_words(options.cells.filters)) +
          " of " + support::with_thousands(corpus.cell_count()) + "; " +
          (most == 0 ? std::string("all") : "at most " + support::with_thousands(most)));
  if (!options.cells.context_column.empty())
    settings.emplace_back("DNA of the genes", "each cell’s own, by " + options.cells.context_column);
  if (!options.cells.states.empty())
    settings.emplace_back("States", support::join_words(options.cells.states));
  settings.emplace_back("Layer", std::to_string(options.shift.layer) + " of " +
                                     std::to_string(run.model->config().bert.layers));
  if (options.shift.bfloat16) settings.emplace_back("Arithmetic", "bfloat16");
  settings.emplace_back(
      "Genes ranked", "perturbed in at least " +
                          support::counted(static_cast<std::uint64_t>(options.evaluation.min_cells), "cell"));
  settings.emplace_back("Seed", std::to_string(options.seed));
  return settings;
}

}  // namespace biodta::pipeline
