#pragma once
/// @file
/// The names of dtypes in safetensors and in pickles of torch.save.

#include <torch/types.h>

#include <optional>
#include <string_view>

namespace biodta::weights {

/// "F32" …; nothing for names that LibTorch has no dtype for.
std::optional<torch::ScalarType> dtype_from_safetensors(std::string_view name);
/// Nothing for dtypes that the format does not know (complex, quantised).
std::optional<std::string_view> safetensors_name(torch::ScalarType dtype);
/// Where tensors of a dtype stand in a file: those of low rank first, which keeps all aligned.
std::size_t safetensors_rank(torch::ScalarType dtype);
/// "FloatStorage" …
std::optional<torch::ScalarType> dtype_from_storage(std::string_view name);

}  // namespace biodta::weights
