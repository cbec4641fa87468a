#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/embedding/united_banks.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace biodta::analysis {
namespace {

/// Trials that go the way asked for; of these only those that stay themselves, where that is asked and any
/// do.
std::vector<std::size_t> candidates(MutantSearch& search, const MutantChoiceOptions& options) {
  std::vector<std::size_t> wanted;
  std::vector<std::size_t> themselves;
  for (std::size_t i = 0; i < search.trials.size(); ++i) {
    if (!search.trials[i].wanted) continue;
    wanted.push_back(i);
    if (search.trials[i].identity && search.trials[i].identity->kept()) themselves.push_back(i);
  }
  if (!options.keep_identity) return wanted;
  search.identity_given_up = themselves.empty() && !wanted.empty();
  return search.identity_given_up ? wanted : themselves;
}

/// The first of `from` that changes predicted expression most.
std::size_t most_changed(const MutantSearch& search, const std::vector<std::size_t>& from) {
  return *std::max_element(from.begin(), from.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(search.trials[a].expression - search.reference_expression) <
           std::abs(search.trials[b].expression - search.reference_expression);
  });
}

double token_distance(const std::optional<MutantIdentity>& identity) {
  if (!identity) throw Error("a mutant's strength by its token embedding needs a cell model");
  return identity->adapted.own;
}

const char* verb_of(MutantDirection direction, bool several) {
  if (direction == MutantDirection::kLower) return several ? "lower" : "lowers";
  return several ? "raise" : "raises";
}

}  // namespace

void describe(support::OptionVisitor& visit, MutantChoiceOptions& options) {
  visit.choice("direction", options.direction,
               {{"lower", MutantDirection::kLower}, {"raise", MutantDirection::kRaise}},
               "which way predicted expression shall go; random mutants that go the other way are not used");
  visit.choice("use", options.use,
               {{"best", MutantUse::kBest}, {"all", MutantUse::kAll}, {"mean", MutantUse::kMean}},
               "of those that go that way: the one that changes expression most, each of them, or one with "
               "the mean of their rows");
  visit.field("keep_identity", options.keep_identity,
              "of those that go that way, use only mutants that stay nearest to their own gene, before and "
              "after the adapter, where there are any");
}

bool goes(const MutantTrial& trial, double reference_expression, MutantDirection direction) noexcept {
  if (trial.edits.empty()) return false;
  return direction == MutantDirection::kLower ? trial.expression < reference_expression
                                              : trial.expression > reference_expression;
}

void choose_mutants(MutantSearch& search, const MutantChoiceOptions& options) {
  search.direction = options.direction;
  search.use = options.use;
  search.identity_given_up = false;
  for (auto& trial : search.trials)
    trial.wanted = goes(trial, search.reference_expression, options.direction);
  search.used = candidates(search, options);
  search.chosen.reset();
  if (search.used.empty()) return;
  search.chosen = most_changed(search, search.used);
  if (options.use == MutantUse::kBest) search.used = {*search.chosen};
}

void choose_nearest_strength(MutantSearch& search, const StrengthTarget& target) {
  search.use = MutantUse::kBest;
  search.target = target;
  search.identity_given_up = false;
  search.chosen.reset();
  search.used.clear();
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < search.trials.size(); ++i) {
    auto& trial = search.trials[i];
    trial.wanted = !trial.edits.empty();
    if (!trial.wanted) continue;
    const double strength = strength_of(trial, search.reference_expression, target.measure);
    const double apart = std::abs((target.magnitude ? std::abs(strength) : strength) - target.value);
    if (!(apart < least)) continue;
    least = apart;
    search.chosen = i;
  }
  if (search.chosen) search.used = {*search.chosen};
}

void choose_all(MutantSearch& search) {
  search.use = MutantUse::kAll;
  search.identity_given_up = false;
  search.used.resize(search.trials.size());
  std::iota(search.used.begin(), search.used.end(), std::size_t{0});
  for (auto& trial : search.trials) trial.wanted = true;
  search.chosen.reset();
  if (!search.used.empty()) search.chosen = most_changed(search, search.used);
}

double strength_of(const MutantTrial& trial, double reference_expression, MutantStrength measure) {
  if (measure == MutantStrength::kRow) return trial.row_distance;
  if (measure == MutantStrength::kToken) return token_distance(trial.identity);
  if (!(reference_expression > 0.0)) return std::numeric_limits<double>::quiet_NaN();
  return std::log(trial.expression / reference_expression);
}

std::optional<double> strength_of(const MutantSearch& search, MutantStrength measure) {
  if (search.used.empty()) return std::nullopt;
  if (search.use == MutantUse::kMean && measure == MutantStrength::kToken)
    return token_distance(search.identity);
  if (search.use == MutantUse::kMean && measure == MutantStrength::kRow)
    return embedding::relative_difference(search.mutant_row, search.reference_row);
  double sum = 0.0;
  for (const std::size_t i : search.used)
    sum += strength_of(search.trials.at(i), search.reference_expression, measure);
  return sum / static_cast<double>(search.used.size());
}

std::optional<StrengthTarget> target_of(const MutantSearch& search, MutantStrength measure) {
  const auto strength = strength_of(search, measure);
  if (!strength) return std::nullopt;
  double lowest = 0.0, highest = 0.0, sizes = 0.0;
  for (const std::size_t i : search.used) {
    const double one = strength_of(search.trials.at(i), search.reference_expression, measure);
    lowest = std::min(lowest, one);
    highest = std::max(highest, one);
    sizes += std::abs(one);
  }
  if (lowest < 0.0 && highest > 0.0)
    return StrengthTarget{measure, sizes / static_cast<double>(search.used.size()), true};
  return StrengthTarget{measure, *strength};
}

std::vector<double> fold_changes(const MutantSearch& search) {
  constexpr double kLeast = 1e-6;
  const double reference = search.reference_expression;
  if (!(reference > 0.0)) throw Error("predicted expression of the reference is not above 0");
  const auto fold = [&](double expression) { return std::max(expression / reference, kLeast); };
  if (search.use == MutantUse::kBest) return {fold(search.trials.at(search.chosen.value()).expression)};
  std::vector<double> folds;
  double sum = 0.0;
  for (const std::size_t i : search.used) {
    folds.push_back(fold(search.trials[i].expression));
    sum += search.trials[i].expression;
  }
  if (search.use == MutantUse::kAll) return folds;
  return {fold(sum / static_cast<double>(search.used.size()))};
}

std::string nothing_taken_text(const MutantSearch& search) {
  if (search.chosen) return {};
  if (search.target)
    return "none of " + support::counted(search.trials.size(), "mutant") +
           " has a strength that can be compared with the target's";
  return "none of " + support::counted(search.trials.size(), "mutant") + " " +
         verb_of(search.direction, false) + " its predicted expression (" +
         support::format_double(search.reference_expression) + ")";
}

std::string identity_text(const MutantSearch& search) {
  const bool known = std::any_of(search.trials.begin(), search.trials.end(),
                                 [](const MutantTrial& trial) { return trial.identity.has_value(); });
  if (!known) return {};
  std::string text = support::with_thousands(search.kept_identity()) + " of " +
                     support::counted(search.trials.size(), "mutant") + " stay nearest to their own gene";
  if (!search.identity_given_up) return text;
  const auto wanted = static_cast<std::uint64_t>(std::count_if(
      search.trials.begin(), search.trials.end(), [](const MutantTrial& trial) { return trial.wanted; }));
  return text + ", and none of the " + support::with_thousands(wanted) + " that " +
         verb_of(search.direction, true) +
         " predicted expression: to the model, the one used is another gene";
}

}  // namespace biodta::analysis
