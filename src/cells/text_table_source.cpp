#include "text_table_source.hpp"

#include "count_text.hpp"
#include "text_table_fields.hpp"

#include <biodta/cells/gene_ids.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

namespace biodta::cells {
namespace {

using support::LineReader;

constexpr std::size_t kHeadOfText = 1024;
constexpr std::string_view kTable = "a table of genes x cells with a header of cell names";
constexpr std::array<char, 4> kSeparators = {'\t', ',', ';', ' '};
constexpr std::array<std::string_view, 9> kSymbolHeadings = {
    "symbol",     "symbols",         "gene_symbol",  "gene_symbols",      "gene_name",
    "gene_names", "gene_short_name", "feature_name", "external_gene_name"};
/// Values that a scan hands on at a time, at least.
constexpr std::size_t kTableBatch = std::size_t{1} << 14;

bool names_symbols(std::string_view heading) {
  std::string name(heading);
  for (char& c : name)
    c = c == ' ' || c == '.' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kSymbolHeadings.begin(), kSymbolHeadings.end(), name) != kSymbolHeadings.end();
}

[[noreturn]] void refuse_quotes(const std::filesystem::path& path, const std::string& place,
                                std::string_view fault) {
  throw InputError(path, place, fault, "quotes around whole fields only");
}

std::vector<std::string> checked_fields(std::string_view line, char separator,
                                        const std::filesystem::path& path, const std::string& place) {
  std::string_view fault;
  std::vector<std::string> fields = fields_of(line, separator, fault);
  if (!fault.empty()) refuse_quotes(path, place, fault);
  return fields;
}

/// Number of fields; 0 where the quotes are wrong.
std::size_t count_fields(std::string_view line, char separator) {
  std::string_view fault;
  const std::size_t count = fields_of(line, separator, fault).size();
  return fault.empty() ? count : 0;
}

/// The separator with which the header fits the first row, else the first that the header holds.
std::optional<char> find_separator(std::string_view header, std::string_view row) {
  for (const char separator : kSeparators) {
    const std::size_t width = count_fields(row, separator);
    const std::size_t names = count_fields(header, separator);
    if (width > 1 && (names == width || names + 1 == width)) return separator;
  }
  for (const char separator : kSeparators) {
    if (count_fields(header, separator) > 1) return separator;
  }
  return std::nullopt;
}

void check_cell_names(const std::vector<std::string>& cells, const std::filesystem::path& path) {
  if (cells.empty()) throw InputError(path, "line 1", "no cell", kTable);
  std::unordered_set<std::string_view> seen;
  for (const std::string& cell : cells) {
    if (cell.empty()) throw InputError(path, "line 1", "an empty cell name", "a name for every column");
    if (!seen.insert(cell).second)
      throw InputError(path, "line 1", "two cells '" + cell + "'", "distinct names");
  }
}

TextTableLayout read_layout(const std::filesystem::path& path) {
  LineReader lines(path);
  std::string header;
  std::string row;
  if (!lines.next(header)) throw InputError(path, "", "an empty file", kTable);
  if (!lines.next(row)) throw InputError(path, "", "one line only", kTable);
  const std::optional<char> separator = find_separator(header, row);
  if (!separator)
    throw InputError(path, "line 1", "one field", "cell names between tabs, commas, semicolons or blanks");
  std::vector<std::string> names = checked_fields(header, *separator, path, "line 1");
  const std::size_t width = checked_fields(row, *separator, path, "line 2").size();
  if (names.size() + 1 == width) names.insert(names.begin(), "");
  if (names.size() != width) {
    throw InputError(path, "line 2", std::to_string(width) + " fields",
                     std::to_string(names.size()) + " as in the header, or one more");
  }
  TextTableLayout layout;
  layout.separator = *separator;
  layout.has_symbols = width > 1 && names_symbols(names[1]);
  const auto first = std::min(names.size(), layout.first_cell());
  layout.cells.assign(names.begin() + static_cast<std::ptrdiff_t>(first), names.end());
  check_cell_names(layout.cells, path);
  return layout;
}

/// The rows of a table below its header; empty lines may only follow the last.
class TableRows {
 public:
  explicit TableRows(const std::filesystem::path& path) : lines_(path) {
    std::string header;
    lines_.next(header);
  }
  bool next(std::string& line) {
    if (!lines_.next(line)) return false;
    if (!support::trim(line).empty()) return true;
    const std::string place = lines_.place();
    while (lines_.next(line)) {
      if (!support::trim(line).empty())
        throw InputError(lines_.path(), place, "an empty line", "a row of the table");
    }
    return false;
  }
  const LineReader& at() const { return lines_; }

 private:
  LineReader lines_;
};

/// Counts of one table, row by row, as a scan hands them on.
class TableScan {
 public:
  TableScan(const TextTableLayout& layout, const LineReader& at, const ScatteredMatrix::Sink& sink)
      : layout_(layout), at_(at), sink_(sink) {}

  void add_row(std::string_view line, std::uint32_t gene) {
    FieldCursor cursor(line, layout_.separator);
    std::string_view field;
    std::size_t width = 0;
    while (width < layout_.first_cell() && cursor.next(field)) ++width;
    for (;; ++width) {
      float count = 0.0F;
      const bool whole = cursor.take_whole(count);
      if (!whole && !cursor.next(field)) break;
      if (width >= layout_.width()) continue;
      if (!whole) count = parse(field, width);
      if (count == 0.0F) continue;
      cells_.push_back(static_cast<std::uint32_t>(width - layout_.first_cell()));
      counts_.push_back(count);
    }
    if (!cursor.fault().empty()) refuse_quotes(at_.path(), at_.place(), cursor.fault());
    if (width != layout_.width()) {
      throw InputError(at_.path(), at_.place(), std::to_string(width) + " fields",
                       std::to_string(layout_.width()) + " as in the rows before");
    }
    genes_.resize(cells_.size(), gene);
    if (cells_.size() >= kTableBatch) flush();
  }

  void flush() {
    sink_({cells_, genes_, counts_});
    cells_.clear();
    genes_.clear();
    counts_.clear();
  }

 private:
  float parse(std::string_view field, std::size_t column) const {
    float count = 0.0F;
    const char* const end = field.data() + field.size();
    if (parse_count(field.data(), end, count) == end) return count;
    const std::string& cell = layout_.cells[column - layout_.first_cell()];
    throw InputError(at_.path(), at_.place() + ", column " + std::to_string(column + 1) + " (" + cell + ")",
                     "'" + std::string(field) + "'", "a number",
                     "columns are cells, but for the gene id first and, perhaps, gene_symbol behind it");
  }

  const TextTableLayout& layout_;
  const LineReader& at_;
  const ScatteredMatrix::Sink& sink_;
  std::vector<std::uint32_t> cells_;
  std::vector<std::uint32_t> genes_;
  std::vector<float> counts_;
};

}  // namespace

bool looks_like_text(const std::filesystem::path& path) {
  return LineReader(path).peek(kHeadOfText).find('\0') == std::string_view::npos;
}

std::unique_ptr<CountSource> open_text_table(const std::filesystem::path& path,
                                             const CountSourceOptions& options, std::uint64_t max_values) {
  return std::make_unique<TextTableSource>(path, options, max_values);
}

TextTableSource::TextTableSource(std::filesystem::path path, const CountSourceOptions& options,
                                 std::uint64_t max_values)
    : CountSource(options.values),
      path_(std::move(path)),
      layout_(read_layout(path_)),
      matrix_(
          layout_.cells.size(), [this](const ScatteredMatrix::Sink& sink) { scan(sink); }, max_values) {
  require_only_matrix(options, matrix_name(), path_);
  read_genes();
  refuse_cells_by_genes();
}

void TextTableSource::read_genes() {
  TableRows rows(path_);
  std::string line;
  while (rows.next(line)) {
    FieldCursor cursor(line, layout_.separator);
    std::string_view field;
    const bool found = cursor.next(field);
    if (!cursor.fault().empty()) refuse_quotes(path_, rows.at().place(), cursor.fault());
    if (!found || field.empty())
      throw InputError(path_, rows.at().place(), "no gene id", "one in the first column");
    gene_ids_.emplace_back(field);
    if (layout_.has_symbols) gene_symbols_.emplace_back(cursor.next(field) ? field : std::string_view());
  }
}

void TextTableSource::refuse_cells_by_genes() const {
  if (!mostly_ensembl(layout_.cells) || mostly_ensembl(gene_ids_)) return;
  throw InputError(
      path_, "header", "gene ids (" + layout_.cells.front() + ", …) over rows such as " + gene_ids_.front(),
      "genes in rows and cells in columns", "transpose the table: t(counts) in R, counts.T in pandas");
}

std::vector<std::string> TextTableSource::cell_ids(std::uint64_t first, std::uint64_t count) const {
  const auto begin = layout_.cells.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

void TextTableSource::scan(const ScatteredMatrix::Sink& sink) const {
  TableRows rows(path_);
  TableScan scan(layout_, rows.at(), sink);
  std::string line;
  std::uint32_t gene = 0;
  for (; rows.next(line); ++gene) {
    if (gene < gene_ids_.size()) scan.add_row(line, gene);
  }
  if (gene != gene_ids_.size()) {
    throw InputError(path_, "", "another number of rows than at first",
                     "a file that nobody changes while it is read");
  }
  scan.flush();
}

void TextTableSource::read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  matrix_.read(first, max_cells, block);
}

}  // namespace biodta::cells
