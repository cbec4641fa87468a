#pragma once
/// @file
/// Tables of the page.

#include "report_format.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::analysis {

/// A table made row by row; the first column is text, the others numbers unless said otherwise.
class HtmlTable {
 public:
  /// @param columns  headings; one that starts with '<' is text and aligned left.
  explicit HtmlTable(const std::vector<std::string>& columns) {
    html_ = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool left = i == 0 || columns[i].starts_with('<');
      left_.push_back(left);
      const std::string heading = columns[i].starts_with('<') ? columns[i].substr(1) : columns[i];
      html_ += std::string("<th scope=\"col\"") + (left ? " class=\"text\"" : "") + ">" +
               html_escape(heading) + "</th>";
    }
    html_ += "</tr></thead><tbody>\n";
  }
  /// @param cells  HTML, one a column.
  void row(const std::vector<std::string>& cells, std::string_view kind = {}) {
    html_ += kind.empty() ? std::string("<tr>") : "<tr class=\"" + std::string(kind) + "\">";
    for (std::size_t i = 0; i < cells.size(); ++i)
      html_ += std::string(left_.at(i) ? "<td class=\"text\">" : "<td>") + cells[i] + "</td>";
    html_ += "</tr>\n";
  }
  std::string finish() { return std::move(html_) + "</tbody></table></div>\n"; }

 private:
  std::string html_;
  std::vector<bool> left_;
};

}  // namespace biodta::analysis
