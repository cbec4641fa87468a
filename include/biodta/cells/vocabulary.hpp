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
inline constexpr TokenId kFirstGeneToken = 2;

struct VocabularyGene {
  std::string id;       ///< Ensembl id without version, or whatever the counts use
  std::string symbol;   ///< for people; may equal id
  double median = 1.0;  ///< of the nonzero values count / cell total × 10,000
  bool operator==(const VocabularyGene&) const = default;
};

/// Tokens 0 = pad, 1 = mask, then genes in order. Immutable, safe to share.
class Vocabulary {
 public:
  Vocabulary() = default;
  /// Throws InputError for an id given twice or a median that is not positive and finite.
  explicit Vocabulary(std::vector<VocabularyGene> genes);

  /// TSV with columns ensembl_id (or gene_id), nonzero_median (or median), optional token and symbol. Rows
  /// "<pad>" and
  /// "<mask>" are checked to be tokens 0 and 1; a token column must agree with the order.
  static Vocabulary read(const std::filesystem::path& path);
  void write(const std::filesystem::path& path) const;

  std::size_t gene_count() const noexcept { return genes_.size(); }
  std::size_t token_count() const noexcept { return genes_.size() + kFirstGeneToken; }
  const std::vector<VocabularyGene>& genes() const noexcept { return genes_; }
  const VocabularyGene& gene(TokenId token) const { return genes_.at(token - kFirstGeneToken); }
  std::optional<TokenId> token_of_id(std::string_view id) const;
  /// By symbol, else by id. When several genes share a symbol, the first.
  std::optional<TokenId> find(std::string_view symbol_or_id) const;
  bool operator==(const Vocabulary& other) const { return genes_ == other.genes_; }

 private:
  std::vector<VocabularyGene> genes_;
  std::unordered_map<std::string, TokenId> by_id_;
  std::unordered_map<std::string, TokenId> by_symbol_;
};

/// An Ensembl id without its version ("ENSG00000136574.12" gives "ENSG00000136574"); any other id as it is,
/// "_PAR_Y" ids among them, which name other genes.
std::string_view without_version(std::string_view id);

}  // namespace biodta::cells
