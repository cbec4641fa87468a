#pragma once
/// @file
/// Counts from a loom file (versions 2 and 3): the main matrix or a layer, genes × cells.

#include "column_frame.hpp"
#include "dense_matrix.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/hdf5.hpp>

#include <memory>

namespace biodta::cells {

/// Whether the file has the form of a loom file.
bool is_loom(const support::hdf5::File& file);

class LoomSource final : public CountSource {
 public:
  LoomSource(support::hdf5::File file, const CountSourceOptions& options);

  std::string format() const override { return "loom"; }
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
  std::unique_ptr<DenseMatrix> matrix_;
  std::unique_ptr<ColumnFrame> obs_;
  std::vector<std::string> gene_ids_;
  std::vector<std::string> gene_symbols_;
};

}  // namespace biodta::cells
