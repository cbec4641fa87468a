#include "small_enformer.hpp"
#include "task_learner.hpp"
#include "testing.hpp"

#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/training/enformer_task.hpp>
#include <biodta/training/trainer.hpp>
#include <biodta/weights/state.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace biodta::training {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using support::RandomStream;

using biodta::testing::small_parts;
constexpr std::int64_t kWindow = biodta::testing::kSmallWindow, kBins = biodta::testing::kSmallBins,
                       kMargin = 4;

/// Random loci with one or two copies of a motif, and tracks that show where it is: the first by height, the
/// second half as much.
TrackData planted_motifs(std::size_t loci) {
  static constexpr std::string_view kMotif = "GGCGGCGG";
  TrackData data;
  data.bins = kBins;
  data.track_names = {"binding", "half"};
  for (std::size_t i = 0; i < loci; ++i) {
    auto random = RandomStream::of({17, i});
    std::string sequence(static_cast<std::size_t>(kWindow + 2 * kMargin), 'A');
    for (char& base : sequence) base = "ACGT"[random.below(4)];
    std::vector<double> middles;
    for (std::uint64_t copy = 0; copy <= random.below(2); ++copy) {
      const auto start = 36 + random.below(52);
      sequence.replace(start + kMargin, kMotif.size(), kMotif);
      middles.push_back(static_cast<double>(start) + 4);
    }
    data.sequences.push_back(sequence);
    for (std::int64_t bin = 0; bin < kBins; ++bin) {
      double height = 0.05;
      for (const double middle : middles) {
        // The crop leaves the middle 64 bp: bins of 8 from 32 on.
        const double distance = 32 + 8 * static_cast<double>(bin) + 4 - middle;
        height += 3 * std::exp(-0.5 * distance * distance / 100);
      }
      data.values.push_back(static_cast<float>(height));
      data.values.push_back(static_cast<float>(height / 2));
    }
  }
  return data;
}

/// One rank of several, that hears its own voice from all others.
class EchoCommunicator : public distributed::Communicator {
 public:
  EchoCommunicator(int rank, int size) : rank_(rank), size_(size) {}
  int rank() const noexcept override { return rank_; }
  int size() const noexcept override { return size_; }
  torch::Device device() const noexcept override { return torch::kCPU; }
  void all_reduce_sum(torch::Tensor& tensor) override { tensor.mul_(size_); }
  void broadcast(std::span<torch::Tensor>, int) override {}
  void barrier() override {}

 private:
  int rank_, size_;
};

struct Learner : biodta::testing::TaskLearner<EnformerTask> {
  explicit Learner(const TrackData& data,
                   EnformerTaskOptions options = {.batch_size = 16, .max_shift = 2, .held_out = 0.2})
      : TaskLearner(data, options) {}
};

TEST(EnformerTask, finds_a_planted_motif_in_loci_that_it_has_not_seen) {
  const auto data = planted_motifs(400);
  Learner learner(data);
  const auto before = learner.evaluate();
  const auto after = learner.train(200, 200).evaluation;
  EXPECT_LT(after.at("loss"), 0.8 * before.at("loss"));
  EXPECT_LT(before.at("pearson.binding"), 0.5);
  EXPECT_GT(after.at("pearson.binding"), 0.8);
  EXPECT_NEAR(after.at("pearson"), (after.at("pearson.binding") + after.at("pearson.half")) / 2, 1e-12);
}

TEST(EnformerTask, reports_the_loss_and_correlation_of_the_held_out_loci) {
  const auto data = planted_motifs(50);
  Learner learner(data, {.batch_size = 7, .held_out = 0.2});
  const auto metrics = learner.evaluate();
  const auto batch = learner.task.make_batch(learner.task.held_out_loci(), false);
  const torch::NoGradGuard no_grad;
  auto& model = dynamic_cast<enformer::EnformerImpl&>(learner.task.module());
  const auto output = model.forward(batch.one_hot_B4L, "planted").to(torch::kFloat64);
  const auto target = batch.target_BNT.to(torch::kFloat64);
  EXPECT_NEAR(metrics.at("loss"), (output - target * output.log()).mean().item<double>(), 1e-5);
  const auto correlation =
      torch::corrcoef(torch::stack({output.select(2, 1).flatten(), target.select(2, 1).flatten()}))[0][1]
          .item<double>();
  EXPECT_NEAR(metrics.at("pearson.half"), correlation, 1e-5);
}

TEST(EnformerTask, gives_no_correlation_for_a_track_that_does_not_vary) {
  auto data = planted_motifs(20);
  for (std::size_t i = 1; i < data.values.size(); i += 2) data.values[i] = 1.0F;
  Learner learner(data);
  const auto metrics = learner.evaluate();
  EXPECT_FALSE(metrics.contains("pearson.half"));
  EXPECT_EQ(metrics.at("pearson"), metrics.at("pearson.binding"));
}

std::string window_text(const torch::Tensor& one_hot_4L) {
  std::string text;
  for (std::int64_t i = 0; i < one_hot_4L.size(1); ++i) {
    const auto base = one_hot_4L.select(1, i);
    text += base.sum().item<float>() == 0 ? 'N' : "ACGT"[base.argmax().item<std::int64_t>()];
  }
  return text;
}

TEST(EnformerTask, moves_windows_by_at_most_max_shift_and_turns_tracks_with_their_strand) {
  auto data = planted_motifs(40);
  Learner learner(data,
                  {.batch_size = 4, .max_shift = kMargin + 2, .reverse_complement = true, .held_out = 0});
  learner.task.start_epoch(3, 0);
  const auto& loci = learner.task.training_loci();
  const auto batch = learner.task.make_batch(loci, true), plain = learner.task.make_batch(loci, false);
  std::set<std::int64_t> shifts;
  std::size_t turned = 0;
  for (std::size_t i = 0; i < loci.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const std::string padded = "NN" + data.sequences[loci[i]] + "NN";
    EXPECT_EQ(window_text(plain.one_hot_B4L[row]), data.sequences[loci[i]].substr(kMargin, kWindow));
    auto window = window_text(batch.one_hot_B4L[row]);
    auto target = batch.target_BNT[row];
    if (padded.find(window) == std::string::npos) {
      window = genome::reverse_complement(window);
      target = target.flip({0});
      ++turned;
    }
    const auto place = padded.find(window);
    ASSERT_NE(place, std::string::npos) << "neither strand of locus " << loci[i];
    shifts.insert(static_cast<std::int64_t>(place) - kMargin - 2);
    EXPECT_TRUE(torch::equal(target, plain.target_BNT[row]));
  }
  EXPECT_GE(*shifts.begin(), -(kMargin + 2));
  EXPECT_LE(*shifts.rbegin(), kMargin + 2);
  EXPECT_GT(shifts.size(), 5U);
  EXPECT_GT(turned, 8U);
  EXPECT_LT(turned, 32U);
}

TEST(EnformerTask, holds_out_the_share_that_was_asked_for_by_the_seed) {
  const auto data = planted_motifs(50);
  const auto split = [&](std::int64_t seed) {
    Learner learner(data, {.batch_size = 4, .held_out = 0.2, .seed = seed});
    std::set<std::uint32_t> all(learner.task.training_loci().begin(), learner.task.training_loci().end());
    all.insert(learner.task.held_out_loci().begin(), learner.task.held_out_loci().end());
    EXPECT_EQ(all.size(), 50U);
    EXPECT_EQ(learner.task.held_out_loci().size(), 10U);
    return learner.task.held_out_loci();
  };
  EXPECT_EQ(split(1), split(1));
  EXPECT_NE(split(1), split(2));
}

/// Sum and count of one step over ranks and micro-batches, without dropout or batch statistics.
std::pair<double, double> step_of(const TrackData& data, std::int64_t batch, int ranks,
                                  std::int64_t accumulation) {
  double sum = 0, count = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    EchoCommunicator communicator(rank, ranks);
    EnformerTask task(small_parts(), data, {.batch_size = batch, .held_out = 0}, accumulation, communicator,
                      torch::kCPU);
    EXPECT_EQ(task.steps_per_epoch(), 5U);
    task.module().eval();
    task.start_epoch(2, 0);
    for (std::int64_t micro = 0; micro < accumulation; ++micro) {
      const auto loss = task.forward(1, micro);
      sum += loss.sum.item<double>();
      count += loss.count;
    }
  }
  return {sum, count};
}

TEST(EnformerTask, sees_the_same_loci_in_a_step_however_they_are_shared_out) {
  const auto data = planted_motifs(43);
  const auto [sum, count] = step_of(data, 8, 1, 1);
  EXPECT_EQ(count, 8 * kBins * 2);
  const std::vector<std::tuple<int, int, int>> layouts = {{4, 2, 1}, {4, 1, 2}, {2, 2, 2}};
  for (const auto& [batch, ranks, accumulation] : layouts) {
    const auto [other_sum, other_count] = step_of(data, batch, ranks, accumulation);
    EXPECT_NEAR(other_sum, sum, 1e-3);
    EXPECT_EQ(other_count, count);
  }
}

TEST(EnformerTask, names_the_loci_of_any_micro_batch) {
  const auto data = planted_motifs(12);
  const auto alone = distributed::make_communicator({}, torch::kCPU);
  EnformerTask task(small_parts(), data, {.batch_size = 1, .held_out = 0}, 2, *alone, torch::kCPU);
  auto& model = dynamic_cast<enformer::EnformerImpl&>(task.module());
  model.eval();
  const torch::NoGradGuard no_grad;
  task.start_epoch(3, 0);
  for (std::uint64_t step = 0; step < 3; ++step) {
    for (std::uint64_t slot = 0; slot < 2; ++slot) {
      const auto text = task.describe_micro_batch(3, step, slot);
      ASSERT_TRUE(text.starts_with("loci ")) << text;
      const std::vector<std::uint32_t> locus{static_cast<std::uint32_t>(std::stoul(text.substr(5)))};
      const auto batch = task.make_batch(locus, /*augment=*/true);
      const auto output = model.forward(batch.one_hot_B4L, "planted");
      const auto expected = (output - batch.target_BNT * output.log()).sum().item<double>();
      EXPECT_NEAR(task.forward(step, static_cast<std::int64_t>(slot)).sum.item<double>(), expected,
                  1e-4 * std::abs(expected));
    }
  }
}

TEST(EnformerTask, leaves_a_rank_without_loci_when_there_are_too_few) {
  const auto data = planted_motifs(3);
  EchoCommunicator last(1, 2);
  EnformerTask task(small_parts(), data, {.batch_size = 4, .held_out = 0}, 1, last, torch::kCPU);
  EXPECT_EQ(task.steps_per_epoch(), 1U);
  task.start_epoch(0, 0);
  const auto loss = task.forward(0, 0);
  EXPECT_FALSE(loss.sum.defined());
  EXPECT_EQ(loss.count, 0);
}

TEST(EnformerTask, goes_on_from_a_checkpoint_as_if_it_had_never_stopped) {
  const auto data = planted_motifs(60);
  Learner whole(data), first(data), second(data);
  whole.train(8, 8);
  const TemporaryFolder folder;
  CheckpointStore store(folder / "checkpoints", 1);
  first.train(5, 8, &store);
  second.train(8, 8, &store);
  const auto state = weights::state_of(second.task.module());
  for (const auto& [name, tensor] : weights::state_of(whole.task.module())) {
    EXPECT_TRUE(torch::equal(tensor, state.at(name))) << name;
  }
}

TEST(EnformerTask, refuses_data_that_do_not_fit_the_model) {
  const auto refused = [](auto change, std::initializer_list<std::string_view> parts) {
    auto data = planted_motifs(10);
    change(data);
    expect_error<ConfigError>([&] { Learner learner(data); }, parts);
  };
  refused([](TrackData& data) { data.track_names.push_back("third"); }, {"planted", "2 tracks", "3"});
  refused([](TrackData& data) { data.bins = 9; }, {"9 bins", "8"});
  refused([](TrackData& data) { data.sequences[4].resize(100); }, {"locus 4", "100 bp", "128"});
}

TEST(EnformerTask, refuses_a_checkpoint_of_other_data) {
  const auto data = planted_motifs(20), other = planted_motifs(30);
  Learner one(data), another(other);
  expect_error<CheckpointError>([&] { another.task.load_state(one.task.state()); }, {"held_out", "4", "6"});
  EXPECT_NO_THROW(one.task.load_state(one.task.state()));
}

TEST(EnformerTask, refuses_a_checkpoint_of_as_many_other_loci_or_values) {
  const auto data = planted_motifs(20);
  Learner one(data);
  auto mutated = data, measured_again = data;
  mutated.sequences[7][60] = mutated.sequences[7][60] == 'A' ? 'C' : 'A';
  measured_again.values[5] += 1;
  Learner other_sequences(mutated), other_values(measured_again);
  expect_error<CheckpointError>([&] { other_sequences.task.load_state(one.task.state()); }, {"sequences"});
  expect_error<CheckpointError>([&] { other_values.task.load_state(one.task.state()); }, {"values"});
}

TEST(EnformerTask, learns_from_one_value_a_window_shown_on_either_strand) {
  auto data = planted_motifs(400);
  // The sum over the 4 bins around the middle: 2 to 5.
  std::vector<float> sums;
  for (std::size_t locus = 0; locus < 400; ++locus) {
    for (std::size_t track = 0; track < 2; ++track) {
      float sum = 0;
      for (std::size_t bin = 2; bin < 6; ++bin) sum += data.values[(locus * kBins + bin) * 2 + track];
      sums.push_back(sum);
    }
  }
  data.values = sums;
  data.bins = 1;
  data.readout = TssReadoutOptions{{0}, 4};
  Learner learner(data, {.batch_size = 16, .max_shift = 2, .reverse_complement = true, .held_out = 0.2});
  const auto before = learner.evaluate();
  const auto after = learner.train(150, 150).evaluation;
  EXPECT_LT(after.at("loss"), before.at("loss"));
  EXPECT_GT(after.at("pearson.binding"), 0.7);

  const auto batch = learner.task.make_batch(learner.task.held_out_loci(), false);
  auto& model = dynamic_cast<enformer::EnformerImpl&>(learner.task.module());
  const torch::NoGradGuard no_grad;
  model.eval();
  const auto output = model.forward(batch.one_hot_B4L, "planted").slice(1, 2, 6).sum(1);
  const auto target = batch.target_BNT.squeeze(1);
  EXPECT_NEAR(after.at("loss"), (output - target * output.log()).mean().item<double>(), 1e-4);
}

TEST(EnformerTask, refuses_to_spread_one_value_over_bins) {
  auto data = planted_motifs(10);
  data.values.resize(20);
  data.bins = 1;
  data.readout = TssReadoutOptions{};
  expect_error<ConfigError>(
      [&] { Learner learner(data, {.loss = {.kind = TrackLoss::kPoissonMultinomial}}); },
      {"poisson_multinomial", "one value a window"});
}

}  // namespace
}  // namespace biodta::training
