#pragma once
/// @file
/// What AnnData and loom have in common: a matrix between a table of the cells and one of the genes.

#include "column_frame.hpp"
#include "matrix.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/hdf5.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace biodta::cells {

class TableSource : public CountSource {
 public:
  const std::filesystem::path& path() const override { return file_.path(); }
  std::uint64_t cell_count() const override { return matrix_->rows(); }
  const std::vector<std::string>& gene_ids() const override { return gene_ids_; }
  std::vector<std::string> gene_symbols() const override { return gene_symbols_; }
  std::string matrix_name() const override { return matrix_->name(); }
  std::vector<std::string> cell_ids(std::uint64_t first, std::uint64_t count) const override;
  const std::vector<ObsField>& obs_fields() const override { return obs_->fields(); }
  ObsValues read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const override;

 protected:
  /// The heir's constructor must then take both tables.
  TableSource(CountValues values, support::hdf5::File file, std::unique_ptr<Matrix> matrix);

  const support::hdf5::File& file() const noexcept { return file_; }
  const Matrix& matrix() const noexcept { return *matrix_; }
  /// Takes the table of the cells.
  /// @param table  one row a cell; checked by the caller
  void take_cells(std::unique_ptr<ColumnFrame> table) { obs_ = std::move(table); }
  /// Takes ids and symbols from the table of the genes. Throws InputError for columns of another length.
  /// @param table  one row a gene; checked by the caller. @param name  of the table, for messages
  void take_genes(const ColumnFrame& table, const std::string& name);

  void read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) override;

 private:
  support::hdf5::File file_;
  std::unique_ptr<Matrix> matrix_;
  std::unique_ptr<ColumnFrame> obs_;
  std::vector<std::string> gene_ids_;
  std::vector<std::string> gene_symbols_;
};

}  // namespace biodta::cells
