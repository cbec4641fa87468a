#include "shift_meter.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace biodta::analysis {
namespace {

torch::Tensor index_tensor(const std::vector<std::int64_t>& values, torch::Device device) {
  return at::tensor(values, torch::kInt64).to(device);
}

torch::Tensor on_host(const torch::Tensor& tensor) {
  return tensor.to(torch::kCPU).contiguous();
}

torch::Tensor of_length_one(const torch::Tensor& rows) {
  return rows / rows.square().sum(1, /*keepdim=*/true).sqrt();
}

/// Mean of the shifts of genes that are not perturbed.
double mean_of_others(std::span<const double> shift, std::span<const char> perturbed) {
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < shift.size(); ++i) {
    if (perturbed[i] != 0) continue;
    sum += shift[i];
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

ShiftMeter::ShiftMeter(LayerRunner& runner, ShiftMeasure measure, const torch::Tensor& states_SH)
    : runner_(runner), measure_(measure) {
  if (states_SH.defined()) states_SH_ = of_length_one(states_SH.to(runner.device(), torch::kFloat64));
}

void ShiftMeter::begin(const data::PackedBatch& unchanged) {
  unchanged_ = &unchanged;
  unchanged_TH_.reset();
}

torch::Tensor ShiftMeter::states_before(const PerturbedBatch& changed) {
  const auto known = static_cast<std::int64_t>(unchanged_->tokens.size());
  const bool any_own = !changed.reference.tokens.empty();
  const bool any_known = std::any_of(changed.before.begin(), changed.before.end(),
                                     [&](std::int64_t index) { return index < known; });
  auto before_P = index_tensor(changed.before, runner_.device());
  if (any_known && !unchanged_TH_.defined()) unchanged_TH_ = runner_.run(*unchanged_);
  if (!any_own) return unchanged_TH_.index_select(0, before_P);
  const auto own_TH = runner_.run(changed.reference, changed.extra_rows);
  if (!any_known) return own_TH.index_select(0, before_P - known);
  return at::cat({unchanged_TH_, own_TH}).index_select(0, before_P);
}

torch::Tensor ShiftMeter::pair_shifts(const torch::Tensor& before_PH, const torch::Tensor& after_PH) const {
  if (measure_ == ShiftMeasure::kEuclidean) return on_host((after_PH - before_PH).square().sum(1).sqrt());
  const auto norms_P = (before_PH.square().sum(1) * after_PH.square().sum(1)).sqrt();
  return on_host(1.0 - (before_PH * after_PH).sum(1) / norms_P);
}

/// [B', S]: a cell is the mean over its genes that are not perturbed, before and after.
torch::Tensor ShiftMeter::state_shifts(const PerturbedBatch& changed, const torch::Tensor& before_PH,
                                       const torch::Tensor& after_PH) const {
  const auto cells = static_cast<std::int64_t>(changed.cells.size());
  std::vector<std::int64_t> cell_of(changed.cell.begin(), changed.cell.end());
  for (std::size_t i = 0; i < cell_of.size(); ++i)
    if (changed.perturbed[i] != 0) cell_of[i] = cells;  // gathered in a row of their own
  const auto cell_P = index_tensor(cell_of, runner_.device());
  const auto cosines_BS = [&](const torch::Tensor& rows_PH) {
    auto sum_BH = at::zeros({cells + 1, rows_PH.size(1)}, rows_PH.options());
    sum_BH.index_add_(0, cell_P, rows_PH);  // a sum points where the mean does
    return of_length_one(sum_BH.narrow(0, 0, cells)).matmul(states_SH_.t());
  };
  return on_host(cosines_BS(after_PH) - cosines_BS(before_PH));
}

void ShiftMeter::measure(const PerturbedBatch& changed, const Visitor& visit) {
  torch::Tensor shift_P, states_BS;
  if (!changed.before.empty()) {
    const auto after_PH = runner_.run(changed.batch, changed.extra_rows)
                              .index_select(0, index_tensor(changed.after, runner_.device()))
                              .to(torch::kFloat64);
    const auto before_PH = states_before(changed).to(torch::kFloat64);
    shift_P = pair_shifts(before_PH, after_PH);
    if (states_SH_.defined()) states_BS = state_shifts(changed, before_PH, after_PH);
  }
  std::size_t first = 0;
  for (std::size_t cell = 0; cell < changed.cells.size(); ++cell) {
    std::size_t count = 0;
    while (first + count < changed.cell.size() && changed.cell[first + count] == cell) ++count;
    MeasuredCell measured;
    measured.cell = changed.batch.cells[cell];
    measured.perturbation = changed.perturbation[cell];
    if (count > 0) {
      measured.token = std::span(changed.token).subspan(first, count);
      measured.shift = {shift_P.const_data_ptr<double>() + first, count};
      measured.perturbed = std::span(changed.perturbed).subspan(first, count);
    }
    if (states_BS.defined() && count > 0)
      measured.states = {
          states_BS.const_data_ptr<double>() + static_cast<std::int64_t>(cell) * states_BS.size(1),
          static_cast<std::size_t>(states_BS.size(1))};
    measured.mean = mean_of_others(measured.shift, measured.perturbed);
    visit(measured);
    first += count;
  }
}

}  // namespace biodta::analysis
