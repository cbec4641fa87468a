#include "mutant_scorer.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace biodta::analysis {
namespace {

/// All rows of a window, one after the other.
std::vector<float> row_of_window(const enformer::SequenceEmbeddings& embedded, std::size_t window) {
  const auto rows_RE = embedded.rows_NRE[static_cast<std::int64_t>(window)].contiguous();
  const float* values = rows_RE.const_data_ptr<float>();
  return {values, values + rows_RE.numel()};
}

}  // namespace

MutantScorer::MutantScorer(enformer::SequenceEmbedder& embedder, const enformer::ExpressionReadout& readout,
                           const GeneWindow& window, std::int64_t batch, IdentifyRows identify)
    : embedder_(embedder),
      readout_(readout),
      batch_(batch),
      identify_(std::move(identify)),
      reference_(embedder.embed_reference(window.sequence, &readout)) {
  search_.reference_expression = reference_.embeddings().expression.at(0);
  search_.reference_row = row_of_window(reference_.embeddings(), 0);
}

void MutantScorer::score(MutantTrial& trial, const std::vector<float>& row) const {
  double dot = 0.0;
  double size = 0.0;
  double reference_size = 0.0;
  double apart = 0.0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const double after = row[i];
    const double before = search_.reference_row[i];
    dot += after * before;
    size += after * after;
    reference_size += before * before;
    apart += (after - before) * (after - before);
  }
  trial.row_distance = std::sqrt(apart / reference_size);
  trial.row_shift = 1.0 - dot / std::sqrt(size * reference_size);
  trial.lowers = goes(trial, search_.reference_expression, MutantDirection::kLower);
}

void MutantScorer::add(std::vector<MutantTrial> trials, const std::vector<std::string>& windows) {
  const auto embedded = embedder_.embed_variants(reference_, windows, &readout_, batch_);
  const std::size_t first = rows_.size();
  for (std::size_t i = 0; i < trials.size(); ++i) {
    rows_.push_back(row_of_window(embedded, i));
    trials[i].expression = embedded.expression.at(i);
    score(trials[i], rows_.back());
  }
  if (identify_) {
    const auto identities = identify_(search_.reference_row, std::span(rows_).subspan(first));
    for (std::size_t i = 0; i < trials.size(); ++i) trials[i].identity = identities.at(i);
  }
  std::move(trials.begin(), trials.end(), std::back_inserter(search_.trials));
}

MutantSearch MutantScorer::take() {
  for (const std::size_t trial : search_.used) search_.used_rows.push_back(std::move(rows_.at(trial)));
  rows_.clear();
  if (!search_.chosen) return std::move(search_);
  if (search_.use == MutantUse::kMean) {
    search_.mutant_row = mean_row(search_.used_rows);
    if (identify_)
      search_.identity = identify_(search_.reference_row, std::span(&search_.mutant_row, 1)).at(0);
    return std::move(search_);
  }
  const auto place = std::find(search_.used.begin(), search_.used.end(), *search_.chosen);
  search_.mutant_row = search_.used_rows.at(static_cast<std::size_t>(place - search_.used.begin()));
  search_.identity = search_.trials.at(*search_.chosen).identity;
  return std::move(search_);
}

}  // namespace biodta::analysis
