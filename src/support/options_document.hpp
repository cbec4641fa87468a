#pragma once
/// @file
/// A YAML document, or one `--set`, as the options reader walks it. yaml-cpp stays behind it.

#include <biodta/support/error.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::support {

/// A value of a document with the line where it stands.
struct OptionNode {
  enum class Kind { kNothing, kScalar, kList, kSection };
  struct Member;

  Kind kind = Kind::kNothing;
  int line = 0;                   ///< 1-based; 0 = from a command line
  std::string text;               ///< of a scalar
  std::vector<OptionNode> items;  ///< of a list
  std::vector<Member> members;    ///< of a section, in the document's order
  /// For messages: "'three'", "a list", "a section", "nothing".
  std::string shown() const;
};

struct OptionNode::Member {
  std::string key;
  int line = 0;
  OptionNode value;
};

/// Where values come from, for messages and relative paths.
struct OptionSource {
  std::string name;            ///< the file, or "--set key=value"
  std::filesystem::path base;  ///< folder that relative paths start from
  /// "pretrain.yaml:12", or the flag.
  std::string at(int line) const;
};

struct OptionDocument {
  OptionSource source;
  OptionNode root;
};

/// Throws ConfigError for what is missing or no YAML, and for keys given twice.
OptionDocument read_option_file(const std::filesystem::path& file);
/// "section.key=value", the value in YAML.
OptionDocument parse_override(std::string_view text);

}  // namespace biodta::support
