#pragma once
/// @file
/// Tables described by their columns: written as files, and shown on the page, where long ones can be
/// searched and sorted.

#include <biodta/support/tsv.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace biodta::analysis {

/// What a column holds, by the names of report_page.js.
enum class ColumnKind { kText, kId, kTags, kCount, kSmall, kProbability };

struct DataColumn {
  std::string name;     ///< in the file
  std::string heading;  ///< on the page
  ColumnKind kind = ColumnKind::kText;
  std::function<double(std::size_t row)> number;                   ///< of a column of numbers
  std::function<std::vector<std::string>(std::size_t row)> words;  ///< of a column of text
};
DataColumn number_column(std::string name, std::string heading, ColumnKind kind,
                         std::function<double(std::size_t row)> number);
DataColumn text_column(std::string name, std::string heading,
                       std::function<std::string(std::size_t row)> text);

/// All columns: several words of a cell are joined by ';', NaN is "NA".
support::Table data_table(const std::vector<DataColumn>& columns, std::size_t rows);

/// How a table is called on the page.
struct DataTableWords {
  std::string id;    ///< of its data in the page
  std::string rows;  ///< "genes"
  std::string find;  ///< "Find a gene or set"
};
/// The first rows as HTML, for paper and for readers without scripts. Where that is not all of them, all lie
/// beside it as JSON for report_page.js, which makes the table one that is searched and sorted.
/// @param shown  rows as HTML.
std::string data_table_html(const std::vector<DataColumn>& columns, std::size_t rows,
                            const DataTableWords& words, std::size_t shown);

}  // namespace biodta::analysis
