#include "count_row.hpp"

#include <algorithm>
#include <cstddef>

namespace biodta::cells {

bool ascending(std::span<const std::uint32_t> columns) {
  std::uint32_t falls = 0;  // a number, not a truth value, so that compilers vectorise the loop
  for (std::size_t i = 1; i < columns.size(); ++i) falls |= columns[i - 1] < columns[i] ? 0U : 1U;
  return falls == 0;
}

void sum_by_gene(std::span<const std::uint32_t> columns, std::span<const float> counts,
                 std::span<const std::uint32_t> gene_of_column, std::uint32_t none,
                 std::vector<GeneCount>& out) {
  out.clear();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::uint32_t gene = gene_of_column[columns[i]];
    if (gene != none && counts[i] > 0.0F) out.push_back({gene, static_cast<double>(counts[i])});
  }
  std::sort(out.begin(), out.end(), [](const GeneCount& a, const GeneCount& b) {
    return a.gene < b.gene ||
           (a.gene == b.gene && a.count < b.count);  // sums of fractions depend on the order
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (kept > 0 && out[kept - 1].gene == out[i].gene) {
      out[kept - 1].count += out[i].count;
    } else {
      out[kept++] = out[i];
    }
  }
  out.resize(kept);
}

}  // namespace biodta::cells
