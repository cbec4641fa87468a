#include "report_genes.hpp"

#include "report_format.hpp"
#include "report_html_table.hpp"
#include "report_layout.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <vector>

namespace biodta::analysis {
namespace {

/// What the page shows before its script runs, and on paper.
constexpr std::size_t kGenesAsHtml = 50;

/// What a column holds, by the names of report_page.js.
enum class ColumnKind { kText, kId, kTags, kCount, kSmall, kProbability };

const char* name_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kText:
      return "text";
    case ColumnKind::kId:
      return "id";
    case ColumnKind::kTags:
      return "tags";
    case ColumnKind::kCount:
      return "count";
    case ColumnKind::kSmall:
      return "small";
    case ColumnKind::kProbability:
      return "probability";
  }
  return "text";
}

bool is_text(ColumnKind kind) {
  return kind == ColumnKind::kText || kind == ColumnKind::kId || kind == ColumnKind::kTags;
}

/// One gene of the ranking.
struct GeneRow {
  std::size_t index;
  const RankedGene& gene;
  const cells::VocabularyGene& known;
};

struct GeneColumn {
  std::string name;     ///< in genes.tsv
  std::string heading;  ///< on the page
  ColumnKind kind;
  std::function<double(const GeneRow&)> number;                   ///< of a column of numbers
  std::function<std::vector<std::string>(const GeneRow&)> words;  ///< of a column of text
};

/// Specific shifts by token.
using SpecificByToken = std::map<cells::TokenId, const SpecificGene*>;

double field(const SpecificByToken& genes, cells::TokenId token, double SpecificGene::*which) {
  const auto found = genes.find(token);
  return found == genes.end() ? std::numeric_limits<double>::quiet_NaN() : found->second->*which;
}

void add_specific_columns(const Report& report, std::vector<GeneColumn>& columns) {
  if (!report.specific) return;
  SpecificByToken genes;
  for (const auto& gene : report.specific->genes) genes.emplace(gene.token, &gene);
  const auto add = [&](const char* name, const char* heading, ColumnKind kind, double SpecificGene::*which) {
    columns.push_back({name,
                       heading,
                       kind,
                       [genes, which](const GeneRow& row) { return field(genes, row.gene.token, which); },
                       {}});
  };
  add("specific_shift", "Specific (log)", ColumnKind::kSmall, &SpecificGene::specific);
  add("p", "P", ColumnKind::kProbability, &SpecificGene::p);
  add("fdr", "FDR", ColumnKind::kProbability, &SpecificGene::fdr);
}

void add_readout_columns(const Report& report, std::vector<GeneColumn>& columns) {
  if (!report.readout) return;
  const auto& genes = report.readout->genes;
  columns.push_back({"delta_r",
                     "ΔR",
                     ColumnKind::kSmall,
                     [&genes](const GeneRow& row) { return genes.at(row.gene.token).mean(); },
                     {}});
  columns.push_back({"sd_delta_r",
                     "SD of ΔR",
                     ColumnKind::kSmall,
                     [&genes](const GeneRow& row) { return genes.at(row.gene.token).standard_deviation(); },
                     {}});
}

std::vector<GeneColumn> columns_of(const Report& report) {
  using Row = const GeneRow&;
  using Words = std::vector<std::string>;
  std::vector<GeneColumn> columns = {
      {"gene_id", "Id", ColumnKind::kId, {}, [](Row row) { return Words{row.known.id}; }},
      {"symbol", "Gene", ColumnKind::kText, {}, [](Row row) { return Words{row.known.symbol}; }},
      {"rank", "Rank", ColumnKind::kCount, [](Row row) { return static_cast<double>(row.index + 1); }, {}},
      {"cells", "Cells", ColumnKind::kCount, [](Row row) { return static_cast<double>(row.gene.cells); }, {}},
      {"mean_shift", "Mean shift", ColumnKind::kSmall, [](Row row) { return row.gene.mean_shift; }, {}},
      {"sd_shift",
       "SD over cells",
       ColumnKind::kSmall,
       [](Row row) { return row.gene.standard_deviation; },
       {}}};
  add_readout_columns(report, columns);
  add_specific_columns(report, columns);
  columns.push_back(
      {"sets", "Sets", ColumnKind::kTags, {}, [&](Row row) { return sets_of(report, row.gene.token); }});
  return columns;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ";") + word;
  return text;
}

template <class Visit>
void for_each_gene(const Report& report, const Visit& visit) {
  const auto& genes = report.run.ranking.genes;
  for (std::size_t i = 0; i < genes.size(); ++i)
    visit(GeneRow{i, genes[i], report.vocabulary.gene(genes[i].token)});
}

/// The page begins with rank and name; ids, which are long, go to the end.
std::vector<GeneColumn> page_columns(const Report& report) {
  auto columns = columns_of(report);
  const auto move_to = [&](const std::string& name, std::size_t place) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const GeneColumn& column) { return column.name == name; });
    auto column = std::move(*found);
    columns.erase(found);
    columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(std::min(place, columns.size())),
                   std::move(column));
  };
  move_to("rank", 0);
  move_to("symbol", 1);
  move_to("gene_id", columns.size());
  return columns;
}

std::string html_cell(const GeneColumn& column, const GeneRow& row) {
  switch (column.kind) {
    case ColumnKind::kCount:
      return support::with_thousands(static_cast<std::uint64_t>(column.number(row)));
    case ColumnKind::kSmall:
      return html_number(small_number(column.number(row)));
    case ColumnKind::kProbability:
      return html_number(p_number(column.number(row)));
    case ColumnKind::kTags: {
      std::string html;
      for (const auto& name : column.words(row))
        html += "<span class=\"tag\">" + html_escape(name) + "</span> ";
      return html;
    }
    case ColumnKind::kId:
      return "<span class=\"faint\">" + html_escape(joined(column.words(row))) + "</span>";
    case ColumnKind::kText:
      break;
  }
  return html_escape(joined(column.words(row)));
}

Json json_cell(const GeneColumn& column, const GeneRow& row) {
  if (column.kind == ColumnKind::kTags) return column.words(row);
  if (is_text(column.kind)) return joined(column.words(row));
  const double value = column.number(row);
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

}  // namespace

support::Table genes_table(const Report& report) {
  const auto columns = columns_of(report);
  support::Table table;
  for (const auto& column : columns) table.columns.push_back(column.name);
  for_each_gene(report, [&](const GeneRow& row) {
    std::vector<std::string> cells;
    for (const auto& column : columns)
      cells.push_back(is_text(column.kind) ? joined(column.words(row)) : exact_number(column.number(row)));
    table.rows.push_back(std::move(cells));
  });
  return table;
}

std::string genes_html(const Report& report) {
  const auto columns = page_columns(report);
  Json data = {{"columns", Json::array()}, {"rows", Json::array()}};
  std::vector<std::string> headings;
  for (const auto& column : columns) {
    data["columns"].push_back(name_of(column.kind));
    headings.push_back((is_text(column.kind) ? "<" : "") + column.heading);
  }
  HtmlTable table(headings);
  for_each_gene(report, [&](const GeneRow& row) {
    Json cells = Json::array();
    for (const auto& column : columns) cells.push_back(json_cell(column, row));
    data["rows"].push_back(std::move(cells));
    if (row.index >= kGenesAsHtml) return;
    std::vector<std::string> html;
    for (const auto& column : columns) html.push_back(html_cell(column, row));
    table.row(html);
  });
  return "<div data-genes=\"genes-data\">\n" + table.finish() +
         "</div>\n<script type=\"application/json\" id=\"genes-data\">" + embedded_json(data) +
         "</script>\n<p class=\"caption\">The same table is in genes.tsv.</p>\n";
}

}  // namespace biodta::analysis
