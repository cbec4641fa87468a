#include <biodta/analysis/auroc.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/false_discovery.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr double kUntested = std::numeric_limits<double>::quiet_NaN();

double median(std::vector<double> values) {
  if (values.empty()) return kUntested;
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

/// Calls body(set, in_set, k) for every set and k; k never exceeds the population.
template <class Body>
void for_each_set_and_k(const GeneRanking& ranking, std::span<const GeneSet> sets,
                        std::span<const std::int64_t> top_k, const Body& body) {
  for (const auto& set : sets) {
    const auto in_set = static_cast<std::size_t>(
        std::count_if(ranking.genes.begin(), ranking.genes.end(),
                      [&](const RankedGene& gene) { return set.contains(gene.token); }));
    for (const std::int64_t k : top_k) body(set, in_set, k);
  }
}

PrecisionRecall entry(std::string_view method, const GeneRanking& ranking, const GeneSet& set,
                      std::size_t in_set, std::int64_t k, const RandomHits& hits) {
  const auto drawn =
      static_cast<double>(std::min<std::size_t>(static_cast<std::size_t>(k), ranking.genes.size()));
  const auto share = [](double part, double whole) { return whole > 0.0 ? part / whole : kUntested; };
  const auto shares = [&](double whole) {
    return Share{share(hits.expected, whole), share(hits.low, whole), share(hits.high, whole)};
  };
  return {std::string(method),
          set.name,
          k,
          ranking.genes.size(),
          in_set,
          hits.expected,
          shares(drawn),
          shares(static_cast<double>(in_set))};
}

/// One set against all other genes of the ranking; its fdr is the caller's.
GeneSetTest test_gene_set(const GeneRanking& ranking, const GeneSet& set, Alternative alternative) {
  std::vector<double> inside;
  std::vector<double> outside;
  for (const auto& gene : ranking.genes)
    (set.contains(gene.token) ? inside : outside).push_back(gene.mean_shift);
  const RankSum result = rank_sum_test(inside, outside, alternative);
  const Auroc auroc = auroc_with_interval(inside, outside);
  return {set.name,     set.listed(), set.tokens.size(), inside.size(), median(inside), median(outside),
          result.auroc, result.p,     kUntested,         auroc.low,     auroc.high,     outside.size()};
}

}  // namespace

GeneRanking rank_genes(const ShiftTable& shifts, std::uint64_t min_cells, std::uint64_t forms) {
  GeneRanking ranking;
  for (std::size_t token = 0; token < shifts.genes.size(); ++token) {
    const RunningMoments& moments = shifts.genes[token];
    if (moments.count() == 0) continue;
    if (moments.count() < min_cells * forms) {
      ++ranking.too_few_cells;
      continue;
    }
    ranking.genes.push_back({static_cast<cells::TokenId>(token), moments.count() / forms, moments.mean(),
                             moments.standard_deviation()});
  }
  std::stable_sort(ranking.genes.begin(), ranking.genes.end(),
                   [](const RankedGene& a, const RankedGene& b) { return a.mean_shift > b.mean_shift; });
  return ranking;
}

GeneRanking common_genes(const GeneRanking& ranking, std::span<const GeneRanking> others) {
  GeneRanking result = ranking;
  for (const auto& other : others) {
    std::unordered_set<cells::TokenId> there;
    for (const auto& gene : other.genes) there.insert(gene.token);
    std::erase_if(result.genes, [&](const RankedGene& gene) { return !there.contains(gene.token); });
  }
  return result;
}

GeneRanking without_other_sets(const GeneRanking& ranking, const GeneSet& set,
                               std::span<const GeneSet> listed) {
  GeneRanking result = ranking;
  std::erase_if(result.genes, [&](const RankedGene& gene) {
    return !set.contains(gene.token) && std::any_of(listed.begin(), listed.end(), [&](const GeneSet& other) {
      return other.contains(gene.token);
    });
  });
  return result;
}

std::vector<GeneSetTest> test_gene_sets(const GeneRanking& ranking, std::span<const GeneSet> sets,
                                        const GeneSetTestOptions& options) {
  const auto listed = options.listed.empty() ? sets : options.listed;
  std::vector<GeneSetTest> tests;
  for (const auto& set : sets)
    tests.push_back(options.complement == Complement::kAllOthers
                        ? test_gene_set(ranking, set, options.alternative)
                        : test_gene_set(without_other_sets(ranking, set, listed), set, options.alternative));
  set_false_discovery_rates(tests, &GeneSetTest::p, &GeneSetTest::fdr);
  return tests;
}

std::vector<PrecisionRecall> precision_recall(std::string_view method, const GeneRanking& ranking,
                                              std::span<const GeneSet> sets,
                                              std::span<const std::int64_t> top_k) {
  std::vector<PrecisionRecall> result;
  for_each_set_and_k(ranking, sets, top_k, [&](const GeneSet& set, std::size_t in_set, std::int64_t k) {
    const auto top = std::min<std::ptrdiff_t>(k, static_cast<std::ptrdiff_t>(ranking.genes.size()));
    const auto hits =
        static_cast<double>(std::count_if(ranking.genes.begin(), ranking.genes.begin() + top,
                                          [&](const RankedGene& gene) { return set.contains(gene.token); }));
    result.push_back(entry(method, ranking, set, in_set, k, {hits, hits, hits}));
  });
  return result;
}

std::vector<PrecisionRecall> random_precision_recall(std::string_view method, const GeneRanking& ranking,
                                                     std::span<const GeneSet> sets,
                                                     std::span<const std::int64_t> top_k, std::uint64_t draws,
                                                     std::uint64_t seed) {
  std::vector<PrecisionRecall> result;
  for_each_set_and_k(ranking, sets, top_k, [&](const GeneSet& set, std::size_t in_set, std::int64_t k) {
    const std::uint64_t drawn = std::min<std::uint64_t>(static_cast<std::uint64_t>(k), ranking.genes.size());
    result.push_back(entry(method, ranking, set, in_set, k,
                           random_hits(ranking.genes.size(), in_set, drawn, draws, seed)));
  });
  return result;
}

std::vector<ControlSummary> summarise_controls(std::span<const GeneSet> sets,
                                               std::span<const std::vector<GeneSetTest>> tests) {
  std::vector<ControlSummary> result;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    ControlSummary summary{sets[i].name, 0, kUntested, kUntested, kUntested, kUntested, 0};
    RunningMoments auroc;
    std::vector<double> p_values;
    for (const auto& control : tests) {
      const GeneSetTest& test = control[i];
      if (std::isnan(test.auroc)) continue;
      summary.lowest_auroc = auroc.count() == 0 ? test.auroc : std::min(summary.lowest_auroc, test.auroc);
      summary.highest_auroc = auroc.count() == 0 ? test.auroc : std::max(summary.highest_auroc, test.auroc);
      auroc.add(test.auroc);
      p_values.push_back(test.p);
      summary.significant += test.p < 0.05 && test.auroc > 0.5 ? 1 : 0;
    }
    summary.controls = p_values.size();
    summary.mean_auroc = auroc.mean();
    summary.median_p = median(std::move(p_values));
    result.push_back(std::move(summary));
  }
  return result;
}

}  // namespace biodta::analysis
