#pragma once
/// @file
/// Runs the programs as a user does.

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace biodta::testing {

struct ProgramRun {
  int exit_code;
  std::string output;  ///< stdout
  std::string errors;  ///< stderr
};

/// Runs `<program> <arguments>` of this build through the shell, in `folder`, where it leaves two hidden
/// files.
inline ProgramRun run_program(const std::string& program, const std::string& arguments,
                              const std::filesystem::path& folder) {
  const auto slurp = [](const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  };
  const std::string command = "cd '" + folder.string() + "' && '" + BIODTA_BIN_DIR "/" + program + "' " +
                              arguments + " > .stdout 2> .stderr";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, slurp(folder / ".stdout"), slurp(folder / ".stderr")};
}

}  // namespace biodta::testing
