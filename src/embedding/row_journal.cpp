#include <biodta/embedding/row_journal.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>

namespace biodta::embedding {
namespace {

static_assert(std::endian::native == std::endian::little, "journals are written as memory has them");

// head:   magic, identity size uint64, CRC-32 of the identity uint32, identity
// record: size uint64, CRC-32 of index, size and bytes uint32, mark uint32, bytes
constexpr std::string_view kMagic = "biodta-journal 1";
constexpr std::size_t kHeadSize = kMagic.size() + 12;
constexpr std::size_t kRecordHeadSize = 16;
constexpr std::uint32_t kMark = 0x43455242;  // "BREC"
constexpr std::int64_t kSecondsBetweenSyncs = 5;

[[noreturn]] void fail_system(const std::filesystem::path& path, std::string_view what) {
  throw InputError(path.string() + ": " + std::string(what) + ": " + std::strerror(errno));
}

std::int64_t seconds_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

template <class T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T get(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::uint32_t crc_of(std::string_view text) {
  return support::bytes_crc32(std::as_bytes(std::span(text)));
}

/// The check value of a record tells its place too.
std::uint32_t record_crc(std::uint64_t index, std::span<const std::byte> record) {
  const std::array<std::uint64_t, 2> head = {index, record.size()};
  return support::bytes_crc32(record, support::bytes_crc32(std::as_bytes(std::span(head))));
}

std::string pack(const JobIdentity& job) {
  std::string packed;
  for (const auto& [name, value] : job) {
    for (const std::string* text : {&name, &value}) {
      put(packed, static_cast<std::uint64_t>(text->size()));
      packed += *text;
    }
  }
  return packed;
}

/// Nothing where the bytes are no identity.
std::optional<JobIdentity> unpack(std::string_view packed) {
  std::vector<std::string> texts;
  while (!packed.empty()) {
    if (packed.size() < 8) return std::nullopt;
    const auto size = get<std::uint64_t>(packed.data());
    packed.remove_prefix(8);
    if (size > packed.size()) return std::nullopt;
    texts.emplace_back(packed.substr(0, size));
    packed.remove_prefix(size);
  }
  if (texts.size() % 2 != 0) return std::nullopt;
  JobIdentity job;
  for (std::size_t i = 0; i < texts.size(); i += 2) job.emplace_back(texts[i], texts[i + 1]);
  return job;
}

std::string head_of(const JobIdentity& job) {
  const std::string identity = pack(job);
  std::string head(kMagic);
  put(head, static_cast<std::uint64_t>(identity.size()));
  put(head, crc_of(identity));
  return head + identity;
}

/// As many bytes as there are, at most `size`.
std::size_t read_at(int descriptor, std::uint64_t offset, char* out, std::size_t size,
                    const std::filesystem::path& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(descriptor, out + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_system(path, "cannot be read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void write_at(int descriptor, std::uint64_t offset, std::string_view bytes,
              const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t put_now = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put_now < 0 && errno == EINTR) continue;
    if (put_now < 0) fail_system(path, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(put_now));
    offset += static_cast<std::uint64_t>(put_now);
  }
}

std::uint64_t size_of(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail_system(path, "cannot be read");
  return static_cast<std::uint64_t>(status.st_size);
}

[[noreturn]] void refuse_foreign(const std::filesystem::path& path) {
  throw InputError(path, "", "a file that is no journal", "one of its journals, or no file of this name",
                   "move it away, or choose another output");
}

const std::string* value_of(const JobIdentity& job, const std::string& name) {
  for (const auto& [other, value] : job)
    if (other == name) return &value;
  return nullptr;
}

}  // namespace

RowJournal::RowJournal(const std::filesystem::path& path, const JobIdentity& job, Mode mode, const Use& use)
    : path_(path) {
  open_and_lock();
  try {
    const std::uint64_t found = size_of(descriptor_, path_);
    std::string start(std::min<std::uint64_t>(found, kMagic.size()), '\0');
    read_at(descriptor_, 0, start.data(), start.size(), path_);
    if (!kMagic.starts_with(start)) refuse_foreign(path_);
    const std::string head = head_of(job);
    if (mode == Mode::kRestart || is_unfinished(head) || is_empty()) {
      begin(head);
      return;
    }
    require_job(job);
    end_ = first_;
    end_ = read_records([&](std::uint64_t index, std::span<const std::byte> record) {
      use(index, record);
      size_ = index + 1;
    });
    cut_off_ = found - end_;
    if (cut_off_ > 0 && ::ftruncate(descriptor_, static_cast<off_t>(end_)) != 0)
      fail_system(path_, "cannot be written");
    synced_at_ = seconds_now();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

RowJournal::~RowJournal() {
  if (size_ == 0 && is_current()) ::unlink(path_.c_str());
  ::fsync(descriptor_);
  ::close(descriptor_);
}

/// A journal that its holder deletes between our opening and locking it must not be gone on with.
void RowJournal::open_and_lock() {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail_system(path_, "cannot be opened");
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
      locked_ = true;
    } else if (errno == EWOULDBLOCK) {
      ::close(descriptor_);
      throw InputError(path_, "", "another process writing to it", "one process for an output",
                       "wait for it, or choose another output");
    }
    if (is_current()) return;
    ::close(descriptor_);
  }
}

bool RowJournal::is_current() const noexcept {
  struct stat held {
  }, named{};
  if (::fstat(descriptor_, &held) != 0 || ::stat(path_.c_str(), &named) != 0) return false;
  return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

void RowJournal::begin(const std::string& head) {
  if (::ftruncate(descriptor_, 0) != 0) fail_system(path_, "cannot be written");
  write_at(descriptor_, 0, head, path_);
  first_ = end_ = head.size();
  sync();
}

/// Whether it ends within the head that this very job writes: then no record was ever behind it.
bool RowJournal::is_unfinished(const std::string& head) const {
  const std::uint64_t found = size_of(descriptor_, path_);
  if (found >= head.size()) return false;
  std::string start(found, '\0');
  read_at(descriptor_, 0, start.data(), start.size(), path_);
  return head.starts_with(start);
}

/// A whole head and nothing behind it.
bool RowJournal::is_empty() const {
  const std::optional<std::string> packed = read_identity();
  return packed && size_of(descriptor_, path_) == kHeadSize + packed->size();
}

void RowJournal::require_job(const JobIdentity& job) {
  const std::optional<std::string> packed = read_identity();
  const std::optional<JobIdentity> found = packed ? unpack(*packed) : std::nullopt;
  if (!found) {
    throw InputError(path_, "", "a damaged head", "the journal of a run that was broken off",
                     "begin anew with --restart");
  }
  const auto require = [&](const std::string& name, const std::string* was, const std::string* is) {
    if (was != nullptr && is != nullptr && *was == *is) return;
    const auto shown = [](const std::string* value) {
      return value == nullptr ? std::string("nothing") : value->empty() ? std::string("\"\"") : *value;
    };
    throw InputError(path_, "the journal of a run that was broken off", name + " " + shown(was),
                     name + " " + shown(is) + ", as asked for now",
                     "repeat that run to go on with it, choose another output, or begin anew with --restart");
  };
  for (const auto& [name, value] : job) require(name, value_of(*found, name), &value);
  for (const auto& [name, value] : *found) require(name, &value, value_of(job, name));
  first_ = kHeadSize + packed->size();
}

std::optional<std::string> RowJournal::read_identity() const {
  std::array<char, kHeadSize> fixed{};
  if (read_at(descriptor_, 0, fixed.data(), fixed.size(), path_) < fixed.size()) return std::nullopt;
  const auto size = get<std::uint64_t>(fixed.data() + kMagic.size());
  if (size > size_of(descriptor_, path_) - kHeadSize) return std::nullopt;
  std::string packed(size, '\0');
  read_at(descriptor_, kHeadSize, packed.data(), packed.size(), path_);
  if (crc_of(packed) != get<std::uint32_t>(fixed.data() + kMagic.size() + 8)) return std::nullopt;
  return packed;
}

std::uint64_t RowJournal::read_records(const Use& use) const {
  const std::uint64_t end = size_of(descriptor_, path_);
  std::uint64_t at = first_;
  std::vector<char> bytes;
  for (std::uint64_t index = 0;; ++index) {
    std::array<char, kRecordHeadSize> head{};
    if (end - at < kRecordHeadSize) return at;
    read_at(descriptor_, at, head.data(), head.size(), path_);
    const auto size = get<std::uint64_t>(head.data());
    if (get<std::uint32_t>(head.data() + 12) != kMark || size > end - at - kRecordHeadSize) return at;
    bytes.resize(size);
    if (read_at(descriptor_, at + kRecordHeadSize, bytes.data(), size, path_) != size) return at;
    const auto record = std::as_bytes(std::span(bytes));
    if (record_crc(index, record) != get<std::uint32_t>(head.data() + 8)) return at;
    use(index, record);
    at += kRecordHeadSize + size;
  }
}

void RowJournal::append(std::span<const std::byte> record) {
  std::string bytes;
  bytes.reserve(kRecordHeadSize + record.size());
  put(bytes, static_cast<std::uint64_t>(record.size()));
  put(bytes, record_crc(size_, record));
  put(bytes, kMark);
  bytes.append(reinterpret_cast<const char*>(record.data()), record.size());
  write_at(descriptor_, end_, bytes, path_);
  end_ += bytes.size();
  ++size_;
  if (seconds_now() - synced_at_ >= kSecondsBetweenSyncs) sync();
}

void RowJournal::sync() {
  if (::fsync(descriptor_) != 0) fail_system(path_, "cannot be synced to the disk");
  synced_at_ = seconds_now();
}

void RowJournal::for_each(const Use& use) const {
  if (read_records(use) == end_) return;
  throw InputError(path_, "", "records that have changed since they were written", "those of this run",
                   "run it again: it goes on from the records that are whole");
}

void RowJournal::remove() {
  std::error_code error;
  std::filesystem::remove(path_, error);
  if (error) throw InputError(path_.string() + ": cannot be removed: " + error.message());
}

}  // namespace biodta::embedding
