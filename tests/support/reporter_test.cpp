#include "testing.hpp"

#include <biodta/support/reporter.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <support/progress_text.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace biodta::support {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

ProgressFigures figures() {
  return {"tokenize", "cells", 1200, 10'000, 3.4, 350.0, "loss 3.2"};
}

TEST(ProgressText, ALineTellsAll) {
  EXPECT_EQ(progress_line(figures()),
            "tokenize: 1,200 of 10,000 cells (12%), 350 cells/s, 0:25 left, loss 3.2");
  ProgressFigures open = figures();
  open.total = 0;
  open.note.clear();
  EXPECT_EQ(progress_line(open), "tokenize: 1,200 cells, 350 cells/s");
  open.per_second = 0.0;
  EXPECT_EQ(progress_line(open), "tokenize: 1,200 cells");
}

TEST(ProgressText, TheBarFitsEveryTerminal) {
  for (std::size_t columns = 0; columns < 200; ++columns) {
    EXPECT_LE(progress_bar(figures(), columns).size(), columns == 0 ? 0 : columns - 1);
  }
  EXPECT_EQ(progress_bar(figures(), 100),
            "tokenize [====                                 ] 12% 1,200/10,000 cells, 350/s, 0:25 left, "
            "loss 3.2");
  EXPECT_THAT(progress_bar(figures(), 72), HasSubstr("tokenize [= "));
  EXPECT_THAT(progress_bar(figures(), 60), Not(HasSubstr("[")));
}

TEST(ProgressText, CutsBetweenCharactersNotInside) {
  ProgressFigures greek = figures();
  greek.stage = "ββββββββ";
  EXPECT_EQ(progress_bar(greek, 5), "ββββ");
}

TEST(ProgressText, TheEndTellsWhetherItWasReached) {
  ProgressFigures end{"tokenize", "cells", 10'000, 10'000, 28.0, 357.0, ""};
  EXPECT_EQ(progress_end(end), "tokenize: 10,000 cells in 0:28 (357 cells/s)");
  end.done = 500;
  EXPECT_EQ(progress_end(end), "tokenize: stopped after 500 of 10,000 cells in 0:28 (357 cells/s)");
}

TEST(ProgressText, ClocksReadAsPeopleReadThem) {
  EXPECT_EQ(clock_text(0.4), "0:00");
  EXPECT_EQ(clock_text(59.6), "1:00");
  EXPECT_EQ(clock_text(3 * 3600 + 5 * 60 + 10), "3:05:10");
}

TEST(ProgressRate, FollowsTheLastMinute) {
  const ProgressClock::time_point start{};
  ProgressRate rate(start);
  EXPECT_EQ(rate.per_second(), 0.0);
  std::uint64_t done = 0;
  for (int s = 1; s <= 100; ++s) rate.add(start + seconds(s), done += 10);
  EXPECT_NEAR(rate.per_second(), 10.0, 1e-9);
  for (int s = 101; s <= 200; ++s) rate.add(start + seconds(s), done += 40);
  EXPECT_NEAR(rate.per_second(), 40.0, 1e-9);
}

TEST(ProgressRate, WhatAResumedStageStartsWithIsNotSpeed) {
  const ProgressClock::time_point start{};
  ProgressRate rate(start);
  rate.add(start + std::chrono::milliseconds(100), 1'000'000);
  rate.add(start + std::chrono::milliseconds(10'100), 1'000'050);
  EXPECT_NEAR(rate.per_second(), 5.0, 1e-9);
}

TEST(Reporter, MessagesGoToStderrByLevel) {
  CaptureStderr();
  {
    const auto reporter = make_terminal_reporter(LogLevel::kInfo, false);
    reporter->info("read {} cells");  // no format string
    reporter->warn("odd");
    reporter->debug("detail");
  }
  const std::string text = GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("read {} cells\n"));
  EXPECT_THAT(text, HasSubstr("warning: odd\n"));
  EXPECT_THAT(text, Not(HasSubstr("detail")));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
}

TEST(Reporter, QuietKeepsWarningsOnly) {
  CaptureStderr();
  {
    const auto reporter = make_terminal_reporter(LogLevel::kDebug, true);
    reporter->info("info");
    reporter->warn("odd");
    reporter->start("tokenize", 10, "cells")->update(10);
  }
  const std::string text = GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("odd"));
  EXPECT_THAT(text, Not(HasSubstr("info")));
  EXPECT_THAT(text, Not(HasSubstr("tokenize")));
}

TEST(Reporter, AwayFromATerminalAShortStageIsOneLine) {
  CaptureStderr();
  {
    const auto reporter = make_terminal_reporter(LogLevel::kInfo, false);
    const auto progress = reporter->start("tokenize", 1000, "cells");
    for (std::uint64_t i = 1; i <= 1000; ++i) progress->update(i, "note");
  }
  const std::string text = GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, HasSubstr("tokenize: 1,000 cells in 0:00"));
}

TEST(Reporter, MessagesFromManyThreadsStayWhole) {
  CaptureStderr();
  {
    const auto reporter = make_terminal_reporter(LogLevel::kInfo, false);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) reporter->info("abcdefghij");
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::istringstream lines(GetCapturedStderr());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    EXPECT_TRUE(line.ends_with(" abcdefghij")) << line;
  EXPECT_EQ(count, 200);
}

/// Makes stderr a terminal of its own while it lives.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(unsigned short columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) return;
    const int slave = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    if (slave < 0) return;
    const winsize size{24, columns, 0, 0};
    ::ioctl(slave, TIOCSWINSZ, &size);
    std::fflush(stderr);
    saved_ = ::dup(STDERR_FILENO);
    ::dup2(slave, STDERR_FILENO);
    ::close(slave);
  }
  ~PseudoTerminal() {
    restore();
    if (master_ >= 0) ::close(master_);
  }
  bool open() const { return saved_ >= 0; }
  /// Everything written so far, after which stderr is what it was.
  std::string finish() {
    std::fflush(stderr);
    std::string text;
    std::array<char, 4096> piece{};
    pollfd waiting{master_, POLLIN, 0};
    while (::poll(&waiting, 1, 100) > 0 && (waiting.revents & POLLIN) != 0) {
      const ssize_t size = ::read(master_, piece.data(), piece.size());
      if (size <= 0) break;
      text.append(piece.data(), static_cast<std::size_t>(size));
    }
    restore();
    return text;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    saved_ = -1;
  }
  int master_;
  int saved_ = -1;
};

TEST(Reporter, OnATerminalTheBarStaysBelowTheMessages) {
  PseudoTerminal terminal(60);
  if (!terminal.open()) GTEST_SKIP() << "no pseudo-terminal can be had here";
  {
    const auto reporter = make_terminal_reporter(LogLevel::kInfo, false);
    const auto progress = reporter->start("tokenize", 100, "cells");
    reporter->info("a message");
    progress->update(100);
  }
  const std::string text = terminal.finish();
  const std::size_t bar = text.find("tokenize [");
  const std::size_t erased = text.find("\r\033[K", bar);
  const std::size_t message = text.find("a message", erased);
  const std::size_t again = text.find("tokenize [", message);
  const std::size_t erased_again = text.find("\r\033[K", again);
  EXPECT_NE(text.find("tokenize: 100 cells in", erased_again), std::string::npos) << text;
}

TEST(Reporter, TheSilentOneSaysNothing) {
  CaptureStderr();
  silent_reporter().info("a");
  silent_reporter().warn("b");
  silent_reporter().start("s", 1, "u")->update(1);
  EXPECT_EQ(GetCapturedStderr(), "");
}

}  // namespace
}  // namespace biodta::support
