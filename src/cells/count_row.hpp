#pragma once
/// @file
/// One cell's counts by gene, for everything that must not count a gene twice.

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::cells {

struct GeneCount {
  std::uint32_t gene;
  double count;
};

/// Whether a cell's columns are strictly ascending, so that none is given twice.
bool ascending(std::span<const std::uint32_t> columns);

/// The expressed genes of a cell: counts above zero, by gene, in ascending order, the counts of one gene
/// summed.
/// @param gene_of_column  [columns of the file]
/// @param none            the gene of columns that take no part.
/// @param out             replaced.
void sum_by_gene(std::span<const std::uint32_t> columns, std::span<const float> counts,
                 std::span<const std::uint32_t> gene_of_column, std::uint32_t none,
                 std::vector<GeneCount>& out);

}  // namespace biodta::cells
