#include <biodta/analysis/group_summary.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr double kNotPooled = std::numeric_limits<double>::quiet_NaN();

/// Shifts of some groups over the same genes: [groups] of each gene in the set, and of each outside it.
struct CommonShifts {
  std::vector<std::vector<double>> inside;
  std::vector<std::vector<double>> outside;
};

CommonShifts common_shifts(const std::vector<const GroupRanking*>& groups, const GeneSet& set) {
  std::vector<std::unordered_map<cells::TokenId, double>> shifts(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (const auto& gene : groups[i]->ranking.genes) shifts[i].emplace(gene.token, gene.mean_shift);
  CommonShifts common{std::vector<std::vector<double>>(groups.size()),
                      std::vector<std::vector<double>>(groups.size())};
  if (groups.empty()) return common;
  for (const auto& gene : groups.front()->ranking.genes) {
    const bool everywhere = std::all_of(shifts.begin(), shifts.end(),
                                        [&](const auto& group) { return group.contains(gene.token); });
    if (!everywhere) continue;
    auto& side = set.contains(gene.token) ? common.inside : common.outside;
    for (std::size_t i = 0; i < groups.size(); ++i) side[i].push_back(shifts[i].at(gene.token));
  }
  return common;
}

/// AUROCs as logits with their covariance (delta method).
struct Logits {
  std::vector<double> values;
  std::vector<double> covariance;
};

double logit_of(double auroc) {
  return std::log(auroc / (1.0 - auroc));
}

/// The error of a logit, `bounded` being the AUROC half a pair short of 0 or 1, that reaches as far as the
/// interval of the wholly separated sets does.
double error_when_apart(double bounded, const std::vector<double>& inside,
                        const std::vector<double>& outside) {
  const Auroc auroc = auroc_with_interval(inside, outside);
  const double reached = bounded > 0.5 ? auroc.low : auroc.high;
  return std::abs(logit_of(bounded) - logit_of(reached)) / 1.959963984540054;
}

Logits logits_of(const CommonShifts& common) {
  const AurocSet aurocs = delong(common.inside, common.outside);
  const std::size_t count = aurocs.values.size();
  const double half_pair =
      0.5 / (static_cast<double>(common.inside[0].size()) * static_cast<double>(common.outside[0].size()));
  std::vector<double> slopes;
  Logits logits;
  for (const double auroc : aurocs.values) {
    const double bounded = std::clamp(auroc, half_pair, 1.0 - half_pair);
    logits.values.push_back(logit_of(bounded));
    slopes.push_back(1.0 / (bounded * (1.0 - bounded)));
  }
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < count; ++j)
      logits.covariance.push_back(aurocs.covariance[i * count + j] * slopes[i] * slopes[j]);
  for (std::size_t i = 0; i < count; ++i) {
    double& variance = logits.covariance[i * count + i];
    if (variance > 0.0) continue;
    const double error =
        error_when_apart(1.0 / (1.0 + std::exp(-logits.values[i])), common.inside[i], common.outside[i]);
    variance = error * error;
  }
  return logits;
}

double auroc_of_logit(double logit) {
  return 1.0 / (1.0 + std::exp(-logit));
}

GroupAuroc auroc_of_group(const GroupRanking& group, const GeneSet& set) {
  std::vector<double> inside;
  std::vector<double> outside;
  for (const auto& gene : group.ranking.genes)
    (set.contains(gene.token) ? inside : outside).push_back(gene.mean_shift);
  return {group.group, group.cells, inside.size(), auroc_with_interval(inside, outside)};
}

void pool(GroupSummary& summary, const std::vector<const GroupRanking*>& groups, const GeneSet& set) {
  const CommonShifts common = common_shifts(groups, set);
  const std::size_t inside = groups.empty() ? 0 : common.inside.front().size();
  const std::size_t outside = groups.empty() ? 0 : common.outside.front().size();
  summary.common_genes = inside + outside;
  summary.common_scored = inside;
  summary.auroc = summary.low = summary.high = kNotPooled;
  if (groups.size() < 2 || inside < 2 || outside < 2) return;
  const Logits logits = logits_of(common);
  summary.logit = random_effects_of_correlated(logits.values, logits.covariance);
  summary.auroc = auroc_of_logit(summary.logit->estimate);
  summary.low = auroc_of_logit(summary.logit->low);
  summary.high = auroc_of_logit(summary.logit->high);
}

}  // namespace

std::vector<GroupSummary> summarise_groups(std::span<const GroupRanking> groups,
                                           std::span<const GeneSet> sets) {
  std::vector<GroupSummary> summaries;
  for (const auto& set : sets) {
    GroupSummary summary;
    summary.set = set.name;
    std::vector<const GroupRanking*> pooled;
    for (const auto& group : groups) {
      summary.groups.push_back(auroc_of_group(group, set));
      if (!std::isnan(summary.groups.back().auroc.value)) pooled.push_back(&group);
    }
    pool(summary, pooled, set);
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

}  // namespace biodta::analysis
