#include <biodta/cells/gene_matching.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <cmath>
#include <functional>
#include <optional>

namespace biodta::cells {
namespace {

constexpr std::size_t kExamples = 3;

std::string percent(double share) {
  return std::to_string(std::lround(share * 100.0)) + " %";
}

std::optional<TokenId> token_by_id(const Vocabulary& vocabulary, const std::string& id) {
  if (const auto token = vocabulary.token_of_id(id)) return token;
  if (const auto old_id = old_par_y_id(id)) {
    if (const auto token = vocabulary.token_of_id(*old_id)) return token;
  }
  return vocabulary.token_of_id(canonical_gene_id(id));
}

std::optional<TokenId> token_by_symbol(const Vocabulary& vocabulary, const GeneSymbols& symbols,
                                       const std::string& symbol) {
  if (symbol.empty()) return std::nullopt;
  for (const std::string& id : symbols.ids(symbol)) {
    if (const auto token = vocabulary.token_of_id(id)) return token;
  }
  return vocabulary.token_of_symbol(symbol);
}

using TokenOf = std::function<std::optional<TokenId>(std::size_t)>;

GeneMatch match_columns(const Vocabulary& vocabulary, std::span<const std::string> names,
                        const TokenOf& token_of) {
  GeneMatch match;
  match.tokens.reserve(names.size());
  std::vector<bool> seen(vocabulary.token_count(), false);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::optional<TokenId> token = token_of(i);
    match.tokens.push_back(token.value_or(kPadToken));
    if (token) {
      ++match.matched;
      if (seen[*token]) ++match.repeated;
      seen[*token] = true;
    } else if (match.unmatched.size() < kExamples) {
      match.unmatched.push_back(names[i]);
    }
  }
  return match;
}

/// Why ids of one kind are not in a vocabulary of another.
std::string guess_reason(const GeneNames& names, const std::string& known, const std::string& kind) {
  if (kind.empty() || kind == known) return {};
  std::string reason = "the file has " + kind;
  if (!known.empty()) reason += ", the vocabulary " + known;
  if (kind.starts_with("gene symbols (human)")) {
    return reason + ": give a table of symbols and Ensembl ids (gene_symbols, or --gene-symbols)";
  }
  if (!names.symbols.empty() && !kind.starts_with("gene symbols")) {
    reason += "; its symbols did not match better";
  }
  return reason + ": counts of another species or platform cannot be encoded with this vocabulary";
}

}  // namespace

GeneMatch match_genes(const Vocabulary& vocabulary, const GeneNames& names, const GeneSymbols& symbols,
                      double min_overlap) {
  GeneMatch by_id = match_columns(vocabulary, names.ids,
                                  [&](std::size_t i) { return token_by_id(vocabulary, names.ids[i]); });
  if (by_id.matched > 0 && by_id.overlap() >= min_overlap) return by_id;
  const std::span<const std::string> texts = names.symbols.empty() ? names.ids : names.symbols;
  GeneMatch by_symbol = match_columns(
      vocabulary, names.ids, [&](std::size_t i) { return token_by_symbol(vocabulary, symbols, texts[i]); });
  by_symbol.by_symbol = true;
  // By distinct genes: symbols that many columns share would win by their number.
  return by_symbol.matched - by_symbol.repeated > by_id.matched - by_id.repeated ? by_symbol : by_id;
}

void require_overlap(const GeneMatch& match, const Vocabulary& vocabulary, const GeneNames& names,
                     double min_overlap, const std::filesystem::path& path) {
  if (match.matched > 0 && match.overlap() >= min_overlap) return;
  const std::string found = std::to_string(match.matched) + " of " + std::to_string(match.tokens.size()) +
                            " genes in the vocabulary (" + percent(match.overlap()) + ")";
  std::string expected = "at least " + percent(min_overlap);
  if (!match.unmatched.empty()) {
    expected += "; without a token are " + support::join_words(match.unmatched) +
                ", while the vocabulary has " +
                (vocabulary.gene_count() > 0 ? vocabulary.genes().front().id : std::string("no gene"));
  }
  std::vector<std::string> known;
  for (const VocabularyGene& gene : vocabulary.genes()) known.push_back(gene.id);
  const std::string reason = guess_reason(names, kind_of_gene_ids(known), kind_of_gene_ids(names.ids));
  throw InputError(
      path, "genes", found, expected,
      reason.empty() ? "give a vocabulary of the same ids, or lower min_overlap (--min-overlap)" : reason);
}

}  // namespace biodta::cells
