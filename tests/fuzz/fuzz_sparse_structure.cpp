// Matrices whose structure is taken from the input as it is, in HDF5 files that are otherwise whole: so the
// fuzzer reaches the checks of the readers instead of HDF5's own.
//
// The first eight bytes are a recipe: kind, cells, genes, type of data, type of indices and pointers, chunk,
// shape told (0 = the true one), and cells a block. What follows is cut into indptr, indices, data and the
// codes of a column of obs. sparse_structure_seeds.py writes such inputs.

#include <biodta/cells/count_source.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace biodta {
namespace {

namespace hdf5 = support::hdf5;
using hdf5::ElementType;

class FuzzBytes {
 public:
  explicit FuzzBytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint8_t byte() {
    const auto taken = take(1);
    return taken.empty() ? 0 : taken.front();
  }
  std::span<const std::uint8_t> take(std::size_t count) {
    const auto taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

struct FuzzRecipe {
  enum Kind { kCsr, kCsc, kDense, kTenx, kLoom, kKinds };
  explicit FuzzRecipe(FuzzBytes& bytes)
      : kind(bytes.byte() % kKinds),
        cells(bytes.byte() % 33),
        genes(bytes.byte() % 33),
        data_type(type_of(bytes.byte())),
        index_type(type_of(bytes.byte())),
        chunk(bytes.byte() % 9),
        told(bytes.byte()),
        block(1U + bytes.byte() % 8) {}

  /// Every kind of number; of the others only text.
  static ElementType type_of(std::uint8_t byte) {
    return static_cast<ElementType>(byte % (static_cast<int>(ElementType::kString) + 1));
  }

  int kind;
  std::uint64_t cells;
  std::uint64_t genes;
  ElementType data_type;
  ElementType index_type;
  std::uint64_t chunk;
  std::uint8_t told;
  std::size_t block;
};

/// Writes the bytes as the elements that they are, whatever their type. A short array is filled with zeros.
void add_array(hdf5::Group& group, const std::string& name, ElementType type,
               std::vector<std::uint64_t> shape, std::uint64_t chunk, FuzzBytes& bytes) {
  std::uint64_t count = 1;
  for (const std::uint64_t size : shape) count *= size;
  if (type == ElementType::kString) {
    const std::vector<std::string> texts(shape.size() == 1 ? count : 1, "text");
    group.create_strings(name, texts);
    return;
  }
  hdf5::DatasetLayout layout;
  if (chunk > 0 && count > 0)
    layout = {std::vector<std::uint64_t>(shape.size(), chunk), 1, chunk % 2 == 0, false};
  for (std::size_t i = 0; i < layout.chunk.size(); ++i) layout.chunk[i] = std::min(layout.chunk[i], shape[i]);
  hdf5::Dataset dataset = group.create_dataset(name, type, shape, layout);
  std::vector<std::byte> raw(count * hdf5::element_size(type));
  const auto taken = bytes.take(raw.size());
  if (!taken.empty()) std::memcpy(raw.data(), taken.data(), taken.size());
  if (!raw.empty()) dataset.write_rows_raw(0, shape.front(), raw);
}

std::vector<std::string> fuzz_names(const std::string& stem, std::uint64_t count) {
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < count; ++i) names.push_back(stem + std::to_string(i));
  return names;
}

/// indptr, and then indices and data that share what is left.
void add_sparse(hdf5::Group& group, const FuzzRecipe& recipe, std::uint64_t lines, FuzzBytes& bytes) {
  const auto size = [](ElementType type) {
    return type == ElementType::kString ? 1 : hdf5::element_size(type);
  };
  add_array(group, "indptr", recipe.index_type, {lines + 1}, recipe.chunk, bytes);
  const std::uint64_t values = bytes.left() / (size(recipe.index_type) + size(recipe.data_type));
  add_array(group, "indices", recipe.index_type, {values}, recipe.chunk, bytes);
  add_array(group, "data", recipe.data_type, {values}, recipe.chunk, bytes);
}

void add_table(hdf5::File& file, const std::string& name, const std::vector<std::string>& index) {
  hdf5::Group group = file.create_group(name);
  group.set_attribute("_index", "_index");
  group.create_strings("_index", index);
}

/// obs of codes from the input, of numbers, and of text.
void add_obs(hdf5::File& file, const FuzzRecipe& recipe, FuzzBytes& bytes) {
  add_table(file, "obs", fuzz_names("c", recipe.cells));
  hdf5::Group obs = file.group("obs");
  hdf5::Group type = obs.create_group("type");
  type.set_attribute("encoding-type", "categorical");
  add_array(type, "codes", recipe.told % 2 == 0 ? ElementType::kInt8 : recipe.index_type, {recipe.cells},
            recipe.chunk, bytes);
  type.create_strings("categories", std::vector<std::string>{"T", "B"});
  hdf5::Group maybe = obs.create_group("maybe");
  maybe.set_attribute("encoding-type", "nullable-integer");
  add_array(maybe, "values", recipe.data_type, {recipe.cells}, 0, bytes);
  add_array(maybe, "mask", ElementType::kBool, {recipe.cells}, 0, bytes);
  obs.create_strings("note", fuzz_names("n", recipe.cells));
}

void add_anndata_sparse(hdf5::File& file, const FuzzRecipe& recipe, FuzzBytes& bytes) {
  hdf5::Group matrix = file.create_group("X");
  matrix.set_attribute("encoding-type", recipe.kind == FuzzRecipe::kCsr ? "csr_matrix" : "csc_matrix");
  const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(recipe.cells),
                                             static_cast<std::int64_t>(recipe.genes) + recipe.told / 64};
  matrix.set_attribute("shape", std::span<const std::int64_t>(shape));
  add_sparse(matrix, recipe, recipe.kind == FuzzRecipe::kCsr ? recipe.cells : recipe.genes, bytes);
}

void write_fuzz_file(const std::filesystem::path& path, const FuzzRecipe& recipe, FuzzBytes& bytes) {
  hdf5::File file = hdf5::File::create(path);
  const std::vector<std::string> genes = fuzz_names("g", recipe.genes);
  if (recipe.kind == FuzzRecipe::kTenx) {
    hdf5::Group matrix = file.create_group("matrix");
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(recipe.genes) + recipe.told / 64,
                                             static_cast<std::int64_t>(recipe.cells)};
    matrix.create_values<std::int64_t>("shape", shape);
    matrix.create_strings("barcodes", fuzz_names("c", recipe.cells));
    matrix.create_strings("features/id", genes);
    std::vector<std::string> types(genes.size(), "Gene Expression");
    for (std::size_t i = 1; recipe.told % 2 == 1 && i < types.size(); i += 2) types[i] = "Antibody Capture";
    matrix.create_strings("features/feature_type", types);
    add_sparse(matrix, recipe, recipe.cells, bytes);
  } else if (recipe.kind == FuzzRecipe::kLoom) {
    file.create_strings("row_attrs/Gene", genes);
    hdf5::Group columns = file.create_group("col_attrs");
    add_array(columns, "Age", recipe.index_type, {recipe.cells}, 0, bytes);
    add_array(file, "matrix", recipe.data_type, {recipe.genes, recipe.cells}, recipe.chunk, bytes);
  } else {
    add_obs(file, recipe, bytes);
    add_table(file, "var", genes);
    if (recipe.kind == FuzzRecipe::kDense) {
      add_array(file, "X", recipe.data_type, {recipe.cells, recipe.genes}, recipe.chunk, bytes);
    } else {
      add_anndata_sparse(file, recipe, bytes);
    }
  }
  file.close();
}

void read_fuzz_file(const std::filesystem::path& path, std::size_t block_cells) {
  const auto source = cells::open_counts(path, {"auto", cells::CountValues::kNotNegative});
  const std::uint64_t cells = source->cell_count();
  for (std::uint64_t first = 0; first < cells; first += block_cells) {
    const std::uint64_t count = std::min<std::uint64_t>(block_cells, cells - first);
    if (source->cell_ids(first, count).size() != count) __builtin_trap();
    for (std::size_t field = 0; field < source->obs_fields().size(); ++field)
      source->read_obs(field, first, count);
  }
  cells::CountBlock block;
  std::uint64_t next = 0;
  while (source->next(block, block_cells)) {
    if (block.first_cell != next || block.offsets.back() != block.genes.size()) __builtin_trap();
    for (const std::uint32_t gene : block.genes) {
      if (gene >= source->gene_ids().size()) __builtin_trap();
    }
    next += block.cell_count();
  }
  if (next != cells) __builtin_trap();
}

}  // namespace
}  // namespace biodta

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path kPath =
      "/dev/shm/biodta-fuzz-structure-" + std::to_string(::getpid()) + ".h5";
  biodta::FuzzBytes bytes({data, size});
  const biodta::FuzzRecipe recipe(bytes);
  biodta::write_fuzz_file(kPath, recipe, bytes);
  try {
    biodta::read_fuzz_file(kPath, recipe.block);
  } catch (const biodta::Error&) {
    // Refused in words, as it should be.
  }
  std::filesystem::remove(kPath);
  return 0;
}
