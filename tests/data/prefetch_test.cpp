#include "testing.hpp"

#include <biodta/data/prefetch.hpp>
#include <biodta/support/error.hpp>

#include <atomic>
#include <future>
#include <memory>

namespace biodta::data {
namespace {

using biodta::testing::expect_error;

TEST(Prefetcher, hands_over_everything_in_order_and_then_nothing) {
  int made = 0;
  Prefetcher<std::unique_ptr<int>> prefetcher(
      [&]() -> std::optional<std::unique_ptr<int>> {
        if (made == 100) return std::nullopt;
        return std::make_unique<int>(made++);
      },
      3);
  for (int i = 0; i < 100; ++i) {
    const auto value = prefetcher.next();
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(**value, i);
  }
  EXPECT_FALSE(prefetcher.next().has_value());
  EXPECT_FALSE(prefetcher.next().has_value());
}

TEST(Prefetcher, works_ahead_by_its_capacity_and_no_further) {
  std::atomic<int> made{0};
  std::promise<void> enough;
  Prefetcher<int> prefetcher(
      [&]() -> std::optional<int> {
        const int now = ++made;
        if (now == 4) enough.set_value();
        return now;
      },
      4);
  enough.get_future().wait();  // four were made, none was taken
  EXPECT_EQ(*prefetcher.next(), 1);
  EXPECT_LE(made.load(), 5);
  for (int i = 2; i < 50; ++i) {
    EXPECT_EQ(*prefetcher.next(), i);
    EXPECT_LE(made.load(), i + 4);
  }
}

TEST(Prefetcher, carries_an_exception_to_the_consumer_after_what_was_made_before) {
  int made = 0;
  Prefetcher<int> prefetcher([&]() -> std::optional<int> {
    if (made == 2) throw InputError("the third is broken");
    return made++;
  });
  EXPECT_EQ(*prefetcher.next(), 0);
  EXPECT_EQ(*prefetcher.next(), 1);
  expect_error<InputError>([&] { prefetcher.next(); }, {"the third is broken"});
  expect_error<InputError>([&] { prefetcher.next(); }, {"the third is broken"});
}

TEST(Prefetcher, can_be_left_in_the_middle) {
  std::atomic<int> alive{0};
  struct Counted {
    explicit Counted(std::atomic<int>& count) : count(&count) { ++count; }
    ~Counted() { --*count; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    std::atomic<int>* count;
  };
  {
    Prefetcher<std::unique_ptr<Counted>> prefetcher(
        [&]() -> std::optional<std::unique_ptr<Counted>> { return std::make_unique<Counted>(alive); }, 4);
    prefetcher.next();
  }
  EXPECT_EQ(alive.load(), 0);
}

}  // namespace
}  // namespace biodta::data
