#include <biodta/analysis/mutant_search.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <utility>

namespace biodta::analysis {
namespace {

std::vector<float> row_of(const torch::Tensor& mean_NE, std::size_t index) {
  const auto row_E = mean_NE[static_cast<std::int64_t>(index)].to(torch::kFloat32).contiguous();
  const float* values = row_E.const_data_ptr<float>();
  return {values, values + row_E.numel()};
}

genome::Mutant make_mutant(const GeneWindow& window, std::uint64_t gene_key, std::size_t trial,
                           const MutantSearchOptions& options) {
  auto random = support::RandomStream::of({static_cast<std::uint64_t>(options.seed), gene_key, trial});
  return genome::random_mutant(window.sequence, window.start, window.tss, options.mutagenesis, random);
}

/// Enters a trial's expression, and takes the trial when it falls lowest so far.
void score(MutantSearch& search, std::size_t trial, double expression, const torch::Tensor& mean_NE,
           std::size_t row) {
  MutantTrial& scored = search.trials[trial];
  scored.expression = expression;
  scored.lowers = !scored.edits.empty() && expression < search.reference_expression;
  if (!scored.lowers || (search.chosen && expression >= search.trials[*search.chosen].expression)) return;
  search.chosen = trial;
  search.mutant_row = row_of(mean_NE, row);
}

bool falls_enough(const MutantSearch& search, std::size_t trial, const MutantSearchOptions& options) {
  const MutantTrial& scored = search.trials[trial];
  const double fall = search.reference_expression - scored.expression;
  return options.enough > 0.0 && scored.lowers && fall >= options.enough * search.reference_expression;
}

}  // namespace

void describe(support::OptionVisitor& visit, MutantSearchOptions& options) {
  visit.section("mutagenesis", options.mutagenesis, "which bases change");
  visit.field("trials", options.trials, "random mutants made", support::at_least(1));
  visit.field("enough", options.enough,
              "stop at the first mutant that lowers predicted expression by this share; 0 = make all, take "
              "the largest fall",
              support::between(0.0, 1.0));
  visit.field("batch", options.batch, "windows a forward pass of the DNA model", support::at_least(1));
}

MutantSearch search_mutant(enformer::SequenceEmbedder& embedder, const enformer::ExpressionReadout& readout,
                           const GeneWindow& window, std::uint64_t gene_key,
                           const MutantSearchOptions& options, support::Progress* progress) {
  MutantSearch result;
  const auto trials = static_cast<std::size_t>(options.trials);
  const auto batch = std::max<std::size_t>(static_cast<std::size_t>(options.batch), 2);
  // The reference goes with the first mutants through the model, so a round has room for two.
  std::vector<std::string> windows = {window.sequence};
  while (result.trials.size() < trials) {
    const std::size_t first = result.trials.size();
    const std::size_t references = windows.size();
    for (std::size_t trial = first; trial < trials && windows.size() < batch; ++trial) {
      genome::Mutant mutant = make_mutant(window, gene_key, trial, options);
      windows.push_back(std::move(mutant.sequence));
      result.trials.push_back({std::move(mutant.edits), 0.0, false});
    }
    const auto embedded = embedder.embed(windows, &readout, options.batch);
    if (references == 1) {
      result.reference_expression = embedded.expression.at(0);
      result.reference_row = row_of(embedded.mean_NE, 0);
    }
    for (std::size_t trial = first; trial < result.trials.size(); ++trial) {
      const std::size_t at = trial - first + references;
      score(result, trial, embedded.expression.at(at), embedded.mean_NE, at);
      if (progress != nullptr) progress->update(trial + 1);
      if (falls_enough(result, trial, options)) {
        result.trials.resize(trial + 1);
        return result;
      }
    }
    windows.clear();
  }
  return result;
}

}  // namespace biodta::analysis
