#include "figure_window.hpp"

#include <ATen/ops/stack.h>

#include <utility>

namespace biodta::training {
namespace {

/// So that a run which hardly ever logs does not gather small tensors without end.
constexpr std::size_t kMostPending = 4096;

/// Those of a window that a checkpoint keeps.
constexpr std::array<std::pair<const char*, Figure>, 5> kSavedFigures{
    {{"loss_sum", kLossSum}, {"count", kCount}, {"units", kUnits}, {"samples", kSamples}, {"flops", kFlops}}};

}  // namespace

void FigureWindow::add(std::uint64_t step, torch::Tensor figures_F) {
  if (pending_.empty()) first_pending_ = step;
  pending_.push_back(std::move(figures_F));
  if (pending_.size() == kMostPending) collect();
}

void FigureWindow::collect() {
  if (pending_.empty()) return;
  const auto host_SF = at::stack(pending_).cpu().contiguous();
  const double* figures = host_SF.const_data_ptr<double>();
  for (std::size_t i = 0; i < pending_.size(); ++i) take(first_pending_ + i, figures + i * kFigures);
  pending_.clear();
}

void FigureWindow::take(std::uint64_t step, const double* figures) {
  for (const Figure figure : {kUnits, kSamples, kFlops}) sums_[figure] += figures[figure];
  if (figures[kSkip] == 0.0) {
    sums_[kLossSum] += figures[kLossSum];
    sums_[kCount] += figures[kCount];
    in_a_row_ = 0;
    return;
  }
  ++skipped_;
  ++in_a_row_;
  const NonFiniteStep found{step, static_cast<std::int64_t>(figures[kBadLosses]),
                            static_cast<std::int64_t>(figures[kBadSlots])};
  if (first_skipped_.step == 0) first_skipped_ = found;
  if (first_bad_loss_.step == 0 && found.bad_losses > 0) first_bad_loss_ = found;
}

void FigureWindow::clear() {
  sums_ = {};
  skipped_ = 0;
  first_skipped_ = {};
  first_bad_loss_ = {};
}

std::map<std::string, double> FigureWindow::state() const {
  std::map<std::string, double> state;
  for (const auto& [name, figure] : kSavedFigures) state[name] = sums_[figure];
  state["skipped"] = static_cast<double>(skipped_);
  state["skipped_in_a_row"] = static_cast<double>(in_a_row_);
  return state;
}

void FigureWindow::load_state(const std::map<std::string, double>& state) {
  const auto value = [&](const char* name) {
    const auto entry = state.find(name);
    return entry == state.end() ? 0.0 : entry->second;
  };
  clear();
  pending_.clear();
  for (const auto& [name, figure] : kSavedFigures) sums_[figure] = value(name);
  skipped_ = static_cast<std::uint64_t>(value("skipped"));
  in_a_row_ = static_cast<std::uint64_t>(value("skipped_in_a_row"));
}

}  // namespace biodta::training
