#include <biodta/data/prefetch.hpp>
#include <biodta/data/tensors.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/training/masked_lm_task.hpp>

#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace biodta::training {
namespace {

/// Batches made ahead of the model.
constexpr std::size_t kReadAhead = 4;
/// Masks of the held-out cells belong to no epoch of training.
constexpr std::uint64_t kEvaluationEpoch = std::numeric_limits<std::uint64_t>::max();
/// And to no run: held-out losses of runs with other seeds are over the same masked tokens.
constexpr std::uint64_t kEvaluationSeed = 0;
constexpr std::int64_t kTopK = 5;

/// One micro-batch as it leaves the background thread.
struct MicroBatch {
  std::uint64_t step = 0;
  std::int64_t micro_batch = 0;
  data::PackedBatch batch;
};

std::vector<std::uint32_t> cut_lengths(std::span<const std::uint32_t> lengths, std::size_t max_length) {
  std::vector<std::uint32_t> cut(lengths.begin(), lengths.end());
  for (auto& length : cut) length = std::min(length, static_cast<std::uint32_t>(max_length));
  return cut;
}

/// Held-out cells by descending length, cut into batches of near-equal lengths.
std::vector<std::vector<std::uint32_t>> evaluation_batches(std::vector<std::uint32_t> cells,
                                                           std::span<const std::uint32_t> lengths,
                                                           std::size_t batch_size) {
  std::stable_sort(cells.begin(), cells.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return lengths[a] > lengths[b]; });
  std::vector<std::vector<std::uint32_t>> batches;
  for (std::size_t first = 0; first < cells.size(); first += batch_size) {
    const auto begin = cells.begin() + static_cast<std::ptrdiff_t>(first);
    batches.emplace_back(begin,
                         begin + static_cast<std::ptrdiff_t>(std::min(batch_size, cells.size() - first)));
  }
  return batches;
}

std::string checksum_of(const std::vector<std::uint32_t>& values) {
  return support::bytes_checksum(std::as_bytes(std::span(values)));
}

std::string_view name_of(data::BatchOrder order) {
  switch (order) {
    case data::BatchOrder::kShuffled:
      return "shuffled";
    case data::BatchOrder::kSorted:
      return "sorted";
    case data::BatchOrder::kRandom:
      return "random";
  }
  return "unknown";
}

torch::Tensor summed_loss(const torch::Tensor& logits_MV, const torch::Tensor& targets_M) {
  return at::cross_entropy_loss(logits_MV.to(torch::kFloat32), targets_M, {}, at::Reduction::Sum);
}

/// Of the adapter, which reads rows that need no gradient.
double adapter_flops(const model::ModelConfig& config, double rows) {
  const auto hidden = static_cast<double>(config.bert.hidden_size);
  const auto inside = static_cast<double>(config.embedding.hidden_size);
  const auto row_size = static_cast<double>(config.row_size);
  const auto parts = static_cast<double>(std::max<std::size_t>(1, config.row_parts.size()));
  return rows * (inside > 0 ? 4 * row_size * inside + 6 * parts * inside * hidden : 4 * row_size * hidden);
}

/// The formula of the header.
double training_flops(const model::ModelConfig& config, const data::PackedBatch& batch) {
  const auto hidden = static_cast<double>(config.bert.hidden_size);
  const auto layers = static_cast<double>(config.bert.layers);
  const double layer = 4 * hidden * hidden + 2 * hidden * static_cast<double>(config.bert.intermediate_size);
  const double head =
      (config.head_transform ? hidden * hidden : 0.0) + hidden * static_cast<double>(config.vocabulary_size);
  double pairs = 0;
  for (const auto length : batch.lengths) pairs += static_cast<double>(length) * static_cast<double>(length);
  const double products = layers * layer * static_cast<double>(batch.tokens.size()) +
                          head * static_cast<double>(batch.masked.size());
  double rows = static_cast<double>(batch.rows.size());
  if (config.decoder == model::Decoder::kAdapter) rows += static_cast<double>(config.vocabulary_size);
  return 6 * products + 12 * layers * hidden * pairs + adapter_flops(config, rows);
}

/// Columns of the sums that evaluation gathers for each data::Shown.
enum EvaluationSum : std::int64_t { kLosses, kTargets, kFirst, kAmongFive, kEvaluationSums };

/// [kShownKinds, kEvaluationSums] float64.
torch::Tensor evaluation_sums(const torch::Tensor& logits_MV, const torch::Tensor& targets_M,
                              const torch::Tensor& shown_M) {
  const auto losses_M = at::cross_entropy_loss(logits_MV, targets_M, {}, at::Reduction::None);
  const auto hits_MK =
      std::get<1>(logits_MV.topk(std::min(kTopK, logits_MV.size(1)))).eq(targets_M.unsqueeze(1));
  const auto of_target_MS =
      torch::stack({losses_M, torch::ones_like(losses_M), hits_MK.select(1, 0).to(losses_M.scalar_type()),
                    hits_MK.sum(1).to(losses_M.scalar_type())},
                   1)
          .to(torch::kFloat64);
  // A product adds up in the same order every time, which scattered adding on a GPU does not.
  const auto kinds_K1 =
      torch::arange(static_cast<std::int64_t>(data::kShownKinds), shown_M.options()).unsqueeze(1);
  return kinds_K1.eq(shown_M).to(torch::kFloat64).matmul(of_target_MS);
}

Metrics evaluation_metrics(const torch::Tensor& sums) {
  constexpr std::array<const char*, data::kShownKinds> kNames{"mask", "random", "kept"};
  const auto all = sums.sum(0);
  const auto value = [](const torch::Tensor& of, EvaluationSum sum) { return of[sum].item<double>(); };
  const double targets = std::max(1.0, value(all, kTargets));
  Metrics metrics{{"loss", value(all, kLosses) / targets},
                  {"perplexity", std::exp(value(all, kLosses) / targets)},
                  {"top1", value(all, kFirst) / targets},
                  {"top5", value(all, kAmongFive) / targets},
                  {"masked_tokens", value(all, kTargets)}};
  for (std::size_t kind = 0; kind < data::kShownKinds; ++kind) {
    const auto of_kind = sums[static_cast<std::int64_t>(kind)];
    const double count = value(of_kind, kTargets);
    if (count == 0) continue;
    metrics[std::string("loss.") + kNames[kind]] = value(of_kind, kLosses) / count;
    metrics[std::string("top1.") + kNames[kind]] = value(of_kind, kFirst) / count;
  }
  return metrics;
}

}  // namespace

struct MaskedLmTask::Implementation {
  Implementation(model::MaskedLanguageModel model_in, MaskedLmData data_in, const MaskedLmOptions& options_in,
                 torch::Device device_in, int rank, int ranks)
      : model(std::move(model_in)),
        data(std::move(data_in)),
        options(options_in),
        device(device_in),
        first_slot(static_cast<std::size_t>(rank) * static_cast<std::size_t>(options.gradient_accumulation)),
        slots(static_cast<std::size_t>(ranks) * static_cast<std::size_t>(options.gradient_accumulation)),
        lengths(cut_lengths(data.lengths, data.max_length)),
        sampler(lengths, data.split.training, slots, options.sampler) {}

  std::optional<MicroBatch> produce();
  /// Of any epoch, wherever the run is.
  std::vector<std::uint32_t> cells_of(std::uint64_t epoch, std::uint64_t step, std::size_t slot) const;
  /// Masked, without the cells of which no token has an embedding row.
  data::PackedBatch masked_batch(const std::vector<std::uint32_t>& cells, std::uint64_t seed,
                                 std::uint64_t epoch) const;

  model::MaskedLanguageModel model;
  MaskedLmData data;
  MaskedLmOptions options;
  torch::Device device;
  std::size_t first_slot;
  std::size_t slots;
  std::vector<std::uint32_t> lengths;
  data::LengthGroupedSampler sampler;
  // Where the background thread is.
  std::uint64_t next_step = 0;
  std::int64_t next_micro_batch = 0;
  std::unique_ptr<data::Prefetcher<MicroBatch>> ahead;  // last: it uses the others
};

std::optional<MicroBatch> MaskedLmTask::Implementation::produce() {
  if (next_step == sampler.batch_count()) return std::nullopt;
  MicroBatch made{next_step, next_micro_batch, {}};
  const std::size_t slot = first_slot + static_cast<std::size_t>(next_micro_batch);
  made.batch = masked_batch(sampler.slot_of(static_cast<std::size_t>(next_step), slot, slots), options.seed,
                            sampler.epoch());
  if (++next_micro_batch == options.gradient_accumulation) {
    next_micro_batch = 0;
    ++next_step;
  }
  return made;
}

std::vector<std::uint32_t> MaskedLmTask::Implementation::cells_of(std::uint64_t epoch, std::uint64_t step,
                                                                  std::size_t slot) const {
  const auto at = [&](const data::LengthGroupedSampler& order) {
    return order.slot_of(static_cast<std::size_t>(step), slot, slots);
  };
  if (sampler.epoch() == epoch) return at(sampler);
  auto other = sampler;
  other.set_epoch(epoch);
  return at(other);
}

data::PackedBatch MaskedLmTask::Implementation::masked_batch(const std::vector<std::uint32_t>& cells,
                                                             std::uint64_t seed, std::uint64_t epoch) const {
  auto batch = data.batches.build_masked(cells, options.masking, seed, epoch);
  if (std::find(batch.lengths.begin(), batch.lengths.end(), 0) == batch.lengths.end()) return batch;
  std::vector<std::uint32_t> kept;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (batch.lengths[i] > 0) kept.push_back(cells[i]);
  }
  return data.batches.build_masked(kept, options.masking, seed, epoch);
}

MaskedLmTask::MaskedLmTask(model::MaskedLanguageModel model, MaskedLmData data,
                           const MaskedLmOptions& options, torch::Device device, int rank, int ranks)
    : implementation_(std::make_unique<Implementation>(std::move(model), std::move(data), options, device,
                                                       rank, ranks)) {}

MaskedLmTask::~MaskedLmTask() = default;

torch::nn::Module& MaskedLmTask::module() {
  return *implementation_->model;
}

torch::Device MaskedLmTask::device() const {
  return implementation_->device;
}

std::uint64_t MaskedLmTask::steps_per_epoch() const {
  return implementation_->sampler.batch_count();
}

void MaskedLmTask::start_epoch(std::uint64_t epoch, std::uint64_t first_step) {
  auto& self = *implementation_;
  self.ahead.reset();  // the background thread reads the sampler's order
  self.sampler.set_epoch(epoch);
  self.next_step = first_step;
  self.next_micro_batch = 0;
  self.ahead = std::make_unique<data::Prefetcher<MicroBatch>>([&self] { return self.produce(); }, kReadAhead);
}

MicroBatchLoss MaskedLmTask::forward(std::uint64_t step, std::int64_t micro_batch) {
  auto& self = *implementation_;
  const auto made = self.ahead->next();
  if (!made || made->step != step || made->micro_batch != micro_batch) {
    throw Error("micro-batches were asked for out of order");
  }
  const auto& batch = made->batch;
  if (batch.masked.empty()) return {};
  const auto input = data::to_tensors(batch, self.data.bank_values_RE, self.device);
  const auto [masked_M, targets_M] = data::masked_tensors(batch, self.device);
  MicroBatchLoss loss;
  loss.sum = summed_loss(self.model->forward(input, masked_M), targets_M);
  loss.count = static_cast<double>(batch.masked.size());
  loss.units = static_cast<double>(batch.tokens.size());
  loss.samples = static_cast<double>(batch.lengths.size());
  loss.flops = training_flops(self.model->config(), batch);
  return loss;
}

std::uint64_t MaskedLmTask::training_tokens() const {
  const auto& self = *implementation_;
  std::uint64_t tokens = 0;
  for (const auto cell : self.data.split.training) tokens += self.lengths[cell];
  return tokens;
}

data::PackedBatch MaskedLmTask::first_micro_batch() const {
  const auto& self = *implementation_;
  return self.masked_batch(self.cells_of(0, 0, self.first_slot), self.options.seed, 0);
}

std::string MaskedLmTask::describe_micro_batch(std::uint64_t epoch, std::uint64_t step,
                                               std::uint64_t slot) const {
  constexpr std::size_t kNamed = 32;
  const auto cells = implementation_->cells_of(epoch, step, static_cast<std::size_t>(slot));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(kNamed, cells.size()); ++i) names.push_back(std::to_string(cells[i]));
  if (cells.size() > kNamed) names.push_back(std::to_string(cells.size() - kNamed) + " more");
  return "cells " + support::join_words(names) + " of the corpus";
}

Metrics MaskedLmTask::evaluate(distributed::Communicator& ranks) {
  auto& self = *implementation_;
  if (self.data.split.evaluation.empty()) return {};
  const auto batches = evaluation_batches(self.data.split.evaluation, self.lengths,
                                          static_cast<std::size_t>(self.options.sampler.batch_size));
  std::size_t next = static_cast<std::size_t>(ranks.rank());
  data::Prefetcher<data::PackedBatch> ahead([&]() -> std::optional<data::PackedBatch> {
    if (next >= batches.size()) return std::nullopt;
    auto batch = self.masked_batch(batches[next], kEvaluationSeed, kEvaluationEpoch);
    next += static_cast<std::size_t>(ranks.size());
    return batch;
  });
  auto sums = torch::zeros({static_cast<std::int64_t>(data::kShownKinds), kEvaluationSums},
                           torch::TensorOptions().dtype(torch::kFloat64).device(self.device));
  while (const auto batch = ahead.next()) {
    if (batch->masked.empty()) continue;
    const auto [masked_M, targets_M] = data::masked_tensors(*batch, self.device);
    const auto input = data::to_tensors(*batch, self.data.bank_values_RE, self.device);
    const auto logits_MV = self.model->forward(input, masked_M).to(torch::kFloat32);
    sums += evaluation_sums(logits_MV, targets_M, data::shown_tensor(*batch, self.device));
  }
  ranks.all_reduce_sum(sums);
  return evaluation_metrics(sums.cpu());
}

TaskState MaskedLmTask::state() {
  const auto& self = *implementation_;
  TaskState state;
  state.values = {
      {"training cells", std::to_string(self.data.split.training.size())},
      {"held-out cells", std::to_string(self.data.split.held_out)},
      {"choice of cells", checksum_of(self.data.split.training)},
      {"lengths of cells", checksum_of(self.lengths)},
      {"sampler.order", std::string(name_of(self.options.sampler.order))},
      {"sampler.megabatch_multiplier", std::to_string(self.options.sampler.megabatch_multiplier)},
      {"sampler.seed", std::to_string(self.options.sampler.seed)},
      {"masking.probability", std::to_string(self.options.masking.probability)},
      {"masking.mask_share", std::to_string(self.options.masking.mask_share)},
      {"masking.random_share", std::to_string(self.options.masking.random_share)},
      {"training.seed", std::to_string(self.options.seed)},
  };
  const auto& sampler = self.options.sampler;
  const bool by_tokens = sampler.batch_tokens > 0;
  const auto batch =
      (by_tokens ? sampler.batch_tokens : sampler.batch_size) * static_cast<std::int64_t>(self.slots);
  state.values.emplace(by_tokens ? "tokens an optimizer step" : "cells an optimizer step",
                       std::to_string(batch));
  state.values.insert(self.data.identity.begin(), self.data.identity.end());
  return state;
}

void MaskedLmTask::load_state(const TaskState& saved) {
  TaskState complete = saved;
  // Checkpoints from before there was a choice do not say which it was.
  complete.values.emplace("model.embedding.activation", "softplus");
  require_same_run(complete, state());
}

}  // namespace biodta::training
