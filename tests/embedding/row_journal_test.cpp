#include "testing.hpp"

#include <biodta/embedding/row_journal.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <optional>

namespace biodta::embedding {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const JobIdentity kJob = {{"genome", "crc32:1"}, {"window", "256"}};

std::string text_of(std::span<const std::byte> record) {
  return {reinterpret_cast<const char*>(record.data()), record.size()};
}

class RowJournalFile : public ::testing::Test {
 protected:
  /// Opens the journal; what was in it comes into `found_`.
  RowJournal& open(const JobIdentity& job = kJob, RowJournal::Mode mode = RowJournal::Mode::kGoOn) {
    found_.clear();
    journal_.reset();
    journal_.emplace(path_, job, mode, [this](std::uint64_t index, std::span<const std::byte> record) {
      EXPECT_EQ(index, found_.size());
      found_.push_back(text_of(record));
    });
    return *journal_;
  }
  static void add(RowJournal& journal, const std::string& text) {
    journal.append(std::as_bytes(std::span(text)));
  }
  void close() { journal_.reset(); }
  std::string bytes() const { return support::read_text_file(path_); }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "bank.h5.part";
  std::optional<RowJournal> journal_;
  std::vector<std::string> found_;
};

TEST_F(RowJournalFile, GoesOnAfterTheRecordsThatAreThere) {
  add(open(), "one");
  add(*journal_, "");
  EXPECT_EQ(journal_->size(), 2U);
  add(open(), "three");
  EXPECT_THAT(found_, ElementsAre("one", ""));
  EXPECT_EQ(journal_->size(), 3U);
  EXPECT_EQ(journal_->cut_off(), 0U);
  std::vector<std::string> again;
  journal_->for_each(
      [&](std::uint64_t, std::span<const std::byte> record) { again.push_back(text_of(record)); });
  EXPECT_THAT(again, ElementsAre("one", "", "three"));
  open();
  EXPECT_THAT(found_, ElementsAre("one", "", "three"));
}

/// Cut at every byte: the whole records before it stay, and the journal goes on as if never broken off.
TEST_F(RowJournalFile, CutAnywhereItKeepsTheWholeRecordsAndNothingElse) {
  open();
  std::vector<std::size_t> ends = {bytes().size()};
  for (const char* text : {"alpha", "b", "gamma"}) {
    add(*journal_, text);
    ends.push_back(bytes().size());
  }
  close();
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    support::write_text_file(path_, std::string_view(whole).substr(0, size));
    open();
    std::size_t kept = 0;
    while (kept + 1 < ends.size() && ends[kept + 1] <= size) ++kept;
    ASSERT_EQ(found_.size(), kept) << size;
    EXPECT_EQ(journal_->cut_off(), size < ends[0] ? 0 : size - ends[kept]);
    for (const char* text : {"alpha", "b", "gamma"})
      if (journal_->size() < 3 && text == std::vector<std::string>{"alpha", "b", "gamma"}[journal_->size()])
        add(*journal_, text);
    close();
    ASSERT_EQ(bytes(), whole) << size;
  }
}

/// One changed bit: never a changed record.
TEST_F(RowJournalFile, DamageAnywhereIsNeverReadAsARecord) {
  open();
  for (const char* text : {"alpha", "b", "gamma"}) add(*journal_, text);
  close();
  const std::string whole = bytes();
  support::RandomStream random(5);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
    support::write_text_file(path_, damaged);
    try {
      open();
      ASSERT_LT(found_.size(), 3U) << at;
      for (std::size_t i = 0; i < found_.size(); ++i)
        ASSERT_EQ(found_[i], (std::vector<std::string>{"alpha", "b", "gamma"}[i])) << at;
      EXPECT_GT(journal_->cut_off(), 0U);
    } catch (const InputError&) {
      close();
      EXPECT_EQ(bytes(), damaged) << "a file that was refused was changed, at " << at;
    }
  }
}

/// Records of equal bytes in another place are not taken for those that belong there.
TEST_F(RowJournalFile, ARecordThatStandsInAnothersPlaceIsNotRead) {
  open();
  const std::size_t first = bytes().size();
  add(*journal_, "alpha");
  const std::size_t second = bytes().size();
  add(*journal_, "gamma");
  close();
  const std::string whole = bytes();
  support::write_text_file(
      path_, whole.substr(0, first) + whole.substr(second) + whole.substr(first, second - first));
  open();
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(RowJournalFile, OfAnotherJobItIsRefusedNamingWhatDiffers) {
  add(open(), "one");
  close();
  const std::string before = bytes();
  expect_error<InputError>(
      [&] {
        open({{"genome", "crc32:1"}, {"window", "512"}});
      },
      {"bank.h5.part", "found window 256", "expected window 512", "--restart"});
  expect_error<InputError>([&] { open({{"genome", "crc32:1"}}); }, {"window 256", "window nothing"});
  expect_error<InputError>(
      [&] {
        open({{"genome", "crc32:1"}, {"window", "256"}, {"tracks", "7"}});
      },
      {"tracks nothing", "tracks 7"});
  EXPECT_EQ(bytes(), before);
  open({{"window", "512"}}, RowJournal::Mode::kRestart);
  EXPECT_THAT(found_, IsEmpty());
  EXPECT_EQ(journal_->size(), 0U);
}

TEST_F(RowJournalFile, WithoutARecordItBelongsToNobodyAndDoesNotStay) {
  open();
  const std::string head = bytes();
  close();
  EXPECT_FALSE(std::filesystem::exists(path_));
  support::write_text_file(path_, head);  // as a killed process leaves it
  add(open({{"window", "512"}}), "one");
  close();
  EXPECT_TRUE(std::filesystem::exists(path_));
  expect_error<InputError>([&] { open(); }, {"genome nothing"});
}

TEST_F(RowJournalFile, AFileOfSomebodyElseIsNeverTouched) {
  support::write_text_file(path_, "my thesis, the only copy");
  for (const auto mode : {RowJournal::Mode::kGoOn, RowJournal::Mode::kRestart})
    expect_error<InputError>([&] { open(kJob, mode); }, {"bank.h5.part", "no journal"});
  EXPECT_EQ(bytes(), "my thesis, the only copy");
}

TEST_F(RowJournalFile, HasOneHolderAtATime) {
  open();
  EXPECT_TRUE(journal_->is_locked());
  expect_error<InputError>(
      [&] { RowJournal(path_, kJob, RowJournal::Mode::kRestart, [](std::uint64_t, auto) {}); },
      {"bank.h5.part", "another process"});
  add(*journal_, "one");
  open();
  EXPECT_THAT(found_, ElementsAre("one"));
}

TEST_F(RowJournalFile, IsGoneWhenRemovedAndTheNextBeginsAnew) {
  add(open(), "one");
  journal_->remove();
  close();
  EXPECT_FALSE(std::filesystem::exists(path_));
  open();
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(RowJournalFile, OfAWriterThatWasKilledHasEveryRecordThatItReturnedFrom) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    RowJournal journal(path_, kJob, RowJournal::Mode::kGoOn, [](std::uint64_t, auto) {});
    for (int i = 0;; ++i) {
      add(journal, "record " + std::to_string(i));
      if (::write(ends[1], "x", 1) != 1) std::_Exit(1);
    }
  }
  std::size_t told = 0;
  for (char letter = 0; told < 200 && ::read(ends[0], &letter, 1) == 1;) ++told;
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  ASSERT_TRUE(WIFSIGNALED(status));
  open();
  EXPECT_GE(found_.size(), told);
  for (std::size_t i = 0; i < found_.size(); ++i) ASSERT_EQ(found_[i], "record " + std::to_string(i));
}

TEST_F(RowJournalFile, WhereItCannotBeMadeTheErrorNamesIt) {
  path_ = folder_ / "none" / "bank.h5.part";
  expect_error<InputError>([&] { open(); }, {"bank.h5.part", "cannot be opened"});
}

}  // namespace
}  // namespace biodta::embedding
