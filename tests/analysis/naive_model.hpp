#pragma once
/// @file
/// A model run over one cell at a time, tokens by name: what the batched measurements are held against.

#include "fixtures.hpp"

#include <biodta/cells/vocabulary.hpp>
#include <biodta/model/masked_language_model.hpp>

#include <torch/types.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

namespace biodta::analysis::testing {

/// A row a gene, as the naive version below feeds the model.
using Rows = std::map<cells::TokenId, std::vector<float>>;

/// One cell on its own, as the model reads it. @param rows  nullptr = a table.
inline model::PackedSequences input_of(const std::vector<cells::TokenId>& cell, const Rows* rows) {
  const auto length = static_cast<std::int64_t>(cell.size());
  model::PackedSequences input;
  input.tokens_T = torch::tensor(std::vector<std::int64_t>(cell.begin(), cell.end()), torch::kInt64);
  input.positions_T = torch::arange(length, torch::kInt64);
  input.lengths = {length};
  if (rows != nullptr) {
    std::vector<torch::Tensor> stacked;
    std::vector<std::int64_t> row;
    for (const cells::TokenId token : cell) {
      const bool has_row = rows->contains(token);  // the mask has none
      row.push_back(has_row ? static_cast<std::int64_t>(stacked.size()) : -1);
      if (has_row) stacked.push_back(torch::tensor(rows->at(token)));
    }
    input.rows_UE = torch::stack(stacked);
    input.row_T = torch::tensor(row, torch::kInt64);
  }
  return input;
}

/// Penultimate hidden states of one cell on its own, by token.
inline std::map<cells::TokenId, std::vector<double>> states_of(model::MaskedLanguageModel& model,
                                                               const std::vector<cells::TokenId>& cell,
                                                               const Rows* rows) {
  const torch::NoGradGuard no_gradient;
  const auto states = model->hidden_states(input_of(cell, rows), {-2}).at(0).to(torch::kFloat64).contiguous();
  std::map<cells::TokenId, std::vector<double>> result;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const double* values = states.data_ptr<double>() + static_cast<std::int64_t>(i) * states.size(1);
    result[cell[i]] = {values, values + states.size(1)};
  }
  return result;
}

inline double naive_shift(const std::vector<double>& a, const std::vector<double>& b) {
  const double dot = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  const double aa = std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
  const double bb = std::inner_product(b.begin(), b.end(), b.begin(), 0.0);
  return 1.0 - dot / std::sqrt(aa * bb);
}

}  // namespace biodta::analysis::testing
