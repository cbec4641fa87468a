#pragma once
/// @file
/// Running ranks.cpp and reading what its ranks wrote.

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace biodta::testing {

struct RanksRun {
  int exit_code = -1;
  std::string errors;  ///< stderr of all processes
};

inline std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// @param folder  empty; the ranks' files and stderr go there.
inline RanksRun run_ranks(const std::string& scenario, int processes, const std::filesystem::path& folder) {
  const auto errors = folder / "stderr.txt";
  const std::string command = "env -u RANK -u WORLD_SIZE '" BIODTA_BIN_DIR "/biodta_distributed_ranks' " +
                              scenario + " " + std::to_string(processes) + " '" + folder.string() + "' 2> '" +
                              errors.string() + "'";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(errors)};
}

inline std::vector<double> values_of_rank(const std::filesystem::path& folder, int rank) {
  std::ifstream in(folder / ("rank-" + std::to_string(rank) + ".txt"));
  std::vector<double> values;
  for (double value = 0; in >> value;) values.push_back(value);
  return values;
}

}  // namespace biodta::testing
