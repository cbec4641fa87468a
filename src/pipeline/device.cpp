#include <biodta/pipeline/device.hpp>
#include <biodta/support/error.hpp>

#include <torch/cuda.h>

#include <charconv>
#include <string>

namespace biodta::pipeline {
namespace {

int gpu_number(std::string_view name, int local_rank) {
  if (name == "auto" || name == "cuda") return local_rank;
  constexpr std::string_view kPrefix = "cuda:";
  int number = -1;
  if (name.starts_with(kPrefix)) {
    const auto digits = name.substr(kPrefix.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) number = -1;
  }
  if (number < 0)
    throw ConfigError("device: found " + std::string(name) + ", expected auto, cpu, cuda or cuda:i");
  return number;
}

}  // namespace

int visible_gpus() {
  return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
}

torch::Device choose_device(std::string_view name, int local_rank) {
  if (name == "cpu") return {torch::kCPU};
  const int number = gpu_number(name, local_rank);
  const int gpus = visible_gpus();
  if (name == "auto" && gpus == 0) return {torch::kCPU};
  if (number >= gpus) {
    throw ConfigError(
        "device: found " + std::string(name) + " for local rank " + std::to_string(local_rank) +
            ", but this program sees " + std::to_string(gpus) + " GPUs",
        gpus == 0 ? "a build without CUDA sees none: scripts/setup --cuda; or use --device cpu" : "");
  }
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(number)};
}

}  // namespace biodta::pipeline
