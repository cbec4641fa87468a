#include "report_mutants.hpp"

#include "report_data_table.hpp"
#include "report_format.hpp"
#include "report_layout.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

/// A table with more mutants can be searched.
constexpr std::size_t kMutantsAsHtml = 20;
/// A mutant with more edits has their number in the table; mutants.vcf holds them.
constexpr std::size_t kMostListedEdits = 3;
/// The page has AUROCs of the first sets, so that its table fits on paper; the file has all.
constexpr std::size_t kSetsOnPage = 4;
/// Longer alleles are told by their length.
constexpr std::size_t kLongestAllele = 12;

const MutantSearch& search_of(const Report& report) {
  if (!main_gene(report).search) throw Error("effects of mutants without a search that made them");
  return *main_gene(report).search;
}

std::string allele_text(const std::string& allele) {
  if (allele.empty()) return "-";
  return allele.size() <= kLongestAllele ? allele : "<" + std::to_string(allele.size()) + " bp>";
}

/// "chr8:1005:A>C" (1-based) of each edit, or how many there are.
std::vector<std::string> edit_words(const Report& report, const MutantTrial& trial) {
  if (trial.edits.size() > kMostListedEdits) return {support::counted(trial.edits.size(), "edit")};
  const auto& window = main_gene(report).window;
  std::vector<std::string> words;
  for (const auto& edit : trial.edits)
    words.push_back((window ? window->contig + ":" : std::string()) + std::to_string(edit.position + 1) +
                    ":" + allele_text(edit.ref) + ">" + allele_text(edit.alt));
  return words;
}

/// Whether a mutant is still nearest to its own gene, "NA" where that is not known.
std::string identity_word(const MutantTrial& trial) {
  if (!trial.identity) return "NA";
  return trial.identity->kept() ? "yes" : "no";
}

/// Refers to the report.
/// @param sets  that have a column.
std::vector<DataColumn> mutant_columns(const Report& report, std::size_t sets) {
  const MutantSearch& search = search_of(report);
  const auto& effects = report.mutants;
  const auto trial = [&](std::size_t row) -> const MutantTrial& {
    return search.trials.at(effects[row].trial);
  };
  using Row = std::size_t;
  const auto small = [](const char* name, const char* heading, std::function<double(Row)> number) {
    return number_column(name, heading, ColumnKind::kSmall, std::move(number));
  };
  std::vector<DataColumn> columns = {
      text_column("mutant", "Mutant", [&](Row row) { return mutant_label(search, effects[row].trial); }),
      number_column("trial", "No.", ColumnKind::kCount,
                    [&](Row row) { return static_cast<double>(effects[row].trial + 1); }),
      {"edits", "Edits", ColumnKind::kTags, {}, [&report, trial](Row row) {
         return edit_words(report, trial(row));
       }}};
  if (search.origin != MutantOrigin::kRandom)
    columns.push_back(number_column("carriers", "Carriers", ColumnKind::kCount, [trial](Row row) {
      const auto& carriers = trial(row).carriers;
      return carriers ? static_cast<double>(*carriers) : std::numeric_limits<double>::quiet_NaN();
    }));
  columns.push_back(small("expression", "Expression", [trial](Row row) { return trial(row).expression; }));
  columns.push_back(
      small("fold_change", "Fold change", [&](Row row) { return fold_of(search, effects[row].trial); }));
  columns.push_back(small("row_shift", "Row shift", [trial](Row row) { return trial(row).row_shift; }));
  columns.push_back(
      text_column("identity_kept", "Still itself", [trial](Row row) { return identity_word(trial(row)); }));
  columns.push_back(number_column("cells", "Cells", ColumnKind::kCount,
                                  [&](Row row) { return static_cast<double>(effects[row].cell.count()); }));
  columns.push_back(
      small("mean_shift", "Mean shift of other genes", [&](Row row) { return effects[row].cell.mean(); }));
  columns.push_back(
      small("sd_shift", "SD over cells", [&](Row row) { return effects[row].cell.standard_deviation(); }));
  columns.push_back(
      small("own_shift", "Shift of the gene itself", [&](Row row) { return effects[row].perturbed.mean(); }));
  for (std::size_t set = 0; set < std::min(sets, report.sets.size()); ++set)
    columns.push_back(number_column("auroc:" + report.sets[set].name, "AUROC: " + report.sets[set].name,
                                    ColumnKind::kSmall,
                                    [&effects, set](Row row) { return effects[row].aurocs.at(set); }));
  return columns;
}

/// What fits on paper: the others are in the file.
std::vector<DataColumn> page_columns_of_mutants(const Report& report) {
  auto columns = mutant_columns(report, kSetsOnPage);
  std::erase_if(columns,
                [](const DataColumn& column) { return column.name == "trial" || column.name == "sd_shift"; });
  return columns;
}

struct IdentityLook {
  std::string_view word;
  MarkerLook look;
};

Json identity_trace(const Report& report, const IdentityLook& shown) {
  const MutantSearch& search = search_of(report);
  Json x = Json::array();
  Json y = Json::array();
  Json text = Json::array();
  for (const auto& effect : report.mutants) {
    const MutantTrial& trial = search.trials.at(effect.trial);
    const double fold = std::log2(fold_of(search, effect.trial));
    if (identity_word(trial) != shown.word || !std::isfinite(fold)) continue;
    x.push_back(fold);
    y.push_back(effect.cell.mean());
    text.push_back(html_escape(mutant_label(search, effect.trial) + ", " +
                               support::counted(trial.edits.size(), "edit")));
  }
  return marker_trace(shown.look, std::move(x), std::move(y), std::move(text),
                      "<b>%{text}</b><br>log2 fold %{x:.3f}, shift %{y:.3g}<extra></extra>");
}

}  // namespace

support::Table mutants_table(const Report& report) {
  return data_table(mutant_columns(report, report.sets.size()), report.mutants.size());
}

std::string mutants_html(const Report& report) {
  if (report.mutants.empty()) return {};
  return data_table_html(page_columns_of_mutants(report), report.mutants.size(),
                         {"mutants-data", "mutants", "Find a mutant"}, kMutantsAsHtml) +
         "<p class=\"caption\">Each mutant was put into the same cells alone. Fold change: predicted "
         "expression over the reference’s. Row shift: 1 − cosine similarity of the DNA embedding with the "
         "reference’s. Still itself: whether the mutant is nearest to its own gene, before and after the "
         "adapter. AUROC: of each set against all other genes under this mutant alone, not corrected for "
         "what other perturbations do. The whole table, with all sets, is in mutants.tsv.</p>\n";
}

Figure mutants_figure(const Report& report) {
  const std::array<IdentityLook, 3> looks = {
      {{"yes", {"still itself", std::string(kThisRun), "circle", 10}},
       {"no", {"nearer to another gene", std::string(kChosen), "x", 10}},
       {"NA", {"identity not known", std::string(kGrey), "diamond", 9}}}};
  Json data = Json::array();
  for (const auto& look : looks) {
    Json trace = identity_trace(report, look);
    if (!trace.at("x").empty()) data.push_back(std::move(trace));
  }
  Json layout = base_layout(axis("log2 fold change of predicted expression"),
                            axis("mean shift of other genes<br>" + html_escape(report.words.measure)), 400);
  layout["showlegend"] = true;
  layout["shapes"] = Json::array({vertical_line(0.0)});
  return {
      "mutants",
      "What each mutant does",
      "Each point is a mutant of " + main_gene(report).symbol +
          ". Left of the dashed line predicted expression falls. Crosses: to the model the mutant is nearer "
          "to another gene than to its own.",
      {{"data", std::move(data)}, {"layout", std::move(layout)}}};
}

}  // namespace biodta::analysis
