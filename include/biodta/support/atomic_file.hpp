#pragma once
/// @file
/// Files and folders that appear under their name whole or not at all.

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace biodta::support {

/// A path to write to, beside its final name, that `commit` renames into place after syncing it to the disk.
/// When the object dies uncommitted, what was written is removed. Serves files and folders alike.
class AtomicPath {
 public:
  /// @param target  final name; its parent folder is made when missing. Throws InputError when it cannot be.
  explicit AtomicPath(std::filesystem::path target);
  ~AtomicPath();
  AtomicPath(const AtomicPath&) = delete;
  AtomicPath& operator=(const AtomicPath&) = delete;

  /// `<target>.<process id>.part`: write here. Nothing exists there yet.
  const std::filesystem::path& temporary() const noexcept { return temporary_; }
  /// Syncs and renames, replacing what stands at the target. Throws InputError, target untouched, on failure.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  bool committed_ = false;
};

/// Throws InputError where a file or folder of this name could not be made: to be asked before hours of work.
/// Makes the folders that it is to lie in.
void require_writable(const std::filesystem::path& target);
/// Throws ConfigError where what is to become a file is a folder, a device or a pipe. An empty path is passed
/// over.
void require_regular(std::string_view key, const std::filesystem::path& target);
/// Throws ConfigError, "<key>: found <written>, which is an input too", where a program would write over what
/// it reads. Empty paths are passed over.
void require_not_read(std::string_view key, const std::filesystem::path& written,
                      std::initializer_list<std::filesystem::path> read);

/// Whether a program may put its output in the place of what stands at `folder`: a mistyped --output must not
/// cost somebody else's folder.
/// @param mark  the file by which a folder of the program's own is known; an empty folder is anybody's
bool may_replace(const std::filesystem::path& folder, std::string_view mark);

/// Writes a small text file atomically.
void write_text_file(const std::filesystem::path& target, std::string_view text);
/// Reads a whole text file; throws InputError when it is missing or unreadable.
std::string read_text_file(const std::filesystem::path& path);

}  // namespace biodta::support
