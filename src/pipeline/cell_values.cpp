#include "cell_values.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/cells/gene_matching.hpp>
#include <biodta/cells/rank_encoder.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

namespace biodta::pipeline {
namespace {

using support::with_thousands;

constexpr std::uint64_t kIdsAtOnce = 65'536;
constexpr std::size_t kCellsAtOnce = 1024;
constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

/// Where the counts of a cell are.
struct CountedCell {
  std::size_t file = kNowhere;
  std::uint64_t row = 0;
};

/// Row in a file, and which of the wanted cells it is.
using FileRow = std::pair<std::uint64_t, std::size_t>;

std::vector<std::filesystem::path> count_files(const RankValueOptions& options) {
  if (options.counts.empty())
    throw ConfigError("counts: is not set, expected the count files that the corpus was made of",
                      "for example --counts cells.h5ad");
  std::vector<std::filesystem::path> files;
  for (const auto& input : options.counts)
    for (auto& file : cells::find_count_files(input)) files.push_back(std::move(file));
  return files;
}

/// [cells] ids of some cells of the corpus.
std::vector<std::string> ids_of(const cells::Corpus& corpus, std::span<const std::uint32_t> cells) {
  std::vector<std::string> ids;
  ids.reserve(cells.size());
  for (std::size_t i = 0; i < cells.size();) {
    std::size_t end = i + 1;
    while (end < cells.size() && cells[end] - cells[i] < kIdsAtOnce) ++end;
    auto read = corpus.cell_ids(cells[i], cells[end - 1] - cells[i] + 1);
    for (std::size_t j = i; j < end; ++j) ids.push_back(std::move(read[cells[j] - cells[i]]));
    i = end;
  }
  return ids;
}

/// [cells] name of the file that each comes from; empty where the corpus does not say.
std::vector<std::string> source_names(const cells::Corpus& corpus, std::span<const std::uint32_t> cells) {
  const cells::CorpusProvenance provenance = corpus.provenance();
  std::vector<std::string> names(cells.size());
  const std::int64_t told =
      std::accumulate(provenance.source_cells.begin(), provenance.source_cells.end(), std::int64_t{0});
  if (static_cast<std::uint64_t>(told) != corpus.cell_count()) return names;
  std::size_t source = 0;
  std::int64_t end = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    while (static_cast<std::int64_t>(cells[i]) >= end) end += provenance.source_cells[source++];
    names[i] = provenance.sources[source - 1];
  }
  return names;
}

/// Finds cells in files by their ids.
class CellFinder {
 public:
  CellFinder(const cells::Corpus& corpus, std::span<const std::uint32_t> cells,
             const std::vector<std::filesystem::path>& files)
      : files_(files),
        ids_(ids_of(corpus, cells)),
        sources_(source_names(corpus, cells)),
        found_(cells.size()) {
    for (std::size_t i = 0; i < ids_.size(); ++i) wanted_.emplace(ids_[i], i);
    for (auto& source : sources_) {
      const bool there = std::any_of(files.begin(), files.end(),
                                     [&](const auto& file) { return file.filename() == source; });
      if (!there) source.clear();
    }
  }

  void look_in(std::size_t file, const cells::CountSource& source) {
    for (std::uint64_t first = 0; first < source.cell_count(); first += kIdsAtOnce) {
      const auto ids = source.cell_ids(first, std::min(kIdsAtOnce, source.cell_count() - first));
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto [begin, end] = wanted_.equal_range(ids[i]);
        for (auto wanted = begin; wanted != end; ++wanted) take(wanted->second, {file, first + i});
      }
    }
  }

  /// Wanted cells of a file by their row in it, ascending. Throws InputError where one is in no file.
  std::vector<FileRow> rows_in(std::size_t file) const {
    std::vector<FileRow> rows;
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (found_[i].file == kNowhere) refuse_missing(ids_[i]);
      if (found_[i].file == file) rows.emplace_back(found_[i].row, i);
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  const std::string& id(std::size_t cell) const { return ids_[cell]; }

 private:
  [[noreturn]] void refuse_missing(const std::string& id) const {
    std::vector<std::string> names;
    for (const auto& file : files_) names.push_back(file.string());
    throw InputError("counts: found no cell '" + id + "' in " + support::join_words(names),
                     "name every count file that the corpus was made of");
  }

  void take(std::size_t cell, const CountedCell& at) {
    const std::filesystem::path& file = files_[at.file];
    if (!sources_[cell].empty() && file.filename() != sources_[cell]) return;
    CountedCell& known = found_[cell];
    if (known.file == kNowhere) {
      known = at;
      return;
    }
    const auto place = [&](const CountedCell& where) {
      return "cell " + with_thousands(where.row + 1) + " of " + files_[where.file].string();
    };
    throw InputError("counts: '" + ids_[cell] + "' is " + place(known) + " and " + place(at) +
                         ", expected one cell of that id",
                     "give the files names of their own when the corpus is made, or ids that differ");
  }

  const std::vector<std::filesystem::path>& files_;
  std::vector<std::string> ids_;
  std::vector<std::string> sources_;  // empty = any file
  std::unordered_multimap<std::string, std::size_t> wanted_;
  std::vector<CountedCell> found_;
};

/// Hands the wanted rows of a source, ascending, to `use`, with the block that they are in.
template <class Use>
void for_each_row(cells::CountSource& source, std::span<const FileRow> rows, const Use& use) {
  cells::CountBlock block;
  const std::uint64_t last = rows.empty() ? 0 : rows.back().first;
  for (std::size_t i = 0; i < rows.size();) {
    source.seek(rows[i].first);
    if (!source.next(block, std::min<std::uint64_t>(kCellsAtOnce, last - rows[i].first + 1)))
      throw Error(source.path().string() + " ended before its cell " + std::to_string(rows[i].first));
    const std::uint64_t end = block.first_cell + block.cell_count();
    for (; i < rows.size() && rows[i].first < end; ++i)
      use(block, rows[i].first - block.first_cell, rows[i].second);
  }
}

using TokenValue = std::pair<cells::TokenId, double>;

/// Values of the cells of one file, held against the corpus.
class ValueReader {
 public:
  ValueReader(const cells::Corpus& corpus, cells::CountSource& source, const cells::GeneSymbols& symbols)
      : corpus_(corpus),
        path_(source.path()),
        first_gene_(corpus.vocabulary().first_gene_token()),
        encoder_(corpus.vocabulary(), tokens_of(corpus, source, symbols),
                 {.max_length = std::numeric_limits<std::int64_t>::max()}) {}

  /// The genes that the corpus has of the cell, by ascending token.
  /// @param row  of the block; @param id  for the message.
  std::vector<TokenValue> read(const cells::CountBlock& block, std::uint64_t row, std::uint32_t cell,
                               const std::string& id) {
    const std::uint64_t first = block.offsets[row];
    const std::uint64_t count = block.offsets[row + 1] - first;
    std::vector<cells::TokenId> ranked;
    encoder_.encode(std::span(block.genes).subspan(first, count),
                    std::span(block.counts).subspan(first, count), workspace_, ranked);
    std::vector<cells::TokenId> known;
    corpus_.read_cell(cell, known);
    for (auto* tokens : {&ranked, &known})
      std::erase_if(*tokens, [&](cells::TokenId token) { return token < first_gene_; });
    require_same_order(known, ranked, id);
    std::sort(known.begin(), known.end());
    std::vector<TokenValue> values;
    for (std::size_t i = 0; i < workspace_.tokens().size(); ++i)
      if (std::binary_search(known.begin(), known.end(), workspace_.tokens()[i]))
        values.emplace_back(workspace_.tokens()[i], workspace_.values()[i]);
    std::sort(values.begin(), values.end());
    return values;
  }

 private:
  static std::vector<cells::TokenId> tokens_of(const cells::Corpus& corpus, const cells::CountSource& source,
                                               const cells::GeneSymbols& symbols) {
    const auto names = source.gene_symbols();
    return cells::match_genes(corpus.vocabulary(), {source.gene_ids(), names}, symbols).tokens;
  }

  /// A corpus may have cut a long cell, so that its genes are the first of those ranked here.
  void require_same_order(const std::vector<cells::TokenId>& known, const std::vector<cells::TokenId>& ranked,
                          const std::string& id) const {
    const auto differs = std::mismatch(known.begin(), known.end(), ranked.begin(), ranked.end()).first;
    if (differs == known.end()) return;
    const auto rank = static_cast<std::uint64_t>(differs - known.begin()) + 1;
    throw InputError(path_, "cell '" + id + "'",
                     "another order of its genes than " + corpus_.path().string() + " has (from rank " +
                         with_thousands(rank) + " on, " + corpus_.vocabulary().gene(*differs).id + ")",
                     "the counts that the corpus was made of",
                     "name its own count files, and the matrix that biodta-tokenize read");
  }

  const cells::Corpus& corpus_;
  std::filesystem::path path_;
  cells::TokenId first_gene_;
  cells::RankEncoder encoder_;
  cells::RankEncoder::Workspace workspace_;
};

}  // namespace

void describe(support::OptionVisitor& visit, RankValueOptions& options) {
  visit.field("counts", options.counts,
              "count files that the corpus was made of, and folders of them; to move ranks");
  visit.field("matrix", options.matrix, "which matrix holds the raw counts, as biodta-tokenize was told");
  visit.field("gene_symbols", options.gene_symbols,
              "columns symbol and ensembl_id, TSV, for files that name their genes by symbol");
  visit.field("allow_non_integer", options.allow_non_integer, "counts may be fractions");
}

RankValues::RankValues(const cells::Corpus& corpus, std::span<const std::uint32_t> cells,
                       const RankValueOptions& options, support::Reporter& reporter)
    : cells_(cells.begin(), cells.end()) {
  if (!std::is_sorted(cells_.begin(), cells_.end())) throw Error("cells whose values are read must ascend");
  const auto files = count_files(options);
  const auto symbols =
      options.gene_symbols.empty() ? cells::GeneSymbols() : cells::GeneSymbols::read(options.gene_symbols);
  const auto kind = options.allow_non_integer ? cells::CountValues::kNotNegative : cells::CountValues::kWhole;
  CellFinder finder(corpus, cells, files);
  std::vector<std::unique_ptr<cells::CountSource>> sources;
  for (const auto& file : files) {
    sources.push_back(cells::open_counts(file, {options.matrix, kind}));
    finder.look_in(sources.size() - 1, *sources.back());
  }

  const auto progress = reporter.start("read counts", cells_.size(), "cells");
  std::uint64_t done = 0;
  std::vector<std::vector<TokenValue>> read(cells_.size());
  for (std::size_t file = 0; file < files.size(); ++file) {
    const auto rows = finder.rows_in(file);
    if (rows.empty()) continue;
    ValueReader reader(corpus, *sources[file], symbols);
    for_each_row(*sources[file], rows, [&](const auto& block, std::uint64_t row, std::size_t cell) {
      read[cell] = reader.read(block, row, cells_[cell], finder.id(cell));
      progress->update(++done);
    });
  }
  offsets_.push_back(0);
  for (const auto& cell : read) {
    for (const auto& [token, value] : cell) {
      tokens_.push_back(token);
      values_.push_back(value);
    }
    offsets_.push_back(tokens_.size());
  }
}

std::vector<double> RankValues::values(std::uint32_t cell, std::span<const cells::TokenId> tokens) const {
  const auto found = std::lower_bound(cells_.begin(), cells_.end(), cell);
  if (found == cells_.end() || *found != cell)
    throw Error("rank values of cell " + std::to_string(cell) + " were not read");
  const auto at = static_cast<std::size_t>(found - cells_.begin());
  const auto begin = tokens_.begin() + static_cast<std::ptrdiff_t>(offsets_[at]);
  const auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(offsets_[at + 1]);
  std::vector<double> result;
  result.reserve(tokens.size());
  for (const cells::TokenId token : tokens) {
    const auto gene = std::lower_bound(begin, end, token);
    if (gene == end || *gene != token)
      throw Error("cell " + std::to_string(cell) + " does not hold token " + std::to_string(token));
    result.push_back(values_[static_cast<std::size_t>(gene - tokens_.begin())]);
  }
  return result;
}

}  // namespace biodta::pipeline
