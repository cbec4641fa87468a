#pragma once
/// @file
/// One description per options aggregate, from which everything else follows: reading YAML, refusing unknown
/// keys,
/// `--set`, writing the resolved config, and the configuration reference.
///
/// Beside each aggregate stands one function, found by argument-dependent lookup:
///
///     struct SamplerOptions { std::int64_t batch_size = 12; Order order = Order::kShuffled; };
///     void describe(support::OptionVisitor& visit, SamplerOptions& options) {
///       visit.field("batch_size", options.batch_size, "cells per batch and rank", at_least(1));
///       visit.choice("order", options.order, {{"shuffled", Order::kShuffled}, {"sorted", Order::kSorted}},
///       "…");
///     }
///
/// Paths in a file are relative to that file; paths in `--set` to the current folder.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::support {

/// A rule for a number, with the words that an error uses ("at least 1").
struct Check {
  std::function<bool(double)> holds;  ///< empty = every value
  std::string rule;
};
Check at_least(double low);
Check greater_than(double low);
Check between(double low, double high);  ///< both ends included

/// Walks the fields of an aggregate. Implemented by the YAML reader, the YAML writer and the reference
/// writer.
class OptionVisitor {
 public:
  virtual ~OptionVisitor() = default;
  virtual void field(std::string_view name, bool& value, std::string_view help) = 0;
  virtual void field(std::string_view name, std::int64_t& value, std::string_view help,
                     const Check& check = {}) = 0;
  virtual void field(std::string_view name, double& value, std::string_view help,
                     const Check& check = {}) = 0;
  virtual void field(std::string_view name, std::string& value, std::string_view help) = 0;
  virtual void field(std::string_view name, std::filesystem::path& value, std::string_view help) = 0;
  virtual void field(std::string_view name, std::vector<std::int64_t>& value, std::string_view help,
                     const Check& check = {}) = 0;
  virtual void field(std::string_view name, std::vector<double>& value, std::string_view help,
                     const Check& check = {}) = 0;
  virtual void field(std::string_view name, std::vector<std::string>& value, std::string_view help) = 0;
  virtual void field(std::string_view name, std::vector<std::filesystem::path>& value,
                     std::string_view help) = 0;

  /// An enumeration, by name.
  template <class E>
  void choice(std::string_view name, E& value, std::initializer_list<std::pair<std::string_view, E>> names,
              std::string_view help) {
    std::vector<std::string_view> known;
    std::size_t index = 0;
    for (const auto& [text, candidate] : names) {
      if (candidate == value) index = known.size();
      known.push_back(text);
    }
    const std::size_t chosen = choose(name, index, known, help);
    value = (names.begin() + static_cast<std::ptrdiff_t>(chosen))->second;
  }

  /// An aggregate inside this one.
  template <class T>
  void section(std::string_view name, T& value, std::string_view help) {
    enter(name, help);
    describe(*this, value);
    leave();
  }

 protected:
  virtual std::size_t choose(std::string_view name, std::size_t current,
                             std::span<const std::string_view> known, std::string_view help) = 0;
  virtual void enter(std::string_view name, std::string_view help) = 0;
  virtual void leave() = 0;
};

/// The same walk for any aggregate, without its type.
using Describe = std::function<void(OptionVisitor&)>;
template <class T>
Describe describer(T& options) {
  return [&options](OptionVisitor& visit) { describe(visit, options); };
}

/// Reads a YAML file and then `overrides` ("section.key=value", YAML values) into an aggregate that holds its
/// defaults. Throws ConfigError, naming file, line, key, what was found and what is known, on anything
/// unknown or out of range; the aggregate is then half-read and must be thrown away.
/// @param file  empty = no file, defaults and overrides only.
void read_options(const Describe& describe, const std::filesystem::path& file,
                  std::span<const std::string> overrides);
template <class T>
void read_options(T& options, const std::filesystem::path& file,
                  std::span<const std::string> overrides = {}) {
  read_options(describer(options), file, overrides);
}

/// The resolved config as YAML, every field with its value; paths are absolute. Reading it back gives the
/// same.
std::string write_options(const Describe& describe);
template <class T>
std::string write_options(const T& options) {
  T copy = options;
  return write_options(describer(copy));
}

/// The configuration reference in Markdown: one table a section, with name, default, rule and help.
std::string options_reference(const Describe& describe);

}  // namespace biodta::support
