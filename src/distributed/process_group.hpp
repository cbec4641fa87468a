#pragma once
/// @file
/// The two backends of PyTorch's process group; each is the only file that includes its library's headers.

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/error.hpp>

#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <torch/types.h>

#include <string>
#include <vector>

namespace biodta::distributed {

/// Adds Gloo for CPU tensors.
void attach_gloo(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store,
                 const Membership& membership);
/// Adds NCCL for the tensors of one GPU. Throws ConfigError where the build has no CUDA.
void attach_nccl(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store,
                 const Membership& membership, torch::Device device);

/// What this rank says of a collective call that failed.
/// @param text    of PyTorch, of which the first line is kept without the place in its sources.
/// @param silent  as Communicator::silent_ranks.
[[noreturn]] void tell_failure(int rank, int size, const char* what, std::string text,
                               const std::vector<int>& silent);

/// Runs a collective call; what PyTorch throws becomes one line that names this rank, and those that it
/// waited for in vain.
template <class Call>
void collective(Communicator& ranks, const char* what, Call&& call) {
  try {
    call();
  } catch (const Error&) {
    throw;
  } catch (const c10::DistError& error) {
    tell_failure(ranks.rank(), ranks.size(), what, error.what(), ranks.silent_ranks());
  } catch (const c10::Error&) {
    throw;  // of this rank's own work (memory, shapes), which a backward pass does between exchanges
  } catch (const std::exception& error) {
    tell_failure(ranks.rank(), ranks.size(), what, error.what(), ranks.silent_ranks());
  }
}

}  // namespace biodta::distributed
