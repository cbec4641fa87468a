#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace biodta::support {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string_view what, const std::string& why) {
  throw InputError(path.string() + ": " + std::string(what) + ": " + why);
}

std::string system_reason() {
  return std::strerror(errno);
}

void sync_one(const fs::path& path, bool folder) {
  const int descriptor = ::open(path.c_str(), (folder ? O_DIRECTORY : 0) | O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "cannot be opened to sync it", system_reason());
  const int status = ::fsync(descriptor);
  const std::string reason = status == 0 ? "" : system_reason();
  // Some network file systems refuse to sync a folder, where the rename is durable on its own.
  const bool failed = status != 0 && !(folder && errno == EINVAL);
  ::close(descriptor);
  if (failed) fail(path, "cannot be synced to the disk", reason);
}

void sync_tree(const fs::path& path) {
  const bool folder = fs::is_directory(path);
  if (folder) {
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
      if (!entry.is_symlink()) sync_tree(entry.path());
    }
  }
  sync_one(path, folder);
}

fs::path parent_of(const fs::path& target) {
  const fs::path parent = target.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

/// A folder takes a name only from an empty folder, so the old one steps aside first and comes back on
/// failure.
void replace_folder(const fs::path& from, const fs::path& target) {
  fs::path aside = from;
  aside += ".old";
  std::error_code error;
  fs::remove_all(aside, error);
  fs::rename(target, aside, error);
  if (error) fail(target, "cannot be replaced", error.message());
  fs::rename(from, target, error);
  if (error) {
    std::error_code ignored;
    fs::rename(aside, target, ignored);
    fail(target, "cannot be replaced", error.message());
  }
  fs::remove_all(aside, error);
}

}  // namespace

AtomicPath::AtomicPath(fs::path target) : target_(std::move(target)) {
  // "run/" and "run" are the same folder.
  if (!target_.has_filename()) target_ = target_.parent_path();
  if (!target_.has_filename()) fail(target_, "cannot be written", "no file name is given");
  require_writable(target_);
  std::error_code error;
  temporary_ = target_;
  temporary_ += "." + std::to_string(::getpid()) + ".part";
  fs::remove_all(temporary_, error);
  if (error) fail(temporary_, "is in the way and cannot be removed", error.message());
}

AtomicPath::~AtomicPath() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void AtomicPath::commit() try {
  if (!fs::exists(temporary_))
    fail(temporary_, "cannot become '" + target_.string() + "'", "nothing was written");
  sync_tree(temporary_);
  if (fs::is_directory(temporary_) && fs::is_directory(target_) && !fs::is_empty(target_)) {
    replace_folder(temporary_, target_);
  } else {
    fs::rename(temporary_, target_);
  }
  committed_ = true;
  sync_one(parent_of(target_), true);
} catch (const fs::filesystem_error& error) {
  fail(target_, "cannot be written", error.code().message());
}

void require_writable(const fs::path& target) {
  const fs::path parent = parent_of(target.has_filename() ? target : target.parent_path());
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) fail(parent, "cannot be made", error.message());
  if (::access(parent.c_str(), W_OK | X_OK) != 0) fail(target, "cannot be written", system_reason());
  // Rights are not all: /proc, a full disk, a name that is too long.
  const std::string probe =
      (parent / target.filename()).string() + "." + std::to_string(::getpid()) + ".test";
  if (::mkdir(probe.c_str(), 0700) == 0) {
    ::rmdir(probe.c_str());
  } else if (errno != EEXIST) {
    fail(target, "cannot be written", system_reason());
  }
}

void require_regular(std::string_view key, const std::filesystem::path& target) {
  std::error_code ignored;
  const auto status = std::filesystem::status(target, ignored);
  if (target.empty() || (target.has_filename() && !std::filesystem::exists(status)) ||
      std::filesystem::is_regular_file(status)) {
    return;
  }
  const bool folder = !target.has_filename() || std::filesystem::is_directory(status);
  throw ConfigError(std::string(key) + ": found " + target.string() +
                    (folder ? ", a folder" : ", a device or pipe") + ", expected the name of a file");
}

void require_not_read(std::string_view key, const fs::path& written, std::initializer_list<fs::path> read) {
  std::error_code ignored;
  for (const fs::path& path : read) {
    if (written.empty() || path.empty()) continue;
    if (fs::weakly_canonical(written, ignored) == fs::weakly_canonical(path, ignored)) {
      throw ConfigError(std::string(key) + ": found " + written.string() +
                        ", which is an input too, expected another file");
    }
  }
}

bool may_replace(const fs::path& folder, std::string_view mark) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return false;
  return fs::is_empty(folder, ignored) || fs::exists(folder / mark, ignored);
}

void write_text_file(const fs::path& target, std::string_view text) {
  AtomicPath path(target);
  std::ofstream out(path.temporary(), std::ios::binary);
  if (!out) fail(target, "cannot be written", system_reason());
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) fail(target, "cannot be written", system_reason());
  path.commit();
}

std::string read_text_file(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) throw InputError(path, "", "no such file", "a text file");
  if (fs::is_directory(path, ignored)) throw InputError(path, "", "a folder", "a text file");
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(path, "cannot be read", system_reason());
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) fail(path, "cannot be read", system_reason());
  return std::move(text).str();
}

}  // namespace biodta::support
