#include <biodta/cells/obs_rules.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace biodta::cells {
namespace {

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

ObsRule parse_obs_rule(const std::string& text, bool include) {
  const std::size_t equals = text.find('=');
  const std::string where = include ? "include" : "exclude";
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw ConfigError(where + ": found '" + text + "', expected a rule such as 'assay=10x*|Drop-seq'");
  }
  const std::string found = where + ": found an empty value in '" + text + "'";
  ObsRule rule;
  rule.column = text.substr(0, equals);
  rule.include = include;
  for (const std::string_view glob : support::split(std::string_view(text).substr(equals + 1), '|')) {
    if (glob.empty()) throw ConfigError(found + ", expected a value between two |");
    rule.globs.emplace_back(glob);
  }
  return rule;
}

std::vector<std::string> usable_columns(const CountSource& source) {
  std::vector<std::string> names;
  for (const ObsField& field : source.obs_fields()) {
    if (!field.identifiers) names.push_back(field.name);
  }
  return names;
}

}  // namespace

bool matches_glob(std::string_view text, std::string_view glob) {
  // After a star that matched too little, it is made to match one letter more.
  std::size_t t = 0;
  std::size_t g = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() && (glob[g] == '?' || same_letter(glob[g], text[t]))) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool ObsRule::satisfied_by(std::string_view value) const {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return matches_glob(value, glob); });
}

std::vector<ObsRule> parse_obs_rules(std::span<const std::string> include,
                                     std::span<const std::string> exclude) {
  std::vector<ObsRule> rules;
  for (const std::string& text : include) rules.push_back(parse_obs_rule(text, true));
  for (const std::string& text : exclude) rules.push_back(parse_obs_rule(text, false));
  return rules;
}

ObsSelection::ObsSelection(std::span<const ObsRule> rules, const CountSource& source) : rules_(rules) {
  const std::vector<ObsField>& fields = source.obs_fields();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const ObsRule& rule = rules[i];
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const ObsField& candidate) { return candidate.name == rule.column; });
    if (field != fields.end() && field->identifiers) {
      throw InputError(source.path(), "obs/" + rule.column, "text of which most values are different",
                       "a column of categories or numbers, since a rule names it");
    }
    if (field == fields.end()) {
      if (!rule.include) {
        without_column_.push_back(rule.name());
        continue;
      }
      const std::vector<std::string> names = usable_columns(source);
      throw InputError(source.path(), "obs",
                       names.empty() ? "no column" : "the columns " + support::join_words(names),
                       "a column '" + rule.column + "', which an include rule names");
    }
    Bound bound{static_cast<std::int32_t>(i), static_cast<std::size_t>(field - fields.begin()), {}};
    for (const std::string& category : field->categories) {
      bound.good_categories.push_back(rule.satisfied_by(category) == rule.include ? 1 : 0);
    }
    bound_.push_back(std::move(bound));
  }
}

std::vector<std::size_t> ObsSelection::fields() const {
  std::vector<std::size_t> indices;
  for (const Bound& bound : bound_) indices.push_back(bound.field);
  return indices;
}

std::vector<std::int32_t> ObsSelection::broken(std::span<const ObsValues> obs, std::size_t count) const {
  std::vector<std::int32_t> result(count, -1);
  for (const Bound& bound : bound_) {
    const ObsRule& rule = rules_[static_cast<std::size_t>(bound.rule)];
    const ObsValues& values = obs[bound.field];
    for (std::size_t i = 0; i < count; ++i) {
      bool good = !rule.include;  // of a missing value
      if (!values.codes.empty() && values.codes[i] >= 0) {
        good = bound.good_categories[static_cast<std::size_t>(values.codes[i])] != 0;
      } else if (values.codes.empty() && !std::isnan(values.numbers[i])) {
        good = rule.satisfied_by(support::format_double(values.numbers[i])) == rule.include;
      }
      if (!good && result[i] < 0) result[i] = bound.rule;
    }
  }
  return result;
}

}  // namespace biodta::cells
