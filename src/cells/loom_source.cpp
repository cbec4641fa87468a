#include "loom_source.hpp"

#include "dense_matrix.hpp"
#include "loom_attributes.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

constexpr std::string_view kMainMatrix = "matrix";
constexpr std::array<std::string_view, 9> kCellNames = {"CellID",   "obs_names", "cell_names",
                                                        "cell_id",  "cell_ids",  "barcode",
                                                        "barcodes", "Barcode",   "cell_name"};
constexpr std::array<std::string_view, 9> kGeneNames = {"Gene",      "var_names",   "gene_names",
                                                        "gene_name", "Accession",   "ensembl_id",
                                                        "gene_ids",  "ensembl_ids", "GeneID"};

std::vector<std::string> loom_matrix_names(const hdf5::File& file) {
  std::vector<std::string> names = {std::string(kMainMatrix)};
  if (!file.is_group("layers")) return names;
  for (const std::string& layer : file.group("layers").children()) names.push_back("layers/" + layer);
  return names;
}

std::string find_loom_matrix(const hdf5::File& file, const std::string& wanted) {
  if (wanted == "auto") return std::string(kMainMatrix);
  const std::vector<std::string> names = loom_matrix_names(file);
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
  throw InputError(file.path(), "", "no matrix '" + wanted + "'", support::join_words(names));
}

std::unique_ptr<DenseMatrix> open_loom_matrix(const hdf5::File& file, const std::string& name) {
  return std::make_unique<DenseMatrix>(file.path(), file.dataset(name), name,
                                       DenseMatrix::Orientation::kGenesFirst);
}

}  // namespace

bool is_loom(const hdf5::File& file) {
  return file.is_dataset(kMainMatrix) && file.is_group("row_attrs") && file.is_group("col_attrs");
}

LoomSource::LoomSource(const hdf5::File& file, const CountSourceOptions& options)
    : TableSource(options.values, file, open_loom_matrix(file, find_loom_matrix(file, options.matrix))) {
  take_cells(std::make_unique<LoomAttributes>(path(), file.group("col_attrs"), matrix().rows(), kCellNames));
  const hdf5::Group group = file.group("row_attrs");
  const LoomAttributes genes(path(), group, matrix().columns(), kGeneNames);
  if (!genes.has_index()) {
    const std::vector<std::string> found = group.children();
    throw InputError(path(), "row_attrs", found.empty() ? "nothing" : support::join_words(found),
                     "the names of the genes (Gene, Accession, gene_ids, …)");
  }
  take_genes(genes, "row_attrs");
}

std::vector<std::string> LoomSource::matrix_names() const {
  return loom_matrix_names(file());
}

}  // namespace biodta::cells
