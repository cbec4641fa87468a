#include "formats.hpp"

#include <biodta/support/error.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <array>
#include <fstream>
#include <string_view>

namespace biodta::weights {
namespace {

constexpr std::string_view kExpected = "safetensors, or a zip of torch.save";

/// The first bytes of a file; fewer where it has fewer.
std::string first_bytes(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw InputError(path, "", "no such file", kExpected);
  if (std::filesystem::is_directory(path, ignored)) throw InputError(path, "", "a folder", kExpected);
  std::ifstream stream(path, std::ios::binary);
  std::array<char, 4> bytes{};
  stream.read(bytes.data(), bytes.size());
  if (stream.bad() || !stream.is_open()) throw InputError(path, "", "a file that cannot be read", kExpected);
  return {bytes.data(), static_cast<std::size_t>(stream.gcount())};
}

}  // namespace

TensorFile read_tensors(const std::filesystem::path& path, const WantedTensors& is_wanted) {
  const std::string first = first_bytes(path);
  if (first == "PK\x03\x04") return read_pytorch_file(path, is_wanted);
  if (first.starts_with("\x80\x02")) {
    // A safetensors header of this length would begin with '{' in its ninth byte, as no pickle does.
    std::ifstream stream(path, std::ios::binary);
    stream.seekg(8);
    if (stream.get() != '{') {
      throw InputError(path, "", "a bare pickle", kExpected,
                       "files of PyTorch before 1.6 must be loaded and saved again in Python");
    }
  }
  return read_safetensors(path, is_wanted);
}

}  // namespace biodta::weights
