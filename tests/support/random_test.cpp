#include "testing.hpp"

#include <biodta/support/random.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <set>

namespace biodta::support {
namespace {

TEST(RandomStream, IsSplitMix64) {
  // The first outputs of Vigna's reference splitmix64.c for seed 1234567.
  RandomStream stream(1234567);
  const std::array<std::uint64_t, 5> expected = {6457827717110365317ULL, 3203168211198807973ULL,
                                                 9817491932198370423ULL, 4593380528125082431ULL,
                                                 16408922859458223821ULL};
  for (const std::uint64_t value : expected) EXPECT_EQ(stream(), value);
}

TEST(RandomStream, ContinuesFromItsState) {
  RandomStream stream(7);
  for (int i = 0; i < 10; ++i) stream.normal();
  RandomStream continued(stream.state());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(stream(), continued());
}

TEST(RandomStream, KeysOfATupleGiveStreamsOfTheirOwn) {
  EXPECT_EQ(RandomStream::of({1, 2, 3}).state(), RandomStream::of({1, 2, 3}).state());
  std::set<std::uint64_t> states;
  for (std::uint64_t a = 0; a < 100; ++a) {
    states.insert(RandomStream::of({a}).state());
    for (std::uint64_t b = 0; b < 100; ++b) states.insert(RandomStream::of({a, b}).state());
  }
  EXPECT_EQ(states.size(), 100U + 100U * 100U);
}

TEST(RandomStream, NeighbouringStreamsAreUncorrelated) {
  constexpr int kStreams = 20'000;
  double sum = 0.0;
  double product = 0.0;
  double before = RandomStream::of({42, 0}).uniform() - 0.5;
  for (std::uint64_t cell = 1; cell <= kStreams; ++cell) {
    const double value = RandomStream::of({42, cell}).uniform() - 0.5;
    sum += value;
    product += value * before;
    before = value;
  }
  // Five standard errors: variance of a uniform is 1/12, of the product 1/144.
  EXPECT_LT(std::abs(sum / kStreams), 5.0 * std::sqrt(1.0 / 12.0 / kStreams));
  EXPECT_LT(std::abs(product / kStreams), 5.0 / 12.0 / std::sqrt(double{kStreams}));
}

TEST(RandomStream, BelowIsUniformAndInRange) {
  RandomStream stream(3);
  std::array<int, 7> counts{};
  constexpr int kDraws = 70'000;
  for (int i = 0; i < kDraws; ++i) ++counts.at(stream.below(counts.size()));
  double chi_square = 0.0;
  for (const int count : counts) chi_square += (count - 1e4) * (count - 1e4) / 1e4;
  EXPECT_LT(chi_square, 22.46);  // 6 degrees of freedom, p = 0.001
  EXPECT_EQ(stream.below(1), 0U);
}

TEST(RandomStream, BelowHasNoModuloBias) {
  // For n = 3 * 2^62 plain modulo would give the lowest third of [0, n) half of all draws.
  RandomStream stream(11);
  const std::uint64_t n = 3ULL << 62;
  int low = 0;
  constexpr int kDraws = 30'000;
  for (int i = 0; i < kDraws; ++i) low += stream.below(n) < n / 3 ? 1 : 0;
  EXPECT_NEAR(low, kDraws / 3.0, 5.0 * std::sqrt(kDraws * 2.0 / 9.0));
}

struct Moments {
  double mean;
  double variance;
};

template <class Draw>
Moments moments(Draw draw) {
  constexpr int kDraws = 200'000;
  double sum = 0.0;
  double squares = 0.0;
  for (int i = 0; i < kDraws; ++i) {
    const auto value = static_cast<double>(draw());
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kDraws;
  return {mean, squares / kDraws - mean * mean};
}

TEST(RandomStream, DistributionsHaveTheirMoments) {
  RandomStream stream(5);
  const Moments normal = moments([&] { return stream.normal(2.0, 3.0); });
  EXPECT_NEAR(normal.mean, 2.0, 0.04);
  EXPECT_NEAR(normal.variance, 9.0, 0.15);
  for (const double mean : {0.3, 4.0, 250.0}) {
    const Moments poisson = moments([&] { return stream.poisson(mean); });
    EXPECT_NEAR(poisson.mean, mean, 6.0 * std::sqrt(mean / 2e5));
    EXPECT_NEAR(poisson.variance / mean, 1.0, 0.03);
  }
  const Moments gamma = moments([&] { return stream.gamma(2.5, 1.5); });
  EXPECT_NEAR(gamma.mean, 3.75, 0.03);
  EXPECT_NEAR(gamma.variance, 5.625, 0.15);
  const Moments uniform = moments([&] { return stream.uniform(-1.0, 3.0); });
  EXPECT_NEAR(uniform.mean, 1.0, 0.02);
  EXPECT_NEAR(uniform.variance, 16.0 / 12.0, 0.02);
  EXPECT_EQ(stream.poisson(0.0), 0);
}

TEST(RandomStream, ShufflesEveryOrderEquallyOften) {
  RandomStream stream(9);
  std::array<int, 6> counts{};
  constexpr int kDraws = 60'000;
  for (int i = 0; i < kDraws; ++i) {
    std::vector<int> values = {0, 1, 2};
    stream.shuffle(values);
    ++counts.at(static_cast<std::size_t>(values[0] * 2 + (values[1] > values[2] ? 1 : 0)));
  }
  double chi_square = 0.0;
  for (const int count : counts) chi_square += (count - 1e4) * (count - 1e4) / 1e4;
  EXPECT_LT(chi_square, 20.52);  // 5 degrees of freedom, p = 0.001
}

}  // namespace
}  // namespace biodta::support
