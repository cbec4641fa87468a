#include "options_document.hpp"

#include <biodta/support/options.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace biodta::support {
namespace {

using Kind = OptionNode::Kind;

std::string dotted(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : std::string(prefix) + "." + std::string(name);
}

/// Notes the full name of every option, to tell where a misplaced key belongs.
class KeyCollector : public OptionVisitor {
 public:
  std::vector<std::string> keys;

  void field(std::string_view name, bool&, std::string_view) override { add(name); }
  void field(std::string_view name, std::int64_t&, std::string_view, const Check&) override { add(name); }
  void field(std::string_view name, double&, std::string_view, const Check&) override { add(name); }
  void field(std::string_view name, std::string&, std::string_view) override { add(name); }
  void field(std::string_view name, std::filesystem::path&, std::string_view) override { add(name); }
  void field(std::string_view name, std::vector<std::int64_t>&, std::string_view, const Check&) override {
    add(name);
  }
  void field(std::string_view name, std::vector<double>&, std::string_view, const Check&) override {
    add(name);
  }
  void field(std::string_view name, std::vector<std::string>&, std::string_view) override { add(name); }
  void field(std::string_view name, std::vector<std::filesystem::path>&, std::string_view) override {
    add(name);
  }

 protected:
  std::size_t choose(std::string_view name, std::size_t current, std::span<const std::string_view>,
                     std::string_view) override {
    add(name);
    return current;
  }
  void enter(std::string_view name, std::string_view) override {
    prefixes_.push_back(dotted(prefix(), name));
  }
  void leave() override { prefixes_.pop_back(); }

 private:
  std::string prefix() const { return prefixes_.empty() ? "" : prefixes_.back(); }
  void add(std::string_view name) { keys.push_back(dotted(prefix(), name)); }
  std::vector<std::string> prefixes_;
};

/// Sets the fields that one document names, and refuses what no field took.
class Reader : public OptionVisitor {
 public:
  Reader(const OptionDocument& document, const Describe& describe)
      : source_(document.source), describe_(describe) {
    frames_.push_back({&document.root, "", {}});
  }

  void finish() const { refuse_unknown(frames_.back()); }

  void field(std::string_view name, bool& value, std::string_view) override { read(name, value, {}); }
  void field(std::string_view name, std::int64_t& value, std::string_view, const Check& check) override {
    read(name, value, check);
  }
  void field(std::string_view name, double& value, std::string_view, const Check& check) override {
    read(name, value, check);
  }
  void field(std::string_view name, std::string& value, std::string_view) override { read(name, value, {}); }
  void field(std::string_view name, std::filesystem::path& value, std::string_view) override {
    read(name, value, {});
  }
  void field(std::string_view name, std::vector<std::int64_t>& value, std::string_view,
             const Check& check) override {
    read_list(name, value, check);
  }
  void field(std::string_view name, std::vector<double>& value, std::string_view,
             const Check& check) override {
    read_list(name, value, check);
  }
  void field(std::string_view name, std::vector<std::string>& value, std::string_view) override {
    read_list(name, value, {});
  }
  void field(std::string_view name, std::vector<std::filesystem::path>& value, std::string_view) override {
    read_list(name, value, {});
  }

 protected:
  std::size_t choose(std::string_view name, std::size_t current, std::span<const std::string_view> known,
                     std::string_view) override {
    const OptionNode* node = find(name);
    if (node == nullptr) return current;
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (node->kind == Kind::kScalar && node->text == known[i]) return i;
    }
    const std::vector<std::string> names(known.begin(), known.end());
    std::string hint;
    const auto near = nearest_names(node->text, names, 1);
    if (!near.empty()) hint = "did you mean '" + near.front() + "'?";
    fail(*node, full_name(name), "one of " + list_of(names), hint);
  }

  void enter(std::string_view name, std::string_view) override {
    const OptionNode* node = find(name);
    const std::string path = full_name(name);
    if (node != nullptr && node->kind != Kind::kSection && node->kind != Kind::kNothing) {
      fail(*node, path, "a section of settings", {});
    }
    frames_.push_back({node, path, {}});
  }

  void leave() override {
    refuse_unknown(frames_.back());
    frames_.pop_back();
  }

 private:
  struct Frame {
    const OptionNode* node;  // nullptr where the document does not have this section
    std::string path;
    std::vector<std::string> known;
  };

  std::string full_name(std::string_view name) const { return dotted(frames_.back().path, name); }

  static std::string list_of(std::span<const std::string> names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  }

  const OptionNode* find(std::string_view name) {
    Frame& frame = frames_.back();
    frame.known.emplace_back(name);
    if (frame.node == nullptr) return nullptr;
    for (const auto& member : frame.node->members) {
      if (member.key == name) return &member.value;
    }
    return nullptr;
  }

  [[noreturn]] void fail(const OptionNode& node, const std::string& key, const std::string& expected,
                         const std::string& hint) const {
    throw ConfigError(
        source_.at(node.line) + ": " + key + ": found " + node.shown() + ", expected " + expected, hint);
  }

  template <class T>
  void read(std::string_view name, T& value, const Check& check) {
    if (const OptionNode* node = find(name)) value = convert<T>(*node, full_name(name), check);
  }

  /// A single value stands for a list of one.
  template <class T>
  void read_list(std::string_view name, std::vector<T>& values, const Check& check) {
    const OptionNode* node = find(name);
    if (node == nullptr) return;
    const std::string key = full_name(name);
    values.clear();
    if (node->kind == Kind::kScalar) {
      values.push_back(convert<T>(*node, key, check));
      return;
    }
    if (node->kind != Kind::kList) fail(*node, key, "a list", "[] is the empty list");
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      values.push_back(convert<T>(node->items[i], key + "[" + std::to_string(i) + "]", check));
    }
  }

  template <class T>
  T convert(const OptionNode& node, const std::string& key, const Check& check) const {
    constexpr bool kIsNumber = std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>;
    std::string expected = expectation<T>();
    if (kIsNumber && !check.rule.empty()) expected += " " + check.rule;
    const bool is_text = std::is_same_v<T, std::string> || std::is_same_v<T, std::filesystem::path>;
    const std::string hint = is_text && node.kind == Kind::kNothing ? "write \"\" for empty text" : "";
    std::optional<T> value;
    if (node.kind == Kind::kScalar) value = parse<T>(node.text);
    if (!value) fail(node, key, expected, hint);
    if constexpr (kIsNumber) {
      if (check.holds && !check.holds(static_cast<double>(*value))) fail(node, key, expected, {});
    }
    return *value;
  }

  template <class T>
  static std::string expectation() {
    if constexpr (std::is_same_v<T, bool>) return "true or false";
    if constexpr (std::is_same_v<T, std::int64_t>) return "a whole number";
    if constexpr (std::is_same_v<T, double>) return "a number";
    if constexpr (std::is_same_v<T, std::filesystem::path>) return "a path";
    return "text";
  }

  template <class T>
  std::optional<T> parse(const std::string& text) const {
    if constexpr (std::is_same_v<T, bool>) return parse_bool(text);
    if constexpr (std::is_same_v<T, std::int64_t>) return parse_whole(text);
    if constexpr (std::is_same_v<T, double>) return parse_real(text);
    if constexpr (std::is_same_v<T, std::string>) return text;
    if constexpr (std::is_same_v<T, std::filesystem::path>) {
      if (text.empty()) return std::filesystem::path();
      return (source_.base / text).lexically_normal();
    }
  }

  static std::optional<bool> parse_bool(const std::string& text) {
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    return std::nullopt;
  }

  template <class T>
  static std::optional<T> parse_field(std::string_view text) {
    T value{};
    if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  static std::optional<double> parse_real(const std::string& text) {
    if (text == ".inf") return HUGE_VAL;
    if (text == "-.inf") return -HUGE_VAL;
    const auto value = parse_field<double>(text);
    return value && std::isfinite(*value) ? value : std::nullopt;
  }

  /// 1e6 is a whole number too.
  static std::optional<std::int64_t> parse_whole(const std::string& text) {
    if (const auto value = parse_field<std::int64_t>(text)) return value;
    const auto value = parse_real(text);
    constexpr double kExact = 9007199254740992.0;  // 2^53
    if (!value || std::abs(*value) > kExact || std::trunc(*value) != *value) return std::nullopt;
    return static_cast<std::int64_t>(*value);
  }

  void refuse_unknown(const Frame& frame) const {
    if (frame.node == nullptr) return;
    for (const auto& member : frame.node->members) {
      if (std::find(frame.known.begin(), frame.known.end(), member.key) != frame.known.end()) continue;
      throw ConfigError(source_.at(member.line) + ": unknown key '" + dotted(frame.path, member.key) +
                            "' (known here: " + list_of(frame.known) + ")",
                        hint_for(member.key, frame));
    }
  }

  /// A slip of the hand among the neighbours, or a key that stands in another section.
  std::string hint_for(const std::string& key, const Frame& frame) const {
    const auto near = nearest_names(key, frame.known, 1);
    if (!near.empty()) return "did you mean '" + near.front() + "'?";
    KeyCollector all;
    describe_(all);
    for (const std::string& known : all.keys) {
      if (known == key || known.ends_with("." + key)) return "did you mean '" + known + "'?";
    }
    return {};
  }

  const OptionSource& source_;
  const Describe& describe_;
  std::vector<Frame> frames_;
};

void read_document(const Describe& describe, const OptionDocument& document) {
  Reader reader(document, describe);
  describe(reader);
  reader.finish();
}

}  // namespace

void read_options(const Describe& describe, const std::filesystem::path& file,
                  std::span<const std::string> overrides) {
  if (!file.empty()) read_document(describe, read_option_file(file));
  for (const std::string& text : overrides) read_document(describe, parse_override(text));
}

}  // namespace biodta::support
