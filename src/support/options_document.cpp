#include "options_document.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/tsv.hpp>

#include <yaml-cpp/yaml.h>

#include <utility>

namespace biodta::support {
namespace {

OptionNode convert(const YAML::Node& node, const OptionSource& source);

void add_member(OptionNode& section, const YAML::Node& key, const YAML::Node& value,
                const OptionSource& source) {
  const int line = key.Mark().line + 1;
  if (!key.IsScalar()) throw ConfigError(source.at(line) + ": found a key that is no plain word");
  for (const auto& member : section.members) {
    if (member.key != key.Scalar()) continue;
    throw ConfigError(source.at(line) + ": key '" + member.key + "' is given twice (before on line " +
                      std::to_string(member.line) + ")");
  }
  section.members.push_back({key.Scalar(), line, convert(value, source)});
}

OptionNode convert(const YAML::Node& node, const OptionSource& source) {
  OptionNode result;
  result.line = node.Mark().line + 1;
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      result.kind = OptionNode::Kind::kScalar;
      result.text = node.Scalar();
      break;
    case YAML::NodeType::Sequence:
      result.kind = OptionNode::Kind::kList;
      for (const YAML::Node& item : node) result.items.push_back(convert(item, source));
      break;
    case YAML::NodeType::Map:
      result.kind = OptionNode::Kind::kSection;
      for (const auto& member : node) add_member(result, member.first, member.second, source);
      break;
    default:
      break;
  }
  return result;
}

OptionNode parse(const std::string& text, const OptionSource& source) try {
  const std::vector<YAML::Node> documents = YAML::LoadAll(text);
  if (documents.size() > 1) {
    throw ConfigError(source.name + ": found " + std::to_string(documents.size()) +
                      " YAML documents, expected one");
  }
  return documents.empty() ? OptionNode{} : convert(documents.front(), source);
} catch (const YAML::Exception& error) {
  throw ConfigError(source.at(error.mark.line + 1) + ": not YAML: " + error.msg);
}

void forget_lines(OptionNode& node) {
  node.line = 0;
  for (OptionNode& item : node.items) forget_lines(item);
  for (auto& member : node.members) {
    member.line = 0;
    forget_lines(member.value);
  }
}

}  // namespace

std::string OptionNode::shown() const {
  switch (kind) {
    case Kind::kScalar:
      return "'" + text + "'";
    case Kind::kList:
      return "a list";
    case Kind::kSection:
      return "a section";
    default:
      return "nothing";
  }
}

std::string OptionSource::at(int line) const {
  return line > 0 ? name + ":" + std::to_string(line) : name;
}

OptionDocument read_option_file(const std::filesystem::path& file) {
  OptionDocument document;
  document.source = {file.string(), std::filesystem::absolute(file).parent_path()};
  std::string text;
  try {
    text = read_text_file(file);
  } catch (const InputError& error) {
    throw ConfigError(error.what(), error.hint());
  }
  document.root = parse(text, document.source);
  if (document.root.kind != OptionNode::Kind::kSection && document.root.kind != OptionNode::Kind::kNothing) {
    throw ConfigError(document.source.at(document.root.line) + ": found " + document.root.shown() +
                      ", expected settings as 'key: value'");
  }
  return document;
}

OptionDocument parse_override(std::string_view text) {
  OptionDocument document;
  document.source = {"--set " + std::string(text), std::filesystem::current_path()};
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw ConfigError(document.source.name + ": found no key and value, expected section.key=value");
  }
  const std::string value(trim(text.substr(equals + 1)));
  // `--set key=` is the empty text, where YAML would see nothing.
  OptionNode node =
      value.empty() ? OptionNode{OptionNode::Kind::kScalar, 0, "", {}, {}} : parse(value, document.source);
  forget_lines(node);
  auto keys = split(trim(text.substr(0, equals)), '.');
  while (!keys.empty()) {
    OptionNode section;
    section.kind = OptionNode::Kind::kSection;
    section.members.push_back({std::string(keys.back()), 0, std::move(node)});
    node = std::move(section);
    keys.pop_back();
  }
  document.root = std::move(node);
  return document;
}

}  // namespace biodta::support
