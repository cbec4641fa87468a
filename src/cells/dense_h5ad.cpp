#include "anndata_parts.hpp"
#include "data_frame.hpp"

#include <biodta/cells/dense_h5ad.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace biodta::cells {
namespace {

constexpr std::uint64_t kValuesAChunk = std::uint64_t{1} << 16;
constexpr std::uint64_t kRowsAChunk = 1024;

/// Not compressed: the bits of an embedding are nearly random.
support::hdf5::Dataset make_dense_matrix(support::hdf5::Group& root, std::uint64_t columns) {
  const std::array<std::uint64_t, 2> shape = {0, columns};
  const std::uint64_t rows = std::max<std::uint64_t>(kValuesAChunk / std::max<std::uint64_t>(columns, 1), 1);
  auto matrix = root.create_dataset("X", support::hdf5::ElementType::kFloat32, shape,
                                    {{rows, columns}, 0, false, true});
  set_encoding(matrix, "array", "0.2.0");
  return matrix;
}

}  // namespace

struct DenseH5adWriter::Implementation {
  Implementation(const std::filesystem::path& path, std::span<const std::string> columns,
                 std::span<const ObsField> fields)
      : path(path),
        target(path),
        file(support::hdf5::File::create(target.temporary())),
        width(columns.size()),
        matrix(make_dense_matrix(file, width)),
        obs(file, "obs", fields, kRowsAChunk) {
    set_encoding(file, "anndata");
    write_frame(file, "var", columns, {});
    for (const ObsField& field : fields) names.push_back(field.name);
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(path.string() + ": cannot be written: " + what);
  }

  /// Texts stand in front: they say what a row is.
  void write_text(std::span<const TextColumn> columns) {
    if (columns.empty()) return;
    std::vector<std::string> order;
    support::hdf5::Group frame = obs.group();
    for (const TextColumn& column : columns) {
      if (column.values.size() != rows) fail("column '" + column.name + "' has another number of rows");
      support::hdf5::Dataset values = frame.create_strings(column.name, column.values);
      set_encoding(values, "string-array", "0.2.0");
      order.push_back(column.name);
    }
    order.insert(order.end(), names.begin(), names.end());
    frame.set_attribute("column-order", std::span<const std::string>(order));
  }

  void write_uns(const std::map<std::string, std::string>& provenance) {
    support::hdf5::Group uns = create_dict(file, "uns");
    if (provenance.empty()) return;
    support::hdf5::Group own = create_dict(uns, "biodta");
    for (const auto& [name, text] : provenance) {
      support::hdf5::Dataset value = own.create_text(name, text);
      set_encoding(value, "string", "0.2.0");
    }
  }

  std::filesystem::path path;
  support::AtomicPath target;
  support::hdf5::File file;
  std::uint64_t width;
  support::hdf5::Dataset matrix;
  FrameWriter obs;
  std::vector<std::string> names;
  std::uint64_t rows = 0;
};

DenseH5adWriter::DenseH5adWriter(const std::filesystem::path& path, std::span<const std::string> columns,
                                 std::span<const ObsField> obs)
    : implementation_(std::make_unique<Implementation>(path, columns, obs)) {}
DenseH5adWriter::~DenseH5adWriter() = default;
DenseH5adWriter::DenseH5adWriter(DenseH5adWriter&&) noexcept = default;
DenseH5adWriter& DenseH5adWriter::operator=(DenseH5adWriter&&) noexcept = default;

std::uint64_t DenseH5adWriter::row_count() const noexcept {
  return implementation_->rows;
}

void DenseH5adWriter::append(std::span<const std::string> ids, std::span<const ObsValues> obs,
                             std::span<const float> values) {
  Implementation& own = *implementation_;
  if (values.size() != ids.size() * own.width) own.fail("rows and values do not fit together");
  if (ids.empty()) return;
  own.obs.append(ids, obs);
  own.matrix.write_rows<float>(own.rows, ids.size(), values);
  own.rows += ids.size();
}

void DenseH5adWriter::finish(std::span<const TextColumn> text,
                             const std::map<std::string, std::string>& provenance) {
  Implementation& own = *implementation_;
  own.write_text(text);
  create_empty_dicts(own.file);
  own.write_uns(provenance);
  own.file.close();
  own.target.commit();
}

}  // namespace biodta::cells
