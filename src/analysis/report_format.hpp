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

/// With thousands separated.
std::string count_text(std::uint64_t value);
/// "P = 0.003", or "P < 10⁻³⁰⁰": as HTML, the number as html_number shows it.
std::string p_html(double value);
/// "0.71 (0.55–0.83)" with the value in bold, as HTML; "–" for NaN.
std::string interval_html(double value, double low, double high);
/// "−43 %"; "–" where `before` is 0.
std::string percent_change(double before, double after);
/// "<p>…</p>".
std::string paragraph(const std::string& html);
/// With its first letter, where it is ASCII, as a capital.
std::string capitalised(std::string text);

/// The gene asked for.
const PerturbedGene& main_gene(const Report& report);
/// The gene asked for, and those perturbed together with it.
std::vector<const PerturbedGene*> targets_of(const Report& report);
/// "GATA4", or "GATA4 and TBX5" of several perturbed together.
std::string target_symbols(const Report& report);
/// "target", "partner" or "control".
std::string role_of(const PerturbedGene& gene);
/// Whether DNA was mutated.
bool has_mutants(const Report& report);
/// Whether a trial was put into cells.
bool is_used(const MutantSearch& search, std::size_t trial);
/// The mutant taken; throws Error when there is none.
const MutantTrial& chosen_trial(const PerturbedGene& gene);
/// "rs123", or "mutant 7" of one without a name.
std::string mutant_label(const MutantSearch& search, std::size_t trial);
/// Mutant over reference; NaN where the reference is 0.
double fold_of(const MutantSearch& search, std::size_t trial);
/// Sets that hold a token, by name.
std::vector<std::string> sets_of(const Report& report, cells::TokenId token);

}  // namespace biodta::analysis
