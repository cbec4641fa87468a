#include "gene_effects_figures.hpp"
#include "report_data_table.hpp"
#include "report_format.hpp"
#include "report_frame.hpp"
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

using StandingIn = std::function<const GeneStanding&(const RankedEffect&)>;

const GeneStanding& shift_in(const RankedEffect& gene) {
  return gene.shift;
}
StandingIn state_in(std::size_t state) {
  return [state](const RankedEffect& gene) -> const GeneStanding& { return gene.states[state]; };
}

void add_standing(const GeneEffectsReport& report, const std::string& state, const StandingIn& of,
                  std::vector<DataColumn>& columns) {
  const std::string in_file = state.empty() ? "" : ":" + state;
  const std::string on_page = state.empty() ? "" : " → " + state;
  const auto add = [&](const char* name, const char* heading, ColumnKind kind, double GeneStanding::*which) {
    columns.push_back(
        number_column(name + in_file, heading + on_page, kind,
                      [&report, of, which](std::size_t i) { return of(report.genes[i]).*which; }));
  };
  add("mean_shift", "Mean shift", ColumnKind::kSmall, &GeneStanding::mean);
  add("sd_shift", "SD over cells", ColumnKind::kSmall, &GeneStanding::standard_deviation);
  add("auroc", "AUROC", ColumnKind::kSmall, &GeneStanding::auroc);
  add("p", "P", ColumnKind::kProbability, &GeneStanding::p);
  add("fdr", "FDR", ColumnKind::kProbability, &GeneStanding::fdr);
  if (report.group_column.empty()) return;
  columns.push_back(number_column(
      "groups" + in_file, "Groups" + on_page, ColumnKind::kCount,
      [&report, of](std::size_t i) { return static_cast<double>(of(report.genes[i]).groups); }));
  add("auroc_cells", "AUROC of cells", ColumnKind::kSmall, &GeneStanding::auroc_cells);
  add("p_cells", "P of cells", ColumnKind::kProbability, &GeneStanding::p_cells);
}

/// Of genes.tsv; the page, where long ids come last, has them in its own order.
std::vector<DataColumn> effect_columns(const GeneEffectsReport& report, bool of_page) {
  const auto known = [&report](std::size_t i) -> const cells::VocabularyGene& {
    return report.vocabulary.gene(report.genes[i].token);
  };
  DataColumn id{"gene_id", "Id", ColumnKind::kId, {}, [known](std::size_t i) {
                  return std::vector<std::string>{known(i).id};
                }};
  auto symbol = text_column("symbol", "Gene", [known](std::size_t i) { return known(i).symbol; });
  auto rank = number_column("rank", "Rank", ColumnKind::kCount,
                            [](std::size_t i) { return static_cast<double>(i + 1); });
  std::vector<DataColumn> columns;
  if (of_page)
    columns = {std::move(rank), std::move(symbol)};
  else
    columns = {id, std::move(symbol), std::move(rank)};
  columns.push_back(number_column("cells", "Cells", ColumnKind::kCount, [&report](std::size_t i) {
    return static_cast<double>(report.genes[i].cells);
  }));
  add_standing(report, "", shift_in, columns);
  for (std::size_t state = 0; state < report.states.size(); ++state)
    add_standing(report, report.states[state].name, state_in(state), columns);
  if (of_page) columns.push_back(std::move(id));
  return columns;
}

/// How many genes differ from the others of their cells, in words.
/// @param where  "" or " toward it".
std::string standing_words(const std::vector<RankedEffect>& genes, const StandingIn& of,
                           const std::string& where) {
  std::uint64_t more = 0;
  std::uint64_t less = 0;
  for (const auto& gene : genes)
    if (of(gene).fdr < 0.05) ++(of(gene).auroc > 0.5 ? more : less);
  return counted(more, "gene") + (more == 1 ? " moves" : " move") + " cells more" + where +
         " than the other genes of the same cells do, and " + with_thousands(less) +
         " less (FDR below 0.05).";
}

/// What P takes as independent.
std::string unit_words(const GeneEffectsReport& report) {
  if (!report.group_column.empty())
    return "Each " + html_escape(report.group_column) +
           " weighs alike in the AUROC; P is Student’s, of the mean AUROC of each " +
           html_escape(report.group_column) +
           ", so that many cells of few make nothing significant; genes in fewer than three have none.";
  return "P is of a rank-sum test stratified by cell, cells weighing alike, and takes cells as independent: "
         "many cells of few donors make small differences significant, so read the AUROC first, or name the "
         "donors’ column (cells.group_column).";
}

std::string effects_summary_html(const GeneEffectsReport& report) {
  std::string html =
      "<p>Every gene of " + counted(report.cells, "cell") +
      " was perturbed, one at a time: " + html_escape(report.done) + ". What it does to a cell is " +
      (report.measure == ShiftMeasure::kCosine ? "1 − cosine similarity" : "the Euclidean distance") +
      " between the contextual embeddings before and after, averaged over the cell’s other genes. " +
      with_thousands(report.genes.size()) + " of " + counted(report.genes_perturbed, "gene") +
      " are ranked: those perturbed in at least " + counted(report.min_cells, "cell") + ".</p>\n<p>" +
      standing_words(report.genes, shift_in, "") +
      " The AUROC is the chance that a gene moves a cell farther than another gene of the same "
      "cell; 0.5 is a gene like any. " +
      unit_words(report) + "</p>\n";
  for (std::size_t i = 0; i < report.states.size(); ++i)
    html += "<p>Toward <b>" + html_escape(report.states[i].name) + "</b> (" +
            counted(report.states[i].cells, "cell") +
            "): " + standing_words(report.genes, state_in(i), " toward it") +
            " A mean shift above zero is nearer than before.</p>\n";
  return html;
}

std::string effects_page(const GeneEffectsReport& report, const std::vector<Figure>& figures) {
  const std::string title = html_escape(capitalised(report.noun)) + " of every gene";
  std::string page = page_head(title) + "<body>\n<main>\n<header><h1>" + title +
                     "</h1><p class=\"subtitle\">" + counted(report.genes.size(), "gene") + " in " +
                     counted(report.cells, "cell") + "</p></header>\n" + notes_html(report.about) +
                     effects_summary_html(report);
  for (const auto& figure : figures) page += figure_html(figure);
  return page + "<h2>Genes</h2>\n" +
         data_table_html(effect_columns(report, true), report.genes.size(),
                         {"genes-data", "genes", "Find a gene"}, kEffectsAsHtml) +
         "<p class=\"caption\">The same table is in genes.tsv.</p>\n" + "<h2>What was run</h2>\n" +
         provenance_html(report.about) + page_end();
}

std::string top_text(const GeneEffectsReport& report, const std::string& title, const StandingIn& of) {
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
  auto table = data_table(effect_columns(report, false), report.genes.size());
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
  std::string text = top_text(report, "moves cells most", shift_in);
  for (std::size_t i = 0; i < report.states.size(); ++i)
    text += "\n" + top_text(report, "toward " + report.states[i].name, state_in(i));
  return text;
}

}  // namespace biodta::analysis
