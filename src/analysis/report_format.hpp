#pragma once
/// @file
/// Numbers and words as reports show them.

#include <biodta/analysis/report.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::analysis {

/// For tables that programs read: shortest exact text, "NA" for NaN.
std::string exact_number(double value);
/// For people: `digits` after the point, "–" for NaN.
std::string fixed_number(double value, int digits);
/// A P value: three decimals, or two significant digits with an exponent below 0.001; "–" for NaN.
std::string p_number(double value);
/// Two significant digits with an exponent where that is shorter.
std::string small_number(double value);
std::string html_escape(std::string_view text);
/// An escaped number, its exponent raised: "6.4e-10" becomes 6.4 × 10⁻¹⁰.
std::string html_number(std::string_view number);

/// Whether DNA was mutated (rather than a token deleted).
bool is_mutagenesis(const Report& report);
/// The gene asked for.
const PerturbedGene& main_gene(const Report& report);
/// The mutant taken; throws Error when there is none.
const MutantTrial& chosen_trial(const PerturbedGene& gene);
/// Sets that hold a token, by name.
std::vector<std::string> sets_of(const Report& report, cells::TokenId token);

}  // namespace biodta::analysis
