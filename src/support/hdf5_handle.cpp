#include "hdf5_handle.hpp"

#include "hdf5_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace biodta::support::hdf5 {
namespace {

std::recursive_mutex& process_lock() {
  static std::recursive_mutex lock;
  // Before the first other call: what could not be written (a full disk) cannot be closed either, and HDF5's
  // own tidying at the end of the process crashes over it.
  static const herr_t kNoTidying = H5dont_atexit();
  static_cast<void>(kNoTidying);
  return lock;
}

/// IEEE 754 binary16, as numpy's float16.
Handle make_half_type() {
  Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
  H5Tset_size(type.get(), 2);
  H5Tset_ebias(type.get(), 15);
  return type;
}

bool is_half(hid_t type) {
  std::size_t sign = 0;
  std::size_t exponent_at = 0;
  std::size_t exponent_bits = 0;
  std::size_t mantissa_at = 0;
  std::size_t mantissa_bits = 0;
  if (H5Tget_fields(type, &sign, &exponent_at, &exponent_bits, &mantissa_at, &mantissa_bits) < 0)
    return false;
  return sign == 15 && exponent_bits == 5 && mantissa_bits == 10 && H5Tget_ebias(type) == 15;
}

ElementType classify_integer(hid_t type) {
  const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
  switch (H5Tget_size(type)) {
    case 1:
      return is_signed ? ElementType::kInt8 : ElementType::kUint8;
    case 2:
      return is_signed ? ElementType::kInt16 : ElementType::kUint16;
    case 4:
      return is_signed ? ElementType::kInt32 : ElementType::kUint32;
    case 8:
      return is_signed ? ElementType::kInt64 : ElementType::kUint64;
    default:
      return ElementType::kOther;
  }
}

ElementType classify_float(hid_t type) {
  switch (H5Tget_size(type)) {
    case 2:
      return is_half(type) ? ElementType::kFloat16 : ElementType::kOther;
    case 4:
      return ElementType::kFloat32;
    case 8:
      return ElementType::kFloat64;
    default:
      return ElementType::kOther;
  }
}

ElementType classify_enumeration(hid_t type) {
  if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) return ElementType::kOther;
  std::int8_t value = 0;
  const bool has_false = H5Tenum_valueof(type, "FALSE", &value) >= 0 && value == 0;
  const bool has_true = H5Tenum_valueof(type, "TRUE", &value) >= 0 && value == 1;
  return has_false && has_true ? ElementType::kBool : ElementType::kOther;
}

/// A fixed-length string ends where its padding begins.
std::string unpad(const char* text, std::size_t size, H5T_str_t padding) {
  std::string_view view(text, size);
  if (padding == H5T_STR_SPACEPAD) {
    const std::size_t last = view.find_last_not_of(' ');
    return std::string(view.substr(0, last == std::string_view::npos ? 0 : last + 1));
  }
  return std::string(view.substr(0, std::min(view.find('\0'), view.size())));
}

}  // namespace

Session::Session() : lock_(process_lock()) {
  H5Eget_auto2(H5E_DEFAULT, &printer_, &printer_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() {
  H5Eset_auto2(H5E_DEFAULT, printer_, printer_data_);
}

std::string cause() {
  std::string text;
  const auto keep_first = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    auto& kept = *static_cast<std::string*>(out);
    if (kept.empty() && error->desc != nullptr) kept = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
  H5Eclear2(H5E_DEFAULT);
  std::replace(text.begin(), text.end(), '\n', ' ');
  // Of a failed system call only its own words say something: "… error message = 'File too large', buf =
  // 0x…".
  constexpr std::string_view kSystemWords = "error message = '";
  if (const std::size_t at = text.find(kSystemWords); at != std::string::npos) {
    text.erase(0, at + kSystemWords.size());
    text.erase(std::min(text.find('\''), text.size()));
  }
  return text.empty() ? "an unreadable object" : text;
}

namespace detail {

OpenFile::~OpenFile() {
  const Session session;
  if (id >= 0) H5Fclose(id);
}

Object::~Object() {
  const Session session;
  // File::close has closed everything inside the file already.
  if (id < 0 || file->id < 0 || id == file->id) return;
  H5Idec_ref(id);
}

}  // namespace detail

ObjectPointer make_object(hid_t id, std::shared_ptr<detail::OpenFile> file) {
  auto object = std::make_shared<detail::Object>();
  object->id = id;
  object->file = std::move(file);
  return object;
}

hid_t id_of(const ObjectPointer& object) {
  if (!object || !object->file) throw Error("an HDF5 object was used that was never opened");
  if (object->file->id < 0) throw InputError(object->file->path, "", "a file closed already", "an open file");
  return object->id;
}

std::string name_of(const ObjectPointer& object) {
  const hid_t id = id_of(object);
  const Session session;
  const ssize_t length = H5Iget_name(id, nullptr, 0);
  if (length <= 0) return "/";
  std::string name(static_cast<std::size_t>(length), '\0');
  H5Iget_name(id, name.data(), name.size() + 1);
  return name;
}

void fail(const ObjectPointer& object, std::string_view found, std::string_view expected) {
  throw InputError(object->file->path, name_of(object), found, expected);
}

void fail_with_cause(const ObjectPointer& object, std::string_view expected) {
  const std::string found = cause();
  fail(object, found, expected);
}

Handle make_bool_type() {
  Handle type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  std::int8_t value = 0;
  H5Tenum_insert(type.get(), "FALSE", &value);
  value = 1;
  H5Tenum_insert(type.get(), "TRUE", &value);
  return type;
}

Handle make_file_type(ElementType type) {
  const auto copy = [](hid_t of) { return Handle(H5Tcopy(of), H5Tclose); };
  switch (type) {
    case ElementType::kInt8:
      return copy(H5T_STD_I8LE);
    case ElementType::kUint8:
      return copy(H5T_STD_U8LE);
    case ElementType::kInt16:
      return copy(H5T_STD_I16LE);
    case ElementType::kUint16:
      return copy(H5T_STD_U16LE);
    case ElementType::kInt32:
      return copy(H5T_STD_I32LE);
    case ElementType::kUint32:
      return copy(H5T_STD_U32LE);
    case ElementType::kInt64:
      return copy(H5T_STD_I64LE);
    case ElementType::kUint64:
      return copy(H5T_STD_U64LE);
    case ElementType::kFloat16:
      return make_half_type();
    case ElementType::kFloat32:
      return copy(H5T_IEEE_F32LE);
    case ElementType::kFloat64:
      return copy(H5T_IEEE_F64LE);
    case ElementType::kBool:
      return make_bool_type();
    case ElementType::kString: {
      Handle text = copy(H5T_C_S1);
      H5Tset_size(text.get(), H5T_VARIABLE);
      H5Tset_cset(text.get(), H5T_CSET_UTF8);
      return text;
    }
    case ElementType::kOther:
      break;
  }
  throw Error("HDF5 datasets of a kind other than numbers, truth values and strings cannot be made");
}

ElementType classify(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return classify_integer(type);
    case H5T_FLOAT:
      return classify_float(type);
    case H5T_ENUM:
      return classify_enumeration(type);
    case H5T_STRING:
      return ElementType::kString;
    default:
      return ElementType::kOther;
  }
}

Handle make_string_memory_type(hid_t like) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5Tget_cset(like));
  return type;
}

std::vector<std::string> read_string_elements(hid_t file_type, hid_t space, std::size_t count,
                                              const std::function<herr_t(hid_t, void*)>& read) {
  std::vector<std::string> values;
  if (count == 0) return values;
  values.reserve(count);
  if (H5Tis_variable_str(file_type) > 0) {
    const Handle memory = make_string_memory_type(file_type);
    std::vector<char*> pointers(count, nullptr);
    if (read(memory.get(), pointers.data()) < 0) return {};
    for (const char* pointer : pointers) values.emplace_back(pointer == nullptr ? "" : pointer);
    H5Dvlen_reclaim(memory.get(), space, H5P_DEFAULT, pointers.data());
    return values;
  }
  const std::size_t size = H5Tget_size(file_type);
  const H5T_str_t padding = H5Tget_strpad(file_type);
  std::vector<char> bytes(count * size);
  if (read(file_type, bytes.data()) < 0) return {};
  for (std::size_t i = 0; i < count; ++i) values.push_back(unpad(bytes.data() + i * size, size, padding));
  return values;
}

std::vector<const char*> c_strings(std::span<const std::string> values) {
  std::vector<const char*> pointers;
  pointers.reserve(values.size());
  for (const std::string& value : values) pointers.push_back(value.c_str());
  return pointers;
}

}  // namespace biodta::support::hdf5
