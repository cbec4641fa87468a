#include "gene_columns.hpp"

#include <biodta/cells/gene_ids.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace biodta::cells {
namespace {

/// Columns that hold gene ids where the index holds symbols (Geneformer, scanpy's 10x reader, loom, …).
constexpr std::array<std::string_view, 8> kIdColumns = {
    "ensembl_id", "gene_ids", "gene_id", "feature_id", "Accession", "ensembl_ids", "EnsemblID", "GeneID"};
constexpr std::array<std::string_view, 7> kSymbolColumns = {
    "gene_symbol", "gene_name", "feature_name", "symbol", "Gene", "gene_names", "gene_symbols"};

std::optional<std::vector<std::string>> first_of(const GeneTexts& texts_of,
                                                 std::span<const std::string_view> columns) {
  for (const std::string_view column : columns) {
    if (auto texts = texts_of(column)) return texts;
  }
  return std::nullopt;
}

}  // namespace

GeneColumns choose_gene_columns(std::vector<std::string> index, const GeneTexts& texts_of) {
  GeneColumns genes;
  std::optional<std::vector<std::string>> symbols = first_of(texts_of, kSymbolColumns);
  genes.ids = std::move(index);
  if (!mostly_ensembl(genes.ids)) {
    if (auto ids = first_of(texts_of, kIdColumns)) {
      if (!symbols) symbols = std::move(genes.ids);
      genes.ids = *std::move(ids);
    }
  }
  if (symbols) genes.symbols = *std::move(symbols);
  return genes;
}

}  // namespace biodta::cells
