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
  if (version != kVersion) {
    throw InputError(file.path(), "attribute version", std::to_string(version), std::to_string(kVersion));
  }
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
  try {
    return Vocabulary(std::move(genes));
  } catch (const InputError& error) {
    throw InputError(file.path().string() + ": " + error.what());
  }
}

std::uint64_t element_count(const hdf5::Dataset& dataset) {
  const std::vector<std::uint64_t> shape = dataset.shape();
  return shape.size() == 1 ? shape.front() : 0;
}

std::vector<std::uint64_t> read_offsets(const hdf5::File& file, std::uint64_t token_count) {
  std::vector<std::uint64_t> offsets = file.dataset(kOffsets).read_all<std::uint64_t>();
  if (offsets.empty() || offsets.front() != 0 || offsets.back() != token_count) {
    throw InputError(file.path(), "offsets",
                     offsets.empty() ? "none" : std::to_string(offsets.back()) + " at the end",
                     "0 first and " + std::to_string(token_count) + ", the number of tokens, last");
  }
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] >= offsets[i - 1]) continue;
    throw InputError(file.path(), "offsets[" + std::to_string(i) + "]", std::to_string(offsets[i]),
                     "at least " + std::to_string(offsets[i - 1]));
  }
  return offsets;
}

}  // namespace

struct Corpus::Implementation {
  /// Every token must be a gene of the vocabulary.
  template <class T>
  void check_tokens(std::span<const T> values, std::uint64_t first) const {
    const auto count = static_cast<TokenId>(vocabulary.token_count());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] >= kFirstGeneToken && values[i] < count) continue;
      throw InputError(file.path(), "tokens[" + std::to_string(first + i) + "]", std::to_string(values[i]),
                       "2 to " + std::to_string(count - 1));
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

  hdf5::File file;
  hdf5::Dataset tokens;
  std::uint64_t token_count = 0;
  std::vector<std::uint64_t> offsets;
  Vocabulary vocabulary;
  std::variant<std::monostate, std::vector<std::uint16_t>, std::vector<std::uint32_t>> loaded;
};

Corpus::Corpus(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Corpus::~Corpus() = default;
Corpus::Corpus(Corpus&&) noexcept = default;
Corpus& Corpus::operator=(Corpus&&) noexcept = default;

Corpus Corpus::open(const std::filesystem::path& path) {
  auto self = std::make_unique<Implementation>();
  self->file = hdf5::File::open(path);
  check_format(self->file);
  self->tokens = self->file.dataset(kTokens);
  self->token_count = element_count(self->tokens);
  self->offsets = read_offsets(self->file, self->token_count);
  self->vocabulary = read_vocabulary(self->file);
  return Corpus(std::move(self));
}

const std::filesystem::path& Corpus::path() const noexcept {
  return implementation_->file.path();
}
std::uint64_t Corpus::cell_count() const noexcept {
  return implementation_->offsets.size() - 1;
}
std::uint64_t Corpus::token_count() const noexcept {
  return implementation_->token_count;
}
const Vocabulary& Corpus::vocabulary() const noexcept {
  return implementation_->vocabulary;
}

std::uint32_t Corpus::length(std::uint64_t cell) const {
  const auto& offsets = implementation_->offsets;
  if (cell >= cell_count()) {
    throw Error(path().string() + ": cell " + std::to_string(cell) + " of " + std::to_string(cell_count()));
  }
  return static_cast<std::uint32_t>(offsets[cell + 1] - offsets[cell]);
}

std::vector<std::uint32_t> Corpus::lengths() const {
  std::vector<std::uint32_t> result(cell_count());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = length(i);
  return result;
}

void Corpus::read_cell(std::uint64_t cell, std::vector<TokenId>& out) const {
  const Implementation& self = *implementation_;
  const std::uint32_t count = length(cell);
  const auto first = static_cast<std::ptrdiff_t>(self.offsets[cell]);
  if (const auto* narrow = std::get_if<1>(&self.loaded)) {
    out.insert(out.end(), narrow->begin() + first, narrow->begin() + first + count);
  } else if (const auto* wide = std::get_if<2>(&self.loaded)) {
    out.insert(out.end(), wide->begin() + first, wide->begin() + first + count);
  } else {
    const std::size_t before = out.size();
    out.resize(before + count);
    const auto cell_tokens = std::span(out).subspan(before);
    self.tokens.read<TokenId>(self.offsets[cell], cell_tokens);
    self.check_tokens<TokenId>(cell_tokens, self.offsets[cell]);
  }
}

void Corpus::load_tokens() {
  Implementation& self = *implementation_;
  if (self.loaded.index() != 0) return;
  if (self.vocabulary.token_count() <= std::size_t{1} << 16) {
    self.loaded = self.load<std::uint16_t>();
  } else {
    self.loaded = self.load<std::uint32_t>();
  }
}

std::vector<std::string> Corpus::obs_names() const {
  return DataFrame(path(), implementation_->file.group(kObs)).columns();
}

ObsColumn Corpus::obs(std::string_view name) const {
  const DataFrame frame(path(), implementation_->file.group(kObs));
  if (!frame.has_column(name)) {
    throw InputError(
        path(), "obs",
        frame.columns().empty() ? "no column" : "the columns " + support::join_words(frame.columns()),
        "a column '" + std::string(name) + "'");
  }
  std::optional<ObsColumn> column = frame.column(name);
  if (!column) throw InputError(path(), "obs/" + std::string(name), "another kind", "categories or numbers");
  const std::size_t rows = column->categorical() ? column->codes.size() : column->numbers.size();
  if (rows != cell_count()) {
    throw InputError(path(), "obs/" + std::string(name), std::to_string(rows) + " values",
                     std::to_string(cell_count()) + ", one a cell");
  }
  return *std::move(column);
}

std::vector<std::string> Corpus::cell_ids() const {
  std::vector<std::string> ids = DataFrame(path(), implementation_->file.group(kObs)).index();
  if (ids.size() != cell_count()) {
    throw InputError(path(), "obs/_index", std::to_string(ids.size()) + " cell ids",
                     std::to_string(cell_count()));
  }
  return ids;
}

CorpusProvenance Corpus::provenance() const {
  const hdf5::File& file = implementation_->file;
  CorpusProvenance provenance;
  provenance.sources = file.text_array_attribute(kSources);
  provenance.checksums = file.text_array_attribute(kChecksums);
  provenance.filters = file.text_attribute(kOptions);
  provenance.cells_read = static_cast<std::uint64_t>(file.integer_attribute(kCellsRead));
  provenance.filter_names = file.text_array_attribute(kFilterNames);
  provenance.filter_dropped = file.integer_array_attribute(kFilterDropped);
  return provenance;
}

}  // namespace biodta::cells
