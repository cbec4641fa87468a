#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <cmath>
#include <optional>
#include <utility>

namespace biodta::cells {
namespace {

constexpr std::string_view kPadName = "<pad>";
constexpr std::string_view kMaskName = "<mask>";

bool is_special(std::string_view id) {
  return id.size() > 2 && id.front() == '<' && id.back() == '>';
}

bool usable_median(double median) {
  return std::isfinite(median) && median > 0.0;
}

/// Where the columns of a vocabulary file stand.
struct Columns {
  std::size_t id = 0;
  std::size_t median = 0;
  std::optional<std::size_t> token;
  std::optional<std::size_t> symbol;
  std::size_t count = 0;
};

std::size_t first_column(const support::Table& header, std::string_view name, std::string_view other) {
  return header.has_column(other) ? header.column(other) : header.column(name);
}

Columns find_columns(support::LineReader& reader) {
  std::string line;
  if (!reader.next(line)) throw InputError(reader.path(), "line 1", "nothing", "a header of column names");
  support::Table header;
  header.path = reader.path();
  for (const std::string_view name : support::split(line, '\t')) header.columns.emplace_back(name);
  Columns columns;
  columns.id = first_column(header, "gene_id", "ensembl_id");
  columns.median = first_column(header, "nonzero_median", "median");
  if (header.has_column("token")) columns.token = header.column("token");
  if (header.has_column("symbol")) columns.symbol = header.column("symbol");
  columns.count = header.columns.size();
  return columns;
}

/// The token that the row's place gives it must be the one it names.
void check_token(std::string_view field, TokenId expected, const support::LineReader& reader) {
  if (support::parse_integer(field, reader) == static_cast<std::int64_t>(expected)) return;
  throw InputError(reader.path(), reader.place(), "token " + std::string(field),
                   "token " + std::to_string(expected) + ", by the order of the rows");
}

/// @return the token of a special row; throws for specials that Bio-DTA does not have, and for one in the
/// wrong place.
TokenId special_token(std::string_view name, std::size_t specials_before, std::size_t genes_before,
                      const support::LineReader& reader) {
  const std::string_view expected = specials_before == 0 ? kPadName : kMaskName;
  if (specials_before >= kFirstGeneToken || genes_before > 0 || name != expected) {
    throw InputError(reader.path(), reader.place(), "the special token " + std::string(name),
                     "<pad> and <mask> as the first two rows, and no other specials");
  }
  return static_cast<TokenId>(specials_before);
}

VocabularyGene parse_gene(const std::vector<std::string_view>& fields, const Columns& columns,
                          const support::LineReader& reader) {
  VocabularyGene gene;
  gene.id = fields[columns.id];
  if (gene.id.empty()) throw InputError(reader.path(), reader.place(), "no gene id", "one");
  if (columns.symbol) gene.symbol = fields[*columns.symbol];
  if (gene.symbol.empty()) gene.symbol = gene.id;
  gene.median = support::parse_double(fields[columns.median], reader);
  if (!usable_median(gene.median)) {
    throw InputError(reader.path(), reader.place(), "median " + std::string(fields[columns.median]),
                     "a positive number");
  }
  return gene;
}

}  // namespace

Vocabulary::Vocabulary(std::vector<VocabularyGene> genes) : genes_(std::move(genes)) {
  by_id_.reserve(genes_.size());
  by_symbol_.reserve(genes_.size());
  for (std::size_t i = 0; i < genes_.size(); ++i) {
    const VocabularyGene& gene = genes_[i];
    const auto token = static_cast<TokenId>(i + kFirstGeneToken);
    if (!usable_median(gene.median)) {
      throw InputError("vocabulary: gene " + gene.id + ": found median " +
                       support::format_double(gene.median) + ", expected a positive number");
    }
    if (!by_id_.emplace(gene.id, token).second) {
      throw InputError("vocabulary: found gene id " + gene.id + " twice, expected each once");
    }
    if (!gene.symbol.empty()) by_symbol_.emplace(gene.symbol, token);
  }
}

Vocabulary Vocabulary::read(const std::filesystem::path& path) {
  support::LineReader reader(path);
  const Columns columns = find_columns(reader);
  std::vector<VocabularyGene> genes;
  std::unordered_map<std::string, std::uint64_t> line_of;
  std::size_t specials = 0;
  std::string line;
  while (reader.next(line)) {
    if (line.empty()) continue;
    const std::vector<std::string_view> fields = support::split(line, '\t');
    if (fields.size() != columns.count) {
      throw InputError(path, reader.place(), std::to_string(fields.size()) + " fields",
                       std::to_string(columns.count) + " as in the header");
    }
    TokenId token = static_cast<TokenId>(genes.size() + kFirstGeneToken);
    if (is_special(fields[columns.id])) {
      token = special_token(fields[columns.id], specials++, genes.size(), reader);
    } else {
      genes.push_back(parse_gene(fields, columns, reader));
      const auto [first, is_new] = line_of.emplace(genes.back().id, reader.line_number());
      if (!is_new) {
        throw InputError(path, reader.place(), "gene id " + genes.back().id + " again",
                         "each id once; it is in line " + std::to_string(first->second));
      }
    }
    if (columns.token) check_token(fields[*columns.token], token, reader);
  }
  if (genes.empty()) throw InputError(path, "", "no gene", "at least one");
  return Vocabulary(std::move(genes));
}

void Vocabulary::write(const std::filesystem::path& path) const {
  support::Table table{path, {"token", "gene_id", "symbol", "nonzero_median"}, {}};
  table.rows.reserve(token_count());
  table.rows.push_back({std::to_string(kPadToken), std::string(kPadName), "", ""});
  table.rows.push_back({std::to_string(kMaskToken), std::string(kMaskName), "", ""});
  for (std::size_t i = 0; i < genes_.size(); ++i) {
    const VocabularyGene& gene = genes_[i];
    table.rows.push_back(
        {std::to_string(i + kFirstGeneToken), gene.id, gene.symbol, support::format_double(gene.median)});
  }
  support::write_table(table);
}

std::optional<TokenId> Vocabulary::token_of_id(std::string_view id) const {
  const auto found = by_id_.find(std::string(id));
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

std::optional<TokenId> Vocabulary::find(std::string_view symbol_or_id) const {
  const auto found = by_symbol_.find(std::string(symbol_or_id));
  if (found != by_symbol_.end()) return found->second;
  return token_of_id(symbol_or_id);
}

std::string_view without_version(std::string_view id) {
  const std::size_t dot = id.rfind('.');
  if (!id.starts_with("ENS") || dot == std::string_view::npos || dot + 1 == id.size()) return id;
  const bool numbered = id.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
  return numbered ? id.substr(0, dot) : id;
}

}  // namespace biodta::cells
