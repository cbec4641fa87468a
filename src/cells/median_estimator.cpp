#include "count_row.hpp"
#include "value_histogram.hpp"

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
constexpr std::size_t kCellsPerShare = 64;

double median_of(std::vector<double> values) {
  const std::size_t half = values.size() / 2;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(half);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  const double below = *std::max_element(values.begin(), middle);
  return (below + *middle) / 2.0;
}

/// Genes and normalised values of some cells.
struct NormalisedValues {
  std::vector<std::uint32_t> genes;
  std::vector<double> values;

  void add_cell(std::span<const std::uint32_t> columns, std::span<const float> counts,
                std::span<const std::uint32_t> gene_of_column, std::vector<GeneCount>& row) {
    sum_by_gene(columns, counts, gene_of_column, kNoGene, row);
    // In the order of the cell's own columns: the order of genes depends on which file was met first.
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0, [](double sum, float count) {
      return sum + static_cast<double>(count);
    });
    for (const GeneCount& gene : row) {
      genes.push_back(gene.gene);
      values.push_back(gene.count / total * kScale);
    }
  }
};

}  // namespace

/// What is known of one gene; only one of the two forms holds values.
struct MedianEstimator::Gene {
  std::string id;
  std::string symbol;
  std::vector<double> exact;
  ValueHistogram histogram;

  std::uint64_t count() const noexcept { return exact.size() + histogram.count(); }
  double median() const { return exact.empty() ? histogram.median() : median_of(exact); }
  void to_bins() {
    for (const double value : exact) histogram.add(value);
    exact = {};
  }
};

void describe(support::OptionVisitor& visit, MedianOptions& options) {
  visit.field("min_cells", options.min_cells, "genes seen in fewer cells get no token", support::at_least(1));
  visit.field(
      "exact_values", options.exact_values,
      "nonzero values up to which medians are exact (8 bytes each); beyond them they are within 0.1 %",
      support::at_least(0));
}

MedianEstimator::MedianEstimator(const MedianOptions& options) : options_(options) {}
MedianEstimator::~MedianEstimator() = default;
MedianEstimator::MedianEstimator(MedianEstimator&&) noexcept = default;
MedianEstimator& MedianEstimator::operator=(MedianEstimator&&) noexcept = default;

std::uint32_t MedianEstimator::index_of(std::string_view id) {
  const auto [found, is_new] = by_id_.emplace(std::string(id), static_cast<std::uint32_t>(genes_.size()));
  if (is_new) genes_.push_back({std::string(id), {}, {}, {}});
  return found->second;
}

const MedianEstimator::Gene* MedianEstimator::find(std::string_view id) const {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : &genes_[found->second];
}

std::vector<std::uint32_t> MedianEstimator::register_genes(std::span<const std::string> gene_ids,
                                                           std::span<const std::string> symbols) {
  if (!symbols.empty() && symbols.size() != gene_ids.size()) {
    throw Error("median estimator: " + std::to_string(symbols.size()) + " symbols for " +
                std::to_string(gene_ids.size()) + " genes");
  }
  std::vector<std::uint32_t> indices;
  indices.reserve(gene_ids.size());
  for (std::size_t i = 0; i < gene_ids.size(); ++i) {
    indices.push_back(index_of(gene_ids[i]));
    std::string& symbol = genes_[indices.back()].symbol;
    if (!symbols.empty() && symbol.empty()) symbol = symbols[i];
  }
  return indices;
}

void MedianEstimator::add(const CountBlock& block, std::span<const std::uint8_t> keep,
                          std::span<const std::uint32_t> genes) {
  const std::size_t cells = block.cell_count();
  std::vector<NormalisedValues> pieces((cells + kCellsPerShare - 1) / kCellsPerShare);
  support::parallel_ranges(pieces.size(), 1, [&](std::size_t begin, std::size_t end) {
    std::vector<GeneCount> row;
    for (std::size_t cell = begin * kCellsPerShare; cell < std::min(cells, end * kCellsPerShare); ++cell) {
      if (keep[cell] == 0) continue;
      const std::uint64_t first = block.offsets[cell];
      const std::uint64_t count = block.offsets[cell + 1] - first;
      pieces[cell / kCellsPerShare].add_cell(std::span(block.genes).subspan(first, count),
                                             std::span(block.counts).subspan(first, count), genes, row);
    }
  });
  // Every thread takes some of the genes and looks through all values for them, so that no two write to one.
  const std::size_t shares = support::thread_limit();
  support::parallel_ranges(shares, 1, [&](std::size_t begin, std::size_t end) {
    for (const NormalisedValues& piece : pieces) {
      for (std::size_t i = 0; i < piece.genes.size(); ++i) {
        const std::size_t share = piece.genes[i] % shares;
        if (share < begin || share >= end) continue;
        Gene& gene = genes_[piece.genes[i]];
        exact_ ? gene.exact.push_back(piece.values[i]) : gene.histogram.add(piece.values[i]);
      }
    }
  });
  for (const NormalisedValues& piece : pieces) value_count_ += piece.values.size();
  settle_exactness();
}

void MedianEstimator::settle_exactness() {
  if (!exact_ || value_count_ <= static_cast<std::uint64_t>(options_.exact_values)) return;
  for (Gene& gene : genes_) gene.to_bins();
  exact_ = false;
}

void MedianEstimator::merge(const MedianEstimator& other) {
  value_count_ += other.value_count_;
  settle_exactness();
  for (const Gene& theirs : other.genes_) {
    Gene& mine = genes_[index_of(theirs.id)];
    if (mine.symbol.empty()) mine.symbol = theirs.symbol;
    if (exact_) {
      mine.exact.insert(mine.exact.end(), theirs.exact.begin(), theirs.exact.end());
    } else {
      for (const double value : theirs.exact) mine.histogram.add(value);
      mine.histogram.merge(theirs.histogram);
    }
  }
}

std::uint64_t MedianEstimator::cells(std::string_view gene_id) const {
  const Gene* gene = find(gene_id);
  return gene == nullptr ? 0 : gene->count();
}

std::optional<double> MedianEstimator::median(std::string_view gene_id) const {
  const Gene* gene = find(gene_id);
  if (gene == nullptr || gene->count() == 0) return std::nullopt;
  return gene->median();
}

Vocabulary MedianEstimator::vocabulary(SpecialTokens specials) const {
  std::vector<const Gene*> order;
  for (const Gene& gene : genes_) {
    if (gene.count() >= static_cast<std::uint64_t>(std::max<std::int64_t>(1, options_.min_cells)))
      order.push_back(&gene);
  }
  if (order.empty()) {
    throw InputError("medians: found no gene in at least " + std::to_string(options_.min_cells) +
                     " cells that passed the filters, expected some");
  }
  std::sort(order.begin(), order.end(), [](const Gene* a, const Gene* b) { return a->id < b->id; });
  std::vector<VocabularyGene> result(order.size());
  support::parallel_ranges(order.size(), 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const Gene& gene = *order[i];
      result[i] = {gene.id, gene.symbol.empty() ? gene.id : gene.symbol, gene.median()};
    }
  });
  return Vocabulary(std::move(result), specials);
}

Vocabulary MedianEstimator::medians_of(const Vocabulary& known) const {
  std::vector<VocabularyGene> result = known.genes();
  std::size_t found = 0;
  for (VocabularyGene& gene : result) {
    const Gene* seen = find(gene.id);
    const auto least = static_cast<std::uint64_t>(std::max<std::int64_t>(1, options_.min_cells));
    const bool enough = seen != nullptr && seen->count() >= least;
    gene.median = enough ? seen->median() : std::numeric_limits<double>::quiet_NaN();
    found += enough ? 1 : 0;
  }
  if (found == 0) {
    throw InputError("medians: found no gene of the vocabulary in at least " +
                     std::to_string(options_.min_cells) + " cells that passed the filters, expected some");
  }
  return Vocabulary(std::move(result), known.specials());
}

}  // namespace biodta::cells
