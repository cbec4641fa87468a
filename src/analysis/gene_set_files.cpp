#include "gene_set_files.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr std::string_view kKnownKinds =
    "a table with the columns set and gene, GMT (name, description, genes), a table with the columns tf and "
    "target, TRRUST's (factor, target, mode, PubMed ids), or one gene a line";

/// Sets by name, in the order of their first gene.
class SetCollector {
 public:
  void add(const std::string& set, std::string_view gene) {
    if (gene.empty()) return;
    const auto [place, fresh] = index_.try_emplace(set, sets_.size());
    if (fresh) sets_.push_back({set, {}});
    sets_[place->second].genes.emplace_back(gene);
  }
  bool has(const std::string& set) const { return index_.contains(set); }
  /// A target of a factor, in the factor's set and in that of the mode where one is known.
  void add_target(const std::string& factor, std::string_view target, std::string_view mode) {
    add(factor, target);
    if (mode == "Activation") add(factor + " activated", target);
    if (mode == "Repression") add(factor + " repressed", target);
  }
  std::vector<ListedSet> sets() && { return std::move(sets_); }

 private:
  std::vector<ListedSet> sets_;
  std::unordered_map<std::string, std::size_t> index_;
};

struct NumberedLine {
  std::string place;  // "line N"
  std::vector<std::string> fields;
};

/// Lines that are not empty, cut at tabs and trimmed, without empty fields at their end.
std::vector<NumberedLine> lines_of(const std::filesystem::path& path) {
  std::vector<NumberedLine> lines;
  support::LineReader reader(path);
  std::string line;
  while (reader.next(line)) {
    NumberedLine numbered{reader.place(), {}};
    for (const std::string_view field : support::split(line, '\t'))
      numbered.fields.emplace_back(support::trim(field));
    while (!numbered.fields.empty() && numbered.fields.back().empty()) numbered.fields.pop_back();
    if (!numbered.fields.empty()) lines.push_back(std::move(numbered));
  }
  return lines;
}

bool is_mode(std::string_view text) {
  return text == "Activation" || text == "Repression" || text == "Unknown";
}

/// The first column that has one of the names.
std::optional<std::size_t> column_named(const std::vector<std::string>& header,
                                        std::initializer_list<std::string_view> names) {
  const auto found = std::find_first_of(header.begin(), header.end(), names.begin(), names.end());
  if (found == header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

std::vector<ListedSet> read_set_table(const support::Table& table, std::size_t set, std::size_t gene) {
  const std::size_t id = table.has_column("gene_id") ? table.column("gene_id") : gene;
  SetCollector sets;
  for (const auto& row : table.rows) {
    const std::string_view known = support::trim(row[id]);
    sets.add(std::string(support::trim(row[set])), known.empty() ? support::trim(row[gene]) : known);
  }
  return std::move(sets).sets();
}

std::vector<ListedSet> read_factor_table(const support::Table& table, std::size_t factor,
                                         std::size_t target) {
  const auto source = column_named(table.columns, {"source"});
  const auto mode = column_named(table.columns, {"mode"});
  SetCollector sets;
  for (const auto& row : table.rows) {
    std::string name(support::trim(row[factor]));
    if (source && !row[*source].empty()) name += " " + row[*source];
    sets.add_target(name, support::trim(row[target]), mode ? row[*mode] : std::string());
  }
  return std::move(sets).sets();
}

std::vector<ListedSet> read_trrust(const std::vector<NumberedLine>& lines) {
  SetCollector sets;
  for (const auto& line : lines) sets.add_target(line.fields[0], line.fields[1], line.fields[2]);
  return std::move(sets).sets();
}

std::vector<ListedSet> read_gmt(const std::vector<NumberedLine>& lines) {
  SetCollector sets;
  for (const auto& line : lines)
    for (std::size_t i = 2; i < line.fields.size(); ++i) sets.add(line.fields[0], line.fields[i]);
  return std::move(sets).sets();
}

/// One gene a line; the set is named after the file.
std::vector<ListedSet> read_list(const std::vector<NumberedLine>& lines, const std::filesystem::path& path) {
  std::filesystem::path name = path.filename();
  if (name.extension() == ".gz") name = name.stem();
  SetCollector sets;
  for (const auto& line : lines) sets.add(name.stem().string(), line.fields[0]);
  return std::move(sets).sets();
}

bool is_trrust(const std::vector<NumberedLine>& lines) {
  return std::all_of(lines.begin(), lines.end(), [](const NumberedLine& line) {
    return line.fields.size() >= 3 && line.fields.size() <= 4 && is_mode(line.fields[2]);
  });
}

bool is_list(const std::vector<NumberedLine>& lines) {
  return std::all_of(lines.begin(), lines.end(), [](const auto& line) { return line.fields.size() == 1; });
}

/// Why a file is not GMT; nothing where it is. A name that comes again is what tells a table whose header has
/// other words from it.
std::optional<std::pair<std::string, std::string>> fault_as_gmt(const std::vector<NumberedLine>& lines) {
  std::unordered_set<std::string> names;
  for (const auto& line : lines) {
    if (line.fields.size() < 3)
      return std::pair(line.place,
                       support::counted(line.fields.size(), "field") + " ('" + line.fields.front() + "' …)");
    if (!names.insert(line.fields[0]).second)
      return std::pair(line.place, "'" + line.fields[0] + "' a second time at the beginning of a line");
  }
  return std::nullopt;
}

}  // namespace

std::vector<ListedSet> list_gene_sets(const std::filesystem::path& path) {
  const std::vector<NumberedLine> lines = lines_of(path);
  if (lines.empty()) throw InputError(path, "", "an empty file", kKnownKinds);
  const std::vector<std::string>& header = lines.front().fields;
  const auto set = column_named(header, {"set"});
  const auto gene = column_named(header, {"gene", "gene_id"});
  if (set && gene) return read_set_table(support::read_table(path), *set, *gene);
  const auto factor = column_named(header, {"tf", "TF"});
  const auto target = column_named(header, {"target"});
  if (factor && target) return read_factor_table(support::read_table(path), *factor, *target);
  if (is_list(lines)) return read_list(lines, path);
  if (is_trrust(lines)) return read_trrust(lines);
  if (const auto fault = fault_as_gmt(lines))
    throw InputError(path, fault->first, fault->second, kKnownKinds);
  return read_gmt(lines);
}

}  // namespace biodta::analysis
