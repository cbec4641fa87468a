#include <biodta/support/options.hpp>
#include <biodta/support/tsv.hpp>

namespace biodta::support {
namespace {

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

/// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '|') safe += '\\';
    safe += c == '\n' ? ' ' : c;
  }
  return safe;
}

class Reference : public OptionVisitor {
 public:
  Reference() { enter("", ""); }

  std::string finish() const {
    std::string text;
    for (const Section& section : sections_) {
      if (section.rows.empty() && section.help.empty()) continue;
      if (!text.empty()) text += '\n';
      if (!section.path.empty()) text += "### " + code(section.path) + "\n\n" + section.help + "\n\n";
      if (section.rows.empty()) continue;
      text += "| key | default | value | meaning |\n|---|---|---|---|\n" + section.rows;
    }
    return text;
  }

  void field(std::string_view name, bool& value, std::string_view help) override {
    row(name, value ? "true" : "false", "true or false", help);
  }
  void field(std::string_view name, std::int64_t& value, std::string_view help, const Check& check) override {
    row(name, shown(value), with_rule("whole number", check), help);
  }
  void field(std::string_view name, double& value, std::string_view help, const Check& check) override {
    row(name, shown(value), with_rule("number", check), help);
  }
  void field(std::string_view name, std::string& value, std::string_view help) override {
    row(name, value.empty() ? "\"\"" : value, "text", help);
  }
  void field(std::string_view name, std::filesystem::path& value, std::string_view help) override {
    row(name, value.empty() ? "\"\"" : value.string(), "path", help);
  }
  void field(std::string_view name, std::vector<std::int64_t>& value, std::string_view help,
             const Check& check) override {
    row(name, list(value), with_rule("whole numbers", check), help);
  }
  void field(std::string_view name, std::vector<double>& value, std::string_view help,
             const Check& check) override {
    row(name, list(value), with_rule("numbers", check), help);
  }
  void field(std::string_view name, std::vector<std::string>& value, std::string_view help) override {
    row(name, list(value), "list of text", help);
  }
  void field(std::string_view name, std::vector<std::filesystem::path>& value,
             std::string_view help) override {
    row(name, list(value), "list of paths", help);
  }

 protected:
  std::size_t choose(std::string_view name, std::size_t current, std::span<const std::string_view> known,
                     std::string_view help) override {
    std::string names;
    for (const std::string_view text : known) names += (names.empty() ? "" : ", ") + code(text);
    row(name, std::string(known[current]), names, help);
    return current;
  }
  void enter(std::string_view name, std::string_view help) override {
    const std::string parent = open_.empty() ? "" : sections_[open_.back()].path;
    open_.push_back(sections_.size());
    sections_.push_back(
        {parent.empty() ? std::string(name) : parent + "." + std::string(name), std::string(help), ""});
  }
  void leave() override { open_.pop_back(); }

 private:
  struct Section {
    std::string path;
    std::string help;
    std::string rows;
  };

  static std::string with_rule(std::string kind, const Check& check) {
    return check.rule.empty() ? kind : kind + " " + check.rule;
  }
  static std::string shown(std::int64_t value) { return std::to_string(value); }
  static std::string shown(double value) { return format_double(value); }
  static std::string shown(const std::string& value) { return value; }
  static std::string shown(const std::filesystem::path& value) { return value.string(); }

  template <class T>
  static std::string list(const std::vector<T>& values) {
    std::string text = "[";
    for (const T& value : values) text += (text.size() == 1 ? "" : ", ") + shown(value);
    return text + "]";
  }

  void row(std::string_view name, const std::string& value, const std::string& kind, std::string_view help) {
    sections_[open_.back()].rows +=
        "| " + code(name) + " | " + code(cell(value)) + " | " + cell(kind) + " | " + cell(help) + " |\n";
  }

  std::vector<Section> sections_;
  std::vector<std::size_t> open_;  // indices of the sections that the walk is inside of
};

}  // namespace

std::string options_reference(const Describe& describe) {
  Reference reference;
  describe(reference);
  return reference.finish();
}

}  // namespace biodta::support
