#include "testing.hpp"

#include <biodta/support/threads.hpp>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace biodta::support {
namespace {

/// Puts the limit back at the end, whatever a test does.
class ThreadLimit : public ::testing::Test {
 protected:
  void TearDown() override { set_thread_limit(0); }
};

TEST_F(ThreadLimit, EveryIndexIsVisitedExactlyOnce) {
  constexpr std::size_t kCount = 100'003;
  std::vector<std::atomic<int>> visits(kCount);
  parallel_ranges(kCount, 16, [&](std::size_t begin, std::size_t end) {
    ASSERT_LT(begin, end);
    for (std::size_t i = begin; i < end; ++i) ++visits[i];
  });
  for (const auto& visit : visits) ASSERT_EQ(visit.load(), 1);
}

TEST_F(ThreadLimit, NothingToDoIsNothingDone) {
  parallel_ranges(0, 1, [](std::size_t, std::size_t) { FAIL(); });
}

TEST_F(ThreadLimit, OneThreadMeansTheCallersOwn) {
  set_thread_limit(1);
  EXPECT_EQ(thread_limit(), 1U);
  std::mutex lock;
  std::set<std::thread::id> seen;
  parallel_ranges(1000, 1, [&](std::size_t, std::size_t) {
    const std::lock_guard guard(lock);
    seen.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(seen, std::set{std::this_thread::get_id()});
}

TEST_F(ThreadLimit, CanBeChangedAndLifted) {
  const std::size_t all = thread_limit();
  set_thread_limit(3);
  EXPECT_EQ(thread_limit(), 3U);
  set_thread_limit(2);
  EXPECT_EQ(thread_limit(), 2U);
  set_thread_limit(0);
  EXPECT_EQ(thread_limit(), all);
}

TEST_F(ThreadLimit, AnExceptionReachesTheCaller) {
  const auto work = [](std::size_t begin, std::size_t end) {
    if (begin <= 500 && 500 < end) throw std::runtime_error("at 500");
  };
  EXPECT_THROW(parallel_ranges(1000, 10, work), std::runtime_error);
}

}  // namespace
}  // namespace biodta::support
