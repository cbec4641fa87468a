#include "mutagenesis_report.hpp"

#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <array>
#include <chrono>
#include <cmath>
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
  return std::to_string(std::lround(share * 100.0)) + " %";
}

/// A path for a shell, quoted where it must be.
std::string quoted(const std::filesystem::path& path) {
  std::string text = path.string();
  const bool plain =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:@") ==
      std::string::npos;
  if (plain) return text;
  std::string result = "'";
  for (const char letter : text) result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return result + "'";
}

std::string bases_text(const genome::MutagenesisOptions& mutagenesis) {
  const std::string how = mutagenesis.number > 0
                              ? std::to_string(mutagenesis.number) + " of the bases changed"
                          : mutagenesis.rate >= 1.0 ? "every base drawn anew"
                                                    : percent(mutagenesis.rate) + " of the bases changed";
  return "DNA within " + std::to_string(mutagenesis.distance) + " bp of the transcription start site, " + how;
}

std::string taken_text(const analysis::MutantSearchOptions& mutants) {
  const bool lower = mutants.choice.direction == analysis::MutantDirection::kLower;
  if (mutants.enough > 0.0)
    return std::string("the first that ") + (lower ? "lowers" : "raises") + " predicted expression by " +
           percent(mutants.enough);
  const std::string those = std::string("that ") + (lower ? "lower" : "raise") + " predicted expression";
  switch (mutants.choice.use) {
    case analysis::MutantUse::kBest:
      return std::string("the one with the ") + (lower ? "lowest" : "highest") + " predicted expression";
    case analysis::MutantUse::kAll:
      return "each of those " + those + ", one at a time";
    case analysis::MutantUse::kMean:
      return "the mean embedding of those " + those;
  }
  throw Error("mutants are used in no known way");
}

std::string mutation_text(const MutagenesisRunOptions& options) {
  const auto& mutants = options.mutants;
  const auto& given = mutants.given;
  if (!given.vcf.empty())
    return std::string("each ") +
           (given.kind == analysis::GivenMutantKind::kVariants ? "variant" : "haplotype") + " of " +
           given.vcf.filename().string() + ", one at a time";
  return bases_text(mutants.mutagenesis) + "; of " + std::to_string(mutants.trials) + " random mutants " +
         taken_text(mutants) + (mutants.choice.keep_identity ? ", if it stays nearest to its own gene" : "");
}

std::string match_text(analysis::StrengthMatch match) {
  switch (match) {
    case analysis::StrengthMatch::kNone:
      return "their mutants chosen as the gene’s own is";
    case analysis::StrengthMatch::kExpression:
      return "with the mutants that come nearest to changing predicted expression by as much";
    case analysis::StrengthMatch::kRow:
      return "with the mutants that come nearest to moving the DNA embedding as far";
    case analysis::StrengthMatch::kToken:
      return "with the mutants that come nearest to moving the token embedding as far";
  }
  throw Error("mutants of controls are matched in no known way");
}

std::string control_text(const MutagenesisRunOptions& options) {
  const auto& evaluation = options.evaluation;
  const std::string of = evaluation.control_set.empty() ? "genes that are in none of the sets"
                                                        : "genes of the set “" + evaluation.control_set + "”";
  return std::to_string(evaluation.control_genes) + " " + of +
         (evaluation.control_choice == ControlChoice::kMatched
              ? ", those that are expressed most like the gene"
              : ", drawn among those expressed") +
         (traits_of(options.perturbation).dna ? ", " + match_text(options.mutants.match) : "");
}

std::string readout_text(const enformer::ExpressionReadout& readout) {
  std::vector<std::string> tracks;
  for (const auto track : readout.tracks) tracks.push_back(std::to_string(track));
  return "head " + readout.head + ", track " + support::join_words(tracks) + ", summed over " +
         std::to_string(readout.bins) + " bins around the start site";
}

void add_settings(analysis::Report& report, const MutagenesisRunOptions& options,
                  const MutagenesisSubjects& subjects, const enformer::SequenceEmbedder* embedder) {
  const auto add = [&](const char* name, std::string value) {
    report.settings.emplace_back(name, std::move(value));
  };
  add("Perturbation", report.words.noun + " of " + report.symbol + ": each cell " + report.words.compared);
  if (embedder != nullptr) {
    add(traits_of(options.perturbation).dna ? "Mutation" : "Mutation, where compared",
        mutation_text(options));
    add("DNA model", "Enformer, window " +
                         support::with_thousands(static_cast<std::uint64_t>(embedder->config().window)) +
                         " bp");
    add("Predicted expression", readout_text(options.readout));
  }
  add("Cells",
      (options.cells.filters.empty() ? std::string("all") : support::join_words(options.cells.filters)) +
          " of " + support::with_thousands(subjects.corpus.cell_count()) + "; " +
          (options.cells.max_cells == 0
               ? std::string("all")
               : "at most " + support::with_thousands(static_cast<std::uint64_t>(options.cells.max_cells))) +
          (options.perturbation == GenePerturbation::kOverexpress ? "" : " that express the gene"));
  if (!options.cells.context_column.empty())
    add("DNA of the other genes", "each cell’s own, by " + options.cells.context_column);
  add("Layer", std::to_string(options.shift.layer) + " of " +
                   std::to_string(subjects.run->model->config().bert.layers));
  add("Genes ranked", "seen in at least " + std::to_string(options.evaluation.min_cells) + " cells");
  if (options.evaluation.control_genes > 0) add("Specificity control", control_text(options));
  add("Complement", options.evaluation.complement == analysis::Complement::kAllOthers
                        ? "all other scored genes"
                        : "scored genes that are in none of the sets tested");
  add("Random sets", support::with_thousands(static_cast<std::uint64_t>(options.evaluation.random_sets)) +
                         " draws a set and size");
  add("Seed", std::to_string(options.seed));
}

void add_input(analysis::Report& report, const char* role, const std::filesystem::path& path) {
  if (!path.empty())
    report.inputs.push_back({role, std::filesystem::absolute(path), support::file_checksum(path)});
}

/// Those that only a run over one gene has.
void add_inputs(analysis::Report& report, const MutagenesisRunOptions& options,
                const MutagenesisSubjects& subjects, const enformer::SequenceEmbedder* embedder) {
  for (const auto& baseline : subjects.baselines)
    add_input(report, "baseline", model_weights(baseline.run->folder));
  if (embedder != nullptr) {
    report.inputs.push_back({"DNA model", std::filesystem::absolute(options.weights), embedder->checksum()});
    add_input(report, "genome", options.genome);
    add_input(report, "annotation", options.annotation);
    add_input(report, "sequences", options.sequences);
    add_input(report, "variants", options.mutants.given.vcf);
  }
  if (subjects.values)
    for (const auto& counts : options.rank_values.counts)
      if (std::filesystem::is_regular_file(counts)) add_input(report, "counts", counts);
  add_input(report, "gene sets", options.evaluation.gene_sets);
}

}  // namespace

std::string method_name(const PerturbedRun& run, const PerturbationTraits& traits) {
  return std::string(run.has_adapter() ? "Bio-DTA" : "adapter-free model") + ", " + std::string(traits.noun);
}

std::string baseline_name(const PerturbedRun& baseline, const std::filesystem::path& folder) {
  if (!std::filesystem::exists(baseline.folder / "vocabulary.tsv"))
    return (folder / "").parent_path().filename().string();
  return baseline.has_adapter() ? "second run" : "adapter-free twin";
}

void describe_run(analysis::Report& report, const MutagenesisRunOptions& options, const PerturbedRun& run,
                  const std::filesystem::path& output) {
  report.notes = options.notes;
  report.created = utc_now();
  report.program = std::string("biodta-mutagenesis ") + BIODTA_VERSION;
  MutagenesisRunOptions resolved = options;
  resolved.output = std::filesystem::absolute(output);
  report.config = support::write_options(resolved);
  report.command =
      "biodta-mutagenesis --config " + quoted(resolved.output / "config.yaml") + " --output repeated";
  add_input(report, "corpus", options.corpus);
  add_input(report, "model", model_weights(run.folder));
  if (!run.has_adapter()) return;
  for (const auto* banks : {&options.embeddings, &options.further_embeddings})
    for (const auto& bank : *banks) add_input(report, "embeddings", bank);
}

void finish_report(analysis::Report& report, const MutagenesisRunOptions& options,
                   const MutagenesisSubjects& subjects, const enformer::SequenceEmbedder* embedder,
                   const std::filesystem::path& output) {
  describe_run(report, options, *subjects.run, output);
  add_settings(report, options, subjects, embedder);
  add_inputs(report, options, subjects, embedder);
}

}  // namespace biodta::pipeline
