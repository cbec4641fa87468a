#pragma once
/// @file
/// The two backends of PyTorch's process group; each is the only file that includes its library's headers.

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/error.hpp>

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <torch/types.h>

#include <string>

namespace biodta::distributed {

/// Adds Gloo for CPU tensors.
void attach_gloo(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store,
                 const Membership& membership);
/// Adds NCCL for the tensors of one GPU. Throws ConfigError where the build has no CUDA.
void attach_nccl(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store,
                 const Membership& membership, torch::Device device);

/// Runs a collective call; what PyTorch throws becomes one line that names this rank.
template <class Call>
void collective(int rank, int size, const char* what, Call&& call) {
  try {
    call();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    throw Error("rank " + std::to_string(rank) + " of " + std::to_string(size) + ": " + what +
                    " failed: " + text.substr(0, text.find('\n')),
                "another rank has probably ended; its own message says why");
  }
}

}  // namespace biodta::distributed
