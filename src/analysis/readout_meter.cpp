#include "readout_meter.hpp"

#include <biodta/support/error.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr std::size_t kNoPair = std::numeric_limits<std::size_t>::max();

/// Where each cell of a batch begins.
std::vector<std::size_t> first_tokens(const data::PackedBatch& batch) {
  std::vector<std::size_t> first;
  std::size_t next = 0;
  for (const std::int64_t length : batch.lengths) {
    first.push_back(next);
    next += static_cast<std::size_t>(length);
  }
  return first;
}

std::vector<std::int64_t> ascending(std::vector<std::int64_t> values) {
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

void MaskedCells::add(const data::PackedBatch& source, std::size_t begin, std::size_t length,
                      std::span<const std::int64_t> masked) {
  const std::size_t first = batch.tokens.size();
  const auto copy = [&](const std::vector<std::int64_t>& from, std::vector<std::int64_t>& to) {
    const auto start = from.begin() + static_cast<std::ptrdiff_t>(begin);
    to.insert(to.end(), start, start + static_cast<std::ptrdiff_t>(length));
  };
  copy(source.tokens, batch.tokens);
  copy(source.positions, batch.positions);
  if (!source.row.empty()) copy(source.row, batch.row);
  for (const std::int64_t index : masked) {
    const std::size_t place = first + static_cast<std::size_t>(index) - begin;
    batch.tokens[place] = cells::kMaskToken;
    if (!batch.row.empty()) batch.row[place] = -1;
    batch.masked.push_back(static_cast<std::int64_t>(place));
  }
  batch.lengths.push_back(static_cast<std::int64_t>(length));
  counts.push_back(static_cast<std::int64_t>(masked.size()));
}

ReadoutMeter::ReadoutMeter(model::MaskedLanguageModel& model, torch::Device device,
                           const ShiftSubjects& subjects, const ReadoutOptions& options)
    : model_(model),
      runner_(model, device, subjects.bank, -1),
      first_gene_(subjects.cells.first_gene_token()),
      options_(options),
      pair_of_(static_cast<std::size_t>(model->config().vocabulary_size), kNoPair) {}

void ReadoutMeter::begin(const data::PackedBatch& unchanged) {
  unchanged_ = &unchanged;
  first_ = first_tokens(unchanged);
  common_.assign(static_cast<std::size_t>(options_.draws), {});
  common_BV_.assign(static_cast<std::size_t>(options_.draws), {});
}

torch::Tensor ReadoutMeter::measure(const PerturbedBatch& changed) {
  torch::Tensor sum_BV;
  for (std::uint64_t draw = 0; draw < static_cast<std::uint64_t>(options_.draws); ++draw) {
    const auto change_BV = measure_draw(changed, draw);
    sum_BV = sum_BV.defined() ? sum_BV + change_BV : change_BV;
  }
  return (sum_BV / static_cast<double>(options_.draws)).to(torch::kCPU).contiguous();
}

torch::Tensor ReadoutMeter::measure_draw(const PerturbedBatch& changed, std::uint64_t draw) {
  const auto known = static_cast<std::int64_t>(unchanged_->tokens.size());
  const auto first_changed = first_tokens(changed.batch);
  const auto first_reference = first_tokens(changed.reference);
  MaskedCells after;
  Before before;
  std::size_t first = 0, references = 0;
  for (std::size_t cell = 0; cell < changed.cells.size(); ++cell) {
    std::size_t last = first;
    while (last < changed.cell.size() && changed.cell[last] == cell) ++last;
    const Masks masks = masks_of(changed, cell, first, last, draw);
    const auto length = static_cast<std::size_t>(changed.batch.lengths[cell]);
    after.add(changed.batch, first_changed[cell], length, masks.after);

    const std::size_t own = changed.cells[cell];
    const bool other_form = changed.before[first] >= known;
    if (!other_form && ascending(masks.before) == common_masks(draw, own)) {
      before.row.push_back(static_cast<std::int64_t>(own));
      before.any_common = true;
    } else {
      before.row.push_back(static_cast<std::int64_t>(first_.size() + before.own.counts.size()));
      std::vector<std::int64_t> masked = masks.before;
      for (auto& index : masked) index -= other_form ? known : 0;
      if (other_form)
        before.own.add(changed.reference, first_reference[references],
                       static_cast<std::size_t>(changed.reference.lengths[references]), masked);
      else
        before.own.add(*unchanged_, first_[own], static_cast<std::size_t>(unchanged_->lengths[own]), masked);
    }
    references += other_form ? 1 : 0;
    first = last;
  }
  const auto after_BV = log_abundance(std::move(after), changed.batch.rows, changed.extra_rows);
  return after_BV - abundance_before(before, changed, draw);
}

torch::Tensor ReadoutMeter::abundance_before(const Before& before, const PerturbedBatch& changed,
                                             std::uint64_t draw) {
  const auto row_B = at::tensor(before.row, torch::kInt64).to(runner_.device());
  const auto common = static_cast<std::int64_t>(first_.size());
  if (before.own.counts.empty()) return common_abundance(draw).index_select(0, row_B);
  // The unchanged batch's rows come first among the changed one's.
  const auto own_BV = log_abundance(before.own, changed.batch.rows, changed.extra_rows);
  if (!before.any_common) return own_BV.index_select(0, row_B - common);
  return at::cat({common_abundance(draw), own_BV}).index_select(0, row_B);
}

torch::Tensor ReadoutMeter::log_abundance(MaskedCells cells, const std::vector<std::int64_t>& rows,
                                          std::span<const float> extra) {
  cells.batch.rows = rows;
  const auto masked_M = at::tensor(cells.batch.masked, torch::kInt64).to(runner_.device());
  const auto logits_MV = model_->forward(runner_.input(cells.batch, extra), masked_M);
  const auto log_p_MV = at::log_softmax(logits_MV, 1, torch::kFloat32);
  std::vector<torch::Tensor> cells_V;
  std::int64_t first = 0;
  for (const std::int64_t count : cells.counts) {
    cells_V.push_back(at::logsumexp(log_p_MV.narrow(0, first, count), 0));
    first += count;
  }
  return at::stack(cells_V).to(torch::kFloat64);
}

const torch::Tensor& ReadoutMeter::common_abundance(std::uint64_t draw) {
  torch::Tensor& known_BV = common_BV_[draw];
  if (known_BV.defined()) return known_BV;
  MaskedCells cells;
  for (std::size_t cell = 0; cell < first_.size(); ++cell)
    cells.add(*unchanged_, first_[cell], static_cast<std::size_t>(unchanged_->lengths[cell]),
              common_masks(draw, cell));
  known_BV = log_abundance(std::move(cells), unchanged_->rows, {});
  return known_BV;
}

const std::vector<std::int64_t>& ReadoutMeter::common_masks(std::uint64_t draw, std::size_t cell) {
  auto& masks = common_[draw];
  if (masks.empty()) masks.resize(first_.size());
  if (!masks[cell].empty()) return masks[cell];
  std::vector<char> genes(static_cast<std::size_t>(unchanged_->lengths[cell]), 0);
  for (std::size_t i = 0; i < genes.size(); ++i)
    genes[i] = unchanged_->tokens[first_[cell] + i] >= static_cast<std::int64_t>(first_gene_) ? 1 : 0;
  for (const std::size_t i : masked_genes(genes, options_, draw, unchanged_->cells[cell]))
    masks[cell].push_back(static_cast<std::int64_t>(first_[cell] + i));
  masks[cell] = ascending(std::move(masks[cell]));
  return masks[cell];
}

ReadoutMeter::Masks ReadoutMeter::masks_of(const PerturbedBatch& changed, std::size_t cell, std::size_t first,
                                           std::size_t last, std::uint64_t draw) {
  for (std::size_t pair = first; pair < last; ++pair)
    if (changed.perturbed[pair] == 0) pair_of_[changed.token[pair]] = pair;
  // Genes by their places in the unchanged cell, so that the same are drawn whatever is perturbed.
  const std::size_t own = changed.cells[cell];
  const std::int64_t* tokens = unchanged_->tokens.data() + first_[own];
  std::vector<char> candidates(static_cast<std::size_t>(unchanged_->lengths[own]), 0);
  for (std::size_t i = 0; i < candidates.size(); ++i)
    candidates[i] = pair_of_[static_cast<std::size_t>(tokens[i])] != kNoPair ? 1 : 0;
  Masks masks;
  for (const std::size_t i : masked_genes(candidates, options_, draw, unchanged_->cells[own])) {
    const std::size_t pair = pair_of_[static_cast<std::size_t>(tokens[i])];
    masks.before.push_back(changed.before[pair]);
    masks.after.push_back(changed.after[pair]);
  }
  for (std::size_t pair = first; pair < last; ++pair) pair_of_[changed.token[pair]] = kNoPair;
  if (masks.after.empty())
    throw Error("cell " + std::to_string(unchanged_->cells[own]) +
                " has no gene but the perturbed ones to mask");
  return masks;
}

}  // namespace biodta::analysis
