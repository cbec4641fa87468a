#include <biodta/cells/gene_matching.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <cmath>
#include <optional>

namespace biodta::cells {
namespace {

constexpr std::size_t kExamples = 3;

std::string percent(double share) {
  return std::to_string(std::lround(share * 100.0)) + " %";
}

}  // namespace

GeneMatch match_genes(const Vocabulary& vocabulary, std::span<const std::string> gene_ids) {
  GeneMatch match;
  match.tokens.reserve(gene_ids.size());
  std::vector<bool> seen(vocabulary.token_count(), false);
  for (const std::string& id : gene_ids) {
    std::optional<TokenId> token = vocabulary.token_of_id(id);
    if (!token) token = vocabulary.token_of_id(without_version(id));
    match.tokens.push_back(token.value_or(kPadToken));
    if (token) {
      ++match.matched;
      if (seen[*token]) ++match.repeated;
      seen[*token] = true;
    } else if (match.unmatched.size() < kExamples) {
      match.unmatched.push_back(id);
    }
  }
  return match;
}

void require_overlap(const GeneMatch& match, const Vocabulary& vocabulary, double min_overlap,
                     const std::filesystem::path& path) {
  if (match.matched > 0 && match.overlap() >= min_overlap) return;
  const std::string found = std::to_string(match.matched) + " of " + std::to_string(match.tokens.size()) +
                            " genes in the vocabulary (" + percent(match.overlap()) + ")";
  std::string expected = "at least " + percent(min_overlap);
  if (!match.unmatched.empty()) {
    expected += "; without a token are " + support::join_words(match.unmatched) +
                ", while the vocabulary has " +
                (vocabulary.gene_count() > 0 ? vocabulary.genes().front().id : std::string("no gene"));
  }
  throw InputError(path, "genes", found, expected, "give a vocabulary of the same ids, or lower min_overlap");
}

}  // namespace biodta::cells
