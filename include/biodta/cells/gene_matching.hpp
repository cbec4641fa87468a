#pragma once
/// @file
/// Which columns of a count file are which genes of a vocabulary.

#include <biodta/cells/vocabulary.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace biodta::cells {

/// The join of a file's gene ids with a vocabulary.
struct GeneMatch {
  std::vector<TokenId> tokens;         ///< [columns] token of each column; kPadToken = not in the vocabulary
  std::size_t matched = 0;             ///< columns that have a token
  std::size_t repeated = 0;            ///< of these, columns whose gene an earlier column has already
  std::vector<std::string> unmatched;  ///< the first few ids that have no token, for messages

  /// Share of the file's columns that have a token; 0 for a file without columns.
  double overlap() const noexcept {
    return tokens.empty() ? 0.0 : static_cast<double>(matched) / static_cast<double>(tokens.size());
  }
};

/// Matches ids as they are, else without their Ensembl version.
GeneMatch match_genes(const Vocabulary& vocabulary, std::span<const std::string> gene_ids);

/// Throws InputError, with examples of what did not match, when the overlap is below `min_overlap` or nothing
/// matched.
/// @param path  the count file, for the message.
void require_overlap(const GeneMatch& match, const Vocabulary& vocabulary, double min_overlap,
                     const std::filesystem::path& path);

}  // namespace biodta::cells
