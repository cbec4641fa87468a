#pragma once
/// @file
/// Named tensors to and from files: safetensors, and PyTorch's pytorch_model.bin read without executing
/// anything.

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace biodta::weights {

/// Tensors by name, on the CPU, contiguous. std::map: files are written in one order.
using NamedTensors = std::map<std::string, torch::Tensor>;
using Metadata = std::map<std::string, std::string>;

/// A file's tensors. Aliases (tensors that share storage) are separate entries.
struct TensorFile {
  NamedTensors tensors;
  Metadata metadata;  ///< safetensors' __metadata__; empty for pytorch_model.bin
};

/// Says by name which tensors of a file are wanted.
using WantedTensors = std::function<bool(const std::string&)>;

/// Reads by content: safetensors or a zip of torch.save. Throws InputError on anything damaged, and on a
/// pickle that asks for anything but tensors and plain containers. A lone tensor of torch.save is named
/// "tensor".
/// @param is_wanted  empty = all. The others cost neither time nor memory.
TensorFile read_tensors(const std::filesystem::path& path, const WantedTensors& is_wanted = {});
/// Atomic.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const Metadata& metadata = {});

}  // namespace biodta::weights
