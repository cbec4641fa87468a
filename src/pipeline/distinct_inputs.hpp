#pragma once
/// @file
/// Inputs of which each may be named only once, or its cells would count twice.

#include <biodta/support/error.hpp>

#include <filesystem>
#include <set>
#include <system_error>

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

}  // namespace biodta::pipeline
