#include <biodta/distributed/launch.hpp>
#include <biodta/support/error.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <vector>

namespace biodta::distributed {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr auto kGrace = std::chrono::seconds(10);

/// A temporary folder that goes when the object does.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "biodta-ranks-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error("cannot make a temporary folder " + pattern + ": " + std::strerror(errno));
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// This process's environment with some variables replaced.
std::vector<std::string> environment_of_rank(int rank, int processes, const std::string& store) {
  std::vector<std::string> variables{"RANK=" + std::to_string(rank),
                                     "LOCAL_RANK=" + std::to_string(rank),
                                     "WORLD_SIZE=" + std::to_string(processes),
                                     "LOCAL_WORLD_SIZE=" + std::to_string(processes),
                                     "MASTER_ADDR=127.0.0.1",
                                     "BIODTA_FILE_STORE=" + store};
  const std::size_t own = variables.size();
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('=') + 1);
    bool replaced = name.starts_with("TORCHELASTIC_");
    for (std::size_t i = 0; i < own; ++i) replaced = replaced || variables[i].starts_with(name);
    if (!replaced) variables.emplace_back(text);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

pid_t start(std::vector<std::string> arguments, std::vector<std::string> environment) {
  auto argument_pointers = pointers(arguments);
  auto environment_pointers = pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw Error(std::string("cannot start a rank: ") + std::strerror(errno));
  if (child == 0) {  // nothing but async-signal-safe calls until exec
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    ::execve("/proc/self/exe", argument_pointers.data(), environment_pointers.data());
    ::_exit(127);
  }
  return child;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) +
           ")";
  }
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

/// The running ranks. Ends and collects whatever still runs when it dies.
class Ranks {
 public:
  ~Ranks() {
    if (running_ == 0) return;
    signal_all(SIGKILL);
    while (running_ > 0) {
      int status = 0;
      if (collect(0, status) < 0) break;
    }
  }
  Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  void add(pid_t process) {
    processes_.push_back(process);
    ++running_;
  }
  int running() const noexcept { return running_; }
  void signal_all(int signal) const {
    for (const pid_t process : processes_) {
      if (process <= 0) continue;
      ::kill(process, signal);
      ::kill(process, SIGCONT);  // one that was stopped hears nothing else
    }
  }
  /// The rank that ended, -1 when none has. Waits only for its own ranks, not for other children of the
  /// program.
  int collect(int options, int& status) {
    for (std::size_t rank = 0; rank < processes_.size(); ++rank) {
      if (processes_[rank] <= 0) continue;
      const pid_t ended = ::waitpid(processes_[rank], &status, options);
      if (ended == 0 || (ended < 0 && errno == EINTR)) continue;
      processes_[rank] = 0;
      --running_;
      if (ended < 0) status = 0;
      return static_cast<int>(rank);
    }
    return -1;
  }

 private:
  std::vector<pid_t> processes_;
  int running_ = 0;
};

std::string wait_for(Ranks& ranks, const std::atomic<bool>* stop) {
  std::string failure;
  bool told_to_stop = false;
  Clock::time_point deadline{};
  while (ranks.running() > 0) {
    int status = 0;
    const int rank = ranks.collect(WNOHANG, status);
    if (rank >= 0 && status != 0 && failure.empty()) {
      failure = "rank " + std::to_string(rank) + " " + how_it_ended(status);
      ranks.signal_all(SIGTERM);
      deadline = Clock::now() + kGrace;
    }
    if (!failure.empty() && Clock::now() > deadline) ranks.signal_all(SIGKILL);
    if (stop != nullptr && stop->load() && !told_to_stop) {
      ranks.signal_all(SIGTERM);
      told_to_stop = true;
    }
    if (rank < 0) std::this_thread::sleep_for(kPoll);
  }
  return failure;
}

}  // namespace

void spawn_local(int processes, std::span<const std::string> arguments, const std::atomic<bool>* stop) {
  if (processes < 1) {
    throw ConfigError("number of processes: found " + std::to_string(processes) + ", expected at least 1");
  }
  const TemporaryFolder meeting;
  Ranks ranks;
  for (int rank = 0; rank < processes; ++rank) {
    ranks.add(start({arguments.begin(), arguments.end()},
                    environment_of_rank(rank, processes, (meeting.path() / "store").string())));
  }
  const std::string failure = wait_for(ranks, stop);
  if (!failure.empty()) throw Error(failure + "; the other ranks were ended");
}

}  // namespace biodta::distributed
