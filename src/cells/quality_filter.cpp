#include <biodta/cells/quality_filter.hpp>
#include <biodta/support/error.hpp>

namespace biodta::cells {
namespace {

/// Places of the rules in QualityFilter::names().
enum Rule : std::size_t { kMinGenes, kMaxGenes, kMinCounts, kMaxCounts };

void check_range(std::string_view what, std::int64_t low, std::int64_t high) {
  if (high == 0 || low <= high) return;
  throw ConfigError("max_" + std::string(what) + ": found " + std::to_string(high) +
                    ", expected at least min_" + std::string(what) + " (" + std::to_string(low) +
                    "), or 0 for no limit");
}

}  // namespace

void describe(support::OptionVisitor& visit, QualityFilterOptions& options) {
  const support::Check not_negative = support::at_least(0);
  visit.field("min_genes", options.min_genes, "least number of genes detected in a cell", not_negative);
  visit.field("max_genes", options.max_genes, "most genes detected in a cell; 0 = no limit", not_negative);
  visit.field("min_counts", options.min_counts, "least sum of counts of a cell", not_negative);
  visit.field("max_counts", options.max_counts, "largest sum of counts of a cell; 0 = no limit",
              not_negative);
}

CellQuality measure(std::span<const float> counts) {
  CellQuality quality;
  for (const float count : counts) {
    quality.genes += count > 0.0F ? 1 : 0;
    quality.counts += static_cast<double>(count);
  }
  return quality;
}

QualityFilter::QualityFilter(const QualityFilterOptions& options)
    : options_(options),
      names_({"min_genes", "max_genes", "min_counts", "max_counts"}),
      dropped_(names_.size(), 0) {
  check_range("genes", options.min_genes, options.max_genes);
  check_range("counts", options.min_counts, options.max_counts);
}

std::optional<std::size_t> QualityFilter::broken_rule(const CellQuality& cell) const {
  const auto genes = static_cast<std::int64_t>(cell.genes);
  if (genes < options_.min_genes) return kMinGenes;
  if (options_.max_genes > 0 && genes > options_.max_genes) return kMaxGenes;
  if (cell.counts < static_cast<double>(options_.min_counts)) return kMinCounts;
  if (options_.max_counts > 0 && cell.counts > static_cast<double>(options_.max_counts)) return kMaxCounts;
  return std::nullopt;
}

bool QualityFilter::keep(const CellQuality& cell) {
  ++seen_;
  const std::optional<std::size_t> rule = broken_rule(cell);
  if (rule) {
    ++dropped_[*rule];
    return false;
  }
  ++kept_;
  return true;
}

}  // namespace biodta::cells
