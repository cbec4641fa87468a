#pragma once
/// @file
/// Cells concatenated, never padded; torch-free, so that workers and tests need no tensor.

#include <biodta/cells/corpus.hpp>
#include <biodta/data/masking.hpp>
#include <biodta/embedding/bank.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace biodta::data {

/// T tokens of B cells; U distinct embedding rows; M masked positions.
struct PackedBatch {
  std::vector<std::uint32_t> cells;     ///< [B] corpus index
  std::vector<std::int64_t> tokens;     ///< [T] as the model sees them (masked)
  std::vector<std::int64_t> positions;  ///< [T] rank within the cell, 0 first
  std::vector<std::int64_t> lengths;    ///< [B] tokens a cell
  std::vector<std::int64_t> row;        ///< [T] index into `rows`, -1 for specials and learned tokens; empty
                                        ///< without a bank
  std::vector<std::int64_t> rows;       ///< [U] RowIndex into the bank, each once, ascending
  std::vector<std::int64_t> masked;     ///< [M] index into tokens
  std::vector<std::int64_t> targets;    ///< [M] true token
  std::vector<Shown> shown;             ///< [M] what stands in the target's place
};

/// Which bank row a token has: the join of a vocabulary with a bank, by gene id.
class TokenRows {
 public:
  /// Genes of the vocabulary without a row are kept track of; see missing().
  /// @param learned  gene tokens for which the model has a learned vector: they stay in the cells without a
  /// row,
  ///                 even where the bank has one.
  TokenRows(const cells::Vocabulary& vocabulary, const embedding::EmbeddingBank& bank,
            std::span<const cells::TokenId> learned = {});
  /// -1 when the gene has no row, and for specials.
  std::int64_t row_of(cells::TokenId token, embedding::ContextIndex context = embedding::kReference) const;
  /// Whether a cell keeps the token: it has a row, or a learned vector.
  bool is_read(cells::TokenId token) const { return has_row(token) || learned_.contains(token); }
  bool has_row(cells::TokenId token) const { return token < gene_of_.size() && gene_of_[token] >= 0; }
  std::size_t token_count() const noexcept { return gene_of_.size(); }
  /// Gene tokens that have no row.
  const std::vector<cells::TokenId>& missing() const noexcept { return missing_; }

 private:
  const embedding::EmbeddingBank* bank_;
  std::vector<std::int64_t> gene_of_;  // by token
  std::vector<cells::TokenId> missing_;
  std::unordered_set<cells::TokenId> learned_;
};

/// Makes packed batches from a corpus. Tokens with neither row nor learned vector (when there is a bank) are
/// dropped from the cell before it is cut at max_length. Thread-safe: one builder may serve several workers.
class BatchBuilder {
 public:
  /// @param corpus    must outlive the builder.
  /// @param rows      nullptr = no bank (the adapter-free twin); must outlive the builder.
  /// @param contexts  [cells of the corpus] or empty = reference for all.
  BatchBuilder(const cells::Corpus& corpus, const TokenRows* rows,
               std::vector<embedding::ContextIndex> contexts, std::size_t max_length);
  /// The cells as they are.
  PackedBatch build(std::span<const std::uint32_t> cells) const;
  /// The cells masked; each cell's masking is seeded by (seed, epoch, cell) alone.
  PackedBatch build_masked(std::span<const std::uint32_t> cells, const MaskingOptions& options,
                           std::uint64_t seed, std::uint64_t epoch) const;
  /// Tokens of one cell as the model will see them: rowless ones dropped, cut at max_length (`<eos>`, where a
  /// cell ends with it, stays the last).
  std::vector<cells::TokenId> tokens_of(std::uint32_t cell) const;
  /// Bank row of a gene in the context of a cell, whether the cell holds the gene or not; -1 when it has
  /// none.
  std::int64_t row_of(cells::TokenId token, std::uint32_t cell) const;
  std::size_t max_length() const noexcept { return max_length_; }
  cells::TokenId first_gene_token() const noexcept { return corpus_->vocabulary().first_gene_token(); }
  /// Gene tokens that the model reads, ascending: all, or those with a row or a learned vector.
  const std::vector<cells::TokenId>& genes() const noexcept { return maskable_; }

 private:
  PackedBatch pack(std::span<const std::uint32_t> cells, const MaskingOptions* options, std::uint64_t seed,
                   std::uint64_t epoch) const;
  const cells::Corpus* corpus_;
  const TokenRows* rows_;
  std::vector<embedding::ContextIndex> contexts_;
  std::size_t max_length_;
  std::vector<cells::TokenId> maskable_;  // genes that random replacement draws from
};

}  // namespace biodta::data
