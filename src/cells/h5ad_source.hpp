#pragma once
/// @file
/// Counts from an AnnData .h5ad file of any age: X, raw/X or a layer, in CSR, CSC or dense.

#include "column_frame.hpp"
#include "matrix.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/hdf5.hpp>

#include <memory>

namespace biodta::cells {

class H5adSource final : public CountSource {
 public:
  H5adSource(support::hdf5::File file, const CountSourceOptions& options);

  std::string format() const override { return "AnnData .h5ad, " + matrix_->layout(); }
  const std::filesystem::path& path() const override { return file_.path(); }
  std::uint64_t cell_count() const override { return matrix_->rows(); }
  const std::vector<std::string>& gene_ids() const override { return gene_ids_; }
  std::vector<std::string> gene_symbols() const override { return gene_symbols_; }
  std::string matrix_name() const override { return matrix_->name(); }
  std::vector<std::string> matrix_names() const override;
  std::vector<std::string> cell_ids(std::uint64_t first, std::uint64_t count) const override;
  const std::vector<ObsField>& obs_fields() const override { return obs_->fields(); }
  ObsValues read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const override;

 protected:
  void read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) override;

 private:
  void read_genes();

  support::hdf5::File file_;
  std::unique_ptr<Matrix> matrix_;
  std::unique_ptr<ColumnFrame> obs_;
  std::vector<std::string> gene_ids_;
  std::vector<std::string> gene_symbols_;
};

}  // namespace biodta::cells
