#include <biodta/analysis/false_discovery.hpp>
#include <biodta/analysis/matched_null.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr double kNoMatch = std::numeric_limits<double>::quiet_NaN();
/// What two sums of the same ranks in another order may differ by.
constexpr double kRankRounding = 1e-6;

/// Halves [begin, end) of `order` until the halves would be too small; numbers the groups.
class Halving {
 public:
  Halving(std::array<std::vector<double>, 2> axes, std::size_t least)
      : axes_(std::move(axes)), least_(least), order_(axes_[0].size()), groups_(axes_[0].size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    halve(0, order_.size(), 0);
  }
  std::vector<std::size_t> groups() && { return std::move(groups_); }

 private:
  void halve(std::size_t begin, std::size_t end, std::size_t axis) {
    const std::size_t count = end - begin;
    if (count / 2 < least_) {
      for (std::size_t i = begin; i < end; ++i) groups_[order_[i]] = next_;
      next_ += count > 0 ? 1 : 0;
      return;
    }
    const auto first = order_.begin() + static_cast<std::ptrdiff_t>(begin);
    std::sort(first, order_.begin() + static_cast<std::ptrdiff_t>(end), [&](std::size_t a, std::size_t b) {
      return std::pair(axes_[axis][a], a) < std::pair(axes_[axis][b], b);
    });
    halve(begin, begin + count / 2, 1 - axis);
    halve(begin + count / 2, end, 1 - axis);
  }

  std::array<std::vector<double>, 2> axes_;
  std::size_t least_;
  std::vector<std::size_t> order_;
  std::vector<std::size_t> groups_;
  std::size_t next_ = 0;
};

/// The genes of one group by their ranks among all scored genes (1 = moved least).
struct MatchedGroup {
  std::vector<double> ranks;
  std::size_t in_set = 0;
};

/// Mean and variance of the sum of `in_set` ranks drawn from a group without replacement.
std::pair<double, double> moments_of_draw(const MatchedGroup& group) {
  const auto all = static_cast<double>(group.ranks.size());
  const auto drawn = static_cast<double>(group.in_set);
  RunningMoments moments;
  for (const double rank : group.ranks) moments.add(rank);
  const double deviation = all > 1.0 ? moments.standard_deviation() : 0.0;
  return {drawn * moments.mean(), drawn * (1.0 - drawn / all) * deviation * deviation};
}

/// The sum of ranks of a set drawn anew within every group; reorders the groups' genes.
double draw_rank_sum(std::vector<MatchedGroup>& groups, support::RandomStream& random) {
  double sum = 0.0;
  for (auto& group : groups)
    for (std::size_t i = 0; i < group.in_set; ++i) {
      std::swap(group.ranks[i], group.ranks[i + random.below(group.ranks.size() - i)]);
      sum += group.ranks[i];
    }
  return sum;
}

double normal_p(double z, Alternative alternative) {
  const boost::math::normal_distribution<double> normal;
  if (alternative == Alternative::kTwoSided) return 2.0 * cdf(complement(normal, std::abs(z)));
  return alternative == Alternative::kGreater ? cdf(complement(normal, z)) : cdf(normal, z);
}

/// One set's test.
class SetDraws {
 public:
  SetDraws(const GeneRanking& ranking, const std::vector<double>& ranks,
           const std::vector<std::size_t>& group_of, const GeneSet& set) {
    groups_.resize(group_of.empty() ? 0 : 1 + *std::max_element(group_of.begin(), group_of.end()));
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      MatchedGroup& group = groups_[group_of[i]];
      group.ranks.push_back(ranks[i]);
      if (!set.contains(ranking.genes[i].token)) continue;
      ++group.in_set;
      ++inside_;
      observed_ += ranks[i];
    }
    outside_ = ranks.size() - inside_;
  }

  MatchedSetTest run(const std::string& name, const MatchedNullOptions& options) {
    MatchedSetTest test{name,     inside_,  0,        kNoMatch, kNoMatch,
                        kNoMatch, kNoMatch, kNoMatch, kNoMatch, kNoMatch};
    if (inside_ == 0 || outside_ == 0) return test;
    test.auroc = auroc_of(observed_);
    double mean = 0.0;
    double variance = 0.0;
    for (const auto& group : groups_) {
      if (group.in_set == 0) continue;
      const auto [group_mean, group_variance] = moments_of_draw(group);
      mean += group_mean;
      variance += group_variance;
      if (group.in_set < group.ranks.size()) test.exchanged += group.in_set;
    }
    test.matched_auroc = auroc_of(mean);
    if (!(variance > 0.0)) return test;
    test.p_normal = normal_p((observed_ - mean) / std::sqrt(variance), options.alternative);
    permute(test, mean, options);
    return test;
  }

 private:
  double auroc_of(double rank_sum) const {
    const auto n1 = static_cast<double>(inside_);
    return (rank_sum - n1 * (n1 + 1.0) / 2.0) / (n1 * static_cast<double>(outside_));
  }

  void permute(MatchedSetTest& test, double mean, const MatchedNullOptions& options) {
    std::vector<double> sums(options.draws);
    auto random = support::RandomStream::of({options.seed, inside_, outside_});
    for (auto& sum : sums) sum = draw_rank_sum(groups_, random);
    const auto extreme = std::count_if(sums.begin(), sums.end(), [&](double sum) {
      if (options.alternative == Alternative::kGreater) return sum >= observed_ - kRankRounding;
      if (options.alternative == Alternative::kLess) return sum <= observed_ + kRankRounding;
      return std::abs(sum - mean) >= std::abs(observed_ - mean) - kRankRounding;
    });
    test.p = (1.0 + static_cast<double>(extreme)) / (1.0 + static_cast<double>(sums.size()));
    std::sort(sums.begin(), sums.end());
    test.low = auroc_of(quantile(sums, 0.025));
    test.high = auroc_of(quantile(sums, 0.975));
  }

  std::vector<MatchedGroup> groups_;
  std::size_t inside_ = 0;
  std::size_t outside_ = 0;
  double observed_ = 0.0;  // sum of the set's ranks
};

void require_usable(const MatchedNullOptions& options) {
  if (options.group_size == 0) throw ConfigError("group_size: found 0, expected at least 1 gene");
  if (options.draws == 0) throw ConfigError("draws: found 0, expected at least 1");
}

}  // namespace

std::vector<std::size_t> matched_groups(const GeneRanking& ranking,
                                        std::span<const GeneCovariates> covariates, std::size_t group_size) {
  std::vector<double> detection;
  std::vector<double> mean_rank;
  for (const auto& gene : ranking.genes) {
    if (gene.token >= covariates.size() || covariates[gene.token].cells == 0)
      throw Error("covariates of genes: found none for token " + std::to_string(gene.token) +
                  ", expected one for every ranked gene");
    detection.push_back(static_cast<double>(covariates[gene.token].cells));
    mean_rank.push_back(covariates[gene.token].mean_rank);
  }
  return Halving({average_ranks(detection), average_ranks(mean_rank)}, group_size).groups();
}

std::vector<MatchedSetTest> test_against_matched_sets(const GeneRanking& ranking,
                                                      std::span<const GeneCovariates> covariates,
                                                      std::span<const GeneSet> sets,
                                                      const MatchedNullOptions& options) {
  require_usable(options);
  const std::vector<std::size_t> group_of = matched_groups(ranking, covariates, options.group_size);
  std::vector<double> scores;
  for (const auto& gene : ranking.genes) scores.push_back(gene.mean_shift);
  const std::vector<double> ranks = average_ranks(scores);
  std::vector<MatchedSetTest> tests;
  for (const auto& set : sets)
    tests.push_back(SetDraws(ranking, ranks, group_of, set).run(set.name, options));
  set_false_discovery_rates(tests, &MatchedSetTest::p, &MatchedSetTest::fdr);
  return tests;
}

}  // namespace biodta::analysis
