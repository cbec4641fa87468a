#pragma once
/// @file
/// Inputs of which each may be named only once, or what it holds would count twice.

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace biodta::pipeline {

class DistinctInputs {
 public:
  /// Throws ConfigError for a file or folder that was added before, be it by another path.
  void add(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!seen_.insert(std::filesystem::weakly_canonical(path, ignored)).second)
      throw ConfigError("inputs: found " + path.string() + " twice, expected each once");
  }

 private:
  std::set<std::filesystem::path> seen_;
};

/// What is asked of every merge before anything is read. Throws ConfigError for no or repeated inputs and for
/// an output that is not set, is an input, or cannot be written.
/// @param parts, whole  what is merged into what, for the errors.
inline void check_merge_paths(const std::vector<std::filesystem::path>& inputs,
                              const std::filesystem::path& output, const std::string& parts,
                              const std::string& whole) {
  if (inputs.empty()) throw ConfigError("inputs: found none, expected " + parts);
  if (output.empty()) throw ConfigError("output: found nothing, expected " + whole + " to write");
  DistinctInputs distinct;
  for (const auto& path : inputs) {
    distinct.add(path);
    support::require_not_read("output", output, {path});
  }
  support::require_regular("output", output);
  support::require_writable(output);
}

}  // namespace biodta::pipeline
