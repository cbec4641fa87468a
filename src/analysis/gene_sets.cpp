#include "gene_set_files.hpp"

#include <biodta/analysis/gene_sets.hpp>
#include <biodta/cells/gene_ids.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr std::string_view kGenePlace = "{gene}";

std::optional<cells::TokenId> find_gene(const cells::Vocabulary& vocabulary, std::string_view name) {
  if (const auto token = vocabulary.find(name)) return token;
  return vocabulary.token_of_id(cells::canonical_gene_id(name));
}

GeneSet matched_set(const ListedSet& listed, const cells::Vocabulary& vocabulary) {
  GeneSet set{listed.name, {}, {}};
  std::unordered_set<std::string> unmatched;
  for (const auto& name : listed.genes) {
    if (const auto token = find_gene(vocabulary, name))
      set.tokens.push_back(*token);
    else if (unmatched.insert(name).second)
      set.unmatched.push_back(name);
  }
  std::sort(set.tokens.begin(), set.tokens.end());
  set.tokens.erase(std::unique(set.tokens.begin(), set.tokens.end()), set.tokens.end());
  return set;
}

[[noreturn]] void throw_nothing_matched(const std::filesystem::path& path,
                                        const std::vector<ListedSet>& listed,
                                        const cells::Vocabulary& vocabulary) {
  std::vector<std::string> names;
  for (const auto& set : listed) names.insert(names.end(), set.genes.begin(), set.genes.end());
  std::string found = "no gene";
  if (!names.empty()) found += " that the vocabulary has, for example '" + names.front() + "'";
  if (const std::string kind = cells::kind_of_gene_ids(names); !kind.empty()) found += " (" + kind + ")";
  const std::string known = vocabulary.gene_count() == 0 ? "" : " such as " + vocabulary.genes().front().id;
  throw InputError(path, "genes of " + support::counted(listed.size(), "set"), found,
                   "symbols or gene ids of the vocabulary" + known);
}

std::vector<std::string> names_of(const std::vector<GeneSet>& sets) {
  std::vector<std::string> names;
  names.reserve(sets.size());
  for (const auto& set : sets) names.push_back(set.name);
  return names;
}

std::string with_gene(std::string_view name, std::string_view symbol) {
  std::string text(name);
  for (std::size_t at = text.find(kGenePlace); at != std::string::npos;
       at = text.find(kGenePlace, at + symbol.size()))
    text.replace(at, kGenePlace.size(), symbol);
  return text;
}

}  // namespace

bool GeneSet::contains(cells::TokenId token) const noexcept {
  return std::binary_search(tokens.begin(), tokens.end(), token);
}

std::vector<GeneSet> read_gene_sets(const std::filesystem::path& path, const cells::Vocabulary& vocabulary) {
  const std::vector<ListedSet> listed = list_gene_sets(path);
  std::vector<GeneSet> sets;
  for (const auto& set : listed) sets.push_back(matched_set(set, vocabulary));
  if (std::all_of(sets.begin(), sets.end(), [](const GeneSet& set) { return set.tokens.empty(); }))
    throw_nothing_matched(path, listed, vocabulary);
  return sets;
}

std::vector<GeneSet> choose_gene_sets(std::vector<GeneSet> sets, std::span<const std::string> names,
                                      std::string_view symbol) {
  if (names.empty()) return sets;
  const std::vector<std::string> known = names_of(sets);
  std::vector<GeneSet> chosen;
  for (const auto& pattern : names) {
    const std::string name = with_gene(pattern, symbol);
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      if (pattern.find(kGenePlace) != std::string::npos) continue;
      throw ConfigError("sets: found '" + name +
                        "', expected one of the gene sets there are: " + support::join_words(known));
    }
    const bool again =
        std::any_of(chosen.begin(), chosen.end(), [&](const GeneSet& set) { return set.name == name; });
    if (!again) chosen.push_back(sets[static_cast<std::size_t>(found - known.begin())]);
  }
  if (chosen.empty())
    throw ConfigError("sets: none of the sets asked for exists for " + std::string(symbol) + "; there are " +
                      support::join_words(known));
  return chosen;
}

}  // namespace biodta::analysis
