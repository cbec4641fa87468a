#include "report_verdict.hpp"

#include "report_format.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace biodta::analysis {
namespace {

constexpr double kLevel = 0.05;
/// With more sets than this, only the most specific have a sentence of their own.
constexpr std::size_t kMostSentences = 6;

bool moves_more(const GeneSetTest& test) {
  return test.p < kLevel && test.auroc > 0.5;
}

std::string auroc_text(double value, double low, double high) {
  return fixed_number(value, 2) + " (95 % interval " + fixed_number(low, 2) + "–" + fixed_number(high, 2) +
         ")";
}

std::string raw_text(const GeneSetTest& test) {
  return "AUROC " + auroc_text(test.auroc, test.auroc_low, test.auroc_high) + ", " + p_html(test.p);
}

std::string specific_text(const SetSpecificity& set) {
  return "specific AUROC " + auroc_text(set.auroc.value, set.auroc.low, set.auroc.high) + ", " +
         p_html(set.p_parametric);
}

/// What so few controls can show by rank alone, and whether several tests explain the P.
std::string reservations(const Report& report, const SetSpecificity& set) {
  std::string text;
  if (!(set.p_exact < kLevel))
    text += " By rank alone (exact " + p_html(set.p_exact) + ") it is not significant: with " +
            support::counted(set.controls, "control") + " that P cannot be below " +
            fixed_number(1.0 / static_cast<double>(set.controls + 1), 3) + ".";
  if (report.specificity.size() > 1 && !(set.fdr_parametric < kLevel))
    text += " Among the " + count_text(report.specificity.size()) +
            " sets tested that may be chance: its false discovery rate is " +
            html_number(p_number(set.fdr_parametric)) + ".";
  return text;
}

std::string untested(const GeneSetTest& test) {
  if (test.scored == 0)
    return " could not be tested: none of its " + support::counted(test.listed, "gene") + " is ranked.";
  return " could not be tested: no other gene is ranked.";
}

std::string unspecific(const Report& report, std::size_t set) {
  const std::string symbols = html_escape(target_symbols(report));
  return " is <strong>not shown</strong> to answer to " + symbols +
         ". Its genes do move more than other genes (" + raw_text(report.run.tests[set]) +
         "), but not significantly more than when other genes are perturbed (" +
         specific_text(report.specificity[set]) +
         "). The small P against other genes says only that these genes move easily, or together, whatever "
         "is "
         "perturbed; it is no evidence about " +
         symbols + ".";
}

std::string nothing(const Report& report, std::size_t set) {
  const GeneSetTest& test = report.run.tests[set];
  const bool less = test.p < kLevel && test.auroc < 0.5;
  std::string text = ": <strong>no effect is shown</strong>. Its genes ";
  if (is_controlled(report, set))
    text += "do not move significantly more than when other genes are perturbed (" +
            specific_text(report.specificity[set]) + ")" + (less ? "; they move " : ", nor ");
  else
    text += less ? "move " : "do not move significantly ";
  return text + (less ? "less" : "more") + " than other genes (" + raw_text(test) + ").";
}

std::string specific(const Report& report, std::size_t set) {
  const SetSpecificity& found = report.specificity[set];
  const GeneSetTest& test = report.run.tests[set];
  std::string text = " <strong>moves more</strong> under " + html_escape(report.words.noun) + " of " +
                     html_escape(target_symbols(report)) +
                     " than when other genes are perturbed: " + specific_text(found) + ".";
  if (!moves_more(test))
    text += std::string(" Its genes’ shifts are ") +
            (test.p < kLevel ? "smaller than" : "not significantly larger than") + " other genes’ (" +
            raw_text(test) + "); they are larger than the same genes’ shifts under other perturbations.";
  if (!(found.auroc.low > 0.5))
    text += " With " + support::counted(found.scored, "scored gene") +
            " the AUROC itself is uncertain: its interval reaches below 0.5.";
  return text + reservations(report, found);
}

std::string uncontrolled(const Report& report, std::size_t set) {
  const bool matched = set < report.matched.size() && !std::isnan(report.matched[set].p);
  return " moves more than other genes (" + raw_text(report.run.tests[set]) +
         "), but it is <strong>not known whether that is specific</strong> to " +
         html_escape(target_symbols(report)) +
         ": too few control genes were perturbed to compare with, and many sets move whatever is perturbed." +
         (matched ? " Against sets of genes that are seen as much, " + p_html(report.matched[set].p) + "."
                  : std::string());
}

std::string sentence(const Report& report, std::size_t set) {
  const std::string name = "<strong>" + html_escape(report.run.tests[set].set) + "</strong>";
  switch (verdict_of(report, set)) {
    case Verdict::kUntested:
      return name + untested(report.run.tests[set]);
    case Verdict::kSpecific:
      return name + specific(report, set);
    case Verdict::kUnspecific:
      return name + unspecific(report, set);
    case Verdict::kNothing:
      return name + nothing(report, set);
    case Verdict::kUncontrolled:
      break;
  }
  return name + uncontrolled(report, set);
}

/// The same genes in donors, regions or other groups of cells, each by itself, where there are any.
std::string over_groups(const Report& report, std::size_t set) {
  if (set >= report.groups.size() || verdict_of(report, set) == Verdict::kUntested) return {};
  const GroupSummary& summary = report.groups[set];
  const std::string by = " By " + html_escape(report.group_column);
  if (!summary.logit)
    return by + " nothing can be said: too few groups have cells enough, or too few genes in common.";
  std::string text = by + ", over " + support::counted(summary.logit->groups, "group") +
                     ": AUROC against other genes " + auroc_text(summary.auroc, summary.low, summary.high) +
                     ", " + p_html(summary.logit->p);
  if (summary.logit->heterogeneity_p < kLevel)
    text += "; the groups differ (" + p_html(summary.logit->heterogeneity_p) + " of heterogeneity)";
  return text + ".";
}

/// Of the test that the report puts first, for a set.
double first_p(const Report& report, std::size_t set) {
  const double p =
      is_controlled(report, set) ? report.specificity[set].p_parametric : report.run.tests[set].p;
  return std::isnan(p) ? 2.0 : p;
}

/// Sets in the order of the report, or, of many, the most significant ones.
std::vector<std::size_t> told_sets(const Report& report) {
  std::vector<std::size_t> sets(report.run.tests.size());
  std::iota(sets.begin(), sets.end(), std::size_t{0});
  if (sets.size() <= kMostSentences) return sets;
  std::stable_sort(sets.begin(), sets.end(), [&](std::size_t a, std::size_t b) {
    const bool first = is_controlled(report, a);
    const bool second = is_controlled(report, b);
    if (first != second) return first;
    return first_p(report, a) < first_p(report, b);
  });
  sets.resize(kMostSentences);
  return sets;
}

std::string tally(const Report& report) {
  std::size_t found = 0;
  for (const auto& set : report.specificity)
    if (set.fdr_parametric < kLevel && set.auroc.value > 0.5) ++found;
  std::string text = "Of the " + support::counted(report.run.tests.size(), "gene set") + " tested, ";
  if (report.specificity.empty())
    text += "none could be compared with perturbations of other genes";
  else
    text += "<strong>" + (found == 0 ? std::string("none") : count_text(found)) + "</strong> " +
            (found == 1 ? "moves" : "move") +
            " more than when other genes are perturbed (false discovery rate below 0.05)";
  return paragraph(text + ". The " + count_text(kMostSentences) +
                   " with the smallest P, others being in the table below:");
}

}  // namespace

bool is_controlled(const Report& report, std::size_t set) {
  return set < report.specificity.size() && !std::isnan(report.specificity[set].p_parametric);
}

Verdict verdict_of(const Report& report, std::size_t set) {
  const GeneSetTest& test = report.run.tests.at(set);
  if (std::isnan(test.auroc)) return Verdict::kUntested;
  const bool more = moves_more(test);
  if (!is_controlled(report, set)) return more ? Verdict::kUncontrolled : Verdict::kNothing;
  const SetSpecificity& specific = report.specificity[set];
  if (specific.p_parametric < kLevel && specific.auroc.value > 0.5) return Verdict::kSpecific;
  return more ? Verdict::kUnspecific : Verdict::kNothing;
}

std::string verdict_html(const Report& report) {
  std::string html = report.run.tests.size() > kMostSentences ? tally(report) : std::string();
  html += "<ul class=\"verdicts\">\n";
  for (const std::size_t set : told_sets(report))
    html += "<li>" + sentence(report, set) + over_groups(report, set) + "</li>\n";
  return html + "</ul>\n";
}

}  // namespace biodta::analysis
