#pragma once
/// @file
/// Which columns of a count file are which genes of a vocabulary.

#include <biodta/cells/gene_ids.hpp>
#include <biodta/cells/vocabulary.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace biodta::cells {

/// What a file calls its genes.
struct GeneNames {
  std::span<const std::string> ids;      ///< [columns]
  std::span<const std::string> symbols;  ///< [columns], or none
};

/// The join of a file's genes with a vocabulary.
struct GeneMatch {
  std::vector<TokenId> tokens;         ///< [columns] token of each column; kPadToken = not in the vocabulary
  std::size_t matched = 0;             ///< columns that have a token
  std::size_t repeated = 0;            ///< of these, columns whose gene an earlier column has already
  bool by_symbol = false;              ///< the symbols were compared, the ids being of another kind
  std::vector<std::string> unmatched;  ///< the first few ids that have no token, for messages

  /// Share of the file's columns that have a token; 0 for a file without columns.
  double overlap() const noexcept {
    return tokens.empty() ? 0.0 : static_cast<double>(matched) / static_cast<double>(tokens.size());
  }
};

/// Matches by id: as it is, else in its canonical form (see canonical_gene_id); a copy of a gene on Y is the
/// vocabulary's own token for it, where there is one, else the gene on X. Where fewer than `min_overlap` of
/// the columns match so, symbols are compared too (the file's, else its ids), through `symbols` and the
/// vocabulary's own, and the better of the two ways is taken.
/// @param symbols  may be empty
GeneMatch match_genes(const Vocabulary& vocabulary, const GeneNames& names, const GeneSymbols& symbols = {},
                      double min_overlap = 0.3);

/// Throws InputError, with examples of what did not match and a guess why, when the overlap is below
/// `min_overlap` or nothing matched.
/// @param path  the count file, for the message.
void require_overlap(const GeneMatch& match, const Vocabulary& vocabulary, const GeneNames& names,
                     double min_overlap, const std::filesystem::path& path);

}  // namespace biodta::cells
