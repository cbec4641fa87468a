#pragma once
/// @file
/// The ranks of a run and what they say to each other.

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace c10d {
class ProcessGroup;
}

namespace biodta::distributed {

/// Where a process stands among its peers and how to find them.
struct Membership {
  int rank = 0;
  int world_size = 1;
  int local_rank = 0;  ///< rank on this machine: which GPU
  int local_size = 1;  ///< ranks on this machine; 0 = not known
  std::string master_address = "127.0.0.1";
  int master_port = 29500;
  bool store_is_running = false;  ///< the launcher already serves the TCP store (torchrun); else rank 0 does
  std::string store_prefix;       ///< keeps the keys of restarted attempts apart; may be empty
  std::string file_store;         ///< path of a FileStore instead of TCP; empty = TCP
  std::string network_interface;  ///< Gloo's, for example "eth0"; empty = that of the host name (loopback for
                                  ///< a local run)
  int timeout_seconds = 600;      ///< a peer silent for so long is taken for dead
};

/// Collective calls: every rank must make the same ones in the same order. Throws Error naming the rank when
/// a peer fails.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const noexcept = 0;
  virtual int size() const noexcept = 0;
  /// Where tensors must lie for the collective calls: the CPU for Gloo, this rank's GPU for NCCL.
  virtual torch::Device device() const noexcept = 0;
  bool is_first() const noexcept { return rank() == 0; }
  /// Sums in place over all ranks.
  virtual void all_reduce_sum(torch::Tensor& tensor) = 0;
  /// From one rank to all, in place.
  virtual void broadcast(std::span<torch::Tensor> tensors, int from = 0) = 0;
  virtual void barrier() = 0;
  /// To be asked once a collective call has failed: the ranks that do not say that it failed for them too, so
  /// that the others waited for them. Takes some seconds.
  virtual std::vector<int> silent_ranks() { return {}; }
  /// PyTorch's own process group behind this, for GradientReducer; nullptr when alone.
  virtual c10d::ProcessGroup* process_group() noexcept { return nullptr; }

  /// Sum of a host value over all ranks.
  double sum(double value);
};

/// Alone when membership.world_size is 1; else Gloo on the CPU and NCCL on CUDA devices.
std::unique_ptr<Communicator> make_communicator(const Membership& membership, torch::Device device);

}  // namespace biodta::distributed
