#pragma once
/// @file
/// What every program shares: the common flags, how a flag becomes an override of a config key, and how
/// errors become one line and an exit code. A program is then a few flags and one call into pipeline:
///
///     int main(int argc, char** argv) {
///       CLI::App app("What it does.", "biodta-verb");
///       app.footer("Examples:\n  biodta-verb --output x.h5");
///       biodta::apps::CommonFlags flags;
///       biodta::apps::add_config_flags<biodta::pipeline::VerbOptions>(app, flags);
///       biodta::apps::add_text_flag(app, flags, "--output", "output", "file to write");
///       return biodta::apps::run_program(app, argc, argv, flags, [&](biodta::support::Reporter& reporter) {
///         const auto options = biodta::apps::read_program_options<biodta::pipeline::VerbOptions>(flags);
///         biodta::pipeline::verb(options, reporter);
///       });
///     }

#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <CLI/CLI.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace biodta::apps {

/// Values of the common flags after parsing.
struct CommonFlags {
  std::size_t threads = 0;                                 ///< 0 = as many as the machine has
  support::LogLevel log_level = support::LogLevel::kInfo;  ///< least level shown
  bool quiet = false;                                      ///< warnings and errors only
  std::string device = "auto";                             ///< auto, cpu, cuda or cuda:i; see add_device_flag
  std::filesystem::path config;                            ///< empty = none; see add_config_flags
  std::vector<std::string> set;                            ///< --set, as given
  std::vector<std::string> from_flags;                     ///< "key=value" of the program's own flags

  /// Overrides in order of precedence, lowest first: --set, then the program's own flags.
  std::vector<std::string> overrides() const;
};

/// `--device auto|cpu|cuda[:i]`, checked for its form.
void add_device_flag(CLI::App& app, CommonFlags& flags);
/// `--config FILE` (which must exist), `--set key=value`, repeatable, and `--settings`, which prints
/// `reference()`.
/// @param default_file  taken, when it exists, where --config is not given; empty = none.
void add_config_flags(CLI::App& app, CommonFlags& flags, const std::function<std::string()>& reference,
                      std::string_view default_file);
/// The same for a program that reads Options.
template <class Options>
void add_config_flags(CLI::App& app, CommonFlags& flags, std::string_view default_file = {}) {
  const auto reference = [] {
    Options options;
    return support::options_reference(support::describer(options));
  };
  add_config_flags(app, flags, reference, default_file);
}

/// Flags (or positional arguments, named without dashes) that set one key of the program's options, above
/// --config and
/// --set. Text is taken literally; a value is YAML (numbers, true, [1, 2]); a switch sets the key to true; a
/// list is given as `--name a,b` or `--name a --name b`, a positional one as `a b`.
CLI::Option* add_text_flag(CLI::App& app, CommonFlags& flags, const std::string& names,
                           const std::string& key, const std::string& help);
CLI::Option* add_value_flag(CLI::App& app, CommonFlags& flags, const std::string& names,
                            const std::string& key, const std::string& help);
CLI::Option* add_list_flag(CLI::App& app, CommonFlags& flags, const std::string& names,
                           const std::string& key, const std::string& help);
/// A list whose entries may hold commas: `--name a --name b` only.
CLI::Option* add_repeated_flag(CLI::App& app, CommonFlags& flags, const std::string& names,
                               const std::string& key, const std::string& help);
CLI::Option* add_switch(CLI::App& app, CommonFlags& flags, const std::string& names, const std::string& key,
                        const std::string& help);

/// One of these flags as a line of a table.
struct FlagSpec {
  enum Kind { kText, kValue, kList, kRepeated, kSwitch };
  Kind kind;
  const char* names;
  const char* key;
  const char* type;  ///< what the value is called in the help; of a switch nothing
  const char* help;
  const char* group = nullptr;  ///< of the help; nothing = "Options"
};
void add_flags(CLI::App& app, CommonFlags& flags, std::span<const FlagSpec> specs);

/// Throws ConfigError when a setting other than `keys` was given, with what is to be said of it.
void require_flags(const CommonFlags& flags, std::initializer_list<std::string_view> keys,
                   const std::string& rule);

/// The program's options: defaults, then the config file, then --set, then flags. Throws ConfigError.
template <class Options>
Options read_program_options(const CommonFlags& flags) {
  Options options;
  support::read_options(options, flags.config, flags.overrides());
  return options;
}

/// Adds --version, --threads, --log-level and --quiet, parses, sets the threads and runs `body`, which gives
/// the exit code.
/// @return what `body` gives; 1 after an exception, told on stderr as `error: …` and perhaps `hint: …`; 2 for
///         a command line that cannot be used. A reader of stdout that goes away does not kill the program.
int run_program(CLI::App& app, int argc, char** argv, CommonFlags& flags,
                const std::function<int(support::Reporter&)>& body);
/// The same for a body that gives nothing: 0 when it returns.
template <class Body>
requires std::is_void_v<std::invoke_result_t<Body, support::Reporter&>>
int run_program(CLI::App& app, int argc, char** argv, CommonFlags& flags, const Body& body) {
  const std::function<int(support::Reporter&)> coded = [&body](support::Reporter& reporter) {
    body(reporter);
    return 0;
  };
  return run_program(app, argc, argv, flags, coded);
}

}  // namespace biodta::apps
