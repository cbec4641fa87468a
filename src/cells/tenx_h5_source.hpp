#pragma once
/// @file
/// Counts from a 10x .h5 file: version 3 (Cell Ranger 3 and later, and what imitates it) and version 2 (one
/// group a genome).

#include "csr_matrix.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/hdf5.hpp>

#include <memory>
#include <string>
#include <vector>

namespace biodta::cells {

/// Names of the groups that hold a 10x matrix: "matrix" in version 3, the genomes in version 2.
std::vector<std::string> tenx_groups(const support::hdf5::File& file);

/// Features of other types than "Gene Expression" (antibodies, guides) are left out.
class TenxH5Source final : public CountSource {
 public:
  TenxH5Source(support::hdf5::File file, const CountSourceOptions& options);

  std::string format() const override;
  const std::filesystem::path& path() const override { return file_.path(); }
  std::uint64_t cell_count() const override { return matrix_->rows(); }
  const std::vector<std::string>& gene_ids() const override { return gene_ids_; }
  std::vector<std::string> gene_symbols() const override { return gene_symbols_; }
  std::string matrix_name() const override { return matrix_->name(); }
  std::vector<std::string> matrix_names() const override { return tenx_groups(file_); }
  std::vector<std::string> cell_ids(std::uint64_t first, std::uint64_t count) const override;

 protected:
  void read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) override;

 private:
  void read_features(bool choose_genome);
  /// Of several genomes of which one is human, only that one's features stay genes.
  void leave_out_other_genomes(const std::vector<std::string>& genomes, std::vector<std::string>& types);
  /// Numbers the features that are genes; false where all of them are.
  bool number_genes(const std::vector<std::string>& types);
  void drop_other_features(CountBlock& block) const;

  support::hdf5::File file_;
  std::unique_ptr<CsrMatrix> matrix_;
  support::hdf5::Group group_;
  support::hdf5::Dataset barcodes_;
  std::string genome_;         // the one chosen of several
  bool has_features_ = false;  // version 3
  std::vector<std::string> gene_ids_;
  std::vector<std::string> gene_symbols_;
  std::vector<std::uint32_t> gene_of_feature_;  // empty where every feature is a gene
};

}  // namespace biodta::cells
