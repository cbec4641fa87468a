#include "shift_matrix.hpp"

#include <biodta/analysis/false_discovery.hpp>
#include <biodta/analysis/set_specificity.hpp>
#include <biodta/analysis/statistics.hpp>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr double kNotCompared = std::numeric_limits<double>::quiet_NaN();

/// A table's specific shifts as ranks, so that each set takes a sum and no sorting.
struct TableRanks {
  std::vector<double> ranks;  // [genes]; NaN where the table does not have the gene
  std::size_t scored = 0;
};

TableRanks ranks_of(const std::vector<double>& specific) {
  std::vector<double> present;
  for (const double value : specific)
    if (!std::isnan(value)) present.push_back(value);
  const std::vector<double> ranked = average_ranks(present);
  TableRanks table{std::vector<double>(specific.size(), kNotCompared), ranked.size()};
  for (std::size_t x = 0, next = 0; x < specific.size(); ++x)
    if (!std::isnan(specific[x])) table.ranks[x] = ranked[next++];
  return table;
}

/// The places of a set's genes among the tokens.
std::vector<std::size_t> places_of(const GeneSet& set, const std::vector<cells::TokenId>& tokens) {
  std::vector<std::size_t> places;
  for (const cells::TokenId token : set.tokens) {
    const auto found = std::lower_bound(tokens.begin(), tokens.end(), token);
    if (found != tokens.end() && *found == token)
      places.push_back(static_cast<std::size_t>(found - tokens.begin()));
  }
  return places;
}

/// A set's AUROC in one table; NaN where the set or its complement is empty.
struct TableAuroc {
  double value = kNotCompared;
  double pairs = 0.0;
};

TableAuroc auroc_in(const TableRanks& table, const std::vector<std::size_t>& set) {
  double sum = 0.0;
  double inside = 0.0;
  for (const std::size_t x : set)
    if (!std::isnan(table.ranks[x])) {
      sum += table.ranks[x];
      inside += 1.0;
    }
  const double pairs = inside * (static_cast<double>(table.scored) - inside);
  if (!(pairs > 0.0)) return {};
  return {(sum - inside * (inside + 1.0) / 2.0) / pairs, pairs};
}

/// Phi^-1(AUROC): how far apart two normal samples would be, so that an effect adds up where the AUROC itself
/// saturates. 0 and 1 count as half a pair short of it.
double probit(const TableAuroc& auroc) {
  if (std::isnan(auroc.value)) return kNotCompared;
  const double bounded = std::clamp(auroc.value, 0.5 / auroc.pairs, 1.0 - 0.5 / auroc.pairs);
  return quantile(boost::math::normal_distribution<double>(), bounded);
}

/// Statistics of a set: the asked gene's, and the controls'.
struct SetStatistics {
  double asked = kNotCompared;
  std::vector<double> controls;
};

double one_sided(const SetStatistics& statistics, double sign) {
  // Rounding must not tell apart what is equal.
  const double asked = sign * statistics.asked - 1e-9;
  const auto as_far = std::count_if(statistics.controls.begin(), statistics.controls.end(),
                                    [&](double control) { return sign * control >= asked; });
  return (1.0 + static_cast<double>(as_far)) / (1.0 + static_cast<double>(statistics.controls.size()));
}

double exact_p(const SetStatistics& statistics, Alternative alternative) {
  const double above = one_sided(statistics, 1.0);
  const double below = one_sided(statistics, -1.0);
  if (alternative == Alternative::kGreater) return above;
  if (alternative == Alternative::kLess) return below;
  return std::min(1.0, 2.0 * std::min(above, below));
}

double parametric_p(const SetStatistics& statistics, Alternative alternative) {
  RunningMoments controls;
  for (const double value : statistics.controls) controls.add(value);
  const auto count = static_cast<double>(controls.count());
  const double error = controls.standard_deviation() * std::sqrt(1.0 + 1.0 / count);
  if (!(error > 0.0)) return kNotCompared;
  const double t = (statistics.asked - controls.mean()) / error;
  const boost::math::students_t_distribution<double> student(count - 1.0);
  if (alternative == Alternative::kTwoSided) return 2.0 * cdf(complement(student, std::abs(t)));
  return alternative == Alternative::kGreater ? cdf(complement(student, t)) : cdf(student, t);
}

/// The asked gene's own figures of a set.
void score_asked(SetSpecificity& result, const std::vector<double>& specific,
                 const std::vector<cells::TokenId>& tokens, const GeneSet& set, Alternative alternative) {
  std::vector<double> inside;
  std::vector<double> outside;
  for (std::size_t x = 0; x < specific.size(); ++x)
    if (!std::isnan(specific[x])) (set.contains(tokens[x]) ? inside : outside).push_back(specific[x]);
  result.scored = inside.size();
  result.auroc = auroc_with_interval(inside, outside);
  result.p_rank_sum = rank_sum_test(inside, outside, alternative).p;
}

/// The asked gene's table among the controls'.
void compare(SetSpecificity& result, const std::vector<TableRanks>& tables,
             const std::vector<std::size_t>& set, Alternative alternative) {
  SetStatistics statistics;
  statistics.asked = probit(auroc_in(tables.front(), set));
  RunningMoments aurocs;
  result.control_low = result.control_high = kNotCompared;
  for (std::size_t table = 1; table < tables.size(); ++table) {
    const TableAuroc auroc = auroc_in(tables[table], set);
    if (std::isnan(auroc.value)) continue;
    result.control_low = std::fmin(result.control_low, auroc.value);
    result.control_high = std::fmax(result.control_high, auroc.value);
    aurocs.add(auroc.value);
    statistics.controls.push_back(probit(auroc));
  }
  result.controls = statistics.controls.size();
  result.control_mean = aurocs.mean();
  const bool comparable = !std::isnan(statistics.asked) && result.controls > 0;
  result.p_exact = comparable ? exact_p(statistics, alternative) : kNotCompared;
  result.p_parametric = comparable ? parametric_p(statistics, alternative) : kNotCompared;
}

}  // namespace

std::vector<SetSpecificity> test_set_specificity(const GeneRanking& gene,
                                                 std::span<const GeneRanking> controls,
                                                 std::span<const GeneSet> sets,
                                                 const SpecificShiftOptions& options) {
  const ShiftMatrix matrix(gene, controls, options);
  const std::vector<double> asked = matrix.specific(0);
  std::vector<TableRanks> tables;
  for (std::size_t table = 0; table < matrix.tables(); ++table)
    tables.push_back(ranks_of(matrix.specific(table)));
  std::vector<SetSpecificity> tests;
  for (const auto& set : sets) {
    SetSpecificity test;
    test.set = set.name;
    score_asked(test, asked, matrix.tokens(), set, options.alternative);
    compare(test, tables, places_of(set, matrix.tokens()), options.alternative);
    tests.push_back(std::move(test));
  }
  set_false_discovery_rates(tests, &SetSpecificity::p_exact, &SetSpecificity::fdr_exact);
  set_false_discovery_rates(tests, &SetSpecificity::p_parametric, &SetSpecificity::fdr_parametric);
  return tests;
}

}  // namespace biodta::analysis
