#include <biodta/analysis/expression_baselines.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

/// A gene's value in a cell that has it.
struct CellValue {
  std::uint32_t cell = 0;
  double value = 0.0;
};

/// [token_count] the cells that have each gene, in order.
std::vector<std::vector<CellValue>> values_by_gene(std::span<const std::span<const cells::TokenId>> cells,
                                                   std::size_t token_count) {
  std::vector<std::vector<CellValue>> values(token_count);
  for (std::size_t cell = 0; cell < cells.size(); ++cell)
    for (std::size_t position = 0; position < cells[cell].size(); ++position) {
      const cells::TokenId token = cells[cell][position];
      if (token >= token_count)
        throw Error("expression in cells: found token " + std::to_string(token) + ", expected one below " +
                    std::to_string(token_count));
      values[token].push_back(
          {static_cast<std::uint32_t>(cell), static_cast<double>(cells[cell].size() - position)});
    }
  return values;
}

/// Ranks over all cells: those of the cells that have the gene, and the one that all others share.
struct SparseRanks {
  std::vector<CellValue> ranks;
  double absent = 0.0;
  double squares = 0.0;  // sum of squared deviations from the mean rank, over all cells
};

SparseRanks ranks_over(const std::vector<CellValue>& values, std::size_t cells) {
  std::vector<double> present;
  for (const auto& value : values) present.push_back(value.value);
  const auto without = static_cast<double>(cells - values.size());
  const double mean = (static_cast<double>(cells) + 1.0) / 2.0;
  SparseRanks result;
  result.absent = (without + 1.0) / 2.0;
  result.squares = without * (result.absent - mean) * (result.absent - mean);
  const std::vector<double> ranks = average_ranks(present);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double rank = without + ranks[i];  // every value is above 0, the value of the absent
    result.ranks.push_back({values[i].cell, rank});
    result.squares += (rank - mean) * (rank - mean);
  }
  return result;
}

/// [cells] deviation of a gene's rank from the mean rank.
std::vector<double> deviations(const SparseRanks& ranks, std::size_t cells) {
  const double mean = (static_cast<double>(cells) + 1.0) / 2.0;
  std::vector<double> deviation(cells, ranks.absent - mean);
  for (const auto& rank : ranks.ranks) deviation[rank.cell] = rank.value - mean;
  return deviation;
}

/// The ranking of genes by score(token), for genes in enough cells.
template <class Score>
GeneRanking ranking_by(const std::vector<std::vector<CellValue>>& values, cells::TokenId gene,
                       std::uint64_t min_cells, const Score& score) {
  GeneRanking ranking;
  for (std::size_t token = 0; token < values.size(); ++token) {
    if (token == gene || values[token].empty()) continue;
    if (values[token].size() < min_cells) {
      ++ranking.too_few_cells;
      continue;
    }
    ranking.genes.push_back({static_cast<cells::TokenId>(token), values[token].size(), score(token),
                             std::numeric_limits<double>::quiet_NaN()});
  }
  std::stable_sort(ranking.genes.begin(), ranking.genes.end(),
                   [](const RankedGene& a, const RankedGene& b) { return a.mean_shift > b.mean_shift; });
  return ranking;
}

}  // namespace

GeneRanking coexpression_ranking(std::span<const std::span<const cells::TokenId>> cells, cells::TokenId gene,
                                 std::size_t token_count, std::uint64_t min_cells) {
  const auto values = values_by_gene(cells, token_count);
  if (gene >= token_count || values[gene].empty()) return {};
  const SparseRanks asked = ranks_over(values[gene], cells.size());
  if (!(asked.squares > 0.0)) return {};
  const std::vector<double> deviation = deviations(asked, cells.size());
  return ranking_by(values, gene, min_cells, [&](std::size_t token) {
    const SparseRanks other = ranks_over(values[token], cells.size());
    if (!(other.squares > 0.0)) return 0.0;
    // Deviations sum to 0 over all cells, so that the rank of the absent may be taken off everywhere.
    double products = 0.0;
    for (const auto& rank : other.ranks) products += deviation[rank.cell] * (rank.value - other.absent);
    return std::abs(products) / std::sqrt(asked.squares * other.squares);
  });
}

GeneRanking expression_ranking(std::span<const std::span<const cells::TokenId>> cells, cells::TokenId gene,
                               std::size_t token_count, std::uint64_t min_cells) {
  const auto values = values_by_gene(cells, token_count);
  return ranking_by(values, gene, min_cells, [&](std::size_t token) {
    double sum = 0.0;
    for (const auto& value : values[token])
      sum += value.value / static_cast<double>(cells[value.cell].size());
    return sum / static_cast<double>(cells.size());
  });
}

}  // namespace biodta::analysis
