#include "enformer_run.hpp"
#include "run_training.hpp"

#include <biodta/pipeline/device.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>
#include <biodta/training/donor_loss.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

namespace biodta::pipeline {
namespace {

void write_figures(const std::filesystem::path& path, const training::Metrics& metrics) {
  support::Table table{path, {"figure", "value"}, {}};
  for (const auto& [name, value] : metrics) table.rows.push_back({name, support::format_double(value)});
  support::write_table(table);
}

void write_genes(const std::filesystem::path& path, const training::DonorTask& task,
                 const training::DonorData& data) {
  const auto& expression = task.held_out_expression();
  const auto& held_out = task.held_out_genes();
  const auto correlations = training::correlations_over_donors(expression);
  const auto mean = [&](const std::vector<double>& values, std::size_t gene) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(gene * expression.donors);
    return std::accumulate(first, first + static_cast<std::ptrdiff_t>(expression.donors), 0.0) /
           static_cast<double>(expression.donors);
  };
  support::Table table{
      path, {"gene_id", "symbol", "set", "pearson_donors", "predicted_log", "measured_log"}, {}};
  for (std::size_t gene = 0; gene < data.genes.size(); ++gene) {
    const bool unseen = std::binary_search(held_out.begin(), held_out.end(), gene);
    table.rows.push_back({data.genes[gene], data.symbols[gene], unseen ? "held_out" : "training",
                          std::isnan(correlations[gene]) ? "" : support::format_double(correlations[gene]),
                          support::format_double(mean(expression.predicted, gene)),
                          support::format_double(mean(expression.measured, gene))});
  }
  support::write_table(table);
}

/// The settings that decide what is held out.
auto split_of(const TrainEnformerOptions& options) {
  const auto& groups = options.groups;
  return std::tuple(trains_on_donors(options), options.data.held_out, options.data.seed,
                    groups.held_out_donors, groups.held_out_donor_share, groups.held_out_genes,
                    groups.held_out_gene_share, groups.seed);
}

/// Where the weights are a training run's, its settings stand beside them.
void warn_of_another_split(const TrainEnformerOptions& options, support::Reporter& reporter) {
  const auto path = options.weights / "config.yaml";
  if (!std::filesystem::exists(path)) return;
  TrainEnformerOptions trained;
  try {
    support::read_options(trained, path, {});
  } catch (const Error& error) {
    reporter.warn("what the weights were trained on is not known: " + std::string(error.what()));
    return;
  }
  if (trains_on_donors(trained) != trains_on_donors(options) || split_of(trained) == split_of(options))
    return;
  reporter.warn(path.string() +
                " held out others than these settings do: the figures may be of what was trained on");
}

std::string told(const training::Metrics& metrics) {
  std::string text = "held out:";
  for (const auto& [name, value] : metrics) {
    const auto rounded = std::round(value * 1e4) / 1e4;
    text += (text.back() == ':' ? " " : ", ") + name + " " + support::format_double(rounded);
  }
  return text;
}

}  // namespace

training::Metrics evaluate_enformer(const TrainEnformerOptions& given, support::Reporter& reporter,
                                    const TrainRuntime& runtime) {
  auto options = given;
  if (options.weights.empty()) {
    options.weights = options.output;
    options.output = options.output / "evaluation";
  }
  if (std::filesystem::exists(options.output / kTrainedWeights)) {
    throw ConfigError(
        "output: found " + options.output.string() + ", which holds a network of its own, but weights is " +
            options.weights.string(),
        "leave weights out (--weights \"\") to evaluate what stands at the output, or name another "
        "output");
  }
  const auto device = choose_device(runtime.device, runtime.membership.local_rank);
  const auto ranks = join_ranks(runtime, options.distributed, device);
  const auto run = set_up_enformer(options, *ranks, device, reporter);
  if (run->start->head_is_new) {
    throw ConfigError("head: found " + options.head + ", which " + options.weights.string() +
                      " does not have: an untrained head has no figures");
  }
  reporter.info(run->start->told);
  reporter.info(run->plan);
  if (ranks->is_first()) warn_of_another_split(options, reporter);
  auto& task = run->task();
  task.module().eval();
  const torch::NoGradGuard no_grad;
  auto metrics = task.evaluate(*ranks);
  if (metrics.empty()) throw ConfigError("nothing is held out, so there is nothing to evaluate on");
  if (ranks->is_first()) {
    std::error_code ignored;
    std::filesystem::create_directories(options.output, ignored);
    write_figures(options.output / "evaluation.tsv", metrics);
    if (run->donor_task)
      write_genes(options.output / "evaluation_genes.tsv", *run->donor_task, run->donors->data);
    if (run->donors) run->donors->tell_skipped(reporter);
    reporter.info(told(metrics));
    reporter.info("wrote " + (options.output / "evaluation.tsv").string());
  }
  ranks->barrier();
  return metrics;
}

}  // namespace biodta::pipeline
