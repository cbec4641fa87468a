#pragma once
/// @file
/// HDF5 files by RAII. HDF5's own headers appear only in src/support/hdf5*, and every call passes through one
/// process-wide lock (the library as packaged is not thread-safe), so objects may be used from any thread.
///
/// Every function throws InputError naming the file and the object inside it. Nothing is printed: HDF5's own
/// error stack is turned into the message.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::support::hdf5 {

/// The kinds of values that Bio-DTA's files hold.
enum class ElementType {
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat16,
  kFloat32,
  kFloat64,
  kBool,    ///< kBool: h5py's enumeration of FALSE and TRUE
  kString,  ///< fixed or variable length
  kOther    ///< compound, reference, …
};

/// Whether values of a type may be fractions.
bool is_floating(ElementType type);

/// How a new dataset is laid out.
struct DatasetLayout {
  std::vector<std::uint64_t> chunk;  ///< chunk shape; empty = contiguous, and then no compression
  int gzip_level = 0;                ///< 0 = not compressed
  bool shuffle = false;              ///< byte shuffle before gzip: smaller for integers
  bool extendible = false;           ///< the first dimension may grow (needs a chunk shape)
};

namespace detail {
struct Object;  // an HDF5 identifier and its closer
}

/// Attributes of a file, group or dataset.
class Attributed {
 public:
  bool has_attribute(std::string_view name) const;
  std::vector<std::string> attribute_names() const;
  /// Text of a scalar string attribute, or of a scalar number in decimal.
  std::string text_attribute(std::string_view name) const;
  std::optional<std::string> maybe_text_attribute(std::string_view name) const;
  std::int64_t integer_attribute(std::string_view name) const;
  double double_attribute(std::string_view name) const;
  std::vector<std::int64_t> integer_array_attribute(std::string_view name) const;
  std::vector<std::string> text_array_attribute(std::string_view name) const;
  void set_attribute(std::string_view name, std::string_view text);
  void set_attribute(std::string_view name, const char* text) { set_attribute(name, std::string_view(text)); }
  void set_attribute(std::string_view name, std::int64_t value);
  void set_attribute(std::string_view name, double value);
  void set_attribute(std::string_view name, bool value);  ///< as h5py writes numpy.bool_
  void set_attribute(std::string_view name, std::span<const std::int64_t> values);
  void set_attribute(std::string_view name, std::span<const std::string> values);

 protected:
  std::shared_ptr<detail::Object> object_;
};

/// An n-dimensional array. T of the templates: (u)int8/16/32/64, float, double; values are converted from and
/// to the file's type, out-of-range integers being clipped as HDF5 does it.
class Dataset : public Attributed {
 public:
  std::vector<std::uint64_t> shape() const;
  ElementType type() const;
  /// Chunk shape; empty when contiguous.
  std::vector<std::uint64_t> chunk() const;

  /// Reads `count` values of a one-dimensional dataset from `first`.
  template <class T>
  void read(std::uint64_t first, std::span<T> out) const;
  /// Reads rows [first, first + rows) of an array of any rank; `out` holds rows × the product of the other
  /// dimensions.
  template <class T>
  void read_rows(std::uint64_t first, std::uint64_t rows, std::span<T> out) const;
  /// Reads the rectangle of rows [first_row, first_row + rows) and columns [first_column, first_column +
  /// columns) of a two-dimensional dataset, in C order.
  template <class T>
  void read_tile(std::uint64_t first_row, std::uint64_t rows, std::uint64_t first_column,
                 std::uint64_t columns, std::span<T> out) const;
  /// Reads everything, in C order.
  template <class T>
  std::vector<T> read_all() const;
  std::vector<std::string> read_strings() const;
  /// Strings [first, first + count) of a one-dimensional dataset.
  std::vector<std::string> read_strings(std::uint64_t first, std::uint64_t count) const;
  /// Raw file-type bytes of rows, unconverted (for float16).
  void read_rows_raw(std::uint64_t first, std::uint64_t rows, std::span<std::byte> out) const;

  /// Names of the members of a compound (table) dataset, in their order; empty for every other kind.
  std::vector<std::string> members() const;
  ElementType member_type(std::string_view member) const;
  /// One member of every row of a compound dataset, as numbers (truth values as 0 and 1) or as text.
  template <class T>
  std::vector<T> read_member(std::string_view member) const;
  std::vector<std::string> read_member_strings(std::string_view member) const;

  template <class T>
  void write_all(std::span<const T> values);
  /// Writes rows from `first`, extending the dataset when it is extendible and they lie past its end.
  template <class T>
  void write_rows(std::uint64_t first, std::uint64_t rows, std::span<const T> values);
  void write_rows_raw(std::uint64_t first, std::uint64_t rows, std::span<const std::byte> values);
  void write_strings(std::span<const std::string> values);
  /// One-dimensional and extendible: adds at the end.
  template <class T>
  void append(std::span<const T> values);
  void append_strings(std::span<const std::string> values);

 private:
  friend class Group;
};

class Group : public Attributed {
 public:
  /// `path` may hold slashes.
  bool exists(std::string_view path) const;
  bool is_group(std::string_view path) const;
  bool is_dataset(std::string_view path) const;
  std::vector<std::string> children() const;  ///< sorted by name
  Group group(std::string_view path) const;
  Dataset dataset(std::string_view path) const;
  /// Missing parents are made.
  Group create_group(std::string_view path);
  Dataset create_dataset(std::string_view path, ElementType type, std::span<const std::uint64_t> shape,
                         const DatasetLayout& layout = {});
  /// Variable-length UTF-8 strings, written at once.
  Dataset create_strings(std::string_view path, std::span<const std::string> values);
  /// A small one-dimensional dataset, written at once.
  template <class T>
  Dataset create_values(std::string_view path, std::span<const T> values, const DatasetLayout& layout = {});
  /// A scalar string dataset.
  Dataset create_text(std::string_view path, std::string_view text);
  /// Absolute path inside the file.
  std::string name() const;

 protected:
  friend class File;
};

class File : public Group {
 public:
  /// Read-only. Throws InputError for what is missing, truncated or no HDF5 file.
  static File open(const std::filesystem::path& path);
  /// Read and write.
  static File open_for_update(const std::filesystem::path& path);
  /// Replaces what is there; use with AtomicPath. Creation times are not stored, so equal contents give equal
  /// bytes.
  static File create(const std::filesystem::path& path);
  const std::filesystem::path& path() const noexcept { return path_; }
  /// Writes and closes, and with it every object opened from it; errors surface here, not in the destructor.
  void close();

 private:
  std::filesystem::path path_;
};

/// Size in bytes of one value in a file.
std::size_t element_size(ElementType type);

}  // namespace biodta::support::hdf5
