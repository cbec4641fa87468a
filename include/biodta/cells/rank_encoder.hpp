#pragma once
/// @file
/// Rank value encoding (Theodoris et al. 2023): a cell becomes the list of its expressed genes, the one with
/// the most unusual expression first.
///
/// The published value is count / cell total × 10,000 / median of the gene. A cell's total and the 10,000
/// cannot change the order within the cell, so the sort key is count / median: one float64 division,
/// descending, equal keys by ascending token id.

#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/options.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace biodta::cells {

struct RankEncoderOptions {
  /// The tokens beside those of the genes: style v1 of Geneformer has pad and mask, v2 puts <cls> before and
  /// <eos> after every cell. A vocabulary that says which it is must agree.
  SpecialTokens style = SpecialTokens::kPadMask;
  /// Tokens kept of a cell, from the highest rank, <cls> and <eos> counted; 0 = 2,048, and 4,096 in style v2.
  std::int64_t max_length = 0;
};
void describe(support::OptionVisitor& visit, RankEncoderOptions& options);

/// Encodes the cells of one file. Immutable: any number of threads may encode at once, each with its own
/// Workspace.
class RankEncoder {
 public:
  /// Memory that encode reuses from cell to cell.
  class Workspace {
   public:
    /// Of the cell encoded last: every expressed gene that has a token, in no order, also those cut off …
    std::span<const TokenId> tokens() const noexcept { return tokens_; }
    /// … and what it was ranked by, count / median.
    std::span<const double> values() const noexcept { return keys_; }

   private:
    friend class RankEncoder;
    std::vector<double> keys_;     // of the cell's genes
    std::vector<TokenId> tokens_;  // of the same
    std::vector<std::uint32_t> digits_;
    std::vector<std::uint64_t> by_low_;
    std::vector<std::uint64_t> slots_;
  };

  /// @param column_tokens  [columns] token of each column of the counts, kPadToken = not in the vocabulary
  ///                       (GeneMatch::tokens).
  RankEncoder(const Vocabulary& vocabulary, std::span<const TokenId> column_tokens,
              const RankEncoderOptions& options);
  /// Matches by gene id; see match_genes.
  RankEncoder(const Vocabulary& vocabulary, std::span<const std::string> gene_ids,
              const RankEncoderOptions& options);

  /// Appends the tokens of one cell to `out`, highest rank first, between <cls> and <eos> where the
  /// vocabulary has them; nothing for a cell without a gene. Zeros that are stored are not expressed; genes
  /// without a token are ignored; counts of columns that are the same gene, or of a column given twice, are
  /// summed first.
  /// @param columns  of the file, below the number that the encoder was made for
  /// @param counts   [columns.size()] raw counts, not negative
  void encode(std::span<const std::uint32_t> columns, std::span<const float> counts, Workspace& workspace,
              std::vector<TokenId>& out) const;

 private:
  void gather(std::span<const std::uint32_t> columns, std::span<const float> counts,
              Workspace& workspace) const;
  void rank(Workspace& workspace, std::vector<TokenId>& out) const;

  std::vector<TokenId> column_tokens_;
  std::vector<double> medians_;  // by token
  std::size_t max_genes_ = 0;    // tokens of genes kept
  bool enclosed_ = false;        // by <cls> and <eos>
  bool tokens_repeat_ = false;   // two columns have one token
};

}  // namespace biodta::cells
