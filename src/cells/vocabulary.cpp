#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace biodta::cells {
namespace {

bool is_special(std::string_view id) {
  return id.size() > 2 && id.front() == '<' && id.back() == '>';
}

bool usable_median(double median) {
  return std::isnan(median) || (std::isfinite(median) && median > 0.0);
}

/// Where the columns of a vocabulary file stand.
struct Columns {
  std::size_t id = 0;
  std::optional<std::size_t> median;
  std::optional<std::size_t> token;
  std::optional<std::size_t> symbol;
  std::size_t count = 0;
};

std::size_t first_column(const support::Table& header, std::string_view name, std::string_view other) {
  return header.has_column(other) ? header.column(other) : header.column(name);
}

Columns find_columns(support::LineReader& reader, bool without_medians) {
  std::string line;
  if (!reader.next(line)) throw InputError(reader.path(), "line 1", "nothing", "a header of column names");
  support::Table header;
  header.path = reader.path();
  for (const std::string_view name : support::split(line, '\t')) header.columns.emplace_back(name);
  Columns columns;
  columns.id = first_column(header, "gene_id", "ensembl_id");
  const bool has_medians = header.has_column("nonzero_median") || header.has_column("median");
  if (has_medians || !without_medians) columns.median = first_column(header, "nonzero_median", "median");
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

/// Follows the rows of special tokens, which come first, all or none.
class SpecialRows {
 public:
  explicit SpecialRows(const support::LineReader& reader) : reader_(reader) {}

  /// @return its token
  TokenId add(std::string_view name, std::size_t genes_before) {
    const std::vector<std::string>& known = special_names(SpecialTokens::kPadMaskClsEos);
    if (seen_ >= known.size() || genes_before > 0 || name != known[seen_]) {
      throw InputError(reader_.path(), reader_.place(), "the special token " + std::string(name),
                       "<pad> and <mask>, or <pad>, <mask>, <cls> and <eos>, as the first rows");
    }
    return static_cast<TokenId>(seen_++);
  }
  /// What the genes come after, when the first of them is met.
  SpecialTokens settle(const std::optional<SpecialTokens>& wanted) const {
    const SpecialTokens there = seen_ == 4 ? SpecialTokens::kPadMaskClsEos : SpecialTokens::kPadMask;
    if (seen_ == 0) return wanted.value_or(SpecialTokens::kPadMask);
    if (seen_ % 2 != 0 || there != wanted.value_or(there)) {
      const std::size_t expected = special_names(wanted.value_or(there)).size();
      throw InputError(
          reader_.path(), reader_.place(), std::to_string(seen_) + " special tokens before the genes",
          seen_ % 2 != 0 ? "2 or 4" : std::to_string(expected) + ", as this style of encoding has",
          "style v1 has <pad> and <mask>, style v2 <cls> and <eos> too (--style)");
    }
    return there;
  }

 private:
  const support::LineReader& reader_;
  std::size_t seen_ = 0;
};

VocabularyGene parse_gene(const std::vector<std::string_view>& fields, const Columns& columns,
                          const support::LineReader& reader) {
  VocabularyGene gene;
  gene.id = fields[columns.id];
  if (gene.id.empty()) throw InputError(reader.path(), reader.place(), "no gene id", "one");
  if (columns.symbol) gene.symbol = fields[*columns.symbol];
  if (gene.symbol.empty()) gene.symbol = gene.id;
  const std::string_view median = columns.median ? fields[*columns.median] : std::string_view();
  gene.median =
      median.empty() ? std::numeric_limits<double>::quiet_NaN() : support::parse_double(median, reader);
  if (!usable_median(gene.median) || (!median.empty() && std::isnan(gene.median))) {
    throw InputError(reader.path(), reader.place(), "median " + std::string(median),
                     "a positive number, or nothing where it is not known");
  }
  return gene;
}

}  // namespace

const std::vector<std::string>& special_names(SpecialTokens specials) {
  static const std::vector<std::string> kTwo = {"<pad>", "<mask>"};
  static const std::vector<std::string> kFour = {"<pad>", "<mask>", "<cls>", "<eos>"};
  return specials == SpecialTokens::kPadMask ? kTwo : kFour;
}

bool VocabularyGene::operator==(const VocabularyGene& other) const {
  const bool same_median = median == other.median || (std::isnan(median) && std::isnan(other.median));
  return id == other.id && symbol == other.symbol && same_median;
}

Vocabulary::Vocabulary(std::vector<VocabularyGene> genes, SpecialTokens specials)
    : specials_(specials), genes_(std::move(genes)) {
  by_id_.reserve(genes_.size());
  by_symbol_.reserve(genes_.size());
  for (std::size_t i = 0; i < genes_.size(); ++i) {
    const VocabularyGene& gene = genes_[i];
    const auto token = static_cast<TokenId>(i + first_gene_token());
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

Vocabulary Vocabulary::read(const std::filesystem::path& path, const ReadOptions& options) {
  support::LineReader reader(path);
  const Columns columns = find_columns(reader, options.without_medians);
  std::vector<VocabularyGene> genes;
  std::unordered_map<std::string, std::uint64_t> line_of;
  SpecialRows special_rows(reader);
  SpecialTokens specials = SpecialTokens::kPadMask;
  std::string line;
  while (reader.next(line)) {
    if (line.empty()) continue;
    const std::vector<std::string_view> fields = support::split(line, '\t');
    if (fields.size() != columns.count) {
      throw InputError(path, reader.place(), std::to_string(fields.size()) + " fields",
                       std::to_string(columns.count) + " as in the header");
    }
    TokenId token = 0;
    if (is_special(fields[columns.id])) {
      token = special_rows.add(fields[columns.id], genes.size());
    } else {
      if (genes.empty()) specials = special_rows.settle(options.specials);
      token = static_cast<TokenId>(genes.size() + special_names(specials).size());
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
  return Vocabulary(std::move(genes), specials);
}

void Vocabulary::write(const std::filesystem::path& path) const {
  support::Table table{path, {"token", "gene_id", "symbol", "nonzero_median"}, {}};
  table.rows.reserve(token_count());
  for (const std::string& name : special_names(specials_)) {
    table.rows.push_back({std::to_string(table.rows.size()), name, "", ""});
  }
  for (std::size_t i = 0; i < genes_.size(); ++i) {
    const VocabularyGene& gene = genes_[i];
    table.rows.push_back({std::to_string(i + first_gene_token()), gene.id, gene.symbol,
                          std::isnan(gene.median) ? "" : support::format_double(gene.median)});
  }
  support::write_table(table);
}

std::optional<TokenId> Vocabulary::token_of_id(std::string_view id) const {
  const auto found = by_id_.find(std::string(id));
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

std::optional<TokenId> Vocabulary::token_of_symbol(std::string_view symbol) const {
  const auto found = by_symbol_.find(std::string(symbol));
  if (found == by_symbol_.end()) return std::nullopt;
  return found->second;
}

std::optional<TokenId> Vocabulary::find(std::string_view symbol_or_id) const {
  const std::optional<TokenId> token = token_of_symbol(symbol_or_id);
  return token ? token : token_of_id(symbol_or_id);
}

}  // namespace biodta::cells
