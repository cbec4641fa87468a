#include "anndata_parts.hpp"
#include "data_frame.hpp"

#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

constexpr std::uint64_t kValuesPerChunk = std::uint64_t{1} << 16;

hdf5::DatasetLayout layout_of(std::size_t values) {
  if (values == 0) return {};
  return {{std::min<std::uint64_t>(values, kValuesPerChunk)}, 1, true, false};
}

void check(const H5adContents& contents, const std::filesystem::path& path) {
  const CountBlock& counts = contents.counts;
  const auto fail = [&](const std::string& what) {
    throw Error(path.string() + ": cannot be written: " + what);
  };
  if (counts.cell_count() != contents.cell_ids.size()) fail("counts and cell ids differ in number");
  if (counts.offsets.front() != 0 || counts.offsets.back() != counts.counts.size() ||
      counts.genes.size() != counts.counts.size()) {
    fail("offsets, genes and counts do not fit together");
  }
  const auto widest = std::max_element(counts.genes.begin(), counts.genes.end());
  if (widest != counts.genes.end() && *widest >= contents.gene_ids.size())
    fail("a gene index is out of range");
  if (!contents.gene_symbols.empty() && contents.gene_symbols.size() != contents.gene_ids.size()) {
    fail("gene symbols and gene ids differ in number");
  }
}

/// SciPy wants indptr and indices of one type, the 32-bit one where it suffices.
template <class Index>
void write_indices(hdf5::Group& matrix, const CountBlock& counts) {
  const std::vector<Index> indices(counts.genes.begin(), counts.genes.end());
  const std::vector<Index> indptr(counts.offsets.begin(), counts.offsets.end());
  matrix.create_values<Index>("indices", indices, layout_of(indices.size()));
  matrix.create_values<Index>("indptr", indptr, layout_of(indptr.size()));
}

void write_matrix(hdf5::Group& root, const H5adContents& contents) {
  const CountBlock& counts = contents.counts;
  hdf5::Group matrix = root.create_group("X");
  set_encoding(matrix, "csr_matrix");
  const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(contents.cell_ids.size()),
                                             static_cast<std::int64_t>(contents.gene_ids.size())};
  matrix.set_attribute("shape", std::span<const std::int64_t>(shape));
  matrix.create_values<float>("data", counts.counts, layout_of(counts.counts.size()));
  if (counts.counts.size() <= std::numeric_limits<std::int32_t>::max()) {
    write_indices<std::int32_t>(matrix, counts);
  } else {
    write_indices<std::int64_t>(matrix, counts);
  }
}

void write_genes(hdf5::Group& root, const H5adContents& contents) {
  hdf5::Group var = write_frame(root, "var", contents.gene_ids, {});
  if (contents.gene_symbols.empty()) return;
  const std::array<std::string, 1> columns = {"gene_symbol"};
  var.set_attribute("column-order", std::span<const std::string>(columns));
  hdf5::Dataset symbols = var.create_strings(columns.front(), contents.gene_symbols);
  set_encoding(symbols, "string-array", "0.2.0");
}

}  // namespace

void write_h5ad(const std::filesystem::path& path, const H5adContents& contents) {
  check(contents, path);
  support::AtomicPath target(path);
  hdf5::File file = hdf5::File::create(target.temporary());
  set_encoding(file, "anndata");
  write_matrix(file, contents);
  write_frame(file, "obs", contents.cell_ids, contents.obs);
  write_genes(file, contents);
  create_empty_dicts(file);
  create_dict(file, "uns");
  file.close();
  target.commit();
}

}  // namespace biodta::cells
