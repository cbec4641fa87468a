#include "micro_batch.hpp"

#include <biodta/enformer/one_hot.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/text.hpp>
#include <biodta/training/enformer_task.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace biodta::training {
namespace {

/// Streams of random numbers, each for one purpose.
enum Purpose : std::uint64_t { kSplit = 1, kOrder = 2, kAugmentation = 3 };

/// Sums from which each track's Pearson correlation follows: rows n, Σx, Σy, Σx², Σy², Σxy; [6, T] float64.
torch::Tensor moments(const torch::Tensor& output_BNT, const torch::Tensor& target_BNT) {
  const auto x = output_BNT.flatten(0, 1).to(torch::kFloat64),
             y = target_BNT.flatten(0, 1).to(torch::kFloat64);
  return torch::stack(
      {torch::ones_like(x).sum(0), x.sum(0), y.sum(0), (x * x).sum(0), (y * y).sum(0), (x * y).sum(0)});
}

void add_correlations(const torch::Tensor& moments_6T, const std::vector<std::string>& names,
                      Metrics& metrics) {
  const auto sums = moments_6T.to(torch::kCPU);
  const auto n = sums[0];
  const auto covariance = n * sums[5] - sums[1] * sums[2];
  const auto spread = (n * sums[3] - sums[1].square()) * (n * sums[4] - sums[2].square());
  double total = 0;
  int counted = 0;
  for (std::size_t t = 0; t < names.size(); ++t) {
    const auto track = static_cast<std::int64_t>(t);
    const double product = spread[track].item<double>();
    if (!(product > 0)) continue;
    const double correlation = covariance[track].item<double>() / std::sqrt(product);
    metrics["pearson." + names[t]] = correlation;
    total += correlation;
    ++counted;
  }
  if (counted > 0) metrics["pearson"] = total / counted;
}

void check_bins(const enformer::EnformerConfig& config, const TrackData& data, TrackLoss loss) {
  if (data.readout) {
    if (data.bins != 1) throw ConfigError("the tracks have one value a window, but several bins");
    if (loss == TrackLoss::kPoissonMultinomial) {
      throw ConfigError(
          "data.loss: found poisson_multinomial, but the tracks have one value a window, which "
          "is spread over nothing; expected poisson");
    }
    return;
  }
  const auto bins = enformer::cropped_bins(config.sequence_bins(), config.target_length);
  if (data.bins == bins) return;
  throw ConfigError("the tracks have " + std::to_string(data.bins) + " bins a locus, the Enformer gives " +
                    std::to_string(bins) + " (window, num_downsamples, target_length)");
}

void check_sizes(const TrainedParts& parts, const TrackData& data) {
  const auto tracks = static_cast<std::int64_t>(data.track_names.size());
  if (parts.tracks() != tracks) {
    throw ConfigError("head: the Enformer's head " + parts.head() + " has " + std::to_string(parts.tracks()) +
                      " tracks, the data have " + std::to_string(tracks));
  }
  for (std::size_t i = 0; i < data.sequences.size(); ++i) {
    if (std::cmp_less(data.sequences[i].size(), parts.config().window)) {
      throw ConfigError("locus " + std::to_string(i) + " has " + std::to_string(data.sequences[i].size()) +
                        " bp, less than the window of " + std::to_string(parts.config().window));
    }
  }
}

/// What was learned from, so that a run does not go on with something else.
std::map<std::string, std::string> checksums_of(const TrackData& data) {
  std::string sequences;
  for (const auto& sequence : data.sequences)
    sequences += support::bytes_checksum(std::as_bytes(std::span(sequence)));
  return {{"sequences", support::bytes_checksum(std::as_bytes(std::span(sequences)))},
          {"values", support::bytes_checksum(std::as_bytes(std::span(data.values)))}};
}

}  // namespace

void describe(support::OptionVisitor& visit, EnformerTaskOptions& options) {
  visit.field("batch_size", options.batch_size, "loci a micro-batch and rank", support::between(1, 1 << 20));
  visit.field("max_shift", options.max_shift, "windows are moved by up to ± this many bp",
              support::between(0, 1 << 20));
  visit.field("reverse_complement", options.reverse_complement, "show the other strand half of the time");
  visit.field("held_out", options.held_out, "share of the loci kept for evaluation",
              support::between(0, 0.9));
  visit.field("seed", options.seed, "of the split, the order and the augmentation", support::at_least(0));
  describe(visit, options.loss);
}

EnformerTask::EnformerTask(TrainedParts parts, const TrackData& data, const EnformerTaskOptions& options,
                           std::int64_t gradient_accumulation, distributed::Communicator& ranks,
                           torch::Device device)
    : parts_(std::move(parts)),
      data_(&data),
      options_(options),
      accumulation_(gradient_accumulation),
      ranks_(&ranks),
      device_(device),
      window_(parts_.config().window) {
  check_sizes(parts_, data);
  check_bins(parts_.config(), data, options.loss.kind);
  if (data.readout) readout_.emplace(*data.readout, parts_.config(), parts_.tracks());
  parts_.model().to(device_);
  std::vector<std::uint32_t> loci(data.sequences.size());
  std::iota(loci.begin(), loci.end(), 0U);
  support::RandomStream::of({static_cast<std::uint64_t>(options.seed), kSplit}).shuffle(loci);
  const auto kept_back =
      static_cast<std::size_t>(std::llround(options.held_out * static_cast<double>(loci.size())));
  held_out_.assign(loci.begin(), loci.begin() + static_cast<std::ptrdiff_t>(kept_back));
  training_.assign(loci.begin() + static_cast<std::ptrdiff_t>(kept_back), loci.end());
  if (training_.empty()) throw ConfigError("no locus is left to train on");
  std::sort(held_out_.begin(), held_out_.end());
  std::sort(training_.begin(), training_.end());
}

std::uint64_t EnformerTask::steps_per_epoch() const {
  const auto global_batch = static_cast<std::uint64_t>(options_.batch_size * accumulation_ * ranks_->size());
  // The ragged tail of an epoch's order is left out; it is another one in each epoch.
  return std::max<std::uint64_t>(1, training_.size() / global_batch);
}

void EnformerTask::start_epoch(std::uint64_t epoch, std::uint64_t /*first_step*/) {
  epoch_ = epoch;
  order_ = order_of(epoch);
}

std::vector<std::uint32_t> EnformerTask::order_of(std::uint64_t epoch) const {
  auto order = training_;
  support::RandomStream::of({static_cast<std::uint64_t>(options_.seed), kOrder, epoch}).shuffle(order);
  return order;
}

std::string EnformerTask::describe_micro_batch(std::uint64_t epoch, std::uint64_t step,
                                               std::uint64_t slot) const {
  const auto order = order_of(epoch);
  const auto place = static_cast<std::int64_t>(slot);
  std::vector<std::string> loci;
  for (const auto locus :
       micro_batch_of(order, options_.batch_size,
                      {step, place % accumulation_, accumulation_, place / accumulation_, ranks_->size()})) {
    loci.push_back(std::to_string(locus));
  }
  return "loci " + support::join_words(loci) + ", 0 = the first";
}

std::string EnformerTask::window_of(std::uint32_t locus, std::int64_t shift) const {
  const auto& sequence = data_->sequences[locus];
  const auto length = static_cast<std::int64_t>(sequence.size());
  const auto start = (length - window_) / 2 + shift, first = std::max<std::int64_t>(start, 0);
  const auto last = std::min(start + window_, length);
  std::string window(static_cast<std::size_t>(window_), 'N');
  if (first < last) {
    sequence.copy(window.data() + (first - start), static_cast<std::size_t>(last - first),
                  static_cast<std::size_t>(first));
  }
  return window;
}

EnformerTask::Batch EnformerTask::make_batch(std::span<const std::uint32_t> loci, bool augment) const {
  const auto tracks = static_cast<std::int64_t>(data_->track_names.size());
  const auto locus_size = static_cast<std::size_t>(data_->bins * tracks);
  const auto count = static_cast<std::int64_t>(loci.size());
  std::vector<std::string> windows;
  std::vector<std::int64_t> turned;
  auto target_BNT = torch::empty({count, data_->bins, tracks});
  float* out = target_BNT.data_ptr<float>();
  for (std::size_t i = 0; i < loci.size(); ++i, out += locus_size) {
    auto random = support::RandomStream::of(
        {static_cast<std::uint64_t>(options_.seed), kAugmentation, epoch_, loci[i]});
    const auto shift = augment ? draw_shift(random, options_.max_shift) : 0;
    windows.push_back(window_of(loci[i], shift));
    if (augment && options_.reverse_complement && random.bernoulli(0.5))
      turned.push_back(static_cast<std::int64_t>(i));
    std::copy_n(data_->values.begin() + static_cast<std::ptrdiff_t>(loci[i] * locus_size), locus_size, out);
  }
  auto one_hot_B4L = enformer::one_hot(windows);
  auto turned_B = turn_windows(one_hot_B4L, turned);
  if (turned_B.defined()) {
    target_BNT = torch::where(turned_B.view({-1, 1, 1}), target_BNT.flip({1}), target_BNT);
    turned_B = turned_B.to(device_);
  }
  return {one_hot_B4L.to(device_), target_BNT.to(device_), turned_B};
}

torch::Tensor EnformerTask::predict(const Batch& batch) {
  const auto output_BNT = parts_.predict(batch.one_hot_B4L);
  return readout_ ? readout_->sums(output_BNT, batch.turned_B).unsqueeze(1) : output_BNT;
}

MicroBatchLoss EnformerTask::forward(std::uint64_t step, std::int64_t micro_batch) {
  const auto loci = micro_batch_of(order_, options_.batch_size,
                                   {step, micro_batch, accumulation_, ranks_->rank(), ranks_->size()});
  MicroBatchLoss result;
  if (!loci.empty()) {
    const auto batch_of_loci = make_batch(loci, /*augment=*/true);
    result.sum = track_loss_sum(predict(batch_of_loci), batch_of_loci.target_BNT, options_.loss);
    result.count = static_cast<double>(batch_of_loci.target_BNT.numel());
    result.units = static_cast<double>(loci.size());
  }
  parts_.average_statistics(*ranks_);
  return result;
}

Metrics EnformerTask::evaluate(distributed::Communicator& ranks) {
  if (held_out_.empty()) return {};
  const auto tracks = static_cast<std::int64_t>(data_->track_names.size());
  auto sums_6T = torch::zeros({6, tracks}, torch::TensorOptions(torch::kFloat64).device(device_));
  auto loss = torch::zeros({}, sums_6T.options());
  const auto batch = static_cast<std::size_t>(options_.batch_size),
             stride = batch * static_cast<std::size_t>(ranks.size());
  for (auto first = batch * static_cast<std::size_t>(ranks.rank()); first < held_out_.size();
       first += stride) {
    const std::span loci = std::span(held_out_).subspan(first, std::min(batch, held_out_.size() - first));
    const auto batch_of_loci = make_batch(loci, /*augment=*/false);
    const auto output_BNT = predict(batch_of_loci);
    loss += track_loss_sum(output_BNT, batch_of_loci.target_BNT, options_.loss).to(torch::kFloat64);
    sums_6T += moments(output_BNT, batch_of_loci.target_BNT);
  }
  ranks.all_reduce_sum(loss);
  ranks.all_reduce_sum(sums_6T);
  Metrics metrics;
  metrics["loss"] = (loss / sums_6T[0].sum()).item<double>();
  add_correlations(sums_6T, data_->track_names, metrics);
  return metrics;
}

TaskState EnformerTask::state() {
  if (data_checksums_.empty()) data_checksums_ = checksums_of(*data_);
  TaskState state;
  state.values = data_->identity;
  state.values.insert(data_checksums_.begin(), data_checksums_.end());
  state.values.insert({{"loci", std::to_string(data_->sequences.size())},
                       {"tracks", std::to_string(data_->track_names.size())},
                       {"head", parts_.head()},
                       {"trainable", parts_.identity()},
                       {"loss", to_string(options_.loss)},
                       {"readout_bins", std::to_string(data_->readout ? data_->readout->bins : 0)},
                       {"batch_size", std::to_string(options_.batch_size)},
                       {"max_shift", std::to_string(options_.max_shift)},
                       {"reverse_complement", options_.reverse_complement ? "true" : "false"},
                       {"held_out", std::to_string(held_out_.size())},
                       {"enformer.heads", std::to_string(parts_.config().heads)},
                       {"training.gradient_accumulation", std::to_string(accumulation_)},
                       {"data_seed", std::to_string(options_.seed)}});
  return state;
}

void EnformerTask::load_state(const TaskState& state) {
  require_same_run(state, this->state());
}

}  // namespace biodta::training
