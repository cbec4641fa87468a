#pragma once
/// @file
/// Who is still there once a collective call has failed.

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace biodta::distributed {

/// Each rank whose call failed says so in the store that the ranks met at, and looks who else does: all wait
/// in the same call, so that a rank which says nothing is the one that the others waited for.
class RollCall {
 public:
  RollCall(c10::intrusive_ptr<c10d::Store> store, int rank, int size);
  /// Answers the call and gives the ranks that have not answered `patience` later, ascending. Where the store
  /// itself does not answer, that is the first rank, which keeps it. Never throws.
  std::vector<int> silent(std::chrono::milliseconds patience) const;

 private:
  std::string key(int rank) const { return "failed/" + std::to_string(rank); }
  std::vector<int> ask(std::chrono::milliseconds patience) const;

  c10::intrusive_ptr<c10d::Store> store_;
  int rank_;
  int size_;
};

}  // namespace biodta::distributed
