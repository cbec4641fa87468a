#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/text.hpp>
#include <biodta/training/corpus_cells.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace biodta::training {
namespace {

constexpr std::uint64_t kShareStream = 1;
constexpr std::uint64_t kEvaluationStream = 2;

cells::ObsColumn text_column(const cells::Corpus& corpus, std::string_view key, const std::string& column) {
  const auto names = corpus.obs_names();
  if (std::find(names.begin(), names.end(), column) == names.end()) {
    throw ConfigError(std::string(key) + ": found " + column + ", which " + corpus.path().string() +
                      " has no obs column of; it has " +
                      (names.empty() ? "none" : support::join_words(names)));
  }
  auto values = corpus.obs(column);
  if (!values.categorical()) {
    throw ConfigError(std::string(key) + ": obs column " + column + " of " + corpus.path().string() +
                      " holds numbers, expected text");
  }
  return values;
}

/// Per category of a column: is it held out?
std::vector<bool> chosen_categories(const cells::ObsColumn& column, const HeldOutOptions& options) {
  std::vector<bool> chosen(column.categories.size(), false);
  for (const auto& value : options.values) {
    const auto place = std::find(column.categories.begin(), column.categories.end(), value);
    if (place == column.categories.end()) {
      const auto near = support::nearest_names(value, column.categories);
      throw ConfigError("held_out.values: found " + value + ", which no cell has in column " + column.name,
                        near.empty() ? "" : "perhaps " + support::join_words(near));
    }
    chosen[static_cast<std::size_t>(place - column.categories.begin())] = true;
  }
  return chosen;
}

std::vector<bool> held_out_cells(const cells::Corpus& corpus, const HeldOutOptions& options) {
  const auto cells = static_cast<std::size_t>(corpus.cell_count());
  std::vector<bool> held_out(cells, false);
  if (!options.column.empty()) {
    if (options.values.empty())
      throw ConfigError("held_out.values: is empty, expected values of held_out.column");
    const auto column = text_column(corpus, "held_out.column", options.column);
    const auto chosen = chosen_categories(column, options);
    for (std::size_t cell = 0; cell < cells; ++cell) {
      const std::int32_t code = column.codes[cell];
      held_out[cell] = code >= 0 && chosen[static_cast<std::size_t>(code)];
    }
    return held_out;
  }
  if (!options.values.empty())
    throw ConfigError(
        "held_out.values: are set, but held_out.column is not, expected the column that has them");
  // Each cell draws for itself, so that a corpus with cells added keeps the split of the others.
  for (std::size_t cell = 0; cell < cells && options.share > 0; ++cell) {
    held_out[cell] = support::RandomStream::of({static_cast<std::uint64_t>(options.seed), kShareStream, cell})
                         .bernoulli(options.share);
  }
  return held_out;
}

}  // namespace

void describe(support::OptionVisitor& visit, HeldOutOptions& options) {
  visit.field("share", options.share, "share of cells held out at random, where column is empty",
              support::between(0, 0.99));
  visit.field("column", options.column, "obs column that says which cells are held out; empty = share");
  visit.field("values", options.values, "values of that column whose cells are held out");
  visit.field("max_cells", options.max_cells, "held-out cells evaluated on at most, drawn at random; 0 = all",
              support::at_least(0));
  visit.field("seed", options.seed, "of the random draws", support::at_least(0));
}

CellSplit split_cells(const cells::Corpus& corpus, const HeldOutOptions& options) {
  const auto held_out = held_out_cells(corpus, options);
  const auto lengths = corpus.lengths();
  CellSplit split;
  for (std::size_t cell = 0; cell < held_out.size(); ++cell) {
    if (lengths[cell] == 0) continue;
    (held_out[cell] ? split.evaluation : split.training).push_back(static_cast<std::uint32_t>(cell));
  }
  split.held_out = split.evaluation.size();
  if (split.training.empty()) {
    throw ConfigError(corpus.path().string() +
                      ": no cell is left to train on: " + support::with_thousands(split.held_out) + " of " +
                      support::with_thousands(held_out.size()) + " are held out, the others have no token");
  }
  const auto limit = static_cast<std::size_t>(options.max_cells);
  if (limit > 0 && split.evaluation.size() > limit) {
    support::RandomStream::of({static_cast<std::uint64_t>(options.seed), kEvaluationStream})
        .shuffle(split.evaluation);
    split.evaluation.resize(limit);
    std::sort(split.evaluation.begin(), split.evaluation.end());
  }
  return split;
}

CellContexts contexts_of_cells(const cells::Corpus& corpus, const embedding::EmbeddingBank& bank,
                               std::string_view setting, const std::string& column_name) {
  const auto column = text_column(corpus, setting, column_name);
  std::vector<embedding::ContextIndex> of_category;
  bool any = false;
  for (const auto& category : column.categories) {
    const auto context = bank.context_index(category);
    of_category.push_back(context.value_or(embedding::kReference));
    any = any || context.has_value();
  }
  if (!any) {
    throw ConfigError(std::string(setting) + ": no value of obs column " + column_name +
                          " is a context of the embedding bank, which has " +
                          support::with_thousands(bank.context_names().size()) + " contexts",
                      "leave it empty to read every cell in the reference");
  }
  CellContexts contexts;
  contexts.of_cell.reserve(column.codes.size());
  for (const std::int32_t code : column.codes) {
    const auto context = code < 0 ? embedding::kReference : of_category[static_cast<std::size_t>(code)];
    contexts.of_cell.push_back(context);
    if (context == embedding::kReference) ++contexts.without;
  }
  return contexts;
}

}  // namespace biodta::training
