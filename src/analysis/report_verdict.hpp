#pragma once
/// @file
/// What a reader should believe of each gene set, in plain sentences: the report's first words.

#include <biodta/analysis/report.hpp>

#include <cstddef>
#include <string>

namespace biodta::analysis {

/// What the tests of one set together say. Significant means P < 0.05, without regard to the other sets.
enum class Verdict {
  kUntested,     ///< no gene of it is ranked, or no other
  kSpecific,     ///< moves more than when other genes are perturbed
  kUnspecific,   ///< moves more than other genes, but not more than when other genes are perturbed
  kNothing,      ///< neither
  kUncontrolled  ///< moves more than other genes; nothing is known of other perturbations
};
Verdict verdict_of(const Report& report, std::size_t set);

/// Whether it stands against perturbations of other genes (SetSpecificity), or alone.
bool is_controlled(const Report& report, std::size_t set);

/// A sentence a set, as HTML; of many sets, how many are specific, and those that are most so.
std::string verdict_html(const Report& report);

}  // namespace biodta::analysis
