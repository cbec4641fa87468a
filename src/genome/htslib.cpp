#include "htslib.hpp"

#include <biodta/support/error.hpp>

#include <cerrno>
#include <system_error>

namespace biodta::genome::detail {

void silence_htslib() noexcept {
  hts_set_log_level(HTS_LOG_OFF);
}

std::string last_system_error() {
  return errno == 0 ? std::string("an unreadable file") : std::generic_category().message(errno);
}

Storage storage_of(const std::filesystem::path& path) {
  silence_htslib();
  std::error_code failure;
  if (!std::filesystem::exists(path, failure)) throw InputError(path, "", "no such file", "a file");
  if (std::filesystem::is_directory(path, failure)) throw InputError(path, "", "a folder", "a file");
  errno = 0;
  const Hts<BGZF> file(bgzf_open(path.c_str(), "r"));
  if (!file) throw InputError(path, "", last_system_error(), "a readable file");
  switch (bgzf_compression(file.get())) {
    case 0:
      return Storage::kPlain;
    case 2:
      return Storage::kBgzip;
    default:
      return Storage::kGzip;
  }
}

bool is_fresh(const std::filesystem::path& index, const std::filesystem::path& file) {
  std::error_code failure;
  const auto made = std::filesystem::last_write_time(index, failure);
  if (failure) return false;
  const auto changed = std::filesystem::last_write_time(file, failure);
  return !failure && made >= changed;
}

}  // namespace biodta::genome::detail
