#pragma once
/// @file
/// Named sets of genes, matched to a vocabulary.

#include <biodta/cells/vocabulary.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::analysis {

/// One set. A gene that a file lists twice counts once.
struct GeneSet {
  std::string name;
  std::vector<cells::TokenId> tokens;  ///< genes that the vocabulary has, ascending
  std::vector<std::string>
      unmatched;  ///< genes that it does not have, as the file writes them, in the file's order

  std::size_t listed() const noexcept { return tokens.size() + unmatched.size(); }
  bool contains(cells::TokenId token) const noexcept;
};

/// Reads a TSV with columns `set`, `gene` (symbol or id) and optionally `gene_id` (wins where it is not
/// empty); sets in the order in which the file first names them. Ids may carry a version (`ENSG….5`), which
/// is dropped when the id with it is unknown. Throws InputError when no gene of any set is in the vocabulary.
std::vector<GeneSet> read_gene_sets(const std::filesystem::path& path, const cells::Vocabulary& vocabulary);

/// The sets called `names`, in that order, `{gene}` in a name standing for `symbol`. No names: all sets. A
/// name with
/// `{gene}` that no set has is passed over (not every gene has every set); any other is a ConfigError that
/// lists the sets there are, and so is choosing no set at all.
std::vector<GeneSet> choose_gene_sets(std::vector<GeneSet> sets, std::span<const std::string> names,
                                      std::string_view symbol);

}  // namespace biodta::analysis
