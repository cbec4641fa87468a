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
  // Job 0 is the reference, job i + 1 is trial i.
  for (std::size_t job = 0; job < trials + 1;) {
    const std::size_t end = std::min(job + batch, trials + 1);
    std::vector<std::string> windows;
    std::vector<std::vector<genome::Edit>> edits;
    for (std::size_t i = job; i < end; ++i) {
      if (i == 0) {
        windows.push_back(window.sequence);
        edits.emplace_back();
        continue;
      }
      auto random = support::RandomStream::of({static_cast<std::uint64_t>(options.seed), gene_key, i - 1});
      genome::Mutant mutant =
          genome::random_mutant(window.sequence, window.start, window.tss, options.mutagenesis, random);
      windows.push_back(std::move(mutant.sequence));
      edits.push_back(std::move(mutant.edits));
    }
    const enformer::SequenceEmbeddings embedded = embedder.embed(windows, &readout, options.batch);
    for (std::size_t i = job; i < end; ++i) {
      const double expression = embedded.expression.at(i - job);
      if (i == 0) {
        result.reference_expression = expression;
        result.reference_row = row_of(embedded.mean_NE, 0);
        continue;
      }
      const bool lowers = expression < result.reference_expression;
      result.trials.push_back({std::move(edits[i - job]), expression, lowers});
      if (lowers && (!result.chosen || expression < result.trials[*result.chosen].expression)) {
        result.chosen = i - 1;
        result.mutant_row = row_of(embedded.mean_NE, i - job);
      }
      if (progress != nullptr) progress->update(i);
      const double fall = result.reference_expression - expression;
      if (options.enough > 0.0 && lowers && fall >= options.enough * result.reference_expression)
        return result;
    }
    job = end;
  }
  return result;
}

}  // namespace biodta::analysis
