#include <biodta/pipeline/runtime.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/threads.hpp>

#include <ATen/Parallel.h>

#include <limits>
#include <thread>

namespace biodta::pipeline {

void set_threads(std::size_t threads) {
  constexpr std::size_t kMost = 4096;
  if (threads > kMost)
    throw ConfigError("threads: found " + std::to_string(threads) + ", expected at most 4096");
  support::set_thread_limit(threads);
  const std::size_t used = threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
  at::set_num_threads(static_cast<int>(used));
  // LibTorch lets this number be set only once, and refuses a second time by an exception.
  static const bool kInteropSet = [] {
    at::set_num_interop_threads(1);
    return true;
  }();
  static_cast<void>(kInteropSet);
}

}  // namespace biodta::pipeline
