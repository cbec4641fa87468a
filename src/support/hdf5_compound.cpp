#include "hdf5_filters.hpp"
#include "hdf5_handle.hpp"

#include <algorithm>
#include <cstddef>

namespace biodta::support::hdf5 {
namespace {

constexpr std::string_view kTable = "a readable table";

Handle compound_type(const ObjectPointer& object) {
  Handle type(check(H5Dget_type(id_of(object)), object, kTable), H5Tclose);
  if (H5Tget_class(type.get()) != H5T_COMPOUND) fail(object, "values without members", kTable);
  require_filters(object);
  return type;
}

std::string member_name_at(hid_t type, unsigned index) {
  char* name = H5Tget_member_name(type, index);
  std::string copy = name == nullptr ? "" : name;
  H5free_memory(name);
  return copy;
}

Handle type_of_member(const ObjectPointer& object, hid_t type, std::string_view member) {
  const int index = H5Tget_member_index(type, std::string(member).c_str());
  if (index < 0) fail(object, "no member '" + std::string(member) + "'", kTable);
  return {H5Tget_member_type(type, static_cast<unsigned>(index)), H5Tclose};
}

/// The memory type of a row of which only one member is read.
Handle only_member(std::string_view member, hid_t type) {
  Handle row(H5Tcreate(H5T_COMPOUND, H5Tget_size(type)), H5Tclose);
  H5Tinsert(row.get(), std::string(member).c_str(), 0, type);
  return row;
}

std::size_t rows_of(hid_t space) {
  return static_cast<std::size_t>(std::max<hssize_t>(H5Sget_simple_extent_npoints(space), 0));
}

}  // namespace

std::vector<std::string> Dataset::members() const {
  const Session session;
  const Handle type(check(H5Dget_type(id_of(object_)), object_, kTable), H5Tclose);
  std::vector<std::string> names;
  if (H5Tget_class(type.get()) != H5T_COMPOUND) return names;
  const int count = H5Tget_nmembers(type.get());
  for (int i = 0; i < count; ++i) names.push_back(member_name_at(type.get(), static_cast<unsigned>(i)));
  return names;
}

ElementType Dataset::member_type(std::string_view member) const {
  const Session session;
  const Handle type = compound_type(object_);
  return classify(type_of_member(object_, type.get(), member).get());
}

template <class T>
std::vector<T> Dataset::read_member(std::string_view member) const {
  const Session session;
  const Handle type = compound_type(object_);
  const ElementType kind = classify(type_of_member(object_, type.get(), member).get());
  if (kind == ElementType::kString || kind == ElementType::kOther) {
    fail(object_, "member '" + std::string(member) + "' without numbers", "numbers");
  }
  const Handle space(check(H5Dget_space(id_of(object_)), object_, kTable), H5Sclose);
  std::vector<T> values(rows_of(space.get()));
  if (values.empty()) return values;
  // HDF5 has no conversion from an enumeration to numbers of another size.
  const bool is_bool = kind == ElementType::kBool && sizeof(T) == 1;
  const Handle memory_member = is_bool ? make_bool_type() : Handle(H5Tcopy(native_type<T>()), H5Tclose);
  const Handle memory = only_member(member, memory_member.get());
  check(H5Dread(id_of(object_), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), object_, kTable);
  return values;
}

std::vector<std::string> Dataset::read_member_strings(std::string_view member) const {
  const Session session;
  const Handle type = compound_type(object_);
  const Handle text = type_of_member(object_, type.get(), member);
  if (classify(text.get()) != ElementType::kString) {
    fail(object_, "member '" + std::string(member) + "' without text", "text");
  }
  const Handle space(check(H5Dget_space(id_of(object_)), object_, kTable), H5Sclose);
  const std::size_t rows = rows_of(space.get());
  auto values = read_string_elements(text.get(), space.get(), rows, [&](hid_t memory_text, void* out) {
    const Handle memory = only_member(member, memory_text);
    return check(H5Dread(id_of(object_), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, out), object_, kTable);
  });
  if (values.size() != rows) fail_with_cause(object_, kTable);
  return values;
}

#define BIODTA_INSTANTIATE_MEMBER(T) template std::vector<T> Dataset::read_member<T>(std::string_view) const;
BIODTA_INSTANTIATE_MEMBER(std::int8_t)
BIODTA_INSTANTIATE_MEMBER(std::uint8_t)
BIODTA_INSTANTIATE_MEMBER(std::int16_t)
BIODTA_INSTANTIATE_MEMBER(std::uint16_t)
BIODTA_INSTANTIATE_MEMBER(std::int32_t)
BIODTA_INSTANTIATE_MEMBER(std::uint32_t)
BIODTA_INSTANTIATE_MEMBER(std::int64_t)
BIODTA_INSTANTIATE_MEMBER(std::uint64_t)
BIODTA_INSTANTIATE_MEMBER(float)
BIODTA_INSTANTIATE_MEMBER(double)
#undef BIODTA_INSTANTIATE_MEMBER

}  // namespace biodta::support::hdf5
