#pragma once
/// @file
/// Which of the texts that a file has for its genes are ids, and which are symbols.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

/// The type of the rows of 10x files that are genes; the others are antibodies, guides, ….
inline constexpr std::string_view kGeneExpression = "Gene Expression";

struct GeneColumns {
  std::vector<std::string> ids;
  std::vector<std::string> symbols;  ///< empty where the file names none
};

/// One text a gene; nothing where there is no such column, or it holds no text.
using GeneTexts = std::function<std::optional<std::vector<std::string>>(std::string_view column)>;

/// Ids are the index, unless it does not look like Ensembl ids and there is a column of ids: then they are
/// that, and the index is the symbols where no column is.
GeneColumns choose_gene_columns(std::vector<std::string> index, const GeneTexts& texts_of);

}  // namespace biodta::cells
