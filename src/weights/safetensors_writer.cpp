#include "dtypes.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

namespace biodta::weights {
namespace {

using NamedTensor = std::pair<std::string, torch::Tensor>;

/// As the reference implementation orders them, so that equal tensors give equal files: by dtype, then by
/// name.
std::vector<NamedTensor> in_file_order(const NamedTensors& tensors) {
  std::vector<NamedTensor> entries;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined() || tensor.layout() != torch::kStrided) {
      throw Error("tensor '" + name + "': safetensors holds dense tensors only");
    }
    entries.emplace_back(name, tensor);
  }
  std::stable_sort(entries.begin(), entries.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return safetensors_rank(a.second.scalar_type()) < safetensors_rank(b.second.scalar_type());
  });
  return entries;
}

std::string header_text(const std::vector<NamedTensor>& entries, const Metadata& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : entries) {
    const auto dtype = safetensors_name(tensor.scalar_type());
    if (!dtype || name == "__metadata__") {
      throw Error("tensor '" + name + "' of dtype " + c10::toString(tensor.scalar_type()) +
                  " cannot be stored as safetensors");
    }
    const std::uint64_t end = at + tensor.nbytes();
    header[name] = {{"dtype", *dtype}, {"shape", tensor.sizes().vec()}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const Metadata& metadata) {
  const std::vector<NamedTensor> entries = in_file_order(tensors);
  const std::string header = header_text(entries, metadata);
  support::AtomicPath place(path);
  std::ofstream stream(place.temporary(), std::ios::binary);
  const auto length = std::bit_cast<std::array<char, 8>>(std::uint64_t{header.size()});
  stream.write(length.data(), length.size());
  stream.write(header.data(), static_cast<std::streamsize>(header.size()));
  for (const auto& entry : entries) {
    const torch::Tensor tensor = entry.second.detach().to(torch::kCPU).contiguous();
    if (tensor.nbytes() == 0) continue;
    stream.write(static_cast<const char*>(tensor.const_data_ptr()),
                 static_cast<std::streamsize>(tensor.nbytes()));
  }
  stream.close();
  if (!stream) throw InputError(path.string() + ": cannot be written: " + std::strerror(errno));
  place.commit();
}

}  // namespace biodta::weights
