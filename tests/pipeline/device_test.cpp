#include "testing.hpp"

#include <biodta/pipeline/device.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

namespace biodta::pipeline {
namespace {

TEST(Device, NamesBecomeDevices) {
  EXPECT_EQ(choose_device("cpu", 3), torch::Device(torch::kCPU));
  if (visible_gpus() == 0) {
    EXPECT_EQ(choose_device("auto", 3), torch::Device(torch::kCPU));
  } else {
    EXPECT_EQ(choose_device("auto", 0), torch::Device(torch::kCUDA, 0));
    EXPECT_EQ(choose_device("cuda:0", 5), torch::Device(torch::kCUDA, 0));
  }
}

TEST(Device, AGpuThatIsNotThereIsRefused) {
  testing::expect_error<ConfigError>([] { choose_device("cuda:99"); }, {"cuda:99", "GPUs"});
  testing::expect_error<ConfigError>([] { choose_device("cuda", 99); }, {"local rank 99"});
}

TEST(Device, OtherNamesAreRefused) {
  for (const char* name : {"gpu", "cuda:", "cuda:x", "cuda:-1", ""}) {
    testing::expect_error<ConfigError>([&] { choose_device(name); }, {"expected auto, cpu, cuda or cuda:i"});
  }
}

}  // namespace
}  // namespace biodta::pipeline
