#include "dtypes.hpp"
#include "formats.hpp"

#include <biodta/support/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace biodta::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

using Json = nlohmann::json;

constexpr const char* kCutShort = "the file is cut short: it was not written or copied to its end";

/// One tensor as the header announces it, checked.
struct Entry {
  std::string name;
  torch::ScalarType dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin;  // in the bytes after the header
  std::uint64_t end;
};

class SafetensorsReader {
 public:
  explicit SafetensorsReader(const std::filesystem::path& path)
      : path_(path), stream_(path, std::ios::binary) {
    if (!stream_) fail("", "a file that cannot be read", "safetensors");
    size_ = std::filesystem::file_size(path);
  }

  TensorFile read(const WantedTensors& is_wanted) {
    const Json header = read_header();
    TensorFile file;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") {
        file.metadata = metadata_of(value);
      } else {
        entries.push_back(entry_of(name, value));
      }
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    require_no_gaps(entries);
    for (const Entry& entry : entries) {
      if (!is_wanted || is_wanted(entry.name)) file.tensors.emplace(entry.name, read_tensor(entry));
    }
    return file;
  }

 private:
  [[noreturn]] void fail(std::string_view place, std::string_view found, std::string_view expected,
                         const char* hint = "") const {
    throw InputError(path_, place, found, expected, hint);
  }
  [[noreturn]] void fail_tensor(const std::string& name, std::string_view found, std::string_view expected,
                                const char* hint = "") const {
    fail("tensor '" + name + "'", found, expected, hint);
  }

  Json read_header() {
    constexpr std::uint64_t kLargestHeader = 100'000'000;  // the limit of the reference implementation
    std::array<unsigned char, 8> bytes{};
    stream_.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
    if (!stream_) fail("header", std::to_string(size_) + " bytes in all", "safetensors");
    const auto length = std::bit_cast<std::uint64_t>(bytes);
    if (length > kLargestHeader || length > size_ - bytes.size()) {
      fail("header", "a length of " + std::to_string(length), "safetensors no longer than the file",
           length > kLargestHeader ? "" : kCutShort);
    }
    std::string text(length, '\0');
    stream_.read(text.data(), static_cast<std::streamsize>(length));
    if (!stream_) fail("header", "the end of the file", std::to_string(length) + " bytes");
    data_begin_ = bytes.size() + length;
    return parse_header(text);
  }

  /// Of two equal keys a JSON library keeps one without a word; here that would hide a tensor.
  Json parse_header(const std::string& text) const {
    std::set<std::string> seen;
    const auto refuse_twice = [&](int depth, Json::parse_event_t event, Json& value) {
      if (event == Json::parse_event_t::key && depth == 1 && !seen.insert(value.get<std::string>()).second) {
        fail_tensor(value.get<std::string>(), "the name twice", "each name once");
      }
      return true;
    };
    try {
      Json header = Json::parse(text, refuse_twice);
      if (!header.is_object()) fail("header", "no JSON object", "names with dtype, shape and data_offsets");
      return header;
    } catch (const Json::exception&) {
      fail("header", "what is no JSON", "safetensors");
    }
  }

  Metadata metadata_of(const Json& value) const {
    Metadata metadata;
    if (!value.is_object()) fail("__metadata__", "no JSON object", "texts by name");
    for (const auto& [name, text] : value.items()) {
      if (!text.is_string()) fail("__metadata__", "'" + name + "' that is no text", "texts by name");
      metadata[name] = text.get<std::string>();
    }
    return metadata;
  }

  std::vector<std::uint64_t> integers(const std::string& name, const Json& value, const char* key) const {
    const auto found = value.is_object() ? value.find(key) : value.end();
    const bool is_list = value.is_object() && found != value.end() && found->is_array();
    if (!is_list || !std::all_of(found->begin(), found->end(),
                                 [](const Json& item) { return item.is_number_unsigned(); })) {
      fail_tensor(name, std::string("no ") + key, "a list of whole numbers");
    }
    return found->get<std::vector<std::uint64_t>>();
  }

  Entry entry_of(const std::string& name, const Json& value) const {
    const std::vector<std::uint64_t> shape = integers(name, value, "shape");
    const std::vector<std::uint64_t> offsets = integers(name, value, "data_offsets");
    const auto dtype_name = value.find("dtype");
    if (dtype_name == value.end() || !dtype_name->is_string()) fail_tensor(name, "no dtype", "a dtype");
    const std::optional<torch::ScalarType> dtype = dtype_from_safetensors(dtype_name->get<std::string>());
    if (!dtype) fail_tensor(name, "dtype " + dtype_name->get<std::string>(), "one that LibTorch has");
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > size_ - data_begin_) {
      fail_tensor(name, "data_offsets " + value["data_offsets"].dump(),
                  "two within the file's " + std::to_string(size_ - data_begin_) + " bytes of data",
                  offsets.size() == 2 && offsets[0] <= offsets[1] ? kCutShort : "");
    }
    const std::uint64_t bytes = offsets[1] - offsets[0];
    if (byte_size(shape, *dtype) != bytes) {
      fail_tensor(name, std::to_string(bytes) + " bytes",
                  "as many as " + dtype_name->get<std::string>() + " " + value["shape"].dump() + " needs");
    }
    return {name, *dtype, {shape.begin(), shape.end()}, offsets[0], offsets[1]};
  }

  /// Nothing where the product overflows.
  static std::optional<std::uint64_t> byte_size(const std::vector<std::uint64_t>& shape,
                                                torch::ScalarType dtype) {
    std::uint64_t size = c10::elementSize(dtype);
    for (const std::uint64_t dimension : shape) {
      if (dimension > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
      if (__builtin_mul_overflow(size, dimension, &size)) return std::nullopt;
    }
    return size;
  }

  void require_no_gaps(const std::vector<Entry>& entries) const {
    std::uint64_t at = 0;
    for (const Entry& entry : entries) {
      if (entry.begin != at) {
        fail_tensor(entry.name, "data at " + std::to_string(entry.begin),
                    std::to_string(at) + ", where the tensor before it ends");
      }
      at = entry.end;
    }
    if (at != size_ - data_begin_) {
      fail("data", std::to_string(size_ - data_begin_) + " bytes",
           std::to_string(at) + " as the header says");
    }
  }

  torch::Tensor read_tensor(const Entry& entry) {
    torch::Tensor tensor = torch::empty(entry.shape, entry.dtype);
    stream_.seekg(static_cast<std::streamoff>(data_begin_ + entry.begin));
    const auto bytes = static_cast<std::streamsize>(entry.end - entry.begin);
    if (bytes > 0) stream_.read(static_cast<char*>(tensor.data_ptr()), bytes);
    if (!stream_) fail_tensor(entry.name, "the end of the file", std::to_string(bytes) + " bytes");
    return tensor;
  }

  std::filesystem::path path_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
  std::uint64_t data_begin_ = 0;
};

}  // namespace

TensorFile read_safetensors(const std::filesystem::path& path, const WantedTensors& is_wanted) {
  return SafetensorsReader(path).read(is_wanted);
}

}  // namespace biodta::weights
