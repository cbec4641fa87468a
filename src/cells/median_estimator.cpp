#include "count_row.hpp"

#include <biodta/cells/median_estimator.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/threads.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace biodta::cells {
namespace {

constexpr double kScale = 10'000.0;
constexpr std::uint32_t kNoGene = std::numeric_limits<std::uint32_t>::max();

double median_of(std::vector<double> values) {
  const std::size_t half = values.size() / 2;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(half);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  const double below = *std::max_element(values.begin(), middle);
  return (below + *middle) / 2.0;
}

}  // namespace

void describe(support::OptionVisitor& visit, MedianOptions& options) {
  visit.field("min_cells", options.min_cells, "genes seen in fewer cells get no token", support::at_least(1));
}

std::uint32_t MedianEstimator::index_of(std::string_view id) {
  const auto [found, is_new] = by_id_.emplace(std::string(id), static_cast<std::uint32_t>(ids_.size()));
  if (is_new) {
    ids_.emplace_back(id);
    symbols_.emplace_back();
    values_.emplace_back();
  }
  return found->second;
}

std::vector<std::uint32_t> MedianEstimator::register_genes(std::span<const std::string> gene_ids,
                                                           std::span<const std::string> symbols) {
  if (!symbols.empty() && symbols.size() != gene_ids.size()) {
    throw Error("median estimator: " + std::to_string(symbols.size()) + " symbols for " +
                std::to_string(gene_ids.size()) + " genes");
  }
  std::vector<std::uint32_t> genes;
  genes.reserve(gene_ids.size());
  for (std::size_t i = 0; i < gene_ids.size(); ++i) {
    genes.push_back(index_of(without_version(gene_ids[i])));
    if (!symbols.empty() && symbols_[genes.back()].empty()) symbols_[genes.back()] = symbols[i];
  }
  return genes;
}

void MedianEstimator::add(std::span<const std::uint32_t> columns, std::span<const float> counts,
                          std::span<const std::uint32_t> genes) {
  std::vector<GeneCount> row;
  sum_by_gene(columns, counts, genes, kNoGene, row);
  const double total = std::accumulate(row.begin(), row.end(), 0.0,
                                       [](double sum, const GeneCount& gene) { return sum + gene.count; });
  for (const GeneCount& gene : row) values_[gene.gene].push_back(gene.count / total * kScale);
}

void MedianEstimator::merge(const MedianEstimator& other) {
  const std::vector<std::uint32_t> genes = register_genes(other.ids_, other.symbols_);
  for (std::size_t i = 0; i < genes.size(); ++i) {
    std::vector<double>& values = values_[genes[i]];
    values.insert(values.end(), other.values_[i].begin(), other.values_[i].end());
  }
}

std::size_t MedianEstimator::cells(std::string_view gene_id) const {
  const auto found = by_id_.find(std::string(without_version(gene_id)));
  return found == by_id_.end() ? 0 : values_[found->second].size();
}

std::optional<double> MedianEstimator::median(std::string_view gene_id) const {
  const auto found = by_id_.find(std::string(without_version(gene_id)));
  if (found == by_id_.end() || values_[found->second].empty()) return std::nullopt;
  return median_of(values_[found->second]);
}

Vocabulary MedianEstimator::vocabulary(const MedianOptions& options) const {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < ids_.size(); ++i) {
    if (values_[i].size() >= static_cast<std::size_t>(std::max<std::int64_t>(1, options.min_cells)))
      order.push_back(i);
  }
  if (order.empty()) {
    throw InputError("medians: found no gene in at least " + std::to_string(options.min_cells) +
                     " cells that passed the filters, expected some");
  }
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t a, std::uint32_t b) { return ids_[a] < ids_[b]; });
  std::vector<VocabularyGene> genes(order.size());
  support::parallel_ranges(order.size(), 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t gene = order[i];
      genes[i] = {ids_[gene], symbols_[gene].empty() ? ids_[gene] : symbols_[gene], median_of(values_[gene])};
    }
  });
  return Vocabulary(std::move(genes));
}

}  // namespace biodta::cells
