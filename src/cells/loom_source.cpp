#include "loom_source.hpp"

#include "gene_columns.hpp"
#include "loom_attributes.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

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

LoomSource::LoomSource(hdf5::File file, const CountSourceOptions& options)
    : CountSource(options.values),
      file_(std::move(file)),
      matrix_(open_loom_matrix(file_, find_loom_matrix(file_, options.matrix))),
      obs_(std::make_unique<LoomAttributes>(path(), file_.group("col_attrs"), matrix_->rows(), kCellNames)) {
  read_genes();
}

void LoomSource::read_genes() {
  const std::uint64_t count = matrix_->columns();
  const hdf5::Group group = file_.group("row_attrs");
  const LoomAttributes attributes(path(), group, count, kGeneNames);
  if (!attributes.has_index()) {
    const std::vector<std::string> found = group.children();
    throw InputError(path(), "row_attrs", found.empty() ? "nothing" : support::join_words(found),
                     "the names of the genes (Gene, Accession, gene_ids, …)");
  }
  GeneColumns genes = choose_gene_columns(attributes.index(), [&](std::string_view name) {
    std::optional<std::vector<std::string>> texts = attributes.text_column(name);
    if (texts && texts->size() != count) {
      throw InputError(path(), "row_attrs/" + std::string(name), std::to_string(texts->size()) + " values",
                       std::to_string(count) + ", one a gene");
    }
    return texts;
  });
  gene_ids_ = std::move(genes.ids);
  gene_symbols_ = std::move(genes.symbols);
}

std::vector<std::string> LoomSource::matrix_names() const {
  return loom_matrix_names(file_);
}

std::vector<std::string> LoomSource::cell_ids(std::uint64_t first, std::uint64_t count) const {
  return obs_->index(first, count);
}

ObsValues LoomSource::read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const {
  return obs_->read(field, first, count);
}

void LoomSource::read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  matrix_->read(first, max_cells, block);
}

}  // namespace biodta::cells
