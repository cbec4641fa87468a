#pragma once
/// @file
/// The exceptions of the library. Programs print `error: what()`, a hint if there is one, and exit 1.

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace biodta {

/// Base of everything the library throws on purpose. The message is one line that names what was wrong and
/// where.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, std::string hint = {});
  /// What the reader may do about it; empty when there is nothing to say.
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string hint_;
};

/// A setting that cannot be used: unknown key, value out of range, settings that contradict each other.
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be used. The message reads `path: place: found …, expected …`.
class InputError : public Error {
 public:
  using Error::Error;
  /// @param place  line, record, dataset or field inside the file; may be empty.
  InputError(const std::filesystem::path& path, std::string_view place, std::string_view found,
             std::string_view expected, std::string hint = {});
};

/// A checkpoint that is damaged, or belongs to another configuration.
class CheckpointError : public Error {
 public:
  using Error::Error;
};

}  // namespace biodta
