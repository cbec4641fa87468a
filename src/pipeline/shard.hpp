#pragma once
/// @file
/// One part of a job that many runs share, for job arrays.

#include <cstdint>
#include <string>

namespace biodta::pipeline {

/// Part i of n of a job, both from 1.
struct Shard {
  std::uint64_t index = 1;
  std::uint64_t count = 1;
  /// "i/n"; empty = the whole. Throws ConfigError for text that is no shard.
  static Shard parse(const std::string& text);
  /// Where the part begins that ends before `end(total)`, in units of the job.
  std::uint64_t begin(std::uint64_t total) const { return part(index - 1, total); }
  std::uint64_t end(std::uint64_t total) const { return part(index, total); }

 private:
  std::uint64_t part(std::uint64_t i, std::uint64_t total) const;
};

}  // namespace biodta::pipeline
