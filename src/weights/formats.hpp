#pragma once
/// @file
/// The two file formats behind read_tensors.

#include <biodta/weights/tensor_file.hpp>

#include <filesystem>

namespace biodta::weights {

/// https://huggingface.co/docs/safetensors: eight bytes of header length, a JSON header, the tensors' bytes.
TensorFile read_safetensors(const std::filesystem::path& path, const WantedTensors& is_wanted);
/// The zip of torch.save (PyTorch 1.6 and later).
TensorFile read_pytorch_file(const std::filesystem::path& path, const WantedTensors& is_wanted);

}  // namespace biodta::weights
