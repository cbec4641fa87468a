#include "report_format.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace biodta::analysis {
namespace {

constexpr std::string_view kMissing = "–";

std::string printed(const char* format, int digits, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, digits, value);
  return text.data();
}

/// "6.42e-10" rather than "6.42e-010"; the exponent without leading zeros or plus.
std::string scientific(double value, int digits) {
  std::string text = printed("%.*e", digits, value);
  const std::size_t mark = text.find('e');
  if (mark == std::string::npos) return text;  // inf
  const int exponent = std::stoi(text.substr(mark + 1));
  return text.substr(0, mark) + "e" + std::to_string(exponent);
}

}  // namespace

std::string exact_number(double value) {
  return std::isnan(value) ? "NA" : support::format_double(value);
}

std::string fixed_number(double value, int digits) {
  return std::isnan(value) ? std::string(kMissing) : printed("%.*f", digits, value);
}

std::string p_number(double value) {
  if (std::isnan(value)) return std::string(kMissing);
  if (value == 0.0) return "<1e-300";
  return value < 0.001 ? scientific(value, 1) : fixed_number(value, 3);
}

std::string small_number(double value) {
  if (std::isnan(value)) return std::string(kMissing);
  if (value == 0.0) return "0";
  const double size = std::abs(value);
  if (size < 0.001 || size >= 1e6) return scientific(value, 2);
  return fixed_number(value, size < 0.1 ? 4 : (size < 10 ? 3 : 1));
}

std::string html_escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char letter : text) {
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

std::string html_number(std::string_view number) {
  const std::size_t mark = number.find('e');
  if (mark == std::string_view::npos) return html_escape(number);
  std::string exponent(number.substr(mark + 1));
  if (exponent.starts_with('-')) exponent.replace(0, 1, "−");
  return html_escape(number.substr(0, mark)) + " × 10<sup>" + exponent + "</sup>";
}

std::string count_text(std::uint64_t value) {
  return support::with_thousands(value);
}

std::string p_html(double value) {
  return value == 0.0 ? "P &lt; 10<sup>−300</sup>" : "P = " + html_number(p_number(value));
}

std::string interval_html(double value, double low, double high) {
  if (std::isnan(value)) return fixed_number(value, 2);
  return "<strong>" + fixed_number(value, 2) + "</strong> <span class=\"faint\">(" + fixed_number(low, 2) +
         "–" + fixed_number(high, 2) + ")</span>";
}

std::string percent_change(double before, double after) {
  if (before == 0.0) return std::string(kMissing);
  const double change = 100.0 * (after / before - 1.0);
  return std::string(change < 0 ? "−" : "+") + fixed_number(std::abs(change), 0) + " %";
}

std::string paragraph(const std::string& html) {
  return "<p>" + html + "</p>\n";
}

std::string capitalised(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

const PerturbedGene& main_gene(const Report& report) {
  if (report.perturbed.empty()) throw Error("a report needs the gene that was perturbed");
  return report.perturbed.front();
}

std::vector<const PerturbedGene*> targets_of(const Report& report) {
  std::vector<const PerturbedGene*> genes;
  for (const auto& gene : report.perturbed)
    if (!gene.control) genes.push_back(&gene);
  return genes;
}

std::string target_symbols(const Report& report) {
  std::vector<std::string> symbols;
  for (const auto* gene : targets_of(report)) symbols.push_back(gene->symbol);
  return support::join_words(symbols);
}

std::string role_of(const PerturbedGene& gene) {
  return gene.control ? "control" : gene.partner ? "partner" : "target";
}

bool has_mutants(const Report& report) {
  const auto targets = targets_of(report);
  return std::any_of(targets.begin(), targets.end(),
                     [](const PerturbedGene* gene) { return gene->search.has_value(); });
}

bool is_used(const MutantSearch& search, std::size_t trial) {
  return std::find(search.used.begin(), search.used.end(), trial) != search.used.end();
}

const MutantTrial& chosen_trial(const PerturbedGene& gene) {
  if (!gene.search || !gene.search->chosen) throw Error("no mutant of " + gene.symbol + " was taken");
  return gene.search->trials.at(*gene.search->chosen);
}

std::string mutant_label(const MutantSearch& search, std::size_t trial) {
  const std::string& name = search.trials.at(trial).name;
  return name.empty() ? "mutant " + std::to_string(trial + 1) : name;
}

double fold_of(const MutantSearch& search, std::size_t trial) {
  if (search.reference_expression == 0.0) return std::numeric_limits<double>::quiet_NaN();
  return search.trials.at(trial).expression / search.reference_expression;
}

std::vector<std::string> sets_of(const Report& report, cells::TokenId token) {
  std::vector<std::string> names;
  for (const auto& set : report.sets)
    if (set.contains(token)) names.push_back(set.name);
  return names;
}

}  // namespace biodta::analysis
