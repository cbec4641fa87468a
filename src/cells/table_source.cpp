#include "table_source.hpp"

#include "gene_columns.hpp"

#include <biodta/support/error.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace biodta::cells {

TableSource::TableSource(CountValues values, support::hdf5::File file, std::unique_ptr<Matrix> matrix)
    : CountSource(values), file_(std::move(file)), matrix_(std::move(matrix)) {}

void TableSource::take_genes(const ColumnFrame& table, const std::string& name) {
  const std::uint64_t count = matrix_->columns();
  GeneColumns genes = choose_gene_columns(table.index(), [&](std::string_view column) {
    std::optional<std::vector<std::string>> texts = table.text_column(column);
    if (texts && texts->size() != count) {
      throw InputError(path(), name + "/" + std::string(column), std::to_string(texts->size()) + " values",
                       std::to_string(count) + ", one a gene");
    }
    return texts;
  });
  gene_ids_ = std::move(genes.ids);
  gene_symbols_ = std::move(genes.symbols);
}

std::vector<std::string> TableSource::cell_ids(std::uint64_t first, std::uint64_t count) const {
  return obs_->index(first, count);
}

ObsValues TableSource::read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const {
  return obs_->read(field, first, count);
}

void TableSource::read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  matrix_->read(first, max_cells, block);
}

}  // namespace biodta::cells
