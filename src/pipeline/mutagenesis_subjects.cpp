#include "mutagenesis_subjects.hpp"

#include "cell_values.hpp"
#include "mutagenesis_report.hpp"
#include "run_bank.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

namespace biodta::pipeline {
namespace {

using support::with_thousands;

cells::TokenId find_gene(const std::string& name, const cells::Corpus& corpus) {
  if (const auto token = corpus.vocabulary().find(name)) return *token;
  std::vector<std::string> known;
  for (const auto& gene : corpus.vocabulary().genes()) {
    known.push_back(gene.symbol);
    if (gene.id != gene.symbol) known.push_back(gene.id);
  }
  const auto near = support::nearest_names(name, known);
  throw InputError(corpus.path(), "vocabulary", "no gene '" + name + "'",
                   "one of its " + with_thousands(corpus.vocabulary().gene_count()) + " symbols or ids",
                   near.empty() ? "" : "did you mean " + support::join_words(near) + "?");
}

std::vector<cells::TokenId> find_genes(const MutagenesisRunOptions& options, const cells::Corpus& corpus) {
  std::vector<cells::TokenId> genes = {find_gene(options.gene, corpus)};
  for (const auto& name : options.with) {
    const auto token = find_gene(name, corpus);
    if (std::find(genes.begin(), genes.end(), token) != genes.end())
      throw ConfigError("with: found " + name + ", which is perturbed already, expected other genes");
    genes.push_back(token);
  }
  return genes;
}

std::string joined(const std::vector<cells::TokenId>& tokens,
                   const std::function<std::string(cells::TokenId)>& text) {
  std::string result;
  for (const auto token : tokens) result += (result.empty() ? "" : " + ") + text(token);
  return result;
}

/// Loads what a mutagenesis run is about, step by step.
class SubjectsLoader {
 public:
  SubjectsLoader(const MutagenesisRunOptions& options, support::Reporter& reporter, torch::Device device)
      : options_(options),
        reporter_(reporter),
        device_(device),
        made_(std::make_unique<MutagenesisSubjects>(options)) {}

  std::unique_ptr<MutagenesisSubjects> load() {
    load_models();
    check_perturbations();
    choose_sets();
    choose_cells();
    read_values();
    made_->groups = groups_of(made_->corpus, options_.cells.group_column, made_->cells.cells);
    made_->states = states_of(made_->corpus, options_.cells, options_.seed);
    return std::move(made_);
  }

 private:
  void load_models() {
    auto& made = *made_;
    made.bank = read_bank(options_.embeddings, options_.further_embeddings);
    std::vector<embedding::ContextIndex> contexts;
    if (made.bank)
      contexts = read_contexts(made.corpus, *made.bank, "cells.context_column", options_.cells.context_column,
                               reporter_);
    const embedding::EmbeddingBank* bank = made.bank ? &*made.bank : nullptr;
    made.run = load_run(options_.run, made.corpus, bank, options_.embeddings, contexts, device_);
    require_layer(options_.shift.layer, *made.run);
    for (const auto& folder : options_.baselines) {
      if (folder.empty()) continue;
      Baseline baseline{
          folder, load_run(folder, made.corpus, bank, options_.embeddings, contexts, device_), {}};
      require_layer(options_.shift.layer, *baseline.run);
      baseline.name = baseline_name(*baseline.run, folder);
      const auto same = [&](const Baseline& other) { return other.name == baseline.name; };
      if (std::any_of(made.baselines.begin(), made.baselines.end(), same))
        baseline.name += " (" + folder.string() + ")";
      made.baselines.push_back(std::move(baseline));
    }
  }

  void check_perturbations() {
    auto& made = *made_;
    require_adapter(traits_of(options_.perturbation), *made.run, "perturbation");
    require_distinct(options_.evaluation.compare, std::string(traits_of(options_.perturbation).name),
                     "evaluation.compare");
    require_distinct(options_.evaluation.compare_baselines, "", "evaluation.compare_baselines");
    require_distinct(options_.cells.states, "", "cells.states");
    for (const auto& name : options_.evaluation.compare) {
      made.compared.push_back(traits_named(name, "evaluation.compare"));
      require_adapter(made.compared.back(), *made.run, "evaluation.compare");
    }
    for (const auto& name : options_.evaluation.compare_baselines) {
      made.compared_baselines.push_back(traits_named(name, "evaluation.compare_baselines"));
      for (const auto& baseline : made.baselines)
        require_adapter(made.compared_baselines.back(), *baseline.run, "evaluation.compare_baselines");
    }
    check_dna_settings();
    for (const auto token : made.genes) check_gene(token);
  }

  /// Settings of mutants that would do nothing.
  void check_dna_settings() const {
    const auto& mutants = options_.mutants;
    const bool given = !mutants.given.vcf.empty();
    const auto refuse = [](const std::string& key, const std::string& beside) {
      throw ConfigError(key + ": is set together with " + beside + ", where it would do nothing");
    };
    if (!made_->needs_dna(options_)) {
      const std::string beside = "perturbation: " + std::string(traits_of(options_.perturbation).name);
      if (given) refuse("mutants.vcf", beside);
      if (options_.saturation > 0) refuse("saturation", beside);
      if (mutants.choice.keep_identity) refuse("mutants.keep_identity", beside);
    }
    if (!given) return;
    if (!options_.with.empty())
      throw ConfigError("mutants.vcf: is set together with `with`, expected one of them",
                        "the variants of several genes would have to be paired");
    if (mutants.choice.use != analysis::MutantUse::kBest) refuse("mutants.use", "mutants.vcf");
    if (mutants.choice.direction != analysis::MutantDirection::kLower)
      refuse("mutants.direction", "mutants.vcf");
    if (mutants.choice.keep_identity) refuse("mutants.keep_identity", "mutants.vcf");
  }

  /// @param taken  a name that is there already; empty = none.
  static void require_distinct(const std::vector<std::string>& names, const std::string& taken,
                               const std::string& key) {
    for (auto name = names.begin(); name != names.end(); ++name)
      if (*name == taken || std::find(names.begin(), name, *name) != name)
        throw ConfigError(key + ": found " + *name +
                          (*name == taken ? ", which is the run's own perturbation" : " twice") +
                          ", expected each once");
  }

  static void require_adapter(const PerturbationTraits& traits, const PerturbedRun& run,
                              const std::string& key) {
    if (traits.row && !run.has_adapter())
      throw ConfigError(key + ": found " + std::string(traits.name) + ", but " + run.folder.string() +
                            " has no adapter that would read the mutant",
                        "set perturbation: delete, or name a run with an adapter");
  }

  void check_gene(cells::TokenId token) const {
    const auto& run = *made_->run;
    if (!run.has_adapter() || run.rows->has_row(token)) return;
    const bool learned = run.rows->is_read(token);
    if (learned && !made_->needs_dna(options_)) return;
    const std::string gene = made_->gene(token).symbol + " (" + made_->gene(token).id + ")";
    if (learned)
      throw InputError(run.folder, "config.json", "a learned vector for " + gene,
                       "an adapter's, which a mutation would change", "set perturbation: delete");
    throw InputError(name_of_bank(options_.embeddings), "gene_id", "no row of " + gene,
                     "one: without it the model never sees the gene");
  }

  void choose_sets() {
    auto& made = *made_;
    made.all_sets = analysis::read_gene_sets(options_.evaluation.gene_sets, made.corpus.vocabulary());
    made.sets = analysis::choose_gene_sets(made.all_sets, options_.evaluation.sets,
                                           made.gene(made.genes.front()).symbol);
  }

  void choose_cells() {
    auto& made = *made_;
    const bool anywhere = options_.perturbation == GenePerturbation::kOverexpress;  // also where it is absent
    made.cells =
        analysis::select_cells(made.corpus, *made.run->cells, made.genes,
                               {options_.cells.filters, options_.cells.max_cells, options_.seed, !anywhere});
    const std::string passed = with_thousands(made.cells.passed),
                      holding = with_thousands(made.cells.with_gene);
    reporter_.info(
        with_thousands(made.cells.cells.size()) + " cells of " +
        (anywhere ? passed + " that pass the filters (" + holding + " express " + made.symbols() + ")"
                  : holding + " that express " + made.symbols() + " (" + passed + " pass the filters)"));
    for (const std::uint32_t cell : made.cells.cells) made.tokens.push_back(made.run->cells->tokens_of(cell));
    const std::vector<std::span<const cells::TokenId>> spans(made.tokens.begin(), made.tokens.end());
    made.covariates = analysis::gene_covariates(spans, made.corpus.vocabulary().token_count());
  }

  void read_values() {
    if (!made_->needs_values(options_)) return;
    if (options_.rank_values.counts.empty())
      throw ConfigError("rank_values.counts: is not set, expected the count files that " +
                            options_.corpus.string() + " was made of",
                        "to which rank a token moves is known from its count");
    const auto read =
        std::make_shared<RankValues>(made_->corpus, made_->cells.cells, options_.rank_values, reporter_);
    made_->values = [read](std::uint32_t cell, std::span<const cells::TokenId> tokens) {
      return read->values(cell, tokens);
    };
  }

  const MutagenesisRunOptions& options_;
  support::Reporter& reporter_;
  torch::Device device_;
  std::unique_ptr<MutagenesisSubjects> made_;
};

}  // namespace

MutagenesisSubjects::MutagenesisSubjects(const MutagenesisRunOptions& options)
    : corpus(cells::Corpus::open(options.corpus)), genes(find_genes(options, corpus)) {}

std::string MutagenesisSubjects::symbols() const {
  return joined(genes, [&](cells::TokenId token) { return gene(token).symbol; });
}

std::string MutagenesisSubjects::ids() const {
  return joined(genes, [&](cells::TokenId token) { return gene(token).id; });
}

bool MutagenesisSubjects::any_has(bool PerturbationTraits::*trait,
                                  const MutagenesisRunOptions& options) const {
  const auto has = [&](const PerturbationTraits& traits) { return traits.*trait; };
  return has(traits_of(options.perturbation)) || std::any_of(compared.begin(), compared.end(), has) ||
         (!baselines.empty() && std::any_of(compared_baselines.begin(), compared_baselines.end(), has));
}

bool MutagenesisSubjects::needs_dna(const MutagenesisRunOptions& options) const {
  return any_has(&PerturbationTraits::dna, options);
}

bool MutagenesisSubjects::needs_values(const MutagenesisRunOptions& options) const {
  return any_has(&PerturbationTraits::values, options);
}

std::unique_ptr<MutagenesisSubjects> load_subjects(const MutagenesisRunOptions& options,
                                                   support::Reporter& reporter, torch::Device device) {
  return SubjectsLoader(options, reporter, device).load();
}

}  // namespace biodta::pipeline
