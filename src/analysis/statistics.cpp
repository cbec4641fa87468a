#include <biodta/analysis/statistics.hpp>
#include <biodta/support/random.hpp>

#include <boost/math/distributions/normal.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kExactUpTo = 8;  // smaller sample of kAuto's exact test, as SciPy's

std::vector<std::size_t> order_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

/// Σ (t³ - t) over groups of t equal values.
double tie_term(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  double term = 0.0;
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    while (end < sorted.size() && sorted[end] == sorted[begin]) ++end;
    const auto equal = static_cast<double>(end - begin);
    term += equal * equal * equal - equal;
  }
  return term;
}

/// P(U >= u) under the null, from the number of arrangements with each U: the coefficients of the Gaussian
/// binomial Π (1 - q^(n2+i)) / (1 - q^i), i = 1 … n1, in whole numbers of any size, so that nothing is lost
/// by rounding.
double exact_upper_tail(std::size_t n1, std::size_t n2, double u) {
  using boost::multiprecision::cpp_int;
  const std::size_t highest = n1 * n2;
  const auto least = static_cast<std::int64_t>(std::ceil(u));
  if (least <= 0) return 1.0;
  if (static_cast<std::size_t>(least) > highest) return 0.0;
  // The distribution is symmetric: P(U >= u) = P(U <= n1 n2 - u), and either tail follows from the lower
  // half.
  const auto mirrored = highest - static_cast<std::size_t>(least);
  const bool complement = mirrored > highest / 2;
  const std::size_t top = complement ? static_cast<std::size_t>(least) - 1 : mirrored;

  const std::size_t parts = std::min(n1, n2);
  const std::size_t largest = std::max(n1, n2);
  std::vector<cpp_int> ways(top + 1, 0);
  ways[0] = 1;
  cpp_int total = 1;
  for (std::size_t i = 1; i <= parts; ++i) {
    for (std::size_t k = top + 1; k-- > largest + i;) ways[k] -= ways[k - largest - i];
    for (std::size_t k = i; k <= top; ++k) ways[k] += ways[k - i];
    total = total * (largest + i) / i;
  }
  const cpp_int tail = std::accumulate(ways.begin(), ways.end(), cpp_int(0));
  using Wide = boost::multiprecision::cpp_bin_float_50;
  const Wide share = Wide(complement ? cpp_int(total - tail) : tail) / Wide(total);
  return share.convert_to<double>();
}

/// P(U >= u) by the normal approximation; 1 where every value is equal.
double normal_upper_tail(double n1, double n2, double u, double ties) {
  const double n = n1 + n2;
  const double deviation = std::sqrt(n1 * n2 / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0))));
  if (!(deviation > 0.0)) return 1.0;
  const double z = (u - n1 * n2 / 2.0 - 0.5) / deviation;
  return boost::math::cdf(boost::math::complement(boost::math::normal_distribution<double>(), z));
}

/// Hits of one random draw without replacement.
std::uint64_t draw_hits(std::uint64_t population, std::uint64_t marked, std::uint64_t drawn,
                        support::RandomStream& random) {
  std::uint64_t hits = 0;
  for (std::uint64_t i = 0; i < drawn; ++i)
    if (random.below(population - i) < marked - hits) ++hits;
  return hits;
}

}  // namespace

void RunningMoments::add(double value) noexcept {
  ++count_;
  const double before = value - mean_;
  mean_ += before / static_cast<double>(count_);
  squares_ += before * (value - mean_);
}

void RunningMoments::merge(const RunningMoments& other) noexcept {
  if (other.count_ == 0) return;
  const auto mine = static_cast<double>(count_);
  const auto theirs = static_cast<double>(other.count_);
  const double between = other.mean_ - mean_;
  count_ += other.count_;
  mean_ += between * theirs / (mine + theirs);
  squares_ += other.squares_ + between * between * mine * theirs / (mine + theirs);
}

double RunningMoments::mean() const noexcept {
  return count_ == 0 ? kNan : mean_;
}

double RunningMoments::standard_deviation() const noexcept {
  return count_ < 2 ? kNan : std::sqrt(squares_ / static_cast<double>(count_ - 1));
}

std::vector<double> average_ranks(std::span<const double> values) {
  const std::vector<std::size_t> order = order_of(values);
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = (static_cast<double>(begin + end) + 1.0) / 2.0;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

RankSum rank_sum_test(std::span<const double> first, std::span<const double> second, Alternative alternative,
                      RankSumMethod method) {
  RankSum result;
  if (first.empty() || second.empty()) {
    result.auroc = result.p = kNan;
    return result;
  }
  std::vector<double> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  const std::vector<double> ranks = average_ranks(all);
  const auto n1 = static_cast<double>(first.size());
  const auto n2 = static_cast<double>(second.size());
  const double sum =
      std::accumulate(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(first.size()), 0.0);
  result.u = sum - n1 * (n1 + 1.0) / 2.0;
  result.auroc = result.u / (n1 * n2);

  const double ties = tie_term(all);
  result.exact = method == RankSumMethod::kExact || (method == RankSumMethod::kAuto && ties == 0.0 &&
                                                     std::min(first.size(), second.size()) <= kExactUpTo);
  const double mirrored = n1 * n2 - result.u;
  double u = result.u;
  if (alternative == Alternative::kLess) u = mirrored;
  if (alternative == Alternative::kTwoSided) u = std::max(result.u, mirrored);
  const double tail =
      result.exact ? exact_upper_tail(first.size(), second.size(), u) : normal_upper_tail(n1, n2, u, ties);
  result.p = std::clamp(alternative == Alternative::kTwoSided ? 2.0 * tail : tail, 0.0, 1.0);
  return result;
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (!std::isnan(p_values[i])) order.push_back(i);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size(), kNan);
  const auto tests = static_cast<double>(order.size());
  double least = 1.0;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    least = std::min(least, p_values[order[rank - 1]] * (tests / static_cast<double>(rank)));
    adjusted[order[rank - 1]] = least;
  }
  return adjusted;
}

RandomHits random_hits(std::uint64_t population, std::uint64_t marked, std::uint64_t drawn,
                       std::uint64_t draws, std::uint64_t seed) {
  RandomHits result;
  if (population == 0) return result;
  result.expected =
      static_cast<double>(drawn) * static_cast<double>(marked) / static_cast<double>(population);
  result.low = result.high = result.expected;
  if (draws == 0) return result;
  std::vector<double> hits(draws);
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    auto random = support::RandomStream::of({seed, population, marked, drawn, draw});
    hits[draw] = static_cast<double>(draw_hits(population, marked, drawn, random));
  }
  std::sort(hits.begin(), hits.end());
  result.low = quantile(hits, 0.025);
  result.high = quantile(hits, 0.975);
  return result;
}

double quantile(std::span<const double> sorted, double probability) {
  const double at = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace biodta::analysis
