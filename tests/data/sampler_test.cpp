#include "testing.hpp"

#include <biodta/data/sampler.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace biodta::data {
namespace {

using biodta::testing::expect_error;
using Cells = std::vector<std::uint32_t>;

/// Lengths like a corpus's: lognormal around 1,000, cut at 2,048.
Cells random_lengths(std::size_t count, std::uint64_t seed = 1) {
  support::RandomStream random(seed);
  Cells lengths(count);
  for (auto& length : lengths) {
    length = static_cast<std::uint32_t>(std::clamp(std::exp(random.normal(7.0, 0.6)), 10.0, 2048.0));
  }
  return lengths;
}

Cells all(std::size_t count) {
  Cells cells(count);
  std::iota(cells.begin(), cells.end(), 0U);
  return cells;
}

std::vector<Cells> batches_of(const LengthGroupedSampler& sampler) {
  std::vector<Cells> batches;
  for (std::size_t i = 0; i < sampler.batch_count(); ++i) {
    const auto batch = sampler.global_batch(i);
    batches.emplace_back(batch.begin(), batch.end());
  }
  return batches;
}

SamplerOptions options(BatchOrder order, std::int64_t batch, std::int64_t multiplier, std::int64_t seed = 3) {
  return {.batch_size = batch, .order = order, .megabatch_multiplier = multiplier, .seed = seed};
}

/// Correlation of each batch's mean length with the next one's.
double lag_one(const std::vector<Cells>& batches, const Cells& lengths) {
  std::vector<double> mean;
  for (const auto& batch : batches) {
    double sum = 0;
    for (const auto cell : batch) sum += lengths[cell];
    mean.push_back(sum / static_cast<double>(batch.size()));
  }
  const double centre = std::accumulate(mean.begin(), mean.end(), 0.0) / static_cast<double>(mean.size());
  double together = 0, alone = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    alone += (mean[i] - centre) * (mean[i] - centre);
    if (i > 0) together += (mean[i] - centre) * (mean[i - 1] - centre);
  }
  return together / alone;
}

/// Share of a padded batch that would be padding.
double padding(const std::vector<Cells>& batches, const Cells& lengths) {
  double padded = 0, real = 0;
  for (const auto& batch : batches) {
    std::uint32_t longest = 0;
    for (const auto cell : batch) {
      longest = std::max(longest, lengths[cell]);
      real += lengths[cell];
    }
    padded += static_cast<double>(longest) * static_cast<double>(batch.size());
  }
  return 1 - real / padded;
}

TEST(Sampler, shows_every_cell_once_an_epoch_and_no_other) {
  const auto lengths = random_lengths(1003);
  Cells training;
  for (std::uint32_t cell = 0; cell < 1003; cell += 2) training.push_back(cell);
  for (const auto order : {BatchOrder::kShuffled, BatchOrder::kSorted, BatchOrder::kRandom}) {
    LengthGroupedSampler sampler(lengths, training, 1, options(order, 24, 5));
    for (const std::uint64_t epoch : {0, 1}) {
      sampler.set_epoch(epoch);
      Cells seen;
      for (const auto& batch : batches_of(sampler)) seen.insert(seen.end(), batch.begin(), batch.end());
      EXPECT_NE(seen, training);
      std::sort(seen.begin(), seen.end());
      EXPECT_EQ(seen, training);
    }
  }
}

/// Every step as the header says it, one cell at a time.
std::vector<Cells> naive(const Cells& lengths, Cells cells, std::size_t global, std::int64_t multiplier,
                         std::int64_t seed, std::uint64_t epoch) {
  auto random = support::RandomStream::of({static_cast<std::uint64_t>(seed), epoch});
  random.shuffle(cells);
  std::vector<Cells> full;
  Cells tail;
  for (std::size_t begin = 0; begin < cells.size(); begin += static_cast<std::size_t>(multiplier) * global) {
    Cells mega;
    for (std::size_t i = begin; i < cells.size() && i < begin + static_cast<std::size_t>(multiplier) * global;
         ++i) {
      mega.push_back(cells[i]);
    }
    // Insertion sort: stable, descending.
    for (std::size_t i = 1; i < mega.size(); ++i) {
      for (std::size_t j = i; j > 0 && lengths[mega[j]] > lengths[mega[j - 1]]; --j)
        std::swap(mega[j], mega[j - 1]);
    }
    std::vector<Cells> batches;
    for (std::size_t i = 0; i < mega.size(); i += global) {
      batches.emplace_back(mega.begin() + static_cast<std::ptrdiff_t>(i),
                           mega.begin() + static_cast<std::ptrdiff_t>(std::min(i + global, mega.size())));
    }
    if (batches.back().size() < global) {
      tail = batches.back();
      batches.pop_back();
    }
    random.shuffle(batches);
    full.insert(full.end(), batches.begin(), batches.end());
  }
  std::size_t longest = 0;
  const auto longest_of = [&](const Cells& batch) {
    std::uint32_t length = 0;
    for (const auto cell : batch) length = std::max(length, lengths[cell]);
    return length;
  };
  for (std::size_t i = 1; i < full.size(); ++i) {
    if (longest_of(full[i]) > longest_of(full[longest])) longest = i;
  }
  if (!full.empty()) std::swap(full[0], full[longest]);
  if (!tail.empty()) full.push_back(tail);
  return full;
}

TEST(Sampler, equals_a_naive_implementation) {
  for (const std::size_t count : {1U, 7U, 8U, 500U, 997U}) {
    const auto lengths = random_lengths(count, count);
    LengthGroupedSampler sampler(lengths, all(count), 1, options(BatchOrder::kShuffled, 8, 6));
    for (const std::uint64_t epoch : {0, 1, 2}) {
      sampler.set_epoch(epoch);
      EXPECT_EQ(batches_of(sampler), naive(lengths, all(count), 8, 6, 3, epoch)) << count;
    }
  }
}

TEST(Sampler, begins_with_the_longest_cell_and_ends_with_the_tail) {
  const auto lengths = random_lengths(1003);
  LengthGroupedSampler sampler(lengths, all(1003), 1, options(BatchOrder::kShuffled, 24, 5));
  const auto batches = batches_of(sampler);
  for (std::size_t i = 0; i + 1 < batches.size(); ++i) EXPECT_EQ(batches[i].size(), 24U);
  EXPECT_EQ(batches.back().size(), 1003U % 24U);
  const auto longest = *std::max_element(lengths.begin(), lengths.end());
  EXPECT_EQ(lengths[batches.front().front()], longest);
}

TEST(Sampler, shuffles_batches_without_giving_up_the_grouping) {
  const auto lengths = random_lengths(24000);
  const auto batches = [&](BatchOrder order) {
    return batches_of(LengthGroupedSampler(lengths, all(24000), 1, options(order, 12, 100)));
  };
  const auto shuffled = batches(BatchOrder::kShuffled);
  const auto sorted = batches(BatchOrder::kSorted);
  const auto random = batches(BatchOrder::kRandom);
  // 2,000 batches: the standard error of a correlation of zero is 0.022.
  EXPECT_LT(std::abs(lag_one(shuffled, lengths)), 0.11);
  EXPECT_GT(lag_one(sorted, lengths), 0.9);
  EXPECT_NEAR(padding(shuffled, lengths), padding(sorted, lengths), 1e-12);
  EXPECT_LT(padding(shuffled, lengths), 0.02);
  EXPECT_GT(padding(random, lengths), 0.3);
}

TEST(Sampler, sorts_each_megabatch_by_falling_length) {
  const auto lengths = random_lengths(960);
  const auto batches =
      batches_of(LengthGroupedSampler(lengths, all(960), 1, options(BatchOrder::kSorted, 24, 10)));
  for (std::size_t mega = 0; mega < 4; ++mega) {
    Cells own;
    for (std::size_t i = 0; i < 10; ++i) {
      const auto& batch = batches[mega * 10 + i];
      own.insert(own.end(), batch.begin(), batch.end());
    }
    EXPECT_TRUE(
        std::is_sorted(own.begin(), own.end(), [&](auto a, auto b) { return lengths[a] > lengths[b]; }));
  }
}

TEST(Sampler, gives_the_same_global_batches_however_they_are_divided) {
  const auto lengths = random_lengths(1003);
  const LengthGroupedSampler a(lengths, all(1003), 2, options(BatchOrder::kShuffled, 12, 5));
  const LengthGroupedSampler b(lengths, all(1003), 1, options(BatchOrder::kShuffled, 24, 5));
  EXPECT_EQ(batches_of(a), batches_of(b));
  for (std::size_t batch = 0; batch < a.batch_count(); ++batch) {
    const auto whole = a.slot_of(batch, 0, 1);
    for (const std::size_t slots : {2U, 3U, 5U}) {
      Cells together(whole.size());
      for (std::size_t slot = 0; slot < slots; ++slot) {
        const auto part = a.slot_of(batch, slot, slots);
        for (std::size_t i = 0; i < part.size(); ++i) together.at(i * slots + slot) = part[i];
      }
      EXPECT_EQ(together, whole);
    }
  }
}

TEST(Sampler, leaves_slots_of_a_short_tail_empty) {
  const auto lengths = random_lengths(25);
  const LengthGroupedSampler sampler(lengths, all(25), 1, options(BatchOrder::kShuffled, 24, 5));
  EXPECT_EQ(sampler.slot_of(1, 0, 4).size(), 1U);
  EXPECT_TRUE(sampler.slot_of(1, 3, 4).empty());
}

TEST(Sampler, orders_by_seed_and_epoch_alone) {
  const auto lengths = random_lengths(300);
  LengthGroupedSampler sampler(lengths, all(300), 1, options(BatchOrder::kShuffled, 12, 5, 1));
  const auto first = batches_of(sampler);
  sampler.set_epoch(1);
  EXPECT_EQ(sampler.epoch(), 1U);
  EXPECT_NE(batches_of(sampler), first);
  sampler.set_epoch(0);
  EXPECT_EQ(batches_of(sampler), first);
  const LengthGroupedSampler other(lengths, all(300), 1, options(BatchOrder::kShuffled, 12, 5, 2));
  EXPECT_NE(batches_of(other), first);
}

TEST(Sampler, refuses_what_it_cannot_do) {
  const auto lengths = random_lengths(10);
  const auto make = [&](const Cells& cells, std::int64_t batch, std::int64_t multiplier) {
    return LengthGroupedSampler(lengths, cells, 1, options(BatchOrder::kShuffled, batch, multiplier));
  };
  expect_error<ConfigError>([&] { make(all(10), 0, 5); }, {"0 cells"});
  expect_error<ConfigError>([&] { make(all(10), 2, 0); }, {"megabatch_multiplier"});
  expect_error<Error>([&] { make({10}, 2, 5); }, {"cell 10", "10 cells"});
  expect_error<Error>([&] { make({3, 3}, 2, 5); }, {"cell 3", "twice"});
  expect_error<Error>([&] { make(all(10), 4, 5).global_batch(3); }, {"batch 3"});
  expect_error<Error>([&] { make(all(10), 4, 5).slot_of(0, 0, 0); }, {"0 slots"});
  EXPECT_EQ(make({}, 4, 5).batch_count(), 0U);
  const Cells uneven = {5, 900, 7};
  const auto by_tokens = [&](std::int64_t tokens) {
    return LengthGroupedSampler(uneven, all(3), 1, {.batch_tokens = tokens});
  };
  expect_error<ConfigError>([&] { by_tokens(899); }, {"batch_tokens is 899", "900"});
  EXPECT_EQ(by_tokens(900).batch_count(), 1U);
}

std::vector<double> tokens_of(const std::vector<Cells>& batches, const Cells& lengths) {
  std::vector<double> tokens;
  for (const auto& batch : batches) {
    double sum = 0;
    for (const auto cell : batch) sum += lengths[cell];
    tokens.push_back(sum);
  }
  return tokens;
}

TEST(Sampler, by_tokens_gives_batches_of_about_so_many_tokens_and_every_cell_once) {
  const auto lengths = random_lengths(20011);
  for (const auto order : {BatchOrder::kShuffled, BatchOrder::kSorted, BatchOrder::kRandom}) {
    LengthGroupedSampler sampler(
        lengths, all(20011), 4,
        {.batch_tokens = 8000, .order = order, .megabatch_multiplier = 100, .seed = 3});
    const auto count = sampler.batch_count();
    for (const std::uint64_t epoch : {0, 1}) {
      sampler.set_epoch(epoch);
      EXPECT_EQ(sampler.batch_count(), count);
      const auto batches = batches_of(sampler);
      const auto tokens = tokens_of(batches, lengths);
      // A cut falls within half a cell of its place, and a megabatch's mean length differs from the corpus'.
      EXPECT_GT(*std::min_element(tokens.begin(), tokens.end()), 0.9 * 32000);
      EXPECT_LT(*std::max_element(tokens.begin(), tokens.end()), 1.1 * 32000);
      Cells seen;
      for (const auto& batch : batches) seen.insert(seen.end(), batch.begin(), batch.end());
      std::sort(seen.begin(), seen.end());
      EXPECT_EQ(seen, all(20011));
    }
  }
}

TEST(Sampler, by_tokens_groups_by_length_shuffles_and_begins_with_the_longest) {
  const auto lengths = random_lengths(24000);
  const LengthGroupedSampler sampler(lengths, all(24000), 1,
                                     {.batch_tokens = 12000, .megabatch_multiplier = 100, .seed = 3});
  const auto batches = batches_of(sampler);
  EXPECT_LT(padding(batches, lengths), 0.02);
  EXPECT_LT(std::abs(lag_one(batches, lengths)), 0.11);
  EXPECT_EQ(lengths[batches.front().front()], *std::max_element(lengths.begin(), lengths.end()));
  const LengthGroupedSampler divided(lengths, all(24000), 3,
                                     {.batch_tokens = 4000, .megabatch_multiplier = 100, .seed = 3});
  EXPECT_EQ(batches_of(divided), batches);
}

TEST(Sampler, by_tokens_leaves_no_batch_empty_however_uneven_the_cells_are) {
  Cells lengths(400, 1);
  for (std::size_t i = 0; i < 400; i += 40) lengths[i] = 1000;
  for (const std::int64_t multiplier : {1, 3, 1000}) {
    const LengthGroupedSampler sampler(lengths, all(400), 1,
                                       {.batch_tokens = 1000, .megabatch_multiplier = multiplier});
    std::size_t cells = 0;
    for (const auto& batch : batches_of(sampler)) {
      EXPECT_FALSE(batch.empty());
      cells += batch.size();
    }
    EXPECT_EQ(cells, 400U);
  }
}

}  // namespace
}  // namespace biodta::data
