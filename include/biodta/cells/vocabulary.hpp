#pragma once
/// @file
/// Gene vocabulary: token ids, and the median that rank value encoding divides by.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace biodta::cells {

using TokenId = std::uint32_t;
inline constexpr TokenId kPadToken = 0;
inline constexpr TokenId kMaskToken = 1;
/// Of a vocabulary with SpecialTokens::kPadMask; Vocabulary::first_gene_token says it of any.
inline constexpr TokenId kFirstGeneToken = 2;
/// Only where SpecialTokens::kPadMaskClsEos.
inline constexpr TokenId kClsToken = 2;
inline constexpr TokenId kEosToken = 3;

/// The tokens before those of the genes.
enum class SpecialTokens {
  kPadMask,       ///< <pad> 0, <mask> 1, genes from 2: Geneformer's first version
  kPadMaskClsEos  ///< and <cls> 2, <eos> 3 around every cell, genes from 4: its second version
};
/// "<pad>", "<mask>", ….
const std::vector<std::string>& special_names(SpecialTokens specials);

struct VocabularyGene {
  std::string id;       ///< Ensembl id without version, or whatever the counts use
  std::string symbol;   ///< for people; may equal id
  double median = 1.0;  ///< of the nonzero values count / cell total × 10,000; NaN = not known: never encoded
  bool operator==(const VocabularyGene& other) const;
};

/// Special tokens, then genes in order. Immutable, safe to share.
class Vocabulary {
 public:
  Vocabulary() = default;
  /// Throws InputError for an id given twice or a median that is neither positive and finite nor NaN.
  explicit Vocabulary(std::vector<VocabularyGene> genes, SpecialTokens specials = SpecialTokens::kPadMask);

  /// How a file is read.
  struct ReadOptions {
    /// The special tokens that the genes come after; nothing = those that the file has rows for, else pad and
    /// mask.
    std::optional<SpecialTokens> specials;
    /// Whether the column of medians may be missing; an empty median is always allowed.
    bool without_medians = false;
  };
  /// TSV with columns ensembl_id (or gene_id), nonzero_median (or median), optional token and symbol. Rows of
  /// special tokens come first, all or none of them; a token column must agree with the order.
  static Vocabulary read(const std::filesystem::path& path, const ReadOptions& options);
  static Vocabulary read(const std::filesystem::path& path) { return read(path, {}); }
  void write(const std::filesystem::path& path) const;

  SpecialTokens specials() const noexcept { return specials_; }
  TokenId first_gene_token() const noexcept { return specials_ == SpecialTokens::kPadMask ? 2 : 4; }
  std::size_t gene_count() const noexcept { return genes_.size(); }
  std::size_t token_count() const noexcept { return genes_.size() + first_gene_token(); }
  const std::vector<VocabularyGene>& genes() const noexcept { return genes_; }
  const VocabularyGene& gene(TokenId token) const { return genes_.at(token - first_gene_token()); }
  std::optional<TokenId> token_of_id(std::string_view id) const;
  /// When several genes share a symbol, the first.
  std::optional<TokenId> token_of_symbol(std::string_view symbol) const;
  /// By symbol, else by id.
  std::optional<TokenId> find(std::string_view symbol_or_id) const;
  bool operator==(const Vocabulary& other) const {
    return specials_ == other.specials_ && genes_ == other.genes_;
  }

 private:
  SpecialTokens specials_ = SpecialTokens::kPadMask;
  std::vector<VocabularyGene> genes_;
  std::unordered_map<std::string, TokenId> by_id_;
  std::unordered_map<std::string, TokenId> by_symbol_;
};

}  // namespace biodta::cells
