#include "every_gene_job.hpp"

#include "gene_perturbation.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace biodta::pipeline {
namespace {

using analysis::CellEffects;
using support::with_thousands;

/// Raised when records come to mean something else.
constexpr const char* kEffectsFormat = "2";
constexpr const char* kJournalEnd = ".journal";
constexpr const char* kTurnFile = "finish.lock";

template <class T>
void put_values(std::vector<std::byte>& bytes, std::span<const T> values) {
  const auto more = std::as_bytes(values);
  bytes.insert(bytes.end(), more.begin(), more.end());
}

template <class T>
bool get_values(std::span<const std::byte>& bytes, std::vector<T>& values, std::size_t count) {
  if (count > bytes.size() / sizeof(T)) return false;
  values.resize(count);
  if (count > 0) std::memcpy(values.data(), bytes.data(), count * sizeof(T));
  bytes = bytes.subspan(count * sizeof(T));
  return true;
}

// A cell after the other: index, number of genes, genes, shifts, shifts toward states.
std::vector<std::byte> encode_chunk(const std::vector<CellEffects>& chunk) {
  std::vector<std::byte> bytes;
  for (const auto& cell : chunk) {
    const std::vector<std::uint32_t> head = {cell.cell, static_cast<std::uint32_t>(cell.genes.size())};
    put_values(bytes, std::span(head));
    put_values(bytes, std::span(cell.genes));
    put_values(bytes, std::span(cell.shifts));
    put_values(bytes, std::span(cell.states));
  }
  return bytes;
}

/// Throws InputError where the record is not one of these cells.
std::vector<CellEffects> decode_chunk(std::span<const std::byte> bytes, std::span<const std::uint32_t> cells,
                                      std::size_t states, const std::filesystem::path& journal) {
  std::vector<CellEffects> chunk(cells.size());
  bool whole = true;
  for (std::size_t i = 0; i < cells.size() && whole; ++i) {
    std::vector<std::uint32_t> head;
    whole = get_values(bytes, head, 2) && head[0] == cells[i] && get_values(bytes, chunk[i].genes, head[1]) &&
            get_values(bytes, chunk[i].shifts, head[1]) &&
            get_values(bytes, chunk[i].states, head[1] * states);
    chunk[i].cell = cells[i];
  }
  if (whole && bytes.empty()) return chunk;
  throw InputError(journal, "", "a record of another kind", "the effects on some of the job's cells",
                   "begin anew with --overwrite");
}

std::string bank_checksums(const MutagenesisRunOptions& options) {
  std::string text;
  for (const auto* banks : {&options.embeddings, &options.further_embeddings})
    for (const auto& bank : *banks) text += (text.empty() ? "" : " ") + support::file_checksum(bank);
  return text.empty() ? "none" : text;
}

/// Whether an open file is still the one of that name.
bool is_file_of_name(int descriptor, const std::filesystem::path& name) {
  struct stat held {};
  struct stat named {};
  if (::fstat(descriptor, &held) != 0 || ::stat(name.c_str(), &named) != 0) return false;
  return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/// Held by the process that opens a journal or asks whether all shards are there, so that neither finds the
/// other at it; the system lets go when it ends. Makes the folder. Where a file system knows no locks nobody
/// waits.
class JournalsTurn {
 public:
  explicit JournalsTurn(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / kTurnFile;
    for (;;) {
      make_folder(folder);
      descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
      if (descriptor_ < 0 && errno == ENOENT) continue;  // another process has just removed the folder
      if (descriptor_ < 0 || !wait() || is_file_of_name(descriptor_, file)) return;
      ::close(descriptor_);
    }
  }
  ~JournalsTurn() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  JournalsTurn(const JournalsTurn&) = delete;
  JournalsTurn& operator=(const JournalsTurn&) = delete;

 private:
  static void make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw InputError(folder.string() + ": cannot be made: " + error.message());
  }
  /// @return false where there are no locks.
  bool wait() const {
    while (::flock(descriptor_, LOCK_EX) != 0)
      if (errno != EINTR) return false;
    return true;
  }

  int descriptor_ = -1;
};

/// Removes the folder of journals where nothing is in it and nobody has the turn.
void remove_unused(const std::filesystem::path& folder) noexcept {
  std::error_code ignored;
  const std::filesystem::path file = folder / kTurnFile;
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  const bool free = descriptor >= 0 && (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK);
  if (free && is_file_of_name(descriptor, file)) std::filesystem::remove(file, ignored);
  std::filesystem::remove(folder, ignored);  // does nothing where something is in it
  if (descriptor >= 0) ::close(descriptor);
}

/// Whether another process holds a journal.
bool is_held(const std::filesystem::path& journal) {
  const int descriptor = ::open(journal.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

[[noreturn]] void refuse_held(const std::filesystem::path& journal) {
  throw InputError(journal, "", "another process writing to it", "no run that was shared out otherwise",
                   "wait for it, or choose another output");
}

/// Throws InputError where another process holds it, or took it since that was asked.
void remove_journal(const std::filesystem::path& journal) {
  const int descriptor = ::open(journal.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor);
    refuse_held(journal);
  }
  std::error_code error;
  std::filesystem::remove(journal, error);
  if (descriptor >= 0) ::close(descriptor);
  if (error) throw InputError(journal.string() + ": cannot be removed: " + error.message());
}

std::string shard_text(const Shard& shard) {
  return std::to_string(shard.index) + "/" + std::to_string(shard.count);
}

}  // namespace

CellChunks::CellChunks(std::vector<std::uint32_t> cells, const Shard& shard)
    : cells_(std::move(cells)), shard_(shard), total_((cells_.size() + kCells - 1) / kCells) {}

std::span<const std::uint32_t> CellChunks::chunk(std::uint64_t i) const {
  const std::uint64_t first = (shard_.begin(total_) + i) * kCells;
  return std::span(cells_).subspan(first, std::min<std::uint64_t>(kCells, cells_.size() - first));
}

std::span<const std::uint32_t> CellChunks::from(std::uint64_t i) const {
  const std::uint64_t end = std::min<std::uint64_t>(shard_.end(total_) * kCells, cells_.size());
  const std::uint64_t first = std::min((shard_.begin(total_) + i) * kCells, end);
  return std::span(cells_).subspan(first, end - first);
}

embedding::JobIdentity every_gene_identity(const MutagenesisRunOptions& options, const PerturbedRun& run,
                                           std::span<const std::uint32_t> cells) {
  embedding::JobIdentity job = {
      {"record format", kEffectsFormat},
      {"corpus", support::file_checksum(options.corpus)},
      {"model", support::file_checksum(model_weights(run.folder))},
      {"model's config.json", support::file_checksum(run.folder / "config.json")},
      {"embeddings", run.has_adapter() ? bank_checksums(options) : "none"},
      {"cells", with_thousands(cells.size()) + ", " + support::bytes_checksum(std::as_bytes(cells))},
      {"cells.context_column", options.cells.context_column}};
  const bool shifts = options.perturbation == GenePerturbation::kInhibit ||
                      options.perturbation == GenePerturbation::kActivate;
  job.emplace_back("perturbation", traits_of(options.perturbation).name);
  job.emplace_back("quartiles", shifts ? std::to_string(options.quartiles) : "none");
  // Each under a name of its own: a journal finds values by name.
  for (std::size_t i = 0; i < options.cells.states.size(); ++i)
    job.emplace_back("state " + std::to_string(i + 1), options.cells.states[i]);
  if (!options.cells.states.empty()) {
    job.emplace_back("cells.state_cells", std::to_string(options.cells.state_cells));
    job.emplace_back("seed", std::to_string(options.seed));
  }
  const std::string shift = support::write_options(options.shift);
  for (const auto line : support::split(shift, '\n'))
    if (const auto colon = line.find(": "); colon != std::string_view::npos)
      job.emplace_back("shift." + std::string(line.substr(0, colon)), line.substr(colon + 2));
  return job;
}

EveryGeneJournals::EveryGeneJournals(const std::filesystem::path& output, embedding::JobIdentity job,
                                     const CellChunks& chunks, std::size_t states, bool overwrite)
    : folder_(output), job_(std::move(job)), chunks_(chunks), states_(states), overwrite_(overwrite) {
  folder_ += ".part";
}

EveryGeneJournals::~EveryGeneJournals() {
  own_.reset();
  remove_unused(folder_);
}

std::filesystem::path EveryGeneJournals::path_of(const Shard& shard) const {
  return folder_ /
         ("shard_" + std::to_string(shard.index) + "_of_" + std::to_string(shard.count) + kJournalEnd);
}

embedding::JobIdentity EveryGeneJournals::identity_of(const Shard& shard) const {
  auto job = job_;
  job.emplace_back("shard", shard_text(shard));
  return job;
}

std::vector<Shard> EveryGeneJournals::shards() const {
  std::vector<Shard> all;
  for (std::uint64_t i = 1; i <= chunks_.shard().count; ++i) all.push_back({i, chunks_.shard().count});
  return all;
}

/// Chunks shared out otherwise would be measured twice, and lie there for ever.
void EveryGeneJournals::refuse_other_divisions() const {
  const std::string own_end = "_of_" + std::to_string(chunks_.shard().count) + kJournalEnd;
  std::vector<std::filesystem::path> others;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("shard_") || !name.ends_with(kJournalEnd) || name.ends_with(own_end)) continue;
    if (!overwrite_)
      throw InputError(entry.path(), "", "a run that was shared out otherwise",
                       "one of " + support::counted(chunks_.shard().count, "shard"),
                       "go on with the shards that it has, or begin anew with --overwrite");
    if (is_held(entry.path())) refuse_held(entry.path());
    others.push_back(entry.path());
  }
  for (const auto& journal : others) remove_journal(journal);
}

std::unique_ptr<embedding::RowJournal> EveryGeneJournals::open_journal(const Shard& shard,
                                                                       bool overwrite) const {
  using embedding::RowJournal;
  const auto path = path_of(shard);
  const auto job = identity_of(shard);
  const auto nothing = [](std::uint64_t, std::span<const std::byte>) {};
  try {
    return std::make_unique<RowJournal>(path, job, RowJournal::Mode::kGoOn, nothing);
  } catch (const InputError& error) {
    // Thrown again where it is no journal, or another process holds it.
    if (overwrite) return std::make_unique<RowJournal>(path, job, RowJournal::Mode::kRestart, nothing);
    std::string hint = error.hint();
    const std::size_t flag = hint.find("--restart");
    if (flag == std::string::npos) throw;
    throw InputError(error.what(), hint.replace(flag, std::strlen("--restart"), "--overwrite"));
  }
}

void EveryGeneJournals::open(support::Reporter& reporter) {
  const JournalsTurn turn(folder_);
  refuse_other_divisions();
  own_ = open_journal(chunks_.shard(), overwrite_);
  if (!own_->is_locked())
    reporter.warn(own_->path().string() + ": the file system knows no locks: run one process for it");
  if (own_->size() > chunks_.size())
    throw InputError(own_->path(), "", with_thousands(own_->size()) + " chunks",
                     "at most " + with_thousands(chunks_.size()), "begin anew with --overwrite");
  if (own_->size() > 0)
    reporter.info("going on from " + own_->path().string() + ": " + with_thousands(own_->size()) + " of " +
                  support::counted(chunks_.size(), "chunk") + " of cells are there");
}

void EveryGeneJournals::append(const std::vector<CellEffects>& chunk) {
  own_->append(encode_chunk(chunk));
}

std::unique_ptr<embedding::RowJournal> EveryGeneJournals::whole_journal(const Shard& shard) const {
  const auto path = path_of(shard);
  if (!std::filesystem::exists(path) || is_held(path)) return nullptr;
  std::unique_ptr<embedding::RowJournal> journal;
  try {
    journal = open_journal(shard, false);
  } catch (const InputError&) {
    if (!overwrite_) throw;
    return nullptr;  // another job's, which its shard will throw away
  }
  if (journal->size() != chunks_.size_of(shard)) journal.reset();
  return journal;
}

std::vector<std::string> EveryGeneJournals::finish(const std::function<void(const CellEffects&)>& use,
                                                   const std::function<void()>& finish) {
  own_->sync();
  const JournalsTurn turn(folder_);
  own_.reset();
  std::vector<std::string> missing;
  std::vector<std::pair<Shard, std::unique_ptr<embedding::RowJournal>>> journals;
  for (const Shard& shard : shards()) {
    if (chunks_.size_of(shard) == 0) continue;
    auto journal = whole_journal(shard);
    if (!journal && shard.index == chunks_.shard().index)
      throw InputError(path_of(shard), "", "less than this run wrote",
                       "the journal with " + support::counted(chunks_.size(), "chunk") + " of cells",
                       "it was deleted or changed meanwhile: run the shard again");
    if (journal)
      journals.emplace_back(shard, std::move(journal));
    else
      missing.push_back(shard_text(shard));
  }
  if (!missing.empty()) return missing;
  for (const auto& [shard, journal] : journals) {
    const CellChunks of_shard(chunks_.cells(), shard);
    const auto& path = journal->path();
    journal->for_each([&](std::uint64_t i, std::span<const std::byte> record) {
      for (const auto& cell : decode_chunk(record, of_shard.chunk(i), states_, path)) use(cell);
    });
  }
  finish();
  for (const auto& [shard, journal] : journals) journal->remove();
  std::error_code ignored;
  std::filesystem::remove(folder_ / kTurnFile, ignored);
  return {};
}

}  // namespace biodta::pipeline
