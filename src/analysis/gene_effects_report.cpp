#include "gene_effects_figures.hpp"
#include "report_format.hpp"
#include "report_frame.hpp"
#include "report_html_table.hpp"
#include "report_layout.hpp"
#include "report_sections.hpp"

#include <biodta/analysis/gene_effects_report.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string_view>
#include <utility>

namespace biodta::analysis {
namespace {

using support::counted;
using support::with_thousands;

constexpr std::size_t kEffectsAsHtml = 50;
constexpr std::size_t kEffectsPrinted = 10;

/// A column of genes.tsv and of the page's table.
struct EffectColumn {
  std::string name;
  std::string heading;
  std::string_view kind;  ///< by the names of report_page.js
  std::function<double(const RankedEffect&)> number;
};

void add_standing(std::vector<EffectColumn>& columns, const std::string& state,
                  const std::function<const GeneStanding&(const RankedEffect&)>& of) {
  const std::string in_file = state.empty() ? "" : "[" + state + "]";
  const std::string on_page = state.empty() ? "" : " → " + state;
  const auto add = [&](const char* name, const char* heading, std::string_view kind,
                       double GeneStanding::*which) {
    columns.push_back({name + in_file, heading + on_page, kind,
                       [of, which](const RankedEffect& gene) { return of(gene).*which; }});
  };
  add("mean_shift", "Mean shift", "small", &GeneStanding::mean);
  add("sd_shift", "SD over cells", "small", &GeneStanding::standard_deviation);
  add("auroc", "AUROC", "small", &GeneStanding::auroc);
  add("p", "P", "probability", &GeneStanding::p);
  add("fdr", "FDR", "probability", &GeneStanding::fdr);
}

std::vector<EffectColumn> effect_columns(const GeneEffectsReport& report) {
  std::vector<EffectColumn> columns = {
      {"cells", "Cells", "count", [](const RankedEffect& gene) { return static_cast<double>(gene.cells); }}};
  add_standing(columns, "", [](const RankedEffect& gene) -> const GeneStanding& { return gene.shift; });
  for (std::size_t state = 0; state < report.states.size(); ++state)
    add_standing(columns, report.states[state].name,
                 [state](const RankedEffect& gene) -> const GeneStanding& { return gene.states[state]; });
  return columns;
}

support::Table effects_table(const GeneEffectsReport& report) {
  const auto columns = effect_columns(report);
  support::Table table;
  table.columns = {"gene_id", "symbol", "rank"};
  for (const auto& column : columns) table.columns.push_back(column.name);
  for (std::size_t i = 0; i < report.genes.size(); ++i) {
    const auto& known = report.vocabulary.gene(report.genes[i].token);
    std::vector<std::string> row = {known.id, known.symbol, std::to_string(i + 1)};
    for (const auto& column : columns) row.push_back(exact_number(column.number(report.genes[i])));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string html_of(const EffectColumn& column, const RankedEffect& gene) {
  const double value = column.number(gene);
  if (column.kind == "count") return with_thousands(static_cast<std::uint64_t>(value));
  return html_number(column.kind == "probability" ? p_number(value) : small_number(value));
}

/// All genes as JSON for the page's script, the first ones as HTML for paper.
std::string effects_html(const GeneEffectsReport& report) {
  const auto columns = effect_columns(report);
  std::vector<std::string> headings = {"Rank", "<Gene"};
  Json data = {{"columns", {"count", "text"}}, {"rows", Json::array()}};
  for (const auto& column : columns) {
    headings.push_back(column.heading);
    data["columns"].push_back(column.kind);
  }
  headings.emplace_back("<Id");
  data["columns"].push_back("id");
  HtmlTable table(headings);
  for (std::size_t i = 0; i < report.genes.size(); ++i) {
    const RankedEffect& gene = report.genes[i];
    const auto& known = report.vocabulary.gene(gene.token);
    Json cells = {i + 1, known.symbol};
    std::vector<std::string> html = {with_thousands(i + 1), html_escape(known.symbol)};
    for (const auto& column : columns) {
      const double value = column.number(gene);
      cells.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
      html.push_back(html_of(column, gene));
    }
    cells.push_back(known.id);
    html.push_back("<span class=\"faint\">" + html_escape(known.id) + "</span>");
    data["rows"].push_back(std::move(cells));
    if (i < kEffectsAsHtml) table.row(html);
  }
  return "<div data-genes=\"genes-data\" data-table=\"genes-data\" data-rows=\"genes\" data-find=\"Find a "
         "gene\">\n" +
         table.finish() + "</div>\n<script type=\"application/json\" id=\"genes-data\">" +
         embedded_json(data) + "</script>\n<p class=\"caption\">The same table is in genes.tsv.</p>\n";
}

/// How many genes differ from the others of their cells, in words.
std::string standing_words(const std::vector<RankedEffect>& genes,
                           const std::function<const GeneStanding&(const RankedEffect&)>& of) {
  std::uint64_t more = 0;
  std::uint64_t less = 0;
  for (const auto& gene : genes)
    if (of(gene).fdr < 0.05) ++(of(gene).auroc > 0.5 ? more : less);
  return with_thousands(more) + " more than the other genes of the same cells and " + with_thousands(less) +
         " less (FDR below 0.05)";
}

std::string effects_summary_html(const GeneEffectsReport& report) {
  std::string html =
      "<p>Every gene of " + counted(report.cells, "cell") + " was perturbed, one at a time: " +
      html_escape(report.done) + ". What it does to a cell is " +
      (report.measure == ShiftMeasure::kCosine ? "1 − cosine similarity" : "the Euclidean distance") +
      " between the contextual embeddings before and after, averaged over the cell’s other genes. " +
      with_thousands(report.genes.size()) + " of " + counted(report.genes_perturbed, "gene") +
      " are ranked: those perturbed in at least " + counted(report.min_cells, "cell") + ".</p>\n<p>Of these, " +
      standing_words(report.genes,
                     [](const RankedEffect& gene) -> const GeneStanding& { return gene.shift; }) +
      " move cells. The AUROC is the chance that a gene moves a cell farther than another gene of the same "
      "cell; 0.5 is a gene like any. P is of Wilcoxon’s rank-sum test stratified by cell, and takes cells as "
      "independent: with many cells of few donors small differences become significant, so read the AUROC "
      "first.</p>\n";
  for (std::size_t i = 0; i < report.states.size(); ++i)
    html += "<p>Toward <b>" + html_escape(report.states[i].name) + "</b> (" +
            counted(report.states[i].cells, "cell") + ") " +
            standing_words(report.genes,
                           [i](const RankedEffect& gene) -> const GeneStanding& { return gene.states[i]; }) +
            " move cells; a mean shift above zero is nearer than before.</p>\n";
  return html;
}

std::string effects_page(const GeneEffectsReport& report, const std::vector<Figure>& figures) {
  std::string title = html_escape(report.noun) + " of every gene";
  title.front() = static_cast<char>(title.front() >= 'a' && title.front() <= 'z' ? title.front() - 'a' + 'A'
                                                                                 : title.front());
  std::string page = page_head(title) + "<body>\n<main>\n<header><h1>" + title + "</h1><p class=\"subtitle\">" +
                     counted(report.genes.size(), "gene") + " in " + counted(report.cells, "cell") +
                     "</p></header>\n" + notes_html(report.about) + effects_summary_html(report);
  for (const auto& figure : figures) page += figure_html(figure);
  return page + "<h2>Genes</h2>\n" + effects_html(report) + "<h2>What was run</h2>\n" +
         provenance_html(report.about) + page_end();
}

std::string top_text(const GeneEffectsReport& report, const std::string& title,
                     const std::function<const GeneStanding&(const RankedEffect&)>& of) {
  std::vector<std::size_t> order(report.genes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return of(report.genes[a]).mean > of(report.genes[b]).mean;
  });
  std::vector<std::vector<std::string>> rows = {{title, "cells", "mean shift", "AUROC", "P", "FDR"}};
  for (std::size_t i = 0; i < std::min(order.size(), kEffectsPrinted); ++i) {
    const RankedEffect& gene = report.genes[order[i]];
    rows.push_back({report.vocabulary.gene(gene.token).symbol, std::to_string(gene.cells),
                    small_number(of(gene).mean), fixed_number(of(gene).auroc, 3), p_number(of(gene).p),
                    p_number(of(gene).fdr)});
  }
  std::string text;
  for (const auto& line : support::align_columns(rows)) text += line + "\n";
  return text;
}

}  // namespace

void write_report(const GeneEffectsReport& report, const std::filesystem::path& folder, bool overwrite) {
  check_report_folder(folder, overwrite);
  support::AtomicPath whole(folder);
  const std::filesystem::path& place = whole.temporary();
  std::filesystem::create_directories(place / "figures");
  auto table = effects_table(report);
  table.path = place / "genes.tsv";
  support::write_table(table);
  const auto figures = gene_effects_figures(report);
  for (const auto& figure : figures)
    support::write_text_file(place / "figures" / (figure.name + ".json"), figure.text(1) + "\n");
  support::write_text_file(place / "config.yaml", report.about.config);
  support::write_text_file(place / "report.html", effects_page(report, figures));
  whole.commit();
}

std::string summary_text(const GeneEffectsReport& report) {
  std::string text = top_text(report, "moves cells most",
                              [](const RankedEffect& gene) -> const GeneStanding& { return gene.shift; });
  for (std::size_t i = 0; i < report.states.size(); ++i)
    text += "\n" + top_text(report, "toward " + report.states[i].name,
                            [i](const RankedEffect& gene) -> const GeneStanding& { return gene.states[i]; });
  return text;
}

}  // namespace biodta::analysis
