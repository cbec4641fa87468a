#pragma once
/// @file
/// What a device is and how much of its memory is used. Internal to the room.

#include <torch/types.h>

#include <string>
#include <string_view>

namespace biodta::training {

/// Bytes: of a GPU the most that tensors have taken at once, for the CPU the process's resident set; 0 where
/// the system does not tell.
double memory_in_use(torch::Device device);

/// A GPU's name as its driver has it, for example "NVIDIA H100 80GB HBM3"; empty for the CPU.
std::string device_name(torch::Device device);

/// The vendor's figure for dense (not sparse) bfloat16 tensor operations a second at the top clock; 0 for a
/// device that is not known. NVIDIA's data sheets of A100 (2020), H100 and H200 (2023), L4, L40S, A10 and
/// A30.
double peak_bf16_flops(std::string_view name);

}  // namespace biodta::training
