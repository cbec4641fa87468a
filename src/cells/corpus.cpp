#include "corpus_format.hpp"
#include "data_frame.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <variant>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using namespace corpus_format;

constexpr std::size_t kTokensPerRead = std::size_t{1} << 24;

void check_format(const hdf5::File& file) {
  const std::string format = file.maybe_text_attribute("format").value_or("");
  if (format != kFormat) {
    throw InputError(file.path(), "attribute format", format.empty() ? "none" : format, std::string(kFormat),
                     "a corpus is written by biodta-tokenize");
  }
  const std::int64_t version = file.integer_attribute("version");
  if (version < kOldestVersion || version > kVersion) {
    throw InputError(file.path(), "attribute version", std::to_string(version),
                     std::to_string(kOldestVersion) + " to " + std::to_string(kVersion),
                     "a newer Bio-DTA wrote it");
  }
}

SpecialTokens read_specials(const hdf5::File& file) {
  if (!file.has_attribute(kSpecialTokens)) return SpecialTokens::kPadMask;  // version 1
  const std::vector<std::string> names = file.text_array_attribute(kSpecialTokens);
  for (const SpecialTokens known : {SpecialTokens::kPadMask, SpecialTokens::kPadMaskClsEos}) {
    if (names == special_names(known)) return known;
  }
  throw InputError(file.path(), "attribute special_tokens", support::join_words(names),
                   "<pad> and <mask>, or <pad>, <mask>, <cls> and <eos>");
}

Vocabulary read_vocabulary(const hdf5::File& file) {
  const std::vector<std::string> ids = file.dataset(kGeneIds).read_strings();
  const std::vector<std::string> symbols = file.dataset(kSymbols).read_strings();
  const std::vector<double> medians = file.dataset(kMedians).read_all<double>();
  if (symbols.size() != ids.size() || medians.size() != ids.size()) {
    throw InputError(file.path(), "vocabulary",
                     std::to_string(ids.size()) + " ids, " + std::to_string(symbols.size()) +
                         " symbols and " + std::to_string(medians.size()) + " medians",
                     "as many of each");
  }
  std::vector<VocabularyGene> genes;
  genes.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) genes.push_back({ids[i], symbols[i], medians[i]});
  const SpecialTokens specials = read_specials(file);
  try {
    return Vocabulary(std::move(genes), specials);
  } catch (const InputError& error) {
    throw InputError(file.path().string() + ": " + error.what());
  }
}

std::uint64_t element_count(const hdf5::Dataset& dataset) {
  const std::vector<std::uint64_t> shape = dataset.shape();
  return shape.size() == 1 ? shape.front() : 0;
}

}  // namespace

struct Corpus::Implementation {
  explicit Implementation(const std::filesystem::path& path) : file(hdf5::File::open(path)) {
    check_format(file);
    tokens = file.dataset(kTokens);
    token_count = element_count(tokens);
    offsets = file.dataset(kOffsets);
    const std::uint64_t count = element_count(offsets);
    if (count == 0) throw InputError(path, "offsets", "none", "one more than there are cells");
    cell_count = count - 1;
    require_offset(0, read_offsets(0, 1).front(), 0);
    require_offset(cell_count, read_offsets(cell_count, 1).front(), token_count);
    vocabulary = read_vocabulary(file);
    frame.emplace(path, file.group(kObs));
  }

  void require_offset(std::uint64_t at, std::uint64_t found, std::uint64_t expected) const {
    if (found == expected) return;
    throw InputError(file.path(), "offsets[" + std::to_string(at) + "]", std::to_string(found),
                     std::to_string(expected) + (at == 0 ? "" : ", the number of tokens"));
  }

  std::vector<std::uint64_t> read_offsets(std::uint64_t first, std::uint64_t count) const {
    std::vector<std::uint64_t> result(count);
    offsets.read<std::uint64_t>(first, result);
    return result;
  }

  /// Offsets of the cells [first, first + count) and the end of the last, ascending and within the tokens.
  std::vector<std::uint64_t> bounds(std::uint64_t first, std::uint64_t count) const {
    if (first > cell_count || count > cell_count - first) {
      throw Error(file.path().string() + ": cell " +
                  std::to_string(first + std::max<std::uint64_t>(count, 1) - 1) + " of " +
                  std::to_string(cell_count));
    }
    if (!loaded_offsets.empty()) {
      const auto begin = loaded_offsets.begin() + static_cast<std::ptrdiff_t>(first);
      return {begin, begin + static_cast<std::ptrdiff_t>(count + 1)};
    }
    std::vector<std::uint64_t> result = read_offsets(first, count + 1);
    std::uint64_t least = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
      if (result[i] < least || result[i] > token_count) {
        throw InputError(file.path(), "offsets[" + std::to_string(first + i) + "]", std::to_string(result[i]),
                         std::to_string(least) + " to " + std::to_string(token_count));
      }
      least = result[i];
    }
    return result;
  }

  /// Every token must be one of the vocabulary's, and neither pad nor mask.
  template <class T>
  void check_tokens(std::span<const T> values, std::uint64_t first) const {
    const auto count = static_cast<TokenId>(vocabulary.token_count());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] > kMaskToken && values[i] < count) continue;
      throw InputError(file.path(), "tokens[" + std::to_string(first + i) + "]", std::to_string(values[i]),
                       std::to_string(kMaskToken + 1) + " to " + std::to_string(count - 1));
    }
  }

  template <class T>
  std::vector<T> load() const {
    std::vector<T> values(token_count);
    for (std::size_t first = 0; first < values.size(); first += kTokensPerRead) {
      const auto piece = std::span(values).subspan(first, std::min(kTokensPerRead, values.size() - first));
      tokens.read<T>(first, piece);
      check_tokens<T>(piece, first);
    }
    return values;
  }

  void read_tokens(std::uint64_t first, std::span<TokenId> out) const {
    const auto copy = [&](const auto& values) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
      std::copy(begin, begin + static_cast<std::ptrdiff_t>(out.size()), out.begin());
    };
    if (const auto* narrow = std::get_if<1>(&loaded)) return copy(*narrow);
    if (const auto* wide = std::get_if<2>(&loaded)) return copy(*wide);
    tokens.read<TokenId>(first, out);
    check_tokens<TokenId>(out, first);
  }

  hdf5::File file;
  hdf5::Dataset tokens;
  hdf5::Dataset offsets;
  std::uint64_t token_count = 0;
  std::uint64_t cell_count = 0;
  Vocabulary vocabulary;
  std::optional<DataFrame> frame;
  std::vector<std::uint64_t> loaded_offsets;  // empty until load_tokens
  std::variant<std::monostate, std::vector<std::uint16_t>, std::vector<std::uint32_t>> loaded;
};

Corpus::Corpus(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Corpus::~Corpus() = default;
Corpus::Corpus(Corpus&&) noexcept = default;
Corpus& Corpus::operator=(Corpus&&) noexcept = default;

Corpus Corpus::open(const std::filesystem::path& path) {
  return Corpus(std::make_unique<Implementation>(path));
}

const std::filesystem::path& Corpus::path() const noexcept {
  return implementation_->file.path();
}
std::uint64_t Corpus::cell_count() const noexcept {
  return implementation_->cell_count;
}
std::uint64_t Corpus::token_count() const noexcept {
  return implementation_->token_count;
}
const Vocabulary& Corpus::vocabulary() const noexcept {
  return implementation_->vocabulary;
}

std::uint32_t Corpus::length(std::uint64_t cell) const {
  const std::vector<std::uint64_t> bounds = implementation_->bounds(cell, 1);
  return static_cast<std::uint32_t>(bounds[1] - bounds[0]);
}

std::vector<std::uint32_t> Corpus::lengths() const {
  constexpr std::uint64_t kCellsPerRead = std::uint64_t{1} << 20;
  std::vector<std::uint32_t> result;
  result.reserve(cell_count());
  while (result.size() < cell_count()) {
    const std::uint64_t first = result.size();
    const auto bounds = implementation_->bounds(first, std::min(kCellsPerRead, cell_count() - first));
    for (std::size_t i = 1; i < bounds.size(); ++i) {
      result.push_back(static_cast<std::uint32_t>(bounds[i] - bounds[i - 1]));
    }
  }
  return result;
}

void Corpus::read_cell(std::uint64_t cell, std::vector<TokenId>& out) const {
  const std::vector<std::uint64_t> bounds = implementation_->bounds(cell, 1);
  const std::size_t before = out.size();
  out.resize(before + (bounds[1] - bounds[0]));
  implementation_->read_tokens(bounds[0], std::span(out).subspan(before));
}

Corpus::Cells Corpus::read_cells(std::uint64_t first, std::uint64_t count) const {
  Cells cells;
  cells.offsets = implementation_->bounds(first, count);
  const std::uint64_t begin = cells.offsets.front();
  cells.tokens.resize(cells.offsets.back() - begin);
  implementation_->read_tokens(begin, cells.tokens);
  for (std::uint64_t& offset : cells.offsets) offset -= begin;
  return cells;
}

void Corpus::load_tokens() {
  Implementation& self = *implementation_;
  if (self.loaded.index() != 0) return;
  self.loaded_offsets = self.bounds(0, self.cell_count);
  if (self.vocabulary.token_count() <= std::size_t{1} << 16) {
    self.loaded = self.load<std::uint16_t>();
  } else {
    self.loaded = self.load<std::uint32_t>();
  }
}

std::vector<std::string> Corpus::obs_names() const {
  return implementation_->frame->columns();
}

ObsColumn Corpus::obs(std::string_view name) const {
  const DataFrame& frame = *implementation_->frame;
  if (!frame.has_column(name)) {
    throw InputError(
        path(), "obs",
        frame.columns().empty() ? "no column" : "the columns " + support::join_words(frame.columns()),
        "a column '" + std::string(name) + "'");
  }
  require_rows(frame.row_count());
  std::optional<ObsColumn> column = frame.column(name);
  if (!column) throw InputError(path(), "obs/" + std::string(name), "another kind", "categories or numbers");
  return *std::move(column);
}

void Corpus::require_rows(std::uint64_t rows) const {
  if (rows == cell_count()) return;
  throw InputError(path(), "obs/_index", std::to_string(rows) + " cell ids", std::to_string(cell_count()));
}

const std::vector<ObsField>& Corpus::obs_fields() const {
  require_rows(implementation_->frame->row_count());
  return implementation_->frame->fields();
}

ObsValues Corpus::read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const {
  return implementation_->frame->read(field, first, count);
}

std::vector<std::string> Corpus::cell_ids(std::uint64_t first, std::uint64_t count) const {
  require_rows(implementation_->frame->row_count());
  return implementation_->frame->index(first, count);
}

std::vector<std::string> Corpus::cell_ids() const {
  return cell_ids(0, cell_count());
}

CorpusProvenance Corpus::provenance() const {
  const hdf5::File& file = implementation_->file;
  CorpusProvenance provenance;
  provenance.sources = file.text_array_attribute(kSources);
  provenance.checksums = file.text_array_attribute(kChecksums);
  if (file.has_attribute(kSourceCells)) provenance.source_cells = file.integer_array_attribute(kSourceCells);
  provenance.options = file.text_attribute(kOptions);
  provenance.cells_read = static_cast<std::uint64_t>(file.integer_attribute(kCellsRead));
  if (file.has_attribute(kShard)) {
    provenance.shard = file.integer_attribute(kShard);
    provenance.shard_count = file.integer_attribute(kShardCount);
    provenance.source_indices = file.integer_array_attribute(kSourceIndices);
  }
  provenance.filter_names = file.text_array_attribute(kFilterNames);
  provenance.filter_dropped = file.integer_array_attribute(kFilterDropped);
  const std::size_t sources = provenance.sources.size();
  const bool fits = provenance.checksums.size() == sources &&
                    (provenance.source_cells.empty() || provenance.source_cells.size() == sources) &&
                    (provenance.shard == 0 || provenance.source_indices.size() == sources) &&
                    provenance.filter_names.size() == provenance.filter_dropped.size();
  if (!fits) {
    throw InputError(path(), "attributes", "lists of sources or filters that differ in length",
                     "one entry a source, and one a filter");
  }
  return provenance;
}

}  // namespace biodta::cells
