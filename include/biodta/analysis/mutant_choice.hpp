#pragma once
/// @file
/// Which of the mutants made of a gene are put into cells, and how strong a mutant is. Torch-free.

#include <biodta/analysis/mutant.hpp>
#include <biodta/support/options.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace biodta::analysis {

struct MutantChoiceOptions {
  MutantDirection direction = MutantDirection::kLower;
  MutantUse use = MutantUse::kBest;
  /// Take only mutants that stay nearest to their own gene, before and after the adapter, where there are
  /// any.
  bool keep_identity = false;
};
void describe(support::OptionVisitor& visit, MutantChoiceOptions& options);

/// Whether a random mutant goes the way asked for.
bool goes(const MutantTrial& trial, double reference_expression, MutantDirection direction) noexcept;
/// Chooses among the scored trials of `search`: fills wanted, chosen, used, direction, use and
/// identity_given_up. A trial without edits is never taken. Of equal ones the first is.
void choose_mutants(MutantSearch& search, const MutantChoiceOptions& options);
/// The same for a control: takes the one trial with edits whose strength is nearest to the target's, whatever
/// way it goes; none where no strength can be compared. Throws Error for MutantStrength::kToken where a
/// trial's identity is not known.
void choose_nearest_strength(MutantSearch& search, const StrengthTarget& target);
/// The same for mutants that were given: all are wanted and used; the one that changes predicted expression
/// most is the chosen one.
void choose_all(MutantSearch& search);

/// Of one trial. By expression -infinity where it falls to 0, and NaN where the reference's is not above 0.
/// Throws Error as above.
double strength_of(const MutantTrial& trial, double reference_expression, MutantStrength measure);
/// Of what was taken: the chosen trial's; of several used, their mean, but of a mean of rows the row's own
/// distance. Nothing where none was taken.
std::optional<double> strength_of(const MutantSearch& search, MutantStrength measure);

/// The same as a target for controls: where mutants in use change expression both ways, the mean size of the
/// change, which a mean of signed ones would cancel.
std::optional<StrengthTarget> target_of(const MutantSearch& search, MutantStrength measure);

/// Predicted expression as a multiple of the reference's, of each mutant that is put into cells: of those
/// used under MutantUse::kAll, else one, under kMean of their mean expression. Throws Error where the
/// reference's is not above 0; a mutant's own counts as a millionth of it at least, so that every one is
/// above 0.
std::vector<double> fold_changes(const MutantSearch& search);

/// "none of 20 mutants lowers its predicted expression (0.31)", where none was taken.
std::string nothing_taken_text(const MutantSearch& search);
/// "3 of 20 mutants stay nearest to their own gene, and none of the 11 that lower …", where identity was
/// given up; otherwise how many keep it. Empty where no identity is known.
std::string identity_text(const MutantSearch& search);

}  // namespace biodta::analysis
