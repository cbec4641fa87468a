#pragma once
/// @file
/// An append-only file of records that a long job leaves behind when it is broken off, and goes on from.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace biodta::embedding {

/// All that decides what the records hold: names and values, in order. Two jobs are the same when these are.
using JobIdentity = std::vector<std::pair<std::string, std::string>>;

/// Records are opaque bytes with a length and a CRC-32 each; numbers are little-endian. One process holds a
/// journal at a time. Every function throws InputError naming the file. Not thread-safe.
class RowJournal {
 public:
  /// Called for each whole record that an open journal already holds, in order. The bytes live for the call.
  using Use = std::function<void(std::uint64_t index, std::span<const std::byte> record)>;
  enum class Mode {
    kGoOn,    ///< a journal of the same job is gone on from
    kRestart  ///< what is there is thrown away
  };

  /// Opens the journal of a job, or begins it; what follows the last whole record is cut off. Throws
  /// InputError for a journal of another job, naming the first value that differs, for one that another
  /// process holds, and for a file that is no journal, which is never touched.
  RowJournal(const std::filesystem::path& path, const JobIdentity& job, Mode mode, const Use& use);
  /// Syncs and closes; the file stays, unless it has no record.
  ~RowJournal();
  RowJournal(const RowJournal&) = delete;
  RowJournal& operator=(const RowJournal&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Records, of earlier runs and this one.
  std::uint64_t size() const noexcept { return size_; }
  /// Bytes that were cut off when it was opened: a record that a killed run had begun, or damage and all that
  /// came after.
  std::uint64_t cut_off() const noexcept { return cut_off_; }
  /// False where the file system knows no locks: then nothing keeps a second process out.
  bool is_locked() const noexcept { return locked_; }

  /// Adds a record with one write; when some seconds have passed since the last time, also syncs to the disk.
  void append(std::span<const std::byte> record);
  void sync();
  /// All records again, checked again.
  void for_each(const Use& use) const;
  /// Deletes the file: the job is done.
  void remove();

 private:
  void open_and_lock();
  bool is_current() const noexcept;
  void begin(const std::string& head);
  bool is_empty() const;
  bool is_unfinished(const std::string& head) const;
  /// Throws for another job's journal; finds where the records begin.
  void require_job(const JobIdentity& job);
  std::optional<std::string> read_identity() const;
  /// @return where the last whole record ends.
  std::uint64_t read_records(const Use& use) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  bool locked_ = false;
  std::uint64_t first_ = 0;  // where the records begin
  std::uint64_t end_ = 0;    // where the next one goes
  std::uint64_t size_ = 0;
  std::uint64_t cut_off_ = 0;
  std::int64_t synced_at_ = 0;  // seconds of the steady clock
};

}  // namespace biodta::embedding
