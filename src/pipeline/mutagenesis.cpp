#include "gene_mutants.hpp"
#include "mutagenesis_report.hpp"
#include "perturbed_run.hpp"
#include "run_bank.hpp"

#include <biodta/analysis/cell_selection.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/expression_baselines.hpp>
#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/analysis/gene_sets.hpp>
#include <biodta/analysis/matched_null.hpp>
#include <biodta/analysis/mutant_identity.hpp>
#include <biodta/analysis/report.hpp>
#include <biodta/analysis/set_specificity.hpp>
#include <biodta/analysis/signed_readout.hpp>
#include <biodta/analysis/specific_shift.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace biodta::pipeline {
namespace {

using analysis::PerturbedGene;
using support::with_thousands;

void check(const MutagenesisRunOptions& options) {
  const auto require = [](bool set, const std::string& key, const std::string& what,
                          const std::string& hint = {}) {
    if (!set) throw ConfigError(key + ": is not set, expected " + what, hint);
  };
  require(!options.gene.empty(), "gene", "a symbol or id", "for example --gene GATA4");
  require(!options.run.empty(), "run", "a run folder of biodta-train");
  require(!options.corpus.empty(), "corpus", "a corpus file");
  require(!options.evaluation.gene_sets.empty(), "evaluation.gene_sets", "a TSV of gene sets");
  require(!options.evaluation.top_k.empty(), "evaluation.top_k", "at least one number");
}

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

/// A model that the run is compared with, and the order in which it puts the genes.
struct Baseline {
  std::filesystem::path folder;  ///< as it was given
  std::unique_ptr<PerturbedRun> run;
  std::string name;
  analysis::GeneRanking ranking;
};

/// One run of the program, step by step; what one step makes, the next ones read.
class Mutagenesis {
 public:
  Mutagenesis(const MutagenesisRunOptions& options, support::Reporter& reporter, torch::Device device)
      : options_(options),
        reporter_(reporter),
        device_(device),
        corpus_(cells::Corpus::open(options.corpus)),
        gene_(find_gene(options.gene, corpus_)) {}

  MutagenesisOutcome run() {
    const auto output =
        options_.output.empty() ? std::filesystem::path("report") / symbol(gene_) : options_.output;
    analysis::check_report_folder(output, options_.overwrite);
    load();
    choose_sets();
    choose_cells();
    choose_controls();
    prepare_perturbations();
    measure();
    measure_abundance();
    compare();
    finish_report(report_, options_,
                  {corpus_, *run_, baseline_runs(), mutants_ ? &mutants_->embedder() : nullptr}, output);
    analysis::write_report(report_, output, options_.overwrite);
    return {analysis::summary_text(report_), output / "report.html"};
  }

 private:
  const cells::VocabularyGene& known(cells::TokenId token) const { return corpus_.vocabulary().gene(token); }
  const std::string& symbol(cells::TokenId token) const { return known(token).symbol; }
  bool mutates() const { return options_.perturbation == GenePerturbation::kMutate; }

  void load() {
    bank_ = read_bank(options_.embeddings, options_.further_embeddings);
    std::vector<embedding::ContextIndex> contexts;
    if (bank_)
      contexts =
          read_contexts(corpus_, *bank_, "cells.context_column", options_.cells.context_column, reporter_);
    const embedding::EmbeddingBank* bank = bank_ ? &*bank_ : nullptr;
    run_ = load_run(options_.run, corpus_, bank, options_.embeddings, contexts, device_);
    for (const auto& folder : options_.baselines) load_baseline(folder, bank, contexts);
    if (mutates() && !run_->has_adapter())
      throw ConfigError("perturbation: found mutate, but " + run_->folder.string() +
                            " has no adapter that would read the mutant",
                        "set perturbation: delete, or name a run with an adapter");
    check_gene();
    if (mutates()) {
      mutants_.emplace(options_, *bank_, device_);
      mutants_->identify_with(run_->model);
    }
    report_.gene_id = known(gene_).id;
    report_.symbol = symbol(gene_);
    report_.vocabulary = corpus_.vocabulary();
  }

  void load_baseline(const std::filesystem::path& folder, const embedding::EmbeddingBank* bank,
                     const std::vector<embedding::ContextIndex>& contexts) {
    if (folder.empty()) return;
    Baseline baseline{
        folder, load_run(folder, corpus_, bank, options_.embeddings, contexts, device_), {}, {}};
    baseline.name = baseline_name(*baseline.run, folder);
    const auto same = [&](const Baseline& other) { return other.name == baseline.name; };
    if (std::any_of(baselines_.begin(), baselines_.end(), same))
      baseline.name += " (" + folder.string() + ")";
    baselines_.push_back(std::move(baseline));
  }

  std::vector<const PerturbedRun*> baseline_runs() const {
    std::vector<const PerturbedRun*> runs;
    for (const auto& baseline : baselines_) runs.push_back(baseline.run.get());
    return runs;
  }

  void check_gene() const {
    if (!run_->has_adapter() || run_->rows->has_row(gene_)) return;
    const bool learned = run_->rows->is_read(gene_);
    if (learned && !mutates()) return;
    const std::string gene = symbol(gene_) + " (" + known(gene_).id + ")";
    if (learned)
      throw InputError(run_->folder, "config.json", "a learned vector for " + gene,
                       "an adapter's, which a mutation would change", "set perturbation: delete");
    throw InputError(name_of_bank(options_.embeddings), "gene_id", "no row of " + gene,
                     "one: without it the model never sees the gene");
  }

  void choose_sets() {
    all_sets_ = analysis::read_gene_sets(options_.evaluation.gene_sets, corpus_.vocabulary());
    report_.sets = analysis::choose_gene_sets(all_sets_, options_.evaluation.sets, symbol(gene_));
  }

  void choose_cells() {
    report_.cells = analysis::select_cells(corpus_, *run_->cells, gene_,
                                           {options_.cells.filters, options_.cells.max_cells, options_.seed});
    reporter_.info(with_thousands(report_.cells.cells.size()) + " cells of " +
                   with_thousands(report_.cells.with_gene) + " that express " + symbol(gene_) + " (" +
                   with_thousands(report_.cells.passed) + " pass the filters)");
  }

  /// In how many of the chosen cells each token is.
  std::vector<std::uint64_t> cells_by_token() const {
    std::vector<std::uint64_t> counts(corpus_.vocabulary().token_count(), 0);
    for (const std::uint32_t cell : report_.cells.cells)
      for (const cells::TokenId token : run_->cells->tokens_of(cell)) ++counts[token];
    return counts;
  }

  void choose_controls() {
    const auto wanted = static_cast<std::size_t>(options_.evaluation.control_genes);
    if (wanted == 0) return;
    const std::string& name = options_.evaluation.control_set;
    const auto set = std::find_if(all_sets_.begin(), all_sets_.end(),
                                  [&](const auto& candidate) { return candidate.name == name; });
    if (set == all_sets_.end())
      throw ConfigError(
          "evaluation.control_set: " + options_.evaluation.gene_sets.string() + " has no set '" + name + "'",
          "name a set of genes that should not matter, or set evaluation.control_genes: 0");
    const auto seen = cells_by_token();
    const auto least = std::min<std::uint64_t>(static_cast<std::uint64_t>(options_.evaluation.min_cells),
                                               report_.cells.cells.size());
    for (const cells::TokenId token : set->tokens) {
      const bool usable = token != gene_ && seen[token] >= least &&
                          (!mutates() || (run_->rows->has_row(token) && mutants_->window(known(token))));
      if (usable) controls_.push_back(token);
    }
    auto random = support::RandomStream::of({static_cast<std::uint64_t>(options_.seed), gene_, wanted});
    random.shuffle(controls_);
    if (controls_.size() > wanted) controls_.resize(wanted);
    if (controls_.size() < wanted)
      reporter_.warn("specificity control: " + std::to_string(controls_.size()) + " of " +
                     std::to_string(wanted) + " genes of '" + name +
                     "' are expressed in enough of the cells" + (mutates() ? " and have DNA" : ""));
  }

  /// Fills report_.perturbed, the gene asked for first, and a perturbation for each that can be measured.
  void prepare_perturbations() {
    std::vector<cells::TokenId> tokens = {gene_};
    tokens.insert(tokens.end(), controls_.begin(), controls_.end());
    const auto progress = mutates() ? reporter_.start("mutants", tokens.size(), "genes") : nullptr;
    for (const cells::TokenId token : tokens) {
      PerturbedGene gene{known(token).id, symbol(token), token != gene_, 0, "", {}, {}, {}, {}};
      if (mutates())
        add_mutant(gene, token);
      else
        perturbations_.push_back({analysis::PerturbationKind::kDelete, token, {}, {}});
      report_.perturbed.push_back(std::move(gene));
      if (progress) progress->update(report_.perturbed.size());
    }
    identify();
  }

  void add_mutant(PerturbedGene& gene, cells::TokenId token) {
    mutants_->search(gene, token, known(token), reporter_);
    if (!gene.control && options_.saturation > 0) mutants_->scan(gene, reporter_);
    if (gene.search->chosen) {
      perturbations_.push_back(mutants_->perturbation(gene, token));
      return;
    }
    const std::string what = analysis::nothing_taken_text(*gene.search);
    if (!gene.control)
      throw InputError(gene.symbol + ": " + what, "raise mutants.trials or mutants.mutagenesis.distance");
    gene.skipped = what;
    reporter_.warn("control " + gene.symbol + " is left out: " + what);
  }

  void identify() {
    if (!mutates()) return;
    std::vector<analysis::MutantRow> rows;
    for (const auto& perturbation : perturbations_)
      rows.push_back({*bank_->gene_index(known(perturbation.token).id), perturbation.row});
    const auto found = analysis::identify_mutants(run_->model, device_, *bank_, rows);
    std::size_t next = 0;
    for (auto& gene : report_.perturbed)
      if (gene.skipped.empty()) gene.identity = found.at(next++);
  }

  std::vector<analysis::ShiftTable> shifts(PerturbedRun& run,
                                           std::span<const analysis::Perturbation> perturbations,
                                           const std::string& stage) {
    const auto progress = reporter_.start(stage, report_.cells.cells.size(), "cells");
    return analysis::measure_shifts(run.model, device_, {*run.cells, run.bank}, report_.cells.cells,
                                    perturbations, options_.shift, progress.get());
  }

  analysis::MethodRun method(const std::string& name, const analysis::ShiftTable& table) const {
    analysis::MethodRun result{
        name,
        analysis::rank_genes(table, static_cast<std::uint64_t>(options_.evaluation.min_cells)),
        {},
        table.perturbed};
    if (result.ranking.genes.empty())
      throw InputError(options_.corpus, "",
                       "no gene seen in " + std::to_string(options_.evaluation.min_cells) + " of the " +
                           with_thousands(table.cells) + " cells",
                       "evaluation.min_cells of them", "lower evaluation.min_cells or take more cells");
    result.tests = analysis::test_gene_sets(result.ranking, report_.sets);
    return result;
  }

  void measure() {
    const auto tables = shifts(*run_, perturbations_, mutates() ? "mutate" : "delete");
    report_.run = method(method_name(*run_, mutates()), tables.front());
    std::vector<std::vector<analysis::GeneSetTest>> controls;
    std::vector<analysis::GeneRanking> control_rankings;
    std::size_t next = 0;
    for (auto& gene : report_.perturbed) {
      if (!gene.skipped.empty()) continue;
      const auto& table = tables.at(next++);
      gene.cells = table.cells;
      if (!gene.control) continue;
      control_rankings.push_back(
          analysis::rank_genes(table, static_cast<std::uint64_t>(options_.evaluation.min_cells)));
      controls.push_back(analysis::test_gene_sets(control_rankings.back(), report_.sets));
    }
    if (!controls.empty()) report_.controls = analysis::summarise_controls(report_.sets, controls);
    const auto tokens = tokens_of_cells();
    report_.matched = analysis::test_against_matched_sets(
        report_.run.ranking, analysis::gene_covariates(spans(tokens), token_count()), report_.sets,
        {.seed = static_cast<std::uint64_t>(options_.seed)});
    if (control_rankings.size() > 1) {
      report_.specificity =
          analysis::test_set_specificity(report_.run.ranking, control_rankings, report_.sets);
      report_.specific = analysis::specific_shifts(report_.run.ranking, control_rankings);
    }
    for (auto& baseline : baselines_) measure(baseline);
  }

  /// Which way genes go, which no cosine can say.
  void measure_abundance() {
    if (options_.evaluation.readout_draws == 0) return;
    const auto first = analysis::each_alone(std::span(perturbations_).first(1));
    const auto progress = reporter_.start("predict abundance", report_.cells.cells.size(), "cells");
    analysis::ReadoutOptions readout;
    readout.draws = options_.evaluation.readout_draws;
    readout.seed = options_.seed;
    readout.batch_tokens = options_.shift.batch_tokens;
    report_.readout = analysis::measure_readout(run_->model, device_, {*run_->cells, run_->bank},
                                                report_.cells.cells, first, readout, progress.get())
                          .front();
  }

  std::size_t token_count() const { return corpus_.vocabulary().token_count(); }

  std::vector<std::vector<cells::TokenId>> tokens_of_cells() const {
    std::vector<std::vector<cells::TokenId>> tokens;
    for (const std::uint32_t cell : report_.cells.cells) tokens.push_back(run_->cells->tokens_of(cell));
    return tokens;
  }

  static std::vector<std::span<const cells::TokenId>> spans(
      const std::vector<std::vector<cells::TokenId>>& cells) {
    return {cells.begin(), cells.end()};
  }

  void measure(Baseline& baseline) {
    const std::vector<analysis::Perturbation> deletion = {
        {analysis::PerturbationKind::kDelete, gene_, {}, {}}};
    const auto tables = shifts(*baseline.run, deletion, "delete in " + baseline.folder.filename().string());
    if (tables.front().cells == 0)
      throw InputError(baseline.folder, "", "no cell with " + symbol(gene_),
                       "the gene among the tokens that the model reads");
    baseline.ranking = method(baseline.name, tables.front()).ranking;
  }

  /// All methods over the genes that all of them ranked.
  void compare() {
    const auto add = [&](std::vector<analysis::PrecisionRecall> entries) {
      for (auto& entry : entries) report_.precision_recall.push_back(std::move(entry));
    };
    std::vector<std::string> names = {report_.run.name};
    std::vector<analysis::GeneRanking> rankings = {report_.run.ranking};
    const auto consider = [&](const std::string& name, analysis::GeneRanking ranking) {
      if (ranking.genes.empty()) return;
      names.push_back(name);
      rankings.push_back(std::move(ranking));
    };
    for (const auto& baseline : baselines_) consider(baseline.name, baseline.ranking);
    const auto tokens = tokens_of_cells();
    const auto least = static_cast<std::uint64_t>(options_.evaluation.min_cells);
    consider("co-expression", analysis::coexpression_ranking(spans(tokens), gene_, token_count(), least));
    consider("expression rank", analysis::expression_ranking(spans(tokens), gene_, token_count(), least));
    const auto& top_k = options_.evaluation.top_k;
    for (std::size_t i = 0; i < rankings.size(); ++i) {
      const auto common = analysis::common_genes(rankings[i], rankings);
      report_.methods.push_back({names[i], analysis::test_gene_sets(common, report_.sets)});
      add(analysis::precision_recall(names[i], common, report_.sets, top_k));
    }
    add(analysis::random_precision_recall("random sets", analysis::common_genes(rankings.front(), rankings),
                                          report_.sets, top_k,
                                          static_cast<std::uint64_t>(options_.evaluation.random_sets),
                                          static_cast<std::uint64_t>(options_.seed)));
  }

  const MutagenesisRunOptions& options_;
  support::Reporter& reporter_;
  torch::Device device_;
  cells::Corpus corpus_;
  cells::TokenId gene_;
  std::optional<embedding::EmbeddingBank> bank_;
  std::unique_ptr<PerturbedRun> run_;
  std::vector<Baseline> baselines_;
  std::optional<GeneMutants> mutants_;
  std::vector<analysis::GeneSet> all_sets_;
  std::vector<cells::TokenId> controls_;
  std::vector<analysis::Perturbation> perturbations_;
  analysis::Report report_;
};

}  // namespace

MutagenesisOutcome mutagenesis(const MutagenesisRunOptions& options, support::Reporter& reporter,
                               std::string_view device) {
  check(options);
  return Mutagenesis(options, reporter, choose_device(device)).run();
}

}  // namespace biodta::pipeline
