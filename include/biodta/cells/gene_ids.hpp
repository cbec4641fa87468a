#pragma once
/// @file
/// What the ids and symbols of genes tell: versions, genomes, second copies, species.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace biodta::cells {

/// An Ensembl id as vocabularies have it: without its version ("ENSG00000136574.12"), without the genome that
/// Cell Ranger puts before it ("GRCh38_ENSG…", "mm10___ENSMUSG…"), and with the copies of the pseudoautosomal
/// regions on Y ("ENSG00000182378.15_PAR_Y", "ENSGR0000182378") as the gene on X, whose transcripts they
/// cannot be told from. Any other id as it is.
std::string canonical_gene_id(std::string_view id);

/// "ENSGR0000182378", the older id of the copy on Y, for both forms of it; nothing for any other id.
std::optional<std::string> old_par_y_id(std::string_view id);

/// Whether an id is Ensembl's, of a gene or transcript of any species.
bool looks_like_ensembl(std::string_view id);

/// Whether more than half of the ids are.
bool mostly_ensembl(std::span<const std::string> ids);

/// Symbols and the Ensembl ids that they stand for.
class GeneSymbols {
 public:
  GeneSymbols() = default;
  /// TSV with the columns symbol and ensembl_id (or gene_id). A symbol may stand on several rows.
  static GeneSymbols read(const std::filesystem::path& path);
  bool empty() const noexcept { return ids_.empty(); }
  /// The ids of a symbol, in the order of the file; none for an unknown one.
  std::span<const std::string> ids(std::string_view symbol) const;

 private:
  std::unordered_map<std::string, std::vector<std::string>> ids_;
};

/// What people would call ids like these ("mouse Ensembl ids", "gene symbols", "Entrez numbers", …), by most
/// of them; empty where nothing is known that fits.
std::string kind_of_gene_ids(std::span<const std::string> ids);

/// For each gene 1 when it is one of the 37 of the mitochondrial genome (human, by Ensembl id), or its symbol
/// begins with "MT-" or "mt-".
std::vector<std::uint8_t> find_mitochondrial(std::span<const std::string> ids,
                                             std::span<const std::string> symbols);

}  // namespace biodta::cells
