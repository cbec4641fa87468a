#pragma once
/// @file
/// How a process learns its rank: from torchrun or srun through the environment, or from a program that
/// starts itself several times. The only place of the library that reads the environment.

#include <biodta/distributed/communicator.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace biodta::distributed {

/// Value of an environment variable; nothing when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;
/// The process's own environment.
EnvironmentLookup process_environment();

/// This process's place among the ranks of a launcher; nothing when there is no launcher.
/// - torchrun, and spawn_local: RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT
/// - srun: SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID, first host of SLURM_STEP_NODELIST, a port made
/// of SLURM_JOB_ID Throws ConfigError when the variables are incomplete or contradict each other.
std::optional<Membership> membership_of(const EnvironmentLookup& environment);

/// First host of a Slurm node list: "node[03-05,9],login1" -> "node03".
std::string first_host(std::string_view node_list);

/// Runs this program `processes` times as the ranks 0 … processes - 1 of this machine, and waits for all of
/// them. The ranks meet through a FileStore in a temporary folder. When one fails, the others are ended
/// (SIGTERM, and SIGKILL ten seconds later). When this process dies, the ranks get SIGTERM.
/// @param arguments  arguments of the program, its name first.
/// @param stop       when it becomes true, the ranks get SIGTERM; nullptr = never.
/// Throws Error naming the first rank that failed and how; ConfigError for fewer than one process.
void spawn_local(int processes, std::span<const std::string> arguments,
                 const std::atomic<bool>* stop = nullptr);

}  // namespace biodta::distributed
