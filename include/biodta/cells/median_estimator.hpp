#pragma once
/// @file
/// The median that rank value encoding divides a gene by: over the cells that express it, of
/// count / cell total × 10,000 (Theodoris et al. 2023).

#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/options.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace biodta::cells {

struct MedianOptions {
  std::int64_t min_cells = 1;  ///< genes seen in fewer cells get no token
};
void describe(support::OptionVisitor& visit, MedianOptions& options);

/// Gathers normalised values per gene, over any number of files whose genes may differ.
///
/// Exact: every nonzero value is kept, 8 bytes each (1 GiB for 134 million nonzero counts, some 70,000 cells
/// of 1,900 genes). The result does not depend on the order of cells and files, nor on how they were divided
/// between estimators that are merged. Not thread-safe.
class MedianEstimator {
 public:
  /// Index of each column's gene, for add(); genes not met before are added. Ensembl versions are left out.
  /// @param symbols  [gene_ids.size()] or empty; the first one known of a gene stays.
  std::vector<std::uint32_t> register_genes(std::span<const std::string> gene_ids,
                                            std::span<const std::string> symbols = {});
  /// Adds one cell; counts of columns that are the same gene are summed. The total is over all columns given.
  /// @param genes  what register_genes gave for the cell's file
  void add(std::span<const std::uint32_t> columns, std::span<const float> counts,
           std::span<const std::uint32_t> genes);
  /// Adds all that the other has seen.
  void merge(const MedianEstimator& other);

  /// Values seen of a gene; 0 for an unknown one.
  std::size_t cells(std::string_view gene_id) const;
  /// Median of a gene: the middle value, or the mean of the two in the middle. Nothing where no cell
  /// expresses it.
  std::optional<double> median(std::string_view gene_id) const;
  /// Genes seen in at least min_cells cells, sorted by id (bytewise). Throws InputError when there is none.
  Vocabulary vocabulary(const MedianOptions& options = {}) const;

 private:
  std::uint32_t index_of(std::string_view id);

  std::unordered_map<std::string, std::uint32_t> by_id_;
  std::vector<std::string> ids_;
  std::vector<std::string> symbols_;
  std::vector<std::vector<double>> values_;  // by gene
};

}  // namespace biodta::cells
