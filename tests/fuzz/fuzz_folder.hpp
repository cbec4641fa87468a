#pragma once
/// @file
/// What fuzz targets share: the bytes as files, and a way to report a broken promise.

#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace biodta::fuzz {

/// Ends the program, which libFuzzer reports as a finding, where a reader breaks its promises.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// A folder of this process: below TMPDIR, or in memory. Emptied for every input.
class FuzzFolder {
 public:
  /// @param name  tells several folders of one process apart.
  explicit FuzzFolder(const std::string& name = "")
      : path_(base() / ("biodta-fuzz-" + std::to_string(::getpid()) + name)) {
    std::filesystem::create_directories(path_);
  }
  ~FuzzFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  FuzzFolder(const FuzzFolder&) = delete;
  FuzzFolder& operator=(const FuzzFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      std::filesystem::remove_all(entry.path());
  }
  /// Writes gzip where `packed`; else the bytes as they are, which may be gzip (or broken gzip) themselves.
  std::filesystem::path write(const std::string& name, std::string_view bytes, bool packed) const {
    std::filesystem::path file = path_ / name;
    if (packed) {
      const gzFile stream = gzopen(file.c_str(), "wb1");
      gzwrite(stream, bytes.data(), static_cast<unsigned>(bytes.size()));
      gzclose(stream);
    } else {
      std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    return file;
  }

 private:
  static std::filesystem::path base() {
    const char* const named = std::getenv("TMPDIR");
    if (named != nullptr && *named != '\0') return named;
    return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
  }
  std::filesystem::path path_;
};

}  // namespace biodta::fuzz
