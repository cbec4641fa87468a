#pragma once
/// @file
/// Between modules and named tensors, strictly.

#include <biodta/weights/tensor_file.hpp>

#include <torch/nn/module.h>

#include <filesystem>
#include <string>
#include <vector>

namespace biodta::weights {

/// Parameters and buffers of a module by their dotted names, detached, copied to the CPU.
NamedTensors state_of(const torch::nn::Module& module);

/// Copies `tensors` into the module's parameters and buffers, converting dtype and device.
/// Throws InputError that names `origin` and every missing, unexpected or misshaped key (the first few, and
/// how many).
/// @param ignore_missing  names (full) that may be absent, such as BatchNorm's num_batches_tracked.
void load_state(torch::nn::Module& module, const NamedTensors& tensors, const std::filesystem::path& origin,
                const std::vector<std::string>& ignore_missing = {});
/// The same, the module taking the tensors for its own where type and device agree, so that a large model
/// never lies in memory twice.
/// @param tensors  nobody else's: what read_tensors gave.
void take_state(torch::nn::Module& module, NamedTensors&& tensors, const std::filesystem::path& origin,
                const std::vector<std::string>& ignore_missing = {});

}  // namespace biodta::weights
