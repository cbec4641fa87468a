#include "report_direction.hpp"

#include "report_format.hpp"
#include "report_html_table.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

std::string joined_sets(const Report& report, cells::TokenId token) {
  std::string text;
  for (const auto& name : sets_of(report, token)) text += (text.empty() ? "" : ";") + name;
  return text;
}

bool raises(const Report& report) {
  const auto& search = main_gene(report).search;
  return search && search->chosen &&
         chosen_trial(main_gene(report)).expression > search->reference_expression;
}

}  // namespace

std::string direction_word(const GeneSetTest& test) {
  if (std::isnan(test.auroc)) return "–";
  if (!(test.p < 0.05)) return "not shown";
  return test.auroc < 0.5 ? "down" : "up";
}

support::Table readout_table(const Report& report) {
  support::Table table{{}, {"gene_id", "symbol", "cells", "delta_r", "sd_delta_r", "sets"}, {}};
  const auto& genes = report.readout->genes;
  std::vector<cells::TokenId> order;
  for (std::size_t token = 0; token < genes.size(); ++token)
    if (genes[token].count() > 0) order.push_back(static_cast<cells::TokenId>(token));
  std::stable_sort(order.begin(), order.end(), [&](cells::TokenId a, cells::TokenId b) {
    return std::abs(genes[a].mean()) > std::abs(genes[b].mean());
  });
  for (const cells::TokenId token : order) {
    const auto& known = report.vocabulary.gene(token);
    const auto& moments = genes[token];
    table.rows.push_back({known.id, known.symbol, std::to_string(moments.count()),
                          exact_number(moments.mean()), exact_number(moments.standard_deviation()),
                          joined_sets(report, token)});
  }
  return table;
}

support::Table direction_table(const Report& report) {
  support::Table table{{},
                       {"set", "genes_scored", "median_delta_r", "median_delta_r_others", "auroc",
                        "auroc_low", "auroc_high", "p", "fdr"},
                       {}};
  for (const auto& test : report.direction) {
    std::vector<std::string> row = {test.set, std::to_string(test.scored)};
    for (const double value : {test.median_shift, test.median_shift_others, test.auroc, test.auroc_low,
                               test.auroc_high, test.p, test.fdr})
      row.push_back(exact_number(value));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string direction_html(const Report& report) {
  if (report.direction.empty()) return {};
  HtmlTable table({"Gene set", "Scored", "<Goes", "AUROC", "95 %", "Median change", "of others", "P", "FDR"});
  for (const auto& test : report.direction)
    table.row({html_escape(test.set), support::with_thousands(test.scored), direction_word(test),
               "<strong>" + fixed_number(test.auroc, 2) + "</strong>",
               fixed_number(test.auroc_low, 2) + "–" + fixed_number(test.auroc_high, 2),
               html_number(small_number(test.median_shift)),
               html_number(small_number(test.median_shift_others)), html_number(p_number(test.p)),
               html_number(p_number(test.fdr))});
  std::string caption =
      "<p class=\"caption\">The change of each gene’s abundance that the model predicts where it cannot see "
      "it, "
      "in "
      "log units, over all genes that it can name. AUROC: chance that a gene of the set goes up more than "
      "another gene; below 0.5 the set goes down. P by Wilcoxon’s rank-sum test, genes taken for "
      "independent: it overstates.";
  if (raises(report))
    caption +=
        " <strong>The mutant raises expression, and the sign here is not to be trusted</strong>: a model "
        "that "
        "was trained on reference DNA tends to read any departure from it as less of the gene.";
  return table.finish() + caption + "</p>\n";
}

}  // namespace biodta::analysis
