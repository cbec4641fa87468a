#include "report_mutation.hpp"

#include "report_format.hpp"
#include "report_html_table.hpp"

#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

using support::counted;

/// Mutants that go the way asked for, or, of those of a VCF, that lower predicted expression.
std::uint64_t going(const MutantSearch& search, MutantDirection direction) {
  return static_cast<std::uint64_t>(std::count_if(
      search.trials.begin(), search.trials.end(),
      [&](const MutantTrial& trial) { return goes(trial, search.reference_expression, direction); }));
}

std::string verb(MutantDirection direction, std::uint64_t number) {
  return std::string(direction == MutantDirection::kLower ? "lower" : "raise") + (number == 1 ? "s" : "");
}

/// "takes it from 1.4 to 0.8 (−43 %)".
std::string takes_it(const MutantSearch& search, double expression) {
  return "takes it from " + html_number(small_number(search.reference_expression)) + " to " +
         html_number(small_number(expression)) + " (" +
         percent_change(search.reference_expression, expression) + ")";
}

double mean_expression(const MutantSearch& search) {
  double sum = 0.0;
  for (const std::size_t trial : search.used) sum += search.trials.at(trial).expression;
  return sum / static_cast<double>(search.used.size());
}

/// "mutant 7, which changes 12 bases" or "rs12, which 14 samples carry".
std::string chosen_text(const PerturbedGene& gene) {
  const MutantSearch& search = *gene.search;
  const MutantTrial& trial = chosen_trial(gene);
  std::string label = html_escape(mutant_label(search, *search.chosen));
  if (search.origin == MutantOrigin::kRandom)
    return label + ", which changes " + counted(trial.edits.size(), "base") + ",";
  if (trial.carriers.value_or(0) == 0) return label;
  return label + ", which " + counted(*trial.carriers, "sample") +
         (trial.carriers == 1 ? " carries," : " carry,");
}

/// What was made.
std::string made_text(const PerturbedGene& gene) {
  const MutantSearch& search = *gene.search;
  const std::string symbol = html_escape(gene.symbol);
  if (search.origin == MutantOrigin::kRandom) {
    const auto number = going(search, search.direction);
    return "Of " + counted(search.trials.size(), "random mutant") + " of the DNA around the start of " +
           symbol + ", " + count_text(number) + " " + verb(search.direction, number) +
           " the expression that the DNA model predicts. ";
  }
  const auto lower = going(search, MutantDirection::kLower);
  const auto higher = going(search, MutantDirection::kRaise);
  const bool variants = search.origin == MutantOrigin::kVariants;
  return counted(search.trials.size(), variants ? "variant" : "haplotype") +
         (variants ? " of the VCF, each alone, " : " of the VCF ") +
         (search.trials.size() == 1 ? "changes" : "change") +
         " the DNA that the DNA model reads around the start of " + symbol + ": " + count_text(lower) + " " +
         verb(MutantDirection::kLower, lower) + " the expression that it predicts, " + count_text(higher) +
         " " + verb(MutantDirection::kRaise, higher) + " it. ";
}

/// What of it was put into cells.
std::string used_text(const PerturbedGene& gene) {
  const MutantSearch& search = *gene.search;
  const std::string chosen = chosen_text(gene);
  const std::string change = takes_it(search, chosen_trial(gene).expression);
  if (search.use == MutantUse::kMean)
    return "The DNA embeddings of " + counted(search.used.size(), "mutant") +
           " were averaged into one, which stands for the mutant here; on average they take predicted "
           "expression from " +
           html_number(small_number(search.reference_expression)) + " to " +
           html_number(small_number(mean_expression(search))) + " (" +
           percent_change(search.reference_expression, mean_expression(search)) + ").";
  if (search.used.size() < 2) return "The one taken, " + chosen + " " + change + ".";
  return "Each of " + count_text(search.used.size()) +
         " was tried in the cells, one at a time, and shifts are averaged over them. The one that changes it "
         "most, " +
         chosen + " " + change + ".";
}

std::string moved_rank_text(const PerturbedGene& gene) {
  if (!gene.fold_changes) return {};
  const auto [least, greatest] = *gene.fold_changes;
  const std::string times = least == greatest
                                ? small_number(least)
                                : small_number(least) + " to " + small_number(greatest) + " (by mutant)";
  return "The rank of " + html_escape(gene.symbol) +
         " moved: in each cell it got the place that its count times " + times +
         ", the predicted change of its expression, would have had.";
}

std::string identity_sentence(const std::string& symbol, const Nearness& near, const std::string& space) {
  const std::string distances = " (distance " + small_number(near.own) + ", against " +
                                small_number(near.nearest) + " to " + html_escape(near.nearest_gene) +
                                ", the nearest other gene)";
  if (near.kept()) return space + " the mutant is still nearest to " + symbol + distances + ".";
  return space + " <strong>the mutant is nearer to another gene than to " + symbol + "</strong>" + distances +
         ": to the model it looks like a substituted gene as much as like " + symbol +
         " with another expression.";
}

std::string identity_html(const PerturbedGene& gene) {
  const std::string symbol = html_escape(gene.symbol);
  std::string text;
  if (gene.identity)
    text += " " + identity_sentence(symbol, gene.identity->input, "By its DNA embedding") + " " +
            identity_sentence(symbol, gene.identity->adapted, "After the adapter");
  if (const std::string all = identity_text(*gene.search); !all.empty())
    text += gene.search->identity_given_up ? " <strong>" + html_escape(capitalised(all)) + ".</strong>"
                                           : " " + html_escape(all) + ".";
  return text.empty() ? text : paragraph("<strong>Is the mutant still " + symbol + "?</strong>" + text);
}

/// How many of the mutants could have been taken.
std::string qualifying_cell(const MutantSearch& search) {
  const std::string made = count_text(search.trials.size());
  if (search.target) return "nearest of " + made;
  if (search.origin != MutantOrigin::kRandom) return "all " + made;
  return count_text(going(search, search.direction)) + " of " + made;
}

std::string strength_cell(const MutantSearch& search) {
  if (!search.target) return "–";
  const auto reached = strength_of(search, search.target->measure);
  return html_number(small_number(search.target->value)) + " / " +
         (reached ? html_number(small_number(*reached)) : "–");
}

std::vector<std::string> expression_cells(const PerturbedGene& gene) {
  const MutantSearch& search = *gene.search;
  const std::string reference = html_number(small_number(search.reference_expression));
  if (!search.chosen) return {reference, "none taken", "–", "–"};
  const bool mean = search.use == MutantUse::kMean;
  const double mutant = mean ? mean_expression(search) : chosen_trial(gene).expression;
  return {reference, html_number(small_number(mutant)) + (mean ? " (mean)" : ""),
          percent_change(search.reference_expression, mutant),
          mean ? "–" : count_text(chosen_trial(gene).edits.size())};
}

std::vector<std::string> identity_cells(const PerturbedGene& gene) {
  if (!gene.identity) return {"–", "–", "–", "–"};
  const auto& [input, adapted] = *gene.identity;
  return {html_number(small_number(input.own)), html_number(small_number(input.nearest)),
          html_escape(input.nearest_gene), html_escape(adapted.kept() ? "itself" : adapted.nearest_gene)};
}

std::string strength_unit(MutantStrength measure) {
  switch (measure) {
    case MutantStrength::kRow:
      return "distance of the DNA embedding from the reference’s, as a share of its length";
    case MutantStrength::kToken:
      return "distance of the token embedding from the reference’s";
    case MutantStrength::kExpression:
      break;
  }
  return "natural log of predicted expression over the reference’s";
}

const MutantSearch* matched_search(const Report& report) {
  for (const auto& gene : report.perturbed)
    if (gene.search && gene.search->target) return &*gene.search;
  return nullptr;
}

std::string table_html(const Report& report) {
  const MutantSearch* matched = matched_search(report);
  std::vector<std::string> columns = {"Gene",   "<Role", "Expression, reference", "Mutant",
                                      "Change", "Edits", "Mutants that qualify"};
  if (matched != nullptr) columns.emplace_back("Strength: asked / taken");
  for (const char* name :
       {"Distance to itself", "to the nearest other", "<which", "<After the adapter, nearest is"})
    columns.emplace_back(name);
  HtmlTable table(columns);
  for (const auto& gene : report.perturbed) {
    if (!gene.search) continue;
    std::vector<std::string> row = {html_escape(gene.symbol), role_of(gene)};
    for (auto& cell : expression_cells(gene)) row.push_back(std::move(cell));
    row.push_back(qualifying_cell(*gene.search));
    if (matched != nullptr) row.push_back(strength_cell(*gene.search));
    for (auto& cell : identity_cells(gene)) row.push_back(std::move(cell));
    table.row(row, gene.control ? "" : "strong");
  }
  std::string caption =
      "Distances are Euclidean in the model’s input space (the bank’s rows after the model’s fixed map).";
  if (matched != nullptr) caption += " Strength: " + strength_unit(matched->target->measure) + ".";
  return table.finish() + "<p class=\"caption\">" + caption + "</p>\n";
}

}  // namespace

std::string matched_strength_text(const Report& report) {
  const MutantSearch* matched = matched_search(report);
  if (matched == nullptr) return {};
  const std::string target = html_escape(target_symbols(report));
  switch (matched->target->measure) {
    case MutantStrength::kRow:
      return "with those mutants that come nearest to moving the DNA embedding as far as that of " + target;
    case MutantStrength::kToken:
      return "with those mutants that come nearest to moving the token embedding as far as that of " + target;
    case MutantStrength::kExpression:
      break;
  }
  return "with those mutants that come nearest to changing predicted expression as much as that of " + target;
}

std::string mutation_html(const Report& report) {
  std::string html;
  for (const auto* gene : targets_of(report)) {
    std::string text = gene->search ? made_text(*gene) + used_text(*gene) : std::string();
    if (const std::string moved = moved_rank_text(*gene); !moved.empty())
      text += (text.empty() ? "" : " ") + moved;
    if (!text.empty()) html += paragraph(text);
  }
  return html;
}

std::string mutated_genes_html(const Report& report) {
  std::string html;
  for (const auto* gene : targets_of(report))
    if (gene->search) html += identity_html(*gene);
  return html + table_html(report);
}

}  // namespace biodta::analysis
