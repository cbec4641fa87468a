#include <biodta/cells/quality_filter.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>

namespace biodta::cells {
namespace {

/// Places of the rules on counts in QualityFilter::names(), after those on obs columns.
enum Rule : std::size_t {
  kMinGenes,
  kMaxGenes,
  kMinCounts,
  kMaxCounts,
  kMaxMitoFraction,
  kCountsDeviation,
  kMitoDeviation
};
constexpr std::array<std::string_view, 7> kRuleNames = {"min_genes",
                                                        "max_genes",
                                                        "min_counts",
                                                        "max_counts",
                                                        "max_mito_fraction",
                                                        "standard_deviations (counts)",
                                                        "standard_deviations (mito_fraction)"};

void check_range(std::string_view what, std::int64_t low, std::int64_t high) {
  if (high == 0 || low <= high) return;
  throw ConfigError("max_" + std::string(what) + ": found " + std::to_string(high) +
                    ", expected at least min_" + std::string(what) + " (" + std::to_string(low) +
                    "), or 0 for no limit");
}

bool far_from_mean(double value, const RunningMoments& moments, double deviations) {
  return std::abs(value - moments.mean()) > deviations * moments.standard_deviation();
}

}  // namespace

void describe(support::OptionVisitor& visit, QualityFilterOptions& options) {
  const support::Check not_negative = support::at_least(0);
  visit.field("include", options.include,
              "rules \"column=glob|glob\" on obs columns that a cell must all satisfy, case ignored");
  visit.field("exclude", options.exclude, "rules on obs columns of which a cell may satisfy none");
  visit.field("min_genes", options.min_genes, "least number of genes detected in a cell", not_negative);
  visit.field("max_genes", options.max_genes, "most genes detected in a cell; 0 = no limit", not_negative);
  visit.field("min_counts", options.min_counts, "least sum of counts of a cell", not_negative);
  visit.field("max_counts", options.max_counts, "largest sum of counts of a cell; 0 = no limit",
              not_negative);
  visit.field("max_mito_fraction", options.max_mito_fraction,
              "largest share of a cell's counts that mitochondrial genes may have; 0 = no limit",
              support::between(0.0, 1.0));
  visit.field("standard_deviations", options.standard_deviations,
              "how far a cell's total counts and mitochondrial fraction may lie from their means over its "
              "file, in standard deviations; 0 = no limit, Geneformer takes 3",
              not_negative);
}

CellQuality measure(std::span<const std::uint32_t> columns, std::span<const float> counts,
                    std::span<const std::uint8_t> is_mitochondrial) {
  CellQuality quality;
  // Four sums side by side: one alone would wait for itself at every addition.
  std::array<double, 4> sums{};
  std::uint32_t genes = 0;
  std::size_t i = 0;
  for (; i + sums.size() <= counts.size(); i += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane) {
      genes += counts[i + lane] > 0.0F ? 1U : 0U;
      sums[lane] += static_cast<double>(counts[i + lane]);
    }
  }
  for (; i < counts.size(); ++i) {
    genes += counts[i] > 0.0F ? 1U : 0U;
    sums[0] += static_cast<double>(counts[i]);
  }
  quality.genes = genes;
  quality.counts = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  if (is_mitochondrial.empty()) return quality;
  for (std::size_t at = 0; at < counts.size(); ++at) {
    if (is_mitochondrial[columns[at]] != 0) quality.mitochondrial += static_cast<double>(counts[at]);
  }
  return quality;
}

void RunningMoments::add(double value) noexcept {
  ++count_;
  const double before = value - mean_;
  mean_ += before / static_cast<double>(count_);
  squares_ += before * (value - mean_);
}

double RunningMoments::standard_deviation() const noexcept {
  return count_ == 0 ? 0.0 : std::sqrt(squares_ / static_cast<double>(count_));
}

QualityFilter::QualityFilter(const QualityFilterOptions& options)
    : options_(options), obs_rules_(parse_obs_rules(options.include, options.exclude)) {
  check_range("genes", options.min_genes, options.max_genes);
  check_range("counts", options.min_counts, options.max_counts);
  for (const ObsRule& rule : obs_rules_) {
    const auto alike = std::count_if(static_cast<const ObsRule*>(obs_rules_.data()), &rule,
                                     [&](const ObsRule& other) { return other.name() == rule.name(); });
    names_.push_back(rule.name() + (alike == 0 ? "" : " (" + std::to_string(alike + 1) + ")"));
  }
  names_.insert(names_.end(), kRuleNames.begin(), kRuleNames.end());
  dropped_.assign(names_.size(), 0);
}

std::optional<std::size_t> QualityFilter::broken_rule(const CellQuality& cell,
                                                      const SourceStatistics* statistics) const {
  const auto genes = static_cast<std::int64_t>(cell.genes);
  if (genes < options_.min_genes) return kMinGenes;
  if (options_.max_genes > 0 && genes > options_.max_genes) return kMaxGenes;
  if (cell.counts < static_cast<double>(options_.min_counts)) return kMinCounts;
  if (options_.max_counts > 0 && cell.counts > static_cast<double>(options_.max_counts)) return kMaxCounts;
  if (options_.max_mito_fraction > 0.0 && cell.mito_fraction() > options_.max_mito_fraction)
    return kMaxMitoFraction;
  if (!options_.needs_statistics()) return std::nullopt;
  if (statistics == nullptr) throw Error("quality filter: the statistics of the cell's file are missing");
  if (far_from_mean(cell.counts, statistics->counts, options_.standard_deviations)) return kCountsDeviation;
  if (far_from_mean(cell.mito_fraction(), statistics->mito_fraction, options_.standard_deviations))
    return kMitoDeviation;
  return std::nullopt;
}

bool QualityFilter::keep(const CellQuality& cell, const SourceStatistics* statistics,
                         std::int32_t broken_obs_rule) {
  ++seen_;
  std::optional<std::size_t> rule;
  if (broken_obs_rule >= 0) {
    rule = static_cast<std::size_t>(broken_obs_rule);
  } else if (const auto broken = broken_rule(cell, statistics)) {
    rule = obs_rules_.size() + *broken;
  }
  if (rule) {
    ++dropped_[*rule];
    return false;
  }
  ++kept_;
  return true;
}

}  // namespace biodta::cells
