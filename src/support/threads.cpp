#include <biodta/support/threads.hpp>

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <memory>

namespace biodta::support {

void set_thread_limit(std::size_t threads) {
  // oneTBB keeps a limit for as long as its object lives, which here is the process.
  static std::unique_ptr<tbb::global_control> limit;
  limit.reset();
  if (threads > 0)
    limit = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, threads);
}

std::size_t thread_limit() {
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

void parallel_ranges(std::size_t count, std::size_t grain,
                     const std::function<void(std::size_t, std::size_t)>& body) {
  if (count == 0) return;
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, std::max<std::size_t>(1, grain)),
                    [&](const tbb::blocked_range<std::size_t>& piece) { body(piece.begin(), piece.end()); });
}

}  // namespace biodta::support
