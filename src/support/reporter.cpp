#include "progress_text.hpp"

#include <biodta/support/reporter.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <vector>

namespace biodta::support {
namespace {

class SilentProgress : public Progress {
 public:
  void update(std::uint64_t, std::string_view) override {}
};

class SilentReporter : public Reporter {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void debug(std::string_view) override {}
  std::unique_ptr<Progress> start(std::string_view, std::uint64_t, std::string_view) override {
    return std::make_unique<SilentProgress>();
  }
};

/// stderr, shared by the messages and the bars that stand below them.
class Screen {
 public:
  explicit Screen(LogLevel level)
      : terminal_(::isatty(STDERR_FILENO) == 1),
        log_("biodta", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    log_.set_pattern(terminal_ ? "%^%v%$" : "%Y-%m-%d %H:%M:%S %v");
    log_.set_level(as_spdlog(level));
    log_.flush_on(spdlog::level::trace);
  }

  bool terminal() const noexcept { return terminal_; }
  bool shows_progress() const { return log_.should_log(spdlog::level::info); }

  void message(spdlog::level::level_enum level, std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (!log_.should_log(level)) return;
    erase_bar();
    log_.log(level, spdlog::string_view_t(text.data(), text.size()));
    draw_bar();
  }

  /// The bar of `owner` takes the last line until another is set or it is taken away.
  void set_bar(const void* owner, const ProgressFigures& figures) {
    const std::lock_guard lock(mutex_);
    erase_bar();
    bar_owner_ = owner;
    bar_ = progress_bar(figures, columns());
    draw_bar();
  }

  void take_bar(const void* owner) {
    const std::lock_guard lock(mutex_);
    if (bar_owner_ != owner) return;
    erase_bar();
    bar_.clear();
    bar_owner_ = nullptr;
  }

 private:
  static spdlog::level::level_enum as_spdlog(LogLevel level) {
    switch (level) {
      case LogLevel::kDebug:
        return spdlog::level::debug;
      case LogLevel::kWarn:
        return spdlog::level::warn;
      case LogLevel::kError:
        return spdlog::level::err;
      default:
        return spdlog::level::info;
    }
  }

  static std::size_t columns() {
    constexpr std::size_t kUsual = 80;
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
    return size.ws_col;
  }

  void erase_bar() const {
    if (!bar_.empty()) std::fputs("\r\033[K", stderr);
  }
  void draw_bar() const {
    if (bar_.empty()) return;
    std::fputs(bar_.c_str(), stderr);
    std::fflush(stderr);
  }

  std::mutex mutex_;
  bool terminal_;
  spdlog::logger log_;
  std::string bar_;
  const void* bar_owner_ = nullptr;
};

class ScreenProgress : public Progress {
 public:
  ScreenProgress(std::shared_ptr<Screen> screen, std::string_view stage, std::uint64_t total,
                 std::string_view unit)
      : screen_(std::move(screen)), start_(ProgressClock::now()), shown_(start_), rate_(start_) {
    figures_.stage = stage;
    figures_.unit = unit;
    figures_.total = total;
    if (screen_->terminal()) screen_->set_bar(this, figures_);
  }

  ~ScreenProgress() override {
    screen_->take_bar(this);
    const std::chrono::duration<double> elapsed = ProgressClock::now() - start_;
    figures_.seconds = elapsed.count();
    const std::uint64_t here = figures_.done - std::min(figures_.done, first_done_);
    figures_.per_second = elapsed.count() > 0.0 ? static_cast<double>(here) / elapsed.count() : 0.0;
    screen_->message(spdlog::level::info, progress_end(figures_));
  }

  void update(std::uint64_t done, std::string_view note) override {
    constexpr auto kRedraw = std::chrono::milliseconds(100);
    constexpr auto kLine = std::chrono::seconds(10);
    const auto now = ProgressClock::now();
    if (!updated_ && now - start_ < std::chrono::seconds(1)) first_done_ = done == figures_.total ? 0 : done;
    updated_ = true;
    figures_.done = done;
    // Hot loops call this for every unit.
    if (note != figures_.note) figures_.note = note;
    if (now - shown_ <
        (screen_->terminal() ? std::chrono::nanoseconds(kRedraw) : std::chrono::nanoseconds(kLine))) {
      return;
    }
    shown_ = now;
    rate_.add(now, done);
    figures_.seconds = std::chrono::duration<double>(now - start_).count();
    figures_.per_second = rate_.per_second();
    if (screen_->terminal()) {
      screen_->set_bar(this, figures_);
    } else {
      screen_->message(spdlog::level::info, progress_line(figures_));
    }
  }

 private:
  std::shared_ptr<Screen> screen_;
  ProgressClock::time_point start_;
  ProgressClock::time_point shown_;
  ProgressRate rate_;
  ProgressFigures figures_;
  std::uint64_t first_done_ = 0;
  bool updated_ = false;
};

class TerminalReporter : public Reporter {
 public:
  explicit TerminalReporter(LogLevel level) : screen_(std::make_shared<Screen>(level)) {}

  void info(std::string_view message) override { screen_->message(spdlog::level::info, message); }
  void warn(std::string_view message) override {
    screen_->message(spdlog::level::warn, "warning: " + std::string(message));
  }
  void debug(std::string_view message) override { screen_->message(spdlog::level::debug, message); }
  std::unique_ptr<Progress> start(std::string_view stage, std::uint64_t total,
                                  std::string_view unit) override {
    if (!screen_->shows_progress()) return std::make_unique<SilentProgress>();
    return std::make_unique<ScreenProgress>(screen_, stage, total, unit);
  }

 private:
  std::shared_ptr<Screen> screen_;
};

}  // namespace

Reporter& silent_reporter() {
  static SilentReporter reporter;
  return reporter;
}

std::unique_ptr<Reporter> make_terminal_reporter(LogLevel level, bool quiet) {
  return std::make_unique<TerminalReporter>(quiet ? std::max(level, LogLevel::kWarn) : level);
}

}  // namespace biodta::support
