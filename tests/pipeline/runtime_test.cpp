#include "testing.hpp"

#include <biodta/pipeline/runtime.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/threads.hpp>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <thread>

namespace biodta::pipeline {
namespace {

TEST(SetThreads, LimitsBothKindsOfThreads) {
  for (const int threads : {1, 3}) {
    set_threads(static_cast<std::size_t>(threads));
    EXPECT_EQ(support::thread_limit(), static_cast<std::size_t>(threads));
    EXPECT_EQ(at::get_num_threads(), threads);
    EXPECT_EQ(at::get_num_interop_threads(), 1);
  }
  set_threads(0);
  EXPECT_EQ(at::get_num_threads(), static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_GE(support::thread_limit(), 1U);
  testing::expect_error<ConfigError>([] { set_threads(5000); }, {"threads", "5000", "4096"});
}

}  // namespace
}  // namespace biodta::pipeline
