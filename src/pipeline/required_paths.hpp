#pragma once
/// @file
/// Paths that must be set.

#include <biodta/support/error.hpp>

#include <filesystem>
#include <string>

namespace biodta::pipeline {

/// Throws ConfigError, naming the setting, where it is empty.
inline void require_set(const std::filesystem::path& path, const std::string& key, const std::string& what) {
  if (path.empty()) throw ConfigError(key + ": is not set, expected " + what);
}

}  // namespace biodta::pipeline
