#pragma once
/// @file
/// Outputs that are not replaced without being told to.

#include <biodta/support/error.hpp>

#include <filesystem>
#include <string>

namespace biodta::pipeline {

/// @param key  the setting that names it.
[[noreturn]] inline void refuse_existing(const std::string& key, const std::filesystem::path& path) {
  throw ConfigError(key + ": found " + path.string() + ", which exists, expected a new file",
                    "--overwrite replaces it");
}

}  // namespace biodta::pipeline
