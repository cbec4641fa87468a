#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

const GeneCovariates& covariates_of(std::span<const GeneCovariates> covariates, cells::TokenId token) {
  if (token >= covariates.size())
    throw Error("covariates of genes: found token " + std::to_string(token) + ", expected one below " +
                std::to_string(covariates.size()));
  return covariates[token];
}

/// Candidates that are seen and are not the gene, each once, by token.
std::vector<cells::TokenId> seen_candidates(std::span<const GeneCovariates> covariates, cells::TokenId gene,
                                            std::span<const cells::TokenId> candidates) {
  std::vector<cells::TokenId> seen;
  for (const cells::TokenId token : candidates)
    if (token != gene && covariates_of(covariates, token).cells > 0) seen.push_back(token);
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  return seen;
}

}  // namespace

std::vector<GeneCovariates> gene_covariates(std::span<const std::span<const cells::TokenId>> cells,
                                            std::size_t token_count) {
  std::vector<GeneCovariates> covariates(token_count);
  for (const auto& tokens : cells) {
    const auto length = static_cast<double>(tokens.size());
    for (std::size_t position = 0; position < tokens.size(); ++position) {
      covariates_of(covariates, tokens[position]);
      GeneCovariates& gene = covariates[tokens[position]];
      ++gene.cells;
      gene.mean_rank += (static_cast<double>(position) + 0.5) / length;
    }
  }
  for (auto& gene : covariates)
    gene.mean_rank = gene.cells == 0 ? std::numeric_limits<double>::quiet_NaN()
                                     : gene.mean_rank / static_cast<double>(gene.cells);
  return covariates;
}

std::vector<cells::TokenId> matched_genes(std::span<const GeneCovariates> covariates, cells::TokenId gene,
                                          std::span<const cells::TokenId> candidates, std::size_t count) {
  const GeneCovariates& wanted = covariates_of(covariates, gene);
  std::vector<cells::TokenId> seen = seen_candidates(covariates, gene, candidates);
  if (wanted.cells == 0)
    throw Error("matched genes: found a gene seen in no cell, expected one that is expressed");
  std::vector<double> detection = {static_cast<double>(wanted.cells)};
  std::vector<double> mean_rank = {wanted.mean_rank};
  for (const cells::TokenId token : seen) {
    detection.push_back(static_cast<double>(covariates[token].cells));
    mean_rank.push_back(covariates[token].mean_rank);
  }
  const std::vector<double> x = average_ranks(detection);
  const std::vector<double> y = average_ranks(mean_rank);
  std::vector<std::pair<double, cells::TokenId>> near;
  for (std::size_t i = 0; i < seen.size(); ++i)
    near.emplace_back(std::hypot(x[i + 1] - x[0], y[i + 1] - y[0]), seen[i]);
  std::sort(near.begin(), near.end());
  near.resize(std::min(near.size(), count));
  std::vector<cells::TokenId> matched;
  for (const auto& [distance, token] : near) matched.push_back(token);
  return matched;
}

}  // namespace biodta::analysis
