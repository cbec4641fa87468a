#pragma once
/// @file
/// The median that rank value encoding divides a gene by: over the cells that express it, of
/// count / cell total × 10,000 (Theodoris et al. 2023).

#include <biodta/cells/count_source.hpp>
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
  /// Values kept as they are, 8 bytes each; where there are more, every gene is counted in bins.
  std::int64_t exact_values = std::int64_t{1} << 24;
};
void describe(support::OptionVisitor& visit, MedianOptions& options);

/// Gathers normalised values per gene, over any number of files whose genes may differ.
///
/// Exact up to MedianOptions::exact_values; beyond them a histogram with 512 bins an octave, whose medians
/// are within 0.1 % of the exact ones (half a bin), and whose memory does not grow with the cells: at most
/// about 15 KiB a gene, typically a third of it. Which of the two it is, and the result, depend on the values
/// alone, not on the order of cells and files, nor on the threads, nor on how the values were divided between
/// estimators that are merged. Not thread-safe; works on all threads by itself.
class MedianEstimator {
 public:
  explicit MedianEstimator(const MedianOptions& options = {});
  ~MedianEstimator();
  MedianEstimator(MedianEstimator&&) noexcept;
  MedianEstimator& operator=(MedianEstimator&&) noexcept;

  /// Index of each column's gene, for add(); genes not met before are added.
  /// @param gene_ids  in the form in which files are to agree: canonical_gene_id
  /// @param symbols  [gene_ids.size()] or empty; the first one known of a gene stays.
  std::vector<std::uint32_t> register_genes(std::span<const std::string> gene_ids,
                                            std::span<const std::string> symbols = {});
  /// Adds the cells of `block` for which `keep` is not 0; counts of columns that are the same gene are
  /// summed. A cell's total is over all its columns.
  /// @param keep   [block.cell_count()]
  /// @param genes  what register_genes gave for the block's file
  void add(const CountBlock& block, std::span<const std::uint8_t> keep, std::span<const std::uint32_t> genes);
  /// Adds all that the other has seen. Both must have the same exact_values.
  void merge(const MedianEstimator& other);

  /// Whether every value is still kept as it is.
  bool exact() const noexcept { return exact_; }
  /// Values seen of a gene; 0 for an unknown one.
  std::uint64_t cells(std::string_view gene_id) const;
  /// Median of a gene: the middle value, or the mean of the two in the middle. Nothing where no cell
  /// expresses it.
  std::optional<double> median(std::string_view gene_id) const;
  /// Genes seen in at least min_cells cells, sorted by id (bytewise). Throws InputError when there is none.
  Vocabulary vocabulary(SpecialTokens specials = SpecialTokens::kPadMask) const;
  /// The genes of `known` in their order with the medians that were found; NaN for genes seen in fewer than
  /// min_cells cells. Throws InputError when that is all of them.
  Vocabulary medians_of(const Vocabulary& known) const;

 private:
  struct Gene;
  std::uint32_t index_of(std::string_view id);
  const Gene* find(std::string_view id) const;
  void settle_exactness();

  MedianOptions options_;
  std::unordered_map<std::string, std::uint32_t> by_id_;
  std::vector<Gene> genes_;
  std::uint64_t value_count_ = 0;
  bool exact_ = true;
};

}  // namespace biodta::cells
