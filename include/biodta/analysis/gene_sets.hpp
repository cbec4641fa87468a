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

/// Reads gene sets, plain or gzip, of one of these kinds, told apart by what is in the file:
///
/// - a TSV with the columns `set`, `gene` (symbol or id) and optionally `gene_id` (wins where it is not
///   empty);
/// - GMT (Broad Institute): no header; name, description, genes, one set a line, no name twice;
/// - a TSV with the columns `tf` and `target`, and optionally `source` and `mode` (as tables made from
///   tftargets have them): a set a factor, "GATA4", or a factor and source, "GATA4 Marbach2016";
/// - TRRUST's table (Han et al. 2018): no header; factor, target, mode, PubMed ids: a set a factor;
/// - one gene a line: one set, named after the file.
///
/// Targets whose mode is Activation or Repression also make the sets "GATA4 activated" and "GATA4 repressed".
/// Sets come in the order in which the file first names them. Ids may carry a version (`ENSG….5`) or a
/// genome; see cells::canonical_gene_id. Throws InputError for a file of no such kind, and when no gene of
/// any set is in the vocabulary.
std::vector<GeneSet> read_gene_sets(const std::filesystem::path& path, const cells::Vocabulary& vocabulary);

/// The sets called `names`, in that order, `{gene}` in a name standing for `symbol`. No names: all sets. A
/// name with
/// `{gene}` that no set has is passed over (not every gene has every set); any other is a ConfigError that
/// lists the sets there are, and so is choosing no set at all.
std::vector<GeneSet> choose_gene_sets(std::vector<GeneSet> sets, std::span<const std::string> names,
                                      std::string_view symbol);

}  // namespace biodta::analysis
