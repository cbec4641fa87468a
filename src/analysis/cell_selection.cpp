#include <biodta/analysis/cell_selection.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/threads.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

namespace biodta::analysis {
namespace {

using Filters = std::map<std::string, std::vector<std::string>>;

Filters parse_filters(const std::vector<std::string>& texts) {
  Filters filters;
  for (const auto& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw ConfigError("cells: found '" + text + "', expected column=value, for example split=heldout");
    filters[text.substr(0, equals)].push_back(text.substr(equals + 1));
  }
  return filters;
}

[[noreturn]] void refuse_value(const std::string& column, const std::string& value,
                               std::vector<std::string> known) {
  constexpr std::size_t kShown = 12;
  const std::size_t all = known.size();
  if (all > kShown) known.resize(kShown);
  throw ConfigError("cells: no cell has " + column + "=" + value + "; found " + support::join_words(known) +
                    (all > kShown ? " and " + std::to_string(all - kShown) + " more" : ""));
}

/// Which categories a filter takes, by code.
std::vector<bool> wanted_categories(const cells::ObsColumn& column, const std::vector<std::string>& values) {
  std::vector<bool> wanted(column.categories.size(), false);
  for (const auto& value : values) {
    const auto found = std::find(column.categories.begin(), column.categories.end(), value);
    if (found == column.categories.end()) refuse_value(column.name, value, column.categories);
    wanted[static_cast<std::size_t>(found - column.categories.begin())] = true;
  }
  return wanted;
}

std::vector<double> wanted_numbers(const cells::ObsColumn& column, const std::vector<std::string>& values) {
  std::vector<double> wanted;
  for (const auto& value : values) {
    double number = std::nan("");
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() ||
        std::find(column.numbers.begin(), column.numbers.end(), number) == column.numbers.end()) {
      std::set<double> known;
      for (const double there : column.numbers)
        if (!std::isnan(there)) known.insert(there);
      std::vector<std::string> names;
      for (const double there : known) names.push_back(support::format_double(there));
      refuse_value(column.name, value, std::move(names));
    }
    wanted.push_back(number);
  }
  return wanted;
}

void keep_where(std::vector<bool>& kept, const cells::ObsColumn& column,
                const std::vector<std::string>& values) {
  if (column.categorical()) {
    const std::vector<bool> wanted = wanted_categories(column, values);
    for (std::size_t cell = 0; cell < kept.size(); ++cell) {
      const std::int32_t code = column.codes[cell];
      kept[cell] = kept[cell] && code >= 0 && wanted[static_cast<std::size_t>(code)];
    }
    return;
  }
  const std::vector<double> wanted = wanted_numbers(column, values);
  for (std::size_t cell = 0; cell < kept.size(); ++cell)
    kept[cell] = kept[cell] && std::find(wanted.begin(), wanted.end(), column.numbers[cell]) != wanted.end();
}

std::vector<std::uint32_t> cells_with(const data::BatchBuilder& builder,
                                      const std::vector<std::uint32_t>& candidates,
                                      std::span<const cells::TokenId> genes) {
  std::vector<char> holds(candidates.size(), 0);
  support::parallel_ranges(candidates.size(), 1024, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::vector<cells::TokenId> tokens = builder.tokens_of(candidates[i]);
      const auto held = [&](cells::TokenId gene) {
        return std::find(tokens.begin(), tokens.end(), gene) != tokens.end();
      };
      holds[i] = std::all_of(genes.begin(), genes.end(), held) ? 1 : 0;
    }
  });
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (holds[i] != 0) found.push_back(candidates[i]);
  return found;
}

/// Leaves at most `most` of the cells, ascending; 0 = all.
void draw_cells(std::vector<std::uint32_t>& cells, std::int64_t most, support::RandomStream random) {
  if (most <= 0 || cells.size() <= static_cast<std::size_t>(most)) return;
  random.shuffle(cells);
  cells.resize(static_cast<std::size_t>(most));
  std::sort(cells.begin(), cells.end());
}

[[noreturn]] void refuse_none(const cells::Corpus& corpus, const data::BatchBuilder& builder,
                              std::span<const cells::TokenId> genes, const CellSelectionOptions& options,
                              std::uint64_t passed) {
  std::vector<std::uint32_t> all(corpus.cell_count());
  std::iota(all.begin(), all.end(), std::uint32_t{0});
  const std::size_t anywhere = cells_with(builder, all, genes).size();
  std::string symbols;
  for (const cells::TokenId gene : genes)
    symbols += (symbols.empty() ? "" : " + ") + corpus.vocabulary().gene(gene).symbol;
  const std::string where = options.filters.empty() ? "" : " with " + support::join_words(options.filters);
  throw InputError(corpus.path().string() + ": none of the " + support::with_thousands(passed) + " cells" +
                       where + " expresses " + symbols + " (" + support::with_thousands(anywhere) +
                       " of all " + support::with_thousands(corpus.cell_count()) + " cells do)",
                   anywhere > 0 ? "loosen the filter in `cells`" : "choose a gene that these cells express");
}

}  // namespace

std::vector<std::uint32_t> filter_cells(const cells::Corpus& corpus,
                                        const std::vector<std::string>& filters) {
  std::vector<bool> kept(corpus.cell_count(), true);
  const std::vector<std::string> columns = corpus.obs_names();
  for (const auto& [name, values] : parse_filters(filters)) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end())
      throw ConfigError("cells: found column '" + name + "', expected one of " +
                        support::join_words(columns));
    keep_where(kept, corpus.obs(name), values);
  }
  std::vector<std::uint32_t> cells;
  for (std::size_t cell = 0; cell < kept.size(); ++cell)
    if (kept[cell]) cells.push_back(static_cast<std::uint32_t>(cell));
  return cells;
}

std::vector<std::uint32_t> select_cells(const cells::Corpus& corpus, const CellSelectionOptions& options) {
  std::vector<std::uint32_t> cells = filter_cells(corpus, options.filters);
  draw_cells(cells, options.max_cells, support::RandomStream::of({static_cast<std::uint64_t>(options.seed)}));
  return cells;
}

CellSelection select_cells(const cells::Corpus& corpus, const data::BatchBuilder& builder,
                           std::span<const cells::TokenId> genes, const CellSelectionOptions& options) {
  CellSelection result;
  const std::vector<std::uint32_t> candidates = filter_cells(corpus, options.filters);
  result.passed = candidates.size();
  result.cells = cells_with(builder, candidates, genes);
  result.with_gene = result.cells.size();
  if (!options.with_genes_only) result.cells = candidates;
  if (result.cells.empty()) refuse_none(corpus, builder, genes, options, result.passed);
  auto random = support::RandomStream::of({static_cast<std::uint64_t>(options.seed), genes.front()});
  for (const cells::TokenId gene : genes.subspan(1)) random = support::RandomStream::of({random(), gene});
  draw_cells(result.cells, options.max_cells, random);
  return result;
}

}  // namespace biodta::analysis
