#include "testing.hpp"

#include <biodta/data/masking.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <numeric>

namespace biodta::data {
namespace {

using biodta::testing::expect_error;
using cells::TokenId;

std::vector<TokenId> genes(TokenId count) {
  std::vector<TokenId> tokens(count);
  std::iota(tokens.begin(), tokens.end(), cells::kFirstGeneToken);
  return tokens;
}

/// |count − n p| within five standard deviations of a binomial.
void expect_binomial(std::uint64_t count, std::uint64_t n, double p) {
  const double mean = static_cast<double>(n) * p;
  EXPECT_NEAR(static_cast<double>(count), mean, 5 * std::sqrt(mean * (1 - p)));
}

TEST(Masking, chooses_masks_redraws_and_leaves_the_shares_it_says) {
  const auto pool = genes(1000);
  std::uint64_t tokens = 0, targets = 0, masked = 0, stayed = 0, redrawn = 0, kept = 0;
  for (std::uint64_t cell = 0; cell < 500; ++cell) {
    auto random = support::RandomStream::of({1, 0, cell});
    std::vector<TokenId> now = pool;
    const auto result = mask_tokens(now, pool, cells::kFirstGeneToken, MaskingOptions{}, random);
    tokens += now.size();
    targets += result.targets.size();
    for (std::size_t i = 0; i < result.positions.size(); ++i) {
      const TokenId shown = now[result.positions[i]];
      ASSERT_EQ(result.shown.size(), result.targets.size());
      EXPECT_EQ(result.shown[i] == Shown::kMask, shown == cells::kMaskToken);
      if (result.shown[i] == Shown::kKept) EXPECT_EQ(shown, result.targets[i]);
      kept += result.shown[i] == Shown::kKept ? 1 : 0;
      masked += shown == cells::kMaskToken ? 1 : 0;
      stayed += shown == result.targets[i] ? 1 : 0;
      redrawn += shown != cells::kMaskToken && shown != result.targets[i] ? 1 : 0;
    }
  }
  expect_binomial(targets, tokens, 0.15);
  expect_binomial(masked, targets, 0.8);
  expect_binomial(kept, targets, 0.1);
  // One random gene in a thousand is the true one.
  expect_binomial(redrawn, targets, 0.1 * 0.999);
  expect_binomial(stayed, targets, 0.1 + 0.1 * 0.001);
}

TEST(Masking, changes_targets_alone_and_tells_what_stood_there) {
  const auto pool = genes(300);
  auto random = support::RandomStream::of({2});
  std::vector<TokenId> now = pool;
  const auto result = mask_tokens(now, pool, cells::kFirstGeneToken, MaskingOptions{}, random);
  EXPECT_TRUE(std::is_sorted(result.positions.begin(), result.positions.end()));
  std::map<std::uint32_t, TokenId> true_tokens;
  for (std::size_t i = 0; i < result.positions.size(); ++i)
    true_tokens[result.positions[i]] = result.targets[i];
  EXPECT_EQ(true_tokens.size(), result.positions.size());
  for (std::uint32_t position = 0; position < now.size(); ++position) {
    if (true_tokens.contains(position)) {
      EXPECT_EQ(true_tokens[position], pool[position]);
    } else {
      EXPECT_EQ(now[position], pool[position]);
    }
  }
}

TEST(Masking, neither_chooses_nor_draws_specials) {
  const std::vector<TokenId> pool{7, 9};
  const MaskingOptions options{.probability = 1.0, .mask_share = 0.0, .random_share = 1.0};
  std::vector<TokenId> now(400, 5);
  now[0] = cells::kPadToken;
  now[399] = cells::kMaskToken;
  auto random = support::RandomStream::of({3});
  const auto result = mask_tokens(now, pool, cells::kFirstGeneToken, options, random);
  EXPECT_EQ(result.positions.size(), 398U);
  EXPECT_EQ(now[0], cells::kPadToken);
  EXPECT_EQ(now[399], cells::kMaskToken);
  std::map<TokenId, std::uint64_t> drawn;
  for (std::size_t i = 1; i < 399; ++i) ++drawn[now[i]];
  EXPECT_EQ(drawn.size(), 2U);
  expect_binomial(drawn[7], 398, 0.5);
}

TEST(Masking, gives_every_cell_a_target) {
  const MaskingOptions options{.probability = 1e-9};
  std::map<std::uint32_t, int> chosen;
  for (std::uint64_t cell = 0; cell < 200; ++cell) {
    std::vector<TokenId> now{4, 3, 2};
    auto random = support::RandomStream::of({cell});
    const auto result = mask_tokens(now, genes(3), cells::kFirstGeneToken, options, random);
    ASSERT_EQ(result.positions.size(), 1U);
    ++chosen[result.positions[0]];
  }
  EXPECT_EQ(chosen.size(), 3U);
  std::vector<TokenId> nothing;
  auto random = support::RandomStream::of({1});
  EXPECT_TRUE(mask_tokens(nothing, genes(3), cells::kFirstGeneToken, options, random).positions.empty());
}

TEST(Masking, is_the_same_for_the_same_stream) {
  const auto masked = [](std::uint64_t seed) {
    std::vector<TokenId> now = genes(200);
    auto random = support::RandomStream::of({seed});
    mask_tokens(now, genes(200), cells::kFirstGeneToken, MaskingOptions{}, random);
    return now;
  };
  EXPECT_EQ(masked(1), masked(1));
  EXPECT_NE(masked(1), masked(2));
}

TEST(Masking, refuses_shares_that_are_no_shares) {
  std::vector<TokenId> now = genes(3);
  auto random = support::RandomStream::of({1});
  const auto mask = [&](const MaskingOptions& options) {
    mask_tokens(now, genes(3), cells::kFirstGeneToken, options, random);
  };
  expect_error<ConfigError>([&] { mask({.mask_share = 0.8, .random_share = 0.3}); }, {"random_share"});
  expect_error<ConfigError>([&] { mask({.probability = 1.5}); }, {"probability"});
}

}  // namespace
}  // namespace biodta::data
