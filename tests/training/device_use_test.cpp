#include "../../src/training/device_use.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace biodta::training {
namespace {

TEST(DeviceUse, PeaksAreTheDataSheetsAndOfTheVeryModel) {
  EXPECT_EQ(peak_bf16_flops("NVIDIA A100-SXM4-80GB"), 312e12);
  EXPECT_EQ(peak_bf16_flops("NVIDIA H100 80GB HBM3"), 989e12);
  EXPECT_EQ(peak_bf16_flops("NVIDIA H100 PCIe"), 756e12);
  EXPECT_EQ(peak_bf16_flops("NVIDIA H200"), 989e12);
  EXPECT_EQ(peak_bf16_flops("NVIDIA L4"), 121e12);
  EXPECT_EQ(peak_bf16_flops("NVIDIA L40S"), 362e12);
  EXPECT_EQ(peak_bf16_flops("NVIDIA A10"), 125e12);
  for (const char* unknown : {"", "NVIDIA L40", "NVIDIA A1000", "NVIDIA A100X", "Tesla V100-SXM2-16GB"})
    EXPECT_EQ(peak_bf16_flops(unknown), 0.0) << unknown;
}

/// VmRSS of /proc/self/status, in bytes; 0 where there is none.
double status_resident() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    double kibibytes = 0;
    if (word == "VmRSS:" && in >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

TEST(DeviceUse, MemoryOnTheCpuIsTheResidentSet) {
  if (status_resident() == 0) GTEST_SKIP() << "the system tells no resident set";
  const std::vector<char> touched(std::size_t{64} << 20, 1);
  EXPECT_NEAR(memory_in_use(torch::kCPU), status_resident(), 8e6);
  EXPECT_GT(memory_in_use(torch::kCPU), static_cast<double>(touched.size()));
  EXPECT_EQ(device_name(torch::kCPU), "");
}

}  // namespace
}  // namespace biodta::training
