#include <biodta/analysis/gene_sets.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr std::string_view kGenePlace = "{gene}";

std::optional<cells::TokenId> find_gene(const cells::Vocabulary& vocabulary, std::string_view name) {
  if (const auto token = vocabulary.find(name)) return token;
  const std::size_t dot = name.rfind('.');
  const bool versioned = dot != std::string_view::npos && dot + 1 < name.size() &&
                         name.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
  return versioned ? vocabulary.token_of_id(name.substr(0, dot)) : std::nullopt;
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
  const support::Table table = support::read_table(path);
  const std::size_t set_column = table.column("set");
  const std::size_t gene_column = table.column("gene");
  const bool has_ids = table.has_column("gene_id");
  const std::size_t id_column = has_ids ? table.column("gene_id") : gene_column;

  std::vector<GeneSet> sets;
  std::unordered_map<std::string, std::size_t> index;
  std::vector<std::unordered_set<std::string>> unmatched;
  for (const auto& row : table.rows) {
    const auto [place, fresh] = index.try_emplace(row[set_column], sets.size());
    if (fresh) {
      sets.push_back({row[set_column], {}, {}});
      unmatched.emplace_back();
    }
    const std::string& name = row[id_column].empty() ? row[gene_column] : row[id_column];
    GeneSet& set = sets[place->second];
    if (const auto token = find_gene(vocabulary, name))
      set.tokens.push_back(*token);
    else if (unmatched[place->second].insert(name).second)
      set.unmatched.push_back(name);
  }
  bool any = false;
  for (auto& set : sets) {
    std::sort(set.tokens.begin(), set.tokens.end());
    set.tokens.erase(std::unique(set.tokens.begin(), set.tokens.end()), set.tokens.end());
    any = any || !set.tokens.empty();
  }
  if (!any) {
    const std::string found = table.rows.empty() ? "no gene"
                                                 : "no gene that the vocabulary has, for example '" +
                                                       table.rows.front()[id_column] + "'";
    const std::string known = vocabulary.gene_count() == 0 ? "" : " such as " + vocabulary.genes().front().id;
    throw InputError(path, "column " + table.columns[id_column], found,
                     "symbols or gene ids of the vocabulary" + known);
  }
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
