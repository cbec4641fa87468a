#include "ranks.hpp"

#include <biodta/distributed/launch.hpp>
#include <biodta/pipeline/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

namespace biodta::apps {
namespace {

// A signal handler can reach nothing else.
std::atomic<bool> stop_asked{false};
extern "C" void ask_to_stop(int signal) {
  stop_asked.store(true);
  // A person who asks twice will not wait; a queue tells every process of a step, and a rank hears its parent
  // too.
  if (signal == SIGINT) std::signal(signal, SIG_DFL);
}

}  // namespace

void stop_on_signals() {
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGUSR1, ask_to_stop);  // what Slurm can send some time before its limit (sbatch --signal)
}

void run_as_ranks(const pipeline::DistributedOptions& options, const CommonFlags& flags,
                  std::span<const std::string> arguments, support::Reporter& reporter,
                  const std::function<void()>& check,
                  const std::function<void(support::Reporter&, const pipeline::TrainRuntime&)>& train) {
  pipeline::TrainRuntime runtime{.device = flags.device, .stop = &stop_asked};
  const auto membership = distributed::membership_of(distributed::process_environment());
  if (!membership) {
    const int ranks = pipeline::ranks_to_start(options, flags.device);
    if (ranks == 1) return train(reporter, runtime);
    check();
    return distributed::spawn_local(ranks, arguments, &stop_asked);
  }
  runtime.membership = *membership;
  const auto sharing = static_cast<unsigned>(std::max(1, membership->local_size));
  if (flags.threads == 0) pipeline::set_threads(std::max(1U, std::thread::hardware_concurrency() / sharing));
  train(membership->rank == 0 ? reporter : support::silent_reporter(), runtime);
}

}  // namespace biodta::apps
