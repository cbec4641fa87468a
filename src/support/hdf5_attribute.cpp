#include "hdf5_handle.hpp"

#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <array>

namespace biodta::support::hdf5 {
namespace {

/// An open attribute with its type and number of elements.
struct OpenAttribute {
  Handle id;
  Handle type;
  Handle space;
  std::size_t count;
};

[[noreturn]] void fail_at(const ObjectPointer& object, std::string_view attribute, std::string_view found,
                          std::string_view expected) {
  throw InputError(object->file->path, name_of(object) + " attribute '" + std::string(attribute) + "'", found,
                   expected);
}

OpenAttribute open_attribute(const ObjectPointer& object, std::string_view name, std::string_view expected) {
  Handle id(H5Aopen(id_of(object), std::string(name).c_str(), H5P_DEFAULT), H5Aclose);
  if (!id.valid()) {
    H5Eclear2(H5E_DEFAULT);
    fail_at(object, name, "none", expected);
  }
  Handle type(H5Aget_type(id.get()), H5Tclose);
  Handle space(H5Aget_space(id.get()), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space.get());
  return {std::move(id), std::move(type), std::move(space),
          static_cast<std::size_t>(std::max<hssize_t>(count, 0))};
}

bool is_number(hid_t type) {
  const ElementType kind = classify(type);
  return kind != ElementType::kString && kind != ElementType::kOther;
}

std::vector<std::string> read_texts(const ObjectPointer& object, std::string_view name,
                                    const OpenAttribute& attribute) {
  auto values =
      read_string_elements(attribute.type.get(), attribute.space.get(), attribute.count,
                           [&](hid_t memory, void* out) { return H5Aread(attribute.id.get(), memory, out); });
  if (values.size() != attribute.count) fail_at(object, name, cause(), "readable text");
  return values;
}

template <class T>
std::vector<T> read_numbers(const ObjectPointer& object, std::string_view name,
                            const OpenAttribute& attribute, std::string_view expected) {
  std::vector<T> values(attribute.count);
  if (values.empty()) return values;
  if (!is_number(attribute.type.get())) fail_at(object, name, "no number", expected);
  if (H5Aread(attribute.id.get(), native_type<T>(), values.data()) < 0)
    fail_at(object, name, cause(), expected);
  return values;
}

/// A scalar, or the only element of an array.
template <class T>
T read_number(const ObjectPointer& object, std::string_view name, std::string_view expected) {
  const Session session;
  const OpenAttribute attribute = open_attribute(object, name, expected);
  const std::vector<T> values = read_numbers<T>(object, name, attribute, expected);
  if (values.size() != 1) fail_at(object, name, std::to_string(values.size()) + " values", expected);
  return values.front();
}

void write_attribute(const ObjectPointer& object, std::string_view name, hid_t file_type, hid_t memory_type,
                     hid_t space, const void* values) {
  const std::string text(name);
  const hid_t id = id_of(object);
  if (H5Aexists(id, text.c_str()) > 0) check(H5Adelete(id, text.c_str()), object, "a writable attribute");
  const Handle attribute(H5Acreate2(id, text.c_str(), file_type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const bool empty = H5Sget_simple_extent_npoints(space) == 0;  // and then there is nothing to write from
  if (!attribute.valid() || (!empty && H5Awrite(attribute.get(), memory_type, values) < 0)) {
    fail_at(object, name, cause(), "a writable attribute");
  }
}

Handle scalar_space() {
  return {H5Screate(H5S_SCALAR), H5Sclose};
}
Handle line_space(std::size_t count) {
  const hsize_t size = count;
  return {H5Screate_simple(1, &size, nullptr), H5Sclose};
}

}  // namespace

bool Attributed::has_attribute(std::string_view name) const {
  const Session session;
  return check(H5Aexists(id_of(object_), std::string(name).c_str()), object_, "readable attributes") > 0;
}

std::vector<std::string> Attributed::attribute_names() const {
  const Session session;
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t at = 0;
  check(H5Aiterate2(id_of(object_), H5_INDEX_NAME, H5_ITER_INC, &at, collect, &names), object_,
        "readable attributes");
  return names;
}

std::string Attributed::text_attribute(std::string_view name) const {
  constexpr std::string_view kExpected = "one text or number";
  const Session session;
  const OpenAttribute attribute = open_attribute(object_, name, kExpected);
  if (attribute.count != 1) fail_at(object_, name, std::to_string(attribute.count) + " values", kExpected);
  switch (classify(attribute.type.get())) {
    case ElementType::kString:
      return read_texts(object_, name, attribute).front();
    case ElementType::kOther:
      fail_at(object_, name, "a value of another kind", kExpected);
    case ElementType::kFloat16:
    case ElementType::kFloat32:
    case ElementType::kFloat64:
      return format_double(read_numbers<double>(object_, name, attribute, kExpected).front());
    case ElementType::kUint64:
      return std::to_string(read_numbers<std::uint64_t>(object_, name, attribute, kExpected).front());
    default:
      return std::to_string(read_numbers<std::int64_t>(object_, name, attribute, kExpected).front());
  }
}

std::optional<std::string> Attributed::maybe_text_attribute(std::string_view name) const {
  if (!has_attribute(name)) return std::nullopt;
  return text_attribute(name);
}

std::int64_t Attributed::integer_attribute(std::string_view name) const {
  return read_number<std::int64_t>(object_, name, "an integer");
}

double Attributed::double_attribute(std::string_view name) const {
  return read_number<double>(object_, name, "a number");
}

std::vector<std::int64_t> Attributed::integer_array_attribute(std::string_view name) const {
  constexpr std::string_view kExpected = "integers";
  const Session session;
  return read_numbers<std::int64_t>(object_, name, open_attribute(object_, name, kExpected), kExpected);
}

std::vector<std::string> Attributed::text_array_attribute(std::string_view name) const {
  constexpr std::string_view kExpected = "texts";
  const Session session;
  const OpenAttribute attribute = open_attribute(object_, name, kExpected);
  // anndata writes an empty list of columns as an empty array of float64.
  if (attribute.count == 0) return {};
  if (classify(attribute.type.get()) != ElementType::kString) fail_at(object_, name, "no text", kExpected);
  return read_texts(object_, name, attribute);
}

void Attributed::set_attribute(std::string_view name, std::string_view text) {
  const Session session;
  const Handle type = make_file_type(ElementType::kString);
  const std::string owned(text);
  const char* pointer = owned.c_str();
  write_attribute(object_, name, type.get(), type.get(), scalar_space().get(), &pointer);
}

void Attributed::set_attribute(std::string_view name, std::int64_t value) {
  const Session session;
  write_attribute(object_, name, H5T_STD_I64LE, native_type<std::int64_t>(), scalar_space().get(), &value);
}

void Attributed::set_attribute(std::string_view name, double value) {
  const Session session;
  write_attribute(object_, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, scalar_space().get(), &value);
}

void Attributed::set_attribute(std::string_view name, bool value) {
  const Session session;
  const Handle type = make_bool_type();
  const auto byte = static_cast<std::int8_t>(value);
  write_attribute(object_, name, type.get(), type.get(), scalar_space().get(), &byte);
}

void Attributed::set_attribute(std::string_view name, std::span<const std::int64_t> values) {
  const Session session;
  write_attribute(object_, name, H5T_STD_I64LE, native_type<std::int64_t>(), line_space(values.size()).get(),
                  values.data());
}

void Attributed::set_attribute(std::string_view name, std::span<const std::string> values) {
  const Session session;
  const Handle type = make_file_type(ElementType::kString);
  const std::vector<const char*> pointers = c_strings(values);
  write_attribute(object_, name, type.get(), type.get(), line_space(values.size()).get(), pointers.data());
}

}  // namespace biodta::support::hdf5
