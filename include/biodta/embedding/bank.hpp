#pragma once
/// @file
/// The embedding bank (`embeddings.h5`): rows of DNA (or other) embeddings per gene, with contexts. Format in
/// docs/formats.md.
///
/// A row is found by (gene, context) and falls back to the gene's reference row. This is the *dynamic* in
/// dynamic token adaptation: the same gene has another row in another donor's cells.

#include <biodta/embedding/bank_header.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::embedding {

/// Index of a row over the whole bank: reference rows first (gene order), then each context's rows in order.
using RowIndex = std::uint32_t;
/// Index of a context; kReference = the reference genome.
using ContextIndex = std::int32_t;
inline constexpr ContextIndex kReference = -1;

/// Rows in memory. Immutable once built; safe to share between threads.
class EmbeddingBank {
 public:
  /// @param reference  [genes, tokens_per_gene, width], row-major.
  EmbeddingBank(std::vector<std::string> gene_ids, std::vector<std::string> symbols,
                std::size_t tokens_per_gene, std::size_t width, std::vector<float> reference,
                Provenance provenance = {});
  /// Adds a context: rows for the genes whose DNA differs in it.
  /// @param gene_index  ascending, each below gene_count().
  /// @param values      [gene_index.size(), tokens_per_gene, width].
  ContextIndex add_context(std::string name, std::vector<std::uint32_t> gene_index,
                           std::span<const float> values);

  /// @param shares  [genes], 0 to 1.
  void set_known_bases(std::vector<float> shares);
  /// @param sizes  at least one, which add up to row_size().
  void set_parts(std::vector<std::size_t> sizes);
  void set_left_out(std::vector<LeftOutGene> genes) { left_out_ = std::move(genes); }

  static EmbeddingBank read(
      const std::filesystem::path& path);  ///< contexts come in the order of their names
  /// Atomic.
  void write(const std::filesystem::path& path, Precision precision = Precision::kFloat32) const;

  std::size_t gene_count() const noexcept { return gene_ids_.size(); }
  std::size_t row_count() const noexcept { return values_.size() / row_size(); }
  std::size_t width() const noexcept { return width_; }
  std::size_t tokens_per_gene() const noexcept { return tokens_per_gene_; }
  /// Floats a row: tokens_per_gene × width.
  std::size_t row_size() const noexcept { return tokens_per_gene_ * width_; }
  /// Values of a row that come from each kind of bank (join_banks), in order; one part in a bank of one kind.
  /// Not written to files.
  const std::vector<std::size_t>& parts() const noexcept { return parts_; }
  const std::vector<std::string>& gene_ids() const noexcept { return gene_ids_; }
  const std::vector<std::string>& symbols() const noexcept { return symbols_; }
  const Provenance& provenance() const noexcept { return provenance_; }
  const std::vector<std::string>& context_names() const noexcept { return context_names_; }

  /// [genes] share of the bases behind the reference row that are no N; empty where the bank does not say.
  const std::vector<float>& known_bases() const noexcept { return known_bases_; }
  /// Genes that were asked for and have no row, with the reason.
  const std::vector<LeftOutGene>& left_out() const noexcept { return left_out_; }

  std::optional<std::uint32_t> gene_index(std::string_view gene_id) const;
  std::optional<ContextIndex> context_index(std::string_view name) const;
  /// The context's row of the gene, else its reference row.
  RowIndex row_of(std::uint32_t gene, ContextIndex context = kReference) const;
  std::span<const float> row(RowIndex index) const;
  /// [row_count(), row_size()], reference rows first.
  std::span<const float> values() const noexcept { return values_; }

 private:
  std::vector<std::string> gene_ids_;
  std::vector<std::string> symbols_;
  std::size_t tokens_per_gene_;
  std::size_t width_;
  std::vector<std::size_t> parts_;
  std::vector<float> values_;
  Provenance provenance_;
  std::vector<float> known_bases_;
  std::vector<LeftOutGene> left_out_;
  std::vector<std::string> context_names_;
  /// Per context: row index by gene, kNone where the reference serves.
  std::vector<std::vector<RowIndex>> context_rows_;
  std::map<std::string, std::uint32_t, std::less<>> index_;
};

}  // namespace biodta::embedding
