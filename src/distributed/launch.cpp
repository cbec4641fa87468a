#include <biodta/distributed/launch.hpp>
#include <biodta/support/error.hpp>

#include <charconv>
#include <cstdlib>
#include <string>

namespace biodta::distributed {
namespace {

/// The variables of one launcher, turned into numbers with errors that name the variable.
class Variables {
 public:
  Variables(const EnvironmentLookup& lookup, std::string_view launcher)
      : lookup_(lookup), launcher_(launcher) {}

  int number(const std::string& name) const {
    const auto text = lookup_(name);
    if (!text) {
      throw ConfigError(name + " is not set, which " + launcher_ + " sets",
                        "start through torchrun or srun, or unset the variables of an earlier launch");
    }
    return parse(name, *text);
  }

  int number_or(const std::string& name, int otherwise) const {
    const auto text = lookup_(name);
    return text ? parse(name, *text) : otherwise;
  }

  std::string text_or(const std::string& name, const std::string& otherwise) const {
    return lookup_(name).value_or(otherwise);
  }

 private:
  static int parse(const std::string& name, const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) {
      throw ConfigError("environment variable " + name + ": found " + text + ", expected a whole number");
    }
    return value;
  }

  const EnvironmentLookup& lookup_;
  std::string launcher_;
};

Membership from_torchrun(const EnvironmentLookup& environment) {
  const Variables variables(environment, "torchrun");
  Membership membership;
  membership.rank = variables.number("RANK");
  membership.world_size = variables.number("WORLD_SIZE");
  membership.local_rank = variables.number_or("LOCAL_RANK", membership.rank);
  membership.local_size = variables.number_or("LOCAL_WORLD_SIZE", 0);
  membership.master_address = variables.text_or("MASTER_ADDR", membership.master_address);
  membership.master_port = variables.number_or("MASTER_PORT", membership.master_port);
  membership.file_store = variables.text_or("BIODTA_FILE_STORE", "");
  membership.store_is_running = variables.text_or("TORCHELASTIC_USE_AGENT_STORE", "") == "True";
  membership.store_prefix = variables.text_or("TORCHELASTIC_RESTART_COUNT", "");
  return membership;
}

Membership from_slurm(const EnvironmentLookup& environment) {
  const Variables variables(environment, "srun");
  Membership membership;
  membership.rank = variables.number("SLURM_PROCID");
  membership.world_size = variables.number("SLURM_STEP_NUM_TASKS");
  membership.local_rank = variables.number_or("SLURM_LOCALID", 0);
  const std::string nodes = variables.text_or("SLURM_STEP_NODELIST", variables.text_or("SLURM_NODELIST", ""));
  membership.local_size = variables.number_or("SLURM_STEP_NUM_NODES", 0) == 1 ? membership.world_size : 0;
  membership.master_address =
      variables.text_or("MASTER_ADDR", nodes.empty() ? membership.master_address : first_host(nodes));
  // Jobs that share a machine need ports of their own.
  membership.master_port =
      variables.number_or("MASTER_PORT", 15000 + variables.number_or("SLURM_JOB_ID", 0) % 10000);
  membership.store_prefix = variables.text_or("SLURM_STEP_ID", "");
  return membership;
}

}  // namespace

EnvironmentLookup process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

std::optional<Membership> membership_of(const EnvironmentLookup& environment) {
  std::optional<Membership> membership;
  if (environment("RANK") || environment("WORLD_SIZE")) {
    membership = from_torchrun(environment);
  } else if (environment("SLURM_PROCID") && environment("SLURM_STEP_NUM_TASKS")) {
    membership = from_slurm(environment);  // an sbatch script itself is no step, and has no such variable
  }
  if (!membership) return std::nullopt;
  if (membership->world_size < 1 || membership->rank >= membership->world_size) {
    throw ConfigError("the launcher gives rank " + std::to_string(membership->rank) + " of " +
                      std::to_string(membership->world_size) + " ranks, expected one below their number");
  }
  membership->network_interface = environment("GLOO_SOCKET_IFNAME").value_or("");
  return membership;
}

std::string first_host(std::string_view node_list) {
  const auto bracket = node_list.find('[');
  const auto comma = node_list.find(',');
  if (bracket == std::string_view::npos || comma < bracket) return std::string(node_list.substr(0, comma));
  const auto inside = node_list.substr(bracket + 1);
  const auto first = inside.substr(0, inside.find_first_of("-,]"));
  const auto close = inside.find(']');
  std::string_view suffix;
  if (close != std::string_view::npos) {
    suffix = inside.substr(close + 1);
    suffix = suffix.substr(0, suffix.find(','));
  }
  return std::string(node_list.substr(0, bracket)).append(first).append(suffix);
}

}  // namespace biodta::distributed
