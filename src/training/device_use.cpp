#include "device_use.hpp"

#include <c10/core/CachingDeviceAllocator.h>
#ifdef BIODTA_WITH_CUDA
#include <ATen/cuda/CUDAContext.h>
#endif

#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <utility>

namespace biodta::training {
namespace {

/// Parts of driver names; the first that is found decides, so the longer stand before the shorter.
constexpr std::array<std::pair<std::string_view, double>, 10> kPeaks{{{"H100 PCIe", 756e12},
                                                                      {"H100 NVL", 835e12},
                                                                      {"H200 NVL", 835e12},
                                                                      {"H100", 989e12},
                                                                      {"H200", 989e12},
                                                                      {"A100", 312e12},
                                                                      {"A30", 165e12},
                                                                      {"A10", 125e12},
                                                                      {"L40S", 362e12},
                                                                      {"L4", 121e12}}};

/// Whether a word of `name` is the model, or begins with it before something that is no letter or digit.
bool names_model(std::string_view name, std::string_view model) {
  for (auto at = name.find(model); at != std::string_view::npos; at = name.find(model, at + 1)) {
    const auto end = at + model.size();
    const bool begins = at == 0 || name[at - 1] == ' ';
    const bool ends = end == name.size() || name[end] == ' ' || name[end] == '-';
    if (begins && ends) return true;
  }
  return false;
}

double resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!(in >> size >> resident)) return 0;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

double memory_in_use(torch::Device device) {
  if (device.is_cpu()) return resident_bytes();
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  constexpr std::size_t kAllPools = 0;
  return static_cast<double>(stats.allocated_bytes[kAllPools].peak);
}

std::string device_name(torch::Device device) {
#ifdef BIODTA_WITH_CUDA
  if (device.is_cuda()) return at::cuda::getDeviceProperties(device.index())->name;
#endif
  static_cast<void>(device);
  return {};
}

double peak_bf16_flops(std::string_view name) {
  for (const auto& [model, flops] : kPeaks) {
    if (names_model(name, model)) return flops;
  }
  return 0;
}

}  // namespace biodta::training
