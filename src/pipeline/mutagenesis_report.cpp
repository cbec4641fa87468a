#include "mutagenesis_report.hpp"

#include <biodta/support/checksum.hpp>
#include <biodta/support/text.hpp>

#include <array>
#include <chrono>
#include <ctime>
#include <utility>

namespace biodta::pipeline {
namespace {

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

std::string percent(double share) {
  return std::to_string(static_cast<int>(share * 100.0 + 0.5)) + " %";
}

/// A path for a shell, quoted where it must be.
std::string quoted(const std::filesystem::path& path) {
  const std::string text = path.string();
  const bool plain =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:@") ==
      std::string::npos;
  if (plain) return text;
  std::string result = "'";
  for (const char letter : text) result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return result + "'";
}

std::string mutation_text(const MutagenesisRunOptions& options) {
  const auto& mutagenesis = options.mutants.mutagenesis;
  const std::string how = mutagenesis.number > 0
                              ? std::to_string(mutagenesis.number) + " of the bases changed"
                          : mutagenesis.rate >= 1.0 ? "every base drawn anew"
                                                    : percent(mutagenesis.rate) + " of the bases changed";
  return "DNA within " + std::to_string(mutagenesis.distance) + " bp of the transcription start site, " +
         how + "; of " + std::to_string(options.mutants.trials) + " random mutants " +
         (options.mutants.enough > 0.0
              ? "the first that lowers predicted expression by " + percent(options.mutants.enough)
              : std::string("the one with the lowest predicted expression"));
}

std::string readout_text(const enformer::ExpressionReadout& readout) {
  std::vector<std::string> tracks;
  for (const auto track : readout.tracks) tracks.push_back(std::to_string(track));
  return "head " + readout.head + ", track " + support::join_words(tracks) + ", summed over " +
         std::to_string(readout.bins) + " bins around the start site";
}

void add_settings(analysis::Report& report, const MutagenesisRunOptions& options,
                  const ReportSubjects& subjects) {
  const auto add = [&](const char* name, std::string value) {
    report.settings.emplace_back(name, std::move(value));
  };
  if (subjects.embedder != nullptr) {
    add("Mutation", mutation_text(options));
    add("DNA model",
        "Enformer, window " +
            support::with_thousands(static_cast<std::uint64_t>(subjects.embedder->config().window)) + " bp");
    add("Predicted expression", readout_text(options.readout));
  } else {
    add("Perturbation", "in silico deletion: the token is taken out");
  }
  add("Cells",
      (options.cells.filters.empty() ? std::string("all") : support::join_words(options.cells.filters)) +
          " of " + support::with_thousands(subjects.corpus.cell_count()) + "; " +
          (options.cells.max_cells == 0
               ? std::string("all")
               : "at most " + support::with_thousands(static_cast<std::uint64_t>(options.cells.max_cells))) +
          " that express the gene");
  if (!options.cells.context_column.empty())
    add("DNA of the other genes", "each cell’s own, by " + options.cells.context_column);
  add("Layer", std::to_string(options.shift.layer) + " of " +
                   std::to_string(subjects.run.model->config().bert.layers));
  add("Genes ranked", "seen in at least " + std::to_string(options.evaluation.min_cells) + " cells");
  if (options.evaluation.control_genes > 0)
    add("Specificity control", std::to_string(options.evaluation.control_genes) + " genes of the set “" +
                                   options.evaluation.control_set + "”, drawn among those expressed");
  add("Random sets", support::with_thousands(static_cast<std::uint64_t>(options.evaluation.random_sets)) +
                         " draws a set and size");
  add("Seed", std::to_string(options.seed));
}

void add_inputs(analysis::Report& report, const MutagenesisRunOptions& options,
                const ReportSubjects& subjects) {
  const auto add = [&](const char* role, const std::filesystem::path& path) {
    if (!path.empty())
      report.inputs.push_back({role, std::filesystem::absolute(path), support::file_checksum(path)});
  };
  add("corpus", options.corpus);
  add("model", model_weights(subjects.run.folder));
  for (const auto* baseline : subjects.baselines) add("baseline", model_weights(baseline->folder));
  if (subjects.run.has_adapter())
    for (const auto* banks : {&options.embeddings, &options.further_embeddings})
      for (const auto& bank : *banks) add("embeddings", bank);
  if (subjects.embedder != nullptr) {
    report.inputs.push_back(
        {"DNA model", std::filesystem::absolute(options.weights), subjects.embedder->checksum()});
    add("genome", options.genome);
    add("annotation", options.annotation);
    add("sequences", options.sequences);
  }
  add("gene sets", options.evaluation.gene_sets);
}

}  // namespace

std::string method_name(const PerturbedRun& run, bool mutates) {
  return std::string(run.has_adapter() ? "Bio-DTA" : "adapter-free model") +
         (mutates ? ", in silico mutagenesis" : ", in silico deletion");
}

std::string baseline_name(const PerturbedRun& baseline, const std::filesystem::path& folder) {
  const bool own = std::filesystem::exists(baseline.folder / "vocabulary.tsv");
  const std::string name = (folder / "").parent_path().filename().string();
  if (!own) return name + ", in silico deletion";
  return (baseline.has_adapter() ? "second run" : "adapter-free twin") + std::string(", in silico deletion");
}

void finish_report(analysis::Report& report, const MutagenesisRunOptions& options,
                   const ReportSubjects& subjects, const std::filesystem::path& output) {
  report.notes = options.notes;
  report.created = utc_now();
  report.program = std::string("biodta-mutagenesis ") + BIODTA_VERSION;
  MutagenesisRunOptions resolved = options;
  resolved.output = std::filesystem::absolute(output);
  report.config = support::write_options(resolved);
  report.command =
      "biodta-mutagenesis --config " + quoted(resolved.output / "config.yaml") + " --output repeated";
  add_settings(report, options, subjects);
  add_inputs(report, options, subjects);
}

}  // namespace biodta::pipeline
