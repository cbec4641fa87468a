#include "process_group.hpp"
#include "roll_call.hpp"

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/comm.hpp>

#include <chrono>
#include <filesystem>
#include <utility>
#include <vector>

namespace biodta::distributed {
namespace {

/// How far apart ranks may find that the same call has failed.
constexpr auto kPatience = std::chrono::seconds(3);
constexpr std::size_t kBroadcastBytes = std::size_t{64} * 1024 * 1024;

class Alone : public Communicator {
 public:
  explicit Alone(torch::Device device) : device_(device) {}
  int rank() const noexcept override { return 0; }
  int size() const noexcept override { return 1; }
  torch::Device device() const noexcept override { return device_; }
  void all_reduce_sum(torch::Tensor&) override {}
  void broadcast(std::span<torch::Tensor>, int) override {}
  void barrier() override {}

 private:
  torch::Device device_;
};

class Peers : public Communicator {
 public:
  Peers(c10::intrusive_ptr<c10d::ProcessGroup> group, torch::Device device, RollCall roll_call)
      : group_(std::move(group)), device_(device), roll_call_(std::move(roll_call)) {}
  int rank() const noexcept override { return group_->getRank(); }
  int size() const noexcept override { return group_->getSize(); }
  torch::Device device() const noexcept override { return device_; }

  void all_reduce_sum(torch::Tensor& tensor) override {
    collective(*this, "all-reduce", [&] {
      std::vector<torch::Tensor> tensors{tensor};
      group_->allreduce(tensors)->wait();
    });
  }

  void broadcast(std::span<torch::Tensor> tensors, int from) override {
    if (tensors.empty()) return;
    collective(*this, "broadcast", [&] {
      c10d::broadcast_coalesced(group_, at::TensorList(tensors.data(), tensors.size()), kBroadcastBytes,
                                from);
    });
  }

  void barrier() override {
    auto token = torch::zeros({1}, torch::TensorOptions().device(device_));
    all_reduce_sum(token);
    if (device_.is_cuda()) static_cast<void>(token.item<float>());
  }

  std::vector<int> silent_ranks() override { return roll_call_.silent(kPatience); }

  c10d::ProcessGroup* process_group() noexcept override { return group_.get(); }

 private:
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
  torch::Device device_;
  RollCall roll_call_;
};

c10::intrusive_ptr<c10d::Store> make_store(const Membership& membership) {
  c10::intrusive_ptr<c10d::Store> store;
  const std::chrono::seconds timeout(membership.timeout_seconds);
  if (!membership.file_store.empty()) {
    store = c10::make_intrusive<c10d::FileStore>(membership.file_store, membership.world_size);
  } else {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(membership.master_port);
    options.isServer = membership.rank == 0 && !membership.store_is_running;
    options.numWorkers = static_cast<std::size_t>(membership.world_size);
    options.timeout = timeout;
    store = c10::make_intrusive<c10d::TCPStore>(membership.master_address, options);
  }
  store->setTimeout(timeout);
  return c10::make_intrusive<c10d::PrefixStore>("biodta" + membership.store_prefix, store);
}

void validate(const Membership& membership) {
  if (membership.world_size < 1 || membership.rank < 0 || membership.rank >= membership.world_size) {
    throw ConfigError("rank " + std::to_string(membership.rank) + " of " +
                      std::to_string(membership.world_size) +
                      " is impossible: ranks go from 0 to one below their number");
  }
  if (membership.file_store.empty() && (membership.master_port < 1 || membership.master_port > 65535)) {
    throw ConfigError("port " + std::to_string(membership.master_port) +
                      " of the first rank is not in 1 … 65535");
  }
}

}  // namespace

void tell_failure(int rank, int size, const char* what, std::string text, const std::vector<int>& silent) {
  text = text.substr(0, text.find('\n'));
  if (text.starts_with('[') && text.find("] ") != std::string::npos) text = text.substr(text.find("] ") + 2);
  std::vector<std::string> names;
  names.reserve(silent.size());
  for (const int other : silent) names.push_back("rank " + std::to_string(other));
  const std::string who = names.empty() ? "" : support::join_words(names) + " did not answer: ";
  throw Error(
      "rank " + std::to_string(rank) + " of " + std::to_string(size) + ": " + what + " failed: " + who + text,
      names.empty() ? "another rank has probably ended; its own message says why"
                    : "it has ended or hangs; its own messages may say why");
}

double Communicator::sum(double value) {
  if (size() == 1) return value;
  auto tensor = torch::full({1}, value, torch::TensorOptions().dtype(torch::kFloat64).device(device()));
  all_reduce_sum(tensor);
  return tensor.item<double>();
}

std::unique_ptr<Communicator> make_communicator(const Membership& membership, torch::Device device) {
  validate(membership);
  if (membership.world_size == 1) return std::make_unique<Alone>(device);
  c10::intrusive_ptr<c10d::ProcessGroup> group;
  c10::intrusive_ptr<c10d::Store> store;
  try {
    store = make_store(membership);
    group = c10::make_intrusive<c10d::ProcessGroup>(store, membership.rank, membership.world_size);
    // CPU tensors can be exchanged in either case; gradients travel where they are.
    attach_gloo(*group, store, membership);
    if (device.is_cuda()) attach_nccl(*group, store, membership, device);
    group->setDefaultBackend(device.is_cuda() ? c10d::ProcessGroup::BackendType::NCCL
                                              : c10d::ProcessGroup::BackendType::GLOO);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    tell_failure(membership.rank, membership.world_size, "meeting the other ranks", error.what(), {});
  }
  return std::make_unique<Peers>(std::move(group), device,
                                 RollCall(store, membership.rank, membership.world_size));
}

}  // namespace biodta::distributed
