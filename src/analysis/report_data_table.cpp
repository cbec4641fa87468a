#include "report_data_table.hpp"

#include "report_format.hpp"
#include "report_html_table.hpp"
#include "report_layout.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace biodta::analysis {
namespace {

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

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ";") + word;
  return text;
}

std::string count_cell(double value) {
  return std::isfinite(value) ? count_text(static_cast<std::uint64_t>(value)) : fixed_number(value, 0);
}

std::string html_cell(const DataColumn& column, std::size_t row) {
  switch (column.kind) {
    case ColumnKind::kCount:
      return count_cell(column.number(row));
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

Json json_cell(const DataColumn& column, std::size_t row) {
  if (column.kind == ColumnKind::kTags) return column.words(row);
  if (is_text(column.kind)) return joined(column.words(row));
  const double value = column.number(row);
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json json_of(const std::vector<DataColumn>& columns, std::size_t rows) {
  Json data = {{"columns", Json::array()}, {"rows", Json::array()}};
  for (const auto& column : columns) data["columns"].push_back(name_of(column.kind));
  for (std::size_t row = 0; row < rows; ++row) {
    Json cells = Json::array();
    for (const auto& column : columns) cells.push_back(json_cell(column, row));
    data["rows"].push_back(std::move(cells));
  }
  return data;
}

}  // namespace

DataColumn number_column(std::string name, std::string heading, ColumnKind kind,
                         std::function<double(std::size_t row)> number) {
  return {std::move(name), std::move(heading), kind, std::move(number), {}};
}

DataColumn text_column(std::string name, std::string heading,
                       std::function<std::string(std::size_t row)> text) {
  return {
      std::move(name), std::move(heading), ColumnKind::kText, {}, [text = std::move(text)](std::size_t row) {
        return std::vector<std::string>{text(row)};
      }};
}

support::Table data_table(const std::vector<DataColumn>& columns, std::size_t rows) {
  support::Table table;
  for (const auto& column : columns) table.columns.push_back(column.name);
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const auto& column : columns)
      cells.push_back(is_text(column.kind) ? joined(column.words(row)) : exact_number(column.number(row)));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string data_table_html(const std::vector<DataColumn>& columns, std::size_t rows,
                            const DataTableWords& words, std::size_t shown) {
  std::vector<std::string> headings;
  headings.reserve(columns.size());
  for (const auto& column : columns) headings.push_back((is_text(column.kind) ? "<" : "") + column.heading);
  HtmlTable table(headings);
  for (std::size_t row = 0; row < std::min(rows, shown); ++row) {
    std::vector<std::string> html;
    html.reserve(columns.size());
    for (const auto& column : columns) html.push_back(html_cell(column, row));
    table.row(html);
  }
  if (rows <= shown) return table.finish();
  return "<div data-table=\"" + words.id + "\" data-rows=\"" + words.rows + "\" data-find=\"" + words.find +
         "\">\n" + table.finish() + "</div>\n<script type=\"application/json\" id=\"" + words.id + "\">" +
         embedded_json(json_of(columns, rows)) + "</script>\n";
}

}  // namespace biodta::analysis
