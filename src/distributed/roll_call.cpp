#include "roll_call.hpp"

#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace biodta::distributed {
namespace {

constexpr auto kAskAgain = std::chrono::milliseconds(50);
/// What the store may take to answer beyond the patience with the ranks.
constexpr auto kStoreAnswers = std::chrono::seconds(5);

}  // namespace

RollCall::RollCall(c10::intrusive_ptr<c10d::Store> store, int rank, int size)
    : store_(std::move(store)), rank_(rank), size_(size) {}

std::vector<int> RollCall::ask(std::chrono::milliseconds patience) const {
  store_->set(key(rank_), std::vector<std::uint8_t>{1});
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    std::vector<int> silent;
    for (int rank = 0; rank < size_; ++rank)
      if (!store_->check({key(rank)})) silent.push_back(rank);
    if (silent.empty() || std::chrono::steady_clock::now() > deadline) return silent;
    std::this_thread::sleep_for(kAskAgain);
  }
}

std::vector<int> RollCall::silent(std::chrono::milliseconds patience) const {
  // A store whose keeper is stopped answers never, whatever its own time-out: then the thread is left behind,
  // with what it needs its own.
  auto answer = std::make_shared<std::promise<std::vector<int>>>();
  auto future = answer->get_future();
  std::thread([answer, self = *this, patience] {
    try {
      answer->set_value(self.ask(patience));
    } catch (const std::exception&) {
      answer->set_value({0});
    }
  }).detach();
  if (future.wait_for(patience + kStoreAnswers) != std::future_status::ready) return {0};
  return future.get();
}

}  // namespace biodta::distributed
