#include "mutant_scorer.hpp"

#include <biodta/analysis/mutant_search.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

support::RandomStream stream_of(const MutantSubject& subject, const MutantSearchOptions& options,
                                std::size_t trial) {
  return support::RandomStream::of({static_cast<std::uint64_t>(options.seed), subject.gene_key, trial});
}

genome::Mutant make_mutant(const MutantSubject& subject, const MutantSearchOptions& options,
                           std::size_t trial) {
  auto random = stream_of(subject, options, trial);
  const GeneWindow& window = subject.window;
  return genome::random_mutant(window.sequence, window.start, window.tss, options.mutagenesis, random);
}

/// Bases that a mutant of full strength changes, at least 1.
std::int64_t full_dose(const MutantSubject& subject, const genome::MutagenesisOptions& options) {
  if (options.number > 0) return options.number;
  const auto& letters = subject.window.sequence;
  const auto tss = subject.window.tss - subject.window.start;
  const auto size = static_cast<std::int64_t>(letters.size());
  const auto first = letters.begin() + std::clamp<std::int64_t>(tss - options.distance, 0, size);
  const auto last = letters.begin() + std::clamp<std::int64_t>(tss + options.distance, 0, size);
  const auto known = std::count_if(first, last, [](char base) { return genome::base_index(base) >= 0; });
  // Where every base is drawn anew, a quarter stays.
  const double share = options.rate >= 1.0 ? 0.75 : options.rate;
  return std::max<std::int64_t>(1, std::llround(share * static_cast<double>(known)));
}

/// Every other mutant at full strength, the others with fewer changed bases.
genome::Mutant make_dosed_mutant(const MutantSubject& subject, const MutantSearchOptions& options,
                                 std::size_t trial) {
  if (trial % 2 == 0) return make_mutant(subject, options, trial);
  auto random = stream_of(subject, options, trial);
  const double most = std::log(static_cast<double>(full_dose(subject, options.mutagenesis)));
  auto mutagenesis = options.mutagenesis;
  mutagenesis.number = std::llround(std::exp(random.uniform(0.0, most)));
  const GeneWindow& window = subject.window;
  return genome::random_mutant(window.sequence, window.start, window.tss, mutagenesis, random);
}

bool is_enough(const MutantSearch& search, const MutantTrial& trial, const MutantSearchOptions& options) {
  if (!goes(trial, search.reference_expression, options.choice.direction)) return false;
  if (options.choice.keep_identity && !trial.identity->kept()) return false;
  return std::abs(trial.expression - search.reference_expression) >=
         options.enough * search.reference_expression;
}

/// Cuts the search after the first trial that is enough; whether there is one.
bool cut_where_enough(MutantSearch& search, std::size_t first, const MutantSearchOptions& options) {
  if (options.enough <= 0.0) return false;
  for (std::size_t trial = first; trial < search.trials.size(); ++trial) {
    if (!is_enough(search, search.trials[trial], options)) continue;
    search.trials.resize(trial + 1);
    return true;
  }
  return false;
}

template <class Make>
MutantScorer score_trials(const MutantSubject& subject, const MutantSearchOptions& options, const Make& make,
                          support::Progress* progress) {
  MutantScorer scorer(subject.embedder, subject.readout, subject.window, options.batch, subject.identify);
  const auto trials = static_cast<std::size_t>(options.trials);
  const auto batch = static_cast<std::size_t>(options.batch);
  for (std::size_t first = 0; first < trials; first += batch) {
    std::vector<MutantTrial> made;
    std::vector<std::string> windows;
    for (std::size_t trial = first; trial < std::min(trials, first + batch); ++trial) {
      genome::Mutant mutant = make(trial);
      windows.push_back(std::move(mutant.sequence));
      made.emplace_back().edits = std::move(mutant.edits);
    }
    scorer.add(std::move(made), windows);
    if (progress != nullptr) progress->update(scorer.search().trials.size());
    if (cut_where_enough(scorer.search(), first, options)) break;
  }
  return scorer;
}

void check_choice(const MutantSubject& subject, const MutantSearchOptions& options) {
  if (options.choice.keep_identity && !subject.identify)
    throw ConfigError("mutants.keep_identity: needs the cell model, which says what a mutant is nearest to");
  if (options.enough > 0.0 && options.choice.use != MutantUse::kBest)
    throw ConfigError("mutants.enough: is set with another mutants.use than best, expected 0",
                      "it ends the search at the first mutant that is strong enough");
}

}  // namespace

std::optional<MutantStrength> measure_of(StrengthMatch match) noexcept {
  if (match == StrengthMatch::kExpression) return MutantStrength::kExpression;
  if (match == StrengthMatch::kRow) return MutantStrength::kRow;
  if (match == StrengthMatch::kToken) return MutantStrength::kToken;
  return std::nullopt;
}

void describe(support::OptionVisitor& visit, MutantSearchOptions& options) {
  visit.section("mutagenesis", options.mutagenesis, "which bases change");
  visit.field("trials", options.trials, "random mutants made", support::at_least(1));
  describe(visit, options.choice);
  visit.field("enough", options.enough,
              "stop at the first mutant that changes predicted expression that way by this share of the "
              "reference's; 0 = make all trials",
              support::at_least(0.0));
  visit.choice("match", options.match,
               {{"none", StrengthMatch::kNone},
                {"expression", StrengthMatch::kExpression},
                {"row", StrengthMatch::kRow},
                {"token", StrengthMatch::kToken}},
               "a control's mutant is the one nearest in strength to the gene's own: the log change of "
               "predicted expression, how far the DNA embedding moves, or how far the token embedding does; "
               "none = chosen as the gene's own is");
  describe(visit, options.given);
  visit.field("batch", options.batch, "windows a forward pass of the DNA model", support::at_least(1));
}

MutantSearch search_mutant(const MutantSubject& subject, const MutantSearchOptions& options,
                           support::Progress* progress) {
  check_choice(subject, options);
  auto scorer = score_trials(
      subject, options, [&](std::size_t trial) { return make_mutant(subject, options, trial); }, progress);
  choose_mutants(scorer.search(), options.choice);
  return scorer.take();
}

MutantSearch search_matched_mutant(const MutantSubject& subject, const MutantSearchOptions& options,
                                   const StrengthTarget& target, support::Progress* progress) {
  MutantSearchOptions all = options;
  all.enough = 0.0;
  auto scorer = score_trials(
      subject, all, [&](std::size_t trial) { return make_dosed_mutant(subject, all, trial); }, progress);
  choose_nearest_strength(scorer.search(), target);
  return scorer.take();
}

MutantSearch score_given_mutants(const MutantSubject& subject, const GivenMutants& mutants,
                                 std::int64_t batch, support::Progress* progress) {
  MutantScorer scorer(subject.embedder, subject.readout, subject.window, batch, subject.identify);
  scorer.search().origin = mutants.origin();
  for (std::size_t first = 0; first < mutants.size(); first += static_cast<std::size_t>(batch)) {
    std::vector<MutantTrial> trials;
    std::vector<std::string> windows;
    const auto end = std::min(mutants.size(), first + static_cast<std::size_t>(batch));
    for (std::size_t mutant = first; mutant < end; ++mutant) {
      windows.push_back(mutants.sequence(mutant));
      MutantTrial& trial = trials.emplace_back();
      trial.edits = mutants.edits(mutant);
      trial.name = mutants.name(mutant);
      trial.carriers = mutants.carriers(mutant);
    }
    scorer.add(std::move(trials), windows);
    if (progress != nullptr) progress->update(end);
  }
  choose_all(scorer.search());
  return scorer.take();
}

}  // namespace biodta::analysis
