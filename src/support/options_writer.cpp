#include <biodta/support/options.hpp>
#include <biodta/support/tsv.hpp>

#include <yaml-cpp/emitter.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace biodta::support {
namespace {

/// Text that any YAML reader takes for text without quotes.
bool reads_as_text(const std::string& text) {
  constexpr std::array<std::string_view, 11> kWords = {"true", "false", "yes", "no",  "on", "off",
                                                       "null", "y",     "n",   "nan", "inf"};
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '/' || c == '.' || c == '-';
  };
  if (text.empty() || !std::all_of(text.begin(), text.end(), plain)) return false;
  const auto first = static_cast<unsigned char>(text.front());
  if (std::isalpha(first) == 0 && first != '/') return false;
  std::string lowered = text;
  std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kWords.begin(), kWords.end(), lowered) == kWords.end();
}

std::string number_text(double value) {
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::string text = format_double(value);
  // 1e-05 is a number to YAML 1.2, but text to readers of YAML 1.1 unless it has a point.
  const std::size_t exponent = text.find('e');
  if (text.find('.') == std::string::npos) text.insert(std::min(exponent, text.size()), ".0");
  return text;
}

class Writer : public OptionVisitor {
 public:
  Writer() { out_ << YAML::BeginMap; }
  std::string finish() {
    out_ << YAML::EndMap;
    return std::string(out_.c_str()) + "\n";
  }

  void field(std::string_view name, bool& value, std::string_view) override {
    key(name) << (value ? "true" : "false");
  }
  void field(std::string_view name, std::int64_t& value, std::string_view, const Check&) override {
    key(name) << std::to_string(value);
  }
  void field(std::string_view name, double& value, std::string_view, const Check&) override {
    key(name) << number_text(value);
  }
  void field(std::string_view name, std::string& value, std::string_view) override {
    key(name);
    write(value);
  }
  void field(std::string_view name, std::filesystem::path& value, std::string_view) override {
    key(name);
    write(value);
  }
  void field(std::string_view name, std::vector<std::int64_t>& value, std::string_view,
             const Check&) override {
    list(name, value);
  }
  void field(std::string_view name, std::vector<double>& value, std::string_view, const Check&) override {
    list(name, value);
  }
  void field(std::string_view name, std::vector<std::string>& value, std::string_view) override {
    list(name, value);
  }
  void field(std::string_view name, std::vector<std::filesystem::path>& value, std::string_view) override {
    list(name, value);
  }

 protected:
  std::size_t choose(std::string_view name, std::size_t current, std::span<const std::string_view> known,
                     std::string_view) override {
    key(name);
    write(std::string(known[current]));
    return current;
  }
  void enter(std::string_view name, std::string_view) override { key(name) << YAML::BeginMap; }
  void leave() override { out_ << YAML::EndMap; }

 private:
  YAML::Emitter& key(std::string_view name) { return out_ << YAML::Key << std::string(name) << YAML::Value; }

  void write(const std::string& text) {
    if (!reads_as_text(text)) out_ << YAML::DoubleQuoted;
    out_ << text;
  }
  void write(const std::filesystem::path& path) {
    write(path.empty() ? std::string() : std::filesystem::absolute(path).lexically_normal().string());
  }
  void write(std::int64_t value) { out_ << std::to_string(value); }
  void write(double value) { out_ << number_text(value); }

  template <class T>
  void list(std::string_view name, const std::vector<T>& values) {
    key(name) << YAML::Flow << YAML::BeginSeq;
    for (const T& value : values) write(value);
    out_ << YAML::EndSeq;
  }

  YAML::Emitter out_;
};

}  // namespace

std::string write_options(const Describe& describe) {
  Writer writer;
  describe(writer);
  return writer.finish();
}

}  // namespace biodta::support
