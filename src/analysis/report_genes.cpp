#include "report_genes.hpp"

#include "report_data_table.hpp"
#include "report_format.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

/// What the page shows before its script runs, and on paper.
constexpr std::size_t kGenesAsHtml = 50;

/// Specific shifts by token.
using SpecificByToken = std::map<cells::TokenId, const SpecificGene*>;

double field(const SpecificByToken& genes, cells::TokenId token, double SpecificGene::*which) {
  const auto found = genes.find(token);
  return found == genes.end() ? std::numeric_limits<double>::quiet_NaN() : found->second->*which;
}

void add_specific_columns(const Report& report, std::vector<DataColumn>& columns) {
  if (!report.specific) return;
  SpecificByToken specific;
  for (const auto& gene : report.specific->genes) specific.emplace(gene.token, &gene);
  const auto& genes = report.run.ranking.genes;
  const auto add = [&](const char* name, const char* heading, ColumnKind kind, double SpecificGene::*which) {
    columns.push_back(number_column(name, heading, kind, [&genes, specific, which](std::size_t row) {
      return field(specific, genes[row].token, which);
    }));
  };
  add("specific_shift", "Specific (log)", ColumnKind::kSmall, &SpecificGene::specific);
  add("p", "P", ColumnKind::kProbability, &SpecificGene::p);
  add("fdr", "FDR", ColumnKind::kProbability, &SpecificGene::fdr);
}

void add_readout_columns(const Report& report, std::vector<DataColumn>& columns) {
  if (!report.readout) return;
  const auto& genes = report.run.ranking.genes;
  const auto& changes = report.readout->genes;
  columns.push_back(number_column("delta_r", "ΔR", ColumnKind::kSmall,
                                  [&](std::size_t row) { return changes.at(genes[row].token).mean(); }));
  columns.push_back(number_column("sd_delta_r", "SD of ΔR", ColumnKind::kSmall, [&](std::size_t row) {
    return changes.at(genes[row].token).standard_deviation();
  }));
}

/// Refers to the report.
std::vector<DataColumn> columns_of(const Report& report) {
  const auto& genes = report.run.ranking.genes;
  const auto known = [&](std::size_t row) -> const cells::VocabularyGene& {
    return report.vocabulary.gene(genes[row].token);
  };
  std::vector<DataColumn> columns = {
      text_column("gene_id", "Id", [known](std::size_t row) { return known(row).id; }),
      text_column("symbol", "Gene", [known](std::size_t row) { return known(row).symbol; }),
      number_column("rank", "Rank", ColumnKind::kCount,
                    [](std::size_t row) { return static_cast<double>(row + 1); }),
      number_column("cells", "Cells", ColumnKind::kCount,
                    [&](std::size_t row) { return static_cast<double>(genes[row].cells); }),
      number_column("mean_shift", "Mean shift", ColumnKind::kSmall,
                    [&](std::size_t row) { return genes[row].mean_shift; }),
      number_column("sd_shift", "SD over cells", ColumnKind::kSmall,
                    [&](std::size_t row) { return genes[row].standard_deviation; })};
  columns.front().kind = ColumnKind::kId;
  add_readout_columns(report, columns);
  add_specific_columns(report, columns);
  columns.push_back({"sets", "Sets", ColumnKind::kTags, {}, [&](std::size_t row) {
                       return sets_of(report, genes[row].token);
                     }});
  return columns;
}

/// The page begins with rank and name; ids, which are long, go to the end.
std::vector<DataColumn> page_columns(const Report& report) {
  auto columns = columns_of(report);
  const auto move_to = [&](const std::string& name, std::size_t place) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const DataColumn& column) { return column.name == name; });
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

std::string genes_caption(const Report& report) {
  std::string html = "<p class=\"caption\">Mean shift: " + html_escape(report.words.measure) +
                     " between a gene’s contextual embeddings before and after, averaged over cells. ";
  if (report.readout)
    html += "ΔR: change of the gene’s log predicted abundance; below 0 the model expects less of it. ";
  if (report.specific)
    html +=
        "Specific: log of the shift over what it is when control genes are perturbed; 0 is no different. ";
  return html + "The same table is in genes.tsv.</p>\n";
}

}  // namespace

support::Table genes_table(const Report& report) {
  return data_table(columns_of(report), report.run.ranking.genes.size());
}

std::string genes_html(const Report& report) {
  return data_table_html(page_columns(report), report.run.ranking.genes.size(),
                         {"genes-data", "genes", "Find a gene or set"}, kGenesAsHtml) +
         genes_caption(report);
}

}  // namespace biodta::analysis
