#include "common.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/threads.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <new>

namespace biodta::apps {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

/// YAML's double-quoted form, in which every text can be written on one line.
std::string yaml_text(std::string_view text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '\n') {
      result += "\\n";
    } else {
      if (letter == '"' || letter == '\\') result += '\\';
      result += letter;
    }
  }
  return result += '"';
}

/// One line that a terminal can show: control characters as "\x1b", cut where it is very long.
std::string one_line(std::string_view text) {
  constexpr std::size_t kLongest = 2000;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string line;
  for (const char letter : text.substr(0, kLongest)) {
    const auto code = static_cast<unsigned char>(letter);
    if (code >= 0x20 && code != 0x7f) {
      line += letter;
    } else {
      line += {'\\', 'x', kHex[code >> 4U], kHex[code & 15U]};
    }
  }
  return text.size() > kLongest ? line + " …" : line;
}

void tell_error(std::string_view message, std::string_view hint = {}) {
  std::cerr << "error: " << one_line(message) << '\n';
  if (!hint.empty()) std::cerr << "hint: " << one_line(hint) << '\n';
}

void add_common_flags(CLI::App& app, CommonFlags& flags) {
  static const std::map<std::string, support::LogLevel> kLevels = {{"debug", support::LogLevel::kDebug},
                                                                   {"info", support::LogLevel::kInfo},
                                                                   {"warn", support::LogLevel::kWarn},
                                                                   {"error", support::LogLevel::kError}};
  app.add_option("--threads", flags.threads, "processor threads to use; 0 (default) = all of them")
      ->check(CLI::Range(0, 4096).description(""))
      ->type_name("N")
      ->group("Common");
  app.add_option_function<std::string>(
         "--log-level", [&flags](const std::string& name) { flags.log_level = kLevels.at(name); },
         "least level of messages shown: debug, info (default), warn or error")
      ->check(CLI::IsMember(kLevels).description(""))
      ->type_name("LEVEL")
      ->group("Common");
  app.add_flag("--quiet,-q", flags.quiet, "show warnings and errors only, no progress")->group("Common");
  app.set_version_flag("--version", app.get_name() + " " BIODTA_VERSION, "show the version and exit")
      ->group("Common");
  app.set_help_flag("--help,-h", "show this help and exit")->group("Common");
}

std::string check_device(const std::string& device) {
  const std::string_view index = std::string_view(device).substr(std::min<std::size_t>(5, device.size()));
  const bool numbered = device.starts_with("cuda:") && !index.empty() && index.size() <= 4 &&
                        index.find_first_not_of("0123456789") == std::string_view::npos;
  const bool known = device == "auto" || device == "cpu" || device == "cuda" || numbered;
  return known ? std::string() : "found '" + device + "', expected auto, cpu, cuda or cuda:i";
}

int run_guarded(const CommonFlags& flags, const std::function<int(support::Reporter&)>& body) {
  try {
    support::set_thread_limit(flags.threads);
    const std::unique_ptr<support::Reporter> reporter =
        support::make_terminal_reporter(flags.log_level, flags.quiet);
    return body(*reporter);
  } catch (const Error& error) {
    tell_error(error.what(), error.hint());
  } catch (const std::bad_alloc&) {
    tell_error("out of memory");
  } catch (const std::exception& error) {
    const std::string text = error.what();  // LibTorch's goes on with the calls that led to it
    const bool memory =
        text.find("allocate") != std::string::npos || text.find("out of memory") != std::string::npos;
    tell_error(text.substr(0, text.find('\n')),
               memory ? "smaller batches or a smaller model need less memory" : "");
  }
  return kFailed;
}

}  // namespace

std::vector<std::string> CommonFlags::overrides() const {
  std::vector<std::string> all = set;
  all.insert(all.end(), from_flags.begin(), from_flags.end());
  return all;
}

void add_device_flag(CLI::App& app, CommonFlags& flags) {
  app.add_option("--device", flags.device,
                 "where tensors live: auto (a GPU when there is one), cpu, cuda or cuda:i")
      ->check(CLI::Validator(check_device, "", "device"))
      ->type_name("DEVICE")
      ->group("Common");
}

void add_config_flags(CLI::App& app, CommonFlags& flags, const std::function<std::string()>& reference,
                      std::string_view default_file) {
  std::string help = "settings, YAML";
  if (!default_file.empty()) {
    help += "; " + std::string(default_file) + " of the current folder when there is one";
    if (std::filesystem::is_regular_file(default_file)) flags.config = default_file;
  }
  app.add_option("--config", flags.config, help)
      ->check(CLI::ExistingFile.description(""))
      ->type_name("FILE")
      ->group("Common");
  app.add_option("--set", flags.set, "override one setting, for example training.epochs=1; repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all()
      ->group("Common");
  const auto show = [reference] {
    std::cout << reference();
    throw CLI::Success();
  };
  app.add_flag_callback("--settings", show, "show every setting with its default and meaning, and exit")
      ->trigger_on_parse()
      ->group("Common");
}

CLI::Option* add_text_flag(CLI::App& app, CommonFlags& flags, const std::string& names,
                           const std::string& key, const std::string& help) {
  return app
      .add_option_function<std::string>(
          names,
          [&flags, key](const std::string& text) { flags.from_flags.push_back(key + "=" + yaml_text(text)); },
          help)
      ->type_name("TEXT");
}

CLI::Option* add_value_flag(CLI::App& app, CommonFlags& flags, const std::string& names,
                            const std::string& key, const std::string& help) {
  return app
      .add_option_function<std::string>(
          names, [&flags, key](const std::string& value) { flags.from_flags.push_back(key + "=" + value); },
          help)
      ->type_name("VALUE");
}

CLI::Option* add_list_flag(CLI::App& app, CommonFlags& flags, const std::string& names,
                           const std::string& key, const std::string& help) {
  const auto store = [&flags, key](const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + yaml_text(text);
    flags.from_flags.push_back(key + "=[" + list + "]");
  };
  CLI::Option* option = app.add_option_function<std::vector<std::string>>(names, store, help);
  if (names.starts_with('-')) option->allow_extra_args(false)->take_all()->delimiter(',');
  return option->type_name("TEXT");
}

CLI::Option* add_repeated_flag(CLI::App& app, CommonFlags& flags, const std::string& names,
                               const std::string& key, const std::string& help) {
  return add_list_flag(app, flags, names, key, help)->delimiter('\0');
}

CLI::Option* add_switch(CLI::App& app, CommonFlags& flags, const std::string& names, const std::string& key,
                        const std::string& help) {
  return app.add_flag_callback(
      names, [&flags, key] { flags.from_flags.push_back(key + "=true"); }, help);
}

void add_flags(CLI::App& app, CommonFlags& flags, std::span<const FlagSpec> specs) {
  const auto add = [&](const FlagSpec& spec) {
    switch (spec.kind) {
      case FlagSpec::kText:
        return add_text_flag(app, flags, spec.names, spec.key, spec.help);
      case FlagSpec::kValue:
        return add_value_flag(app, flags, spec.names, spec.key, spec.help);
      case FlagSpec::kList:
        return add_list_flag(app, flags, spec.names, spec.key, spec.help);
      case FlagSpec::kRepeated:
        return add_repeated_flag(app, flags, spec.names, spec.key, spec.help);
      case FlagSpec::kSwitch:
        break;
    }
    return add_switch(app, flags, spec.names, spec.key, spec.help);
  };
  for (const FlagSpec& spec : specs) {
    CLI::Option* option = add(spec);
    if (spec.type != nullptr && spec.kind != FlagSpec::kSwitch) option->type_name(spec.type);
    if (spec.group != nullptr) option->group(spec.group);
  }
}

void require_flags(const CommonFlags& flags, std::initializer_list<std::string_view> keys,
                   const std::string& rule) {
  if (!flags.config.empty()) throw ConfigError("found --config " + flags.config.string() + ": " + rule);
  for (const std::string& given : flags.overrides()) {
    const std::string_view key = std::string_view(given).substr(0, given.find('='));
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw ConfigError("found " + std::string(key) + ": " + rule);
  }
}

int run_program(CLI::App& app, int argc, char** argv, CommonFlags& flags,
                const std::function<int(support::Reporter&)>& body) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow further is an error like a full disk
  add_common_flags(app, flags);
  app.get_formatter()->column_width(32);
  app.option_defaults()->always_capture_default(false);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    tell_error(error.what(), app.get_name() + " --help shows what can be given");
    return kWrongUsage;
  }
  return run_guarded(flags, body);
}

}  // namespace biodta::apps
