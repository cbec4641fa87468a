#include <biodta/analysis/mutant_search.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <utility>

namespace biodta::analysis {
namespace {

/// All rows of a window, one after the other.
std::vector<float> row_of(const enformer::SequenceEmbeddings& embedded, std::size_t window) {
  const auto rows_RE = embedded.rows_NRE[static_cast<std::int64_t>(window)].contiguous();
  const float* values = rows_RE.const_data_ptr<float>();
  return {values, values + rows_RE.numel()};
}

genome::Mutant make_mutant(const GeneWindow& window, std::uint64_t gene_key, std::size_t trial,
                           const MutantSearchOptions& options) {
  auto random = support::RandomStream::of({static_cast<std::uint64_t>(options.seed), gene_key, trial});
  return genome::random_mutant(window.sequence, window.start, window.tss, options.mutagenesis, random);
}

/// Enters a trial's expression, and takes the trial when it falls lowest so far.
/// @param window  of the embedded ones, the trial's.
void score(MutantSearch& search, std::size_t trial, const enformer::SequenceEmbeddings& embedded,
           std::size_t window) {
  MutantTrial& scored = search.trials[trial];
  const double expression = scored.expression = embedded.expression.at(window);
  scored.lowers = !scored.edits.empty() && expression < search.reference_expression;
  if (!scored.lowers || (search.chosen && expression >= search.trials[*search.chosen].expression)) return;
  search.chosen = trial;
  search.mutant_row = row_of(embedded, window);
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
  const auto batch = static_cast<std::size_t>(options.batch);
  const auto reference = embedder.embed_reference(window.sequence, &readout);
  result.reference_expression = reference.embeddings().expression.at(0);
  result.reference_row = row_of(reference.embeddings(), 0);
  while (result.trials.size() < trials) {
    const std::size_t first = result.trials.size();
    std::vector<std::string> windows;
    for (std::size_t trial = first; trial < trials && windows.size() < batch; ++trial) {
      genome::Mutant mutant = make_mutant(window, gene_key, trial, options);
      windows.push_back(std::move(mutant.sequence));
      result.trials.push_back({std::move(mutant.edits), 0.0, false});
    }
    const auto embedded = embedder.embed_variants(reference, windows, &readout, options.batch);
    for (std::size_t trial = first; trial < result.trials.size(); ++trial) {
      score(result, trial, embedded, trial - first);
      if (progress != nullptr) progress->update(trial + 1);
      if (falls_enough(result, trial, options)) {
        result.trials.resize(trial + 1);
        return result;
      }
    }
  }
  return result;
}

}  // namespace biodta::analysis
