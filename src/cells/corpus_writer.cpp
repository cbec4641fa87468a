#include "corpus_format.hpp"
#include "data_frame.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using namespace corpus_format;

/// Tokens and metadata are written in pieces of exactly these sizes, so that a file's layout does not depend
/// on how the cells came.
constexpr std::uint64_t kTokensPerPiece = kTokensPerChunk * 32;
constexpr std::uint64_t kCellsPerPiece = std::uint64_t{1} << 16;

hdf5::ElementType token_type(std::size_t token_count) {
  if (token_count <= std::size_t{1} << 8) return hdf5::ElementType::kUint8;
  if (token_count <= std::size_t{1} << 16) return hdf5::ElementType::kUint16;
  return hdf5::ElementType::kUint32;
}

/// Not compressed: ranks are nearly random (gzip saves a tenth and costs more time than all the rest), and a
/// single cell can then be read without inflating its neighbours.
hdf5::DatasetLayout plain(std::uint64_t chunk) {
  return {{chunk}, 0, false, true};
}

void write_vocabulary(hdf5::File& file, const Vocabulary& vocabulary) {
  std::vector<std::string> ids;
  std::vector<std::string> symbols;
  std::vector<double> medians;
  for (const VocabularyGene& gene : vocabulary.genes()) {
    ids.push_back(gene.id);
    symbols.push_back(gene.symbol);
    medians.push_back(gene.median);
  }
  file.create_strings(kGeneIds, ids);
  file.create_strings(kSymbols, symbols);
  file.create_values<double>(kMedians, medians);
}

void write_provenance(hdf5::File& file, const CorpusProvenance& provenance) {
  file.set_attribute(kSources, std::span<const std::string>(provenance.sources));
  file.set_attribute(kChecksums, std::span<const std::string>(provenance.checksums));
  file.set_attribute(kSourceCells, std::span<const std::int64_t>(provenance.source_cells));
  file.set_attribute(kOptions, provenance.options);
  if (provenance.shard > 0) {
    file.set_attribute(kShard, provenance.shard);
    file.set_attribute(kShardCount, provenance.shard_count);
    file.set_attribute(kSourceIndices, std::span<const std::int64_t>(provenance.source_indices));
  }
  file.set_attribute(kCellsRead, static_cast<std::int64_t>(provenance.cells_read));
  file.set_attribute(kFilterNames, std::span<const std::string>(provenance.filter_names));
  file.set_attribute(kFilterDropped, std::span<const std::int64_t>(provenance.filter_dropped));
}

/// Adds the values of `count` cells from `first` on to each column.
void append_values(std::vector<ObsValues>& to, std::span<const ObsValues> from, std::size_t first,
                   std::size_t count) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto add = [&](auto& values, const auto& added) {
      if (added.empty()) return;
      const auto begin = added.begin() + static_cast<std::ptrdiff_t>(first);
      values.insert(values.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    add(to[i].codes, from[i].codes);
    add(to[i].numbers, from[i].numbers);
  }
}

}  // namespace

struct CorpusWriter::Implementation {
  Implementation(const std::filesystem::path& path, const Vocabulary& vocabulary,
                 std::span<const ObsField> fields_of)
      : target(path),
        file(hdf5::File::create(target.temporary())),
        token_count(vocabulary.token_count()),
        pending_obs(fields_of.size()) {
    for (const ObsField& field : fields_of) fields.push_back(field.name);
    file.set_attribute("format", kFormat);
    file.set_attribute("version", kVersion);
    const std::vector<std::string>& specials = special_names(vocabulary.specials());
    file.set_attribute(kSpecialTokens, std::span<const std::string>(specials));
    write_vocabulary(file, vocabulary);
    const std::uint64_t none = 0;
    tokens = file.create_dataset(kTokens, token_type(token_count), {&none, 1}, plain(kTokensPerChunk));
    offsets = file.create_dataset(kOffsets, hdf5::ElementType::kUint64, {&none, 1}, plain(kOffsetsPerChunk));
    frame.emplace(file, kObs, fields_of, kObsRowsPerChunk);
  }

  /// Tokens wait in the width of the file where that is 16 bits, as nearly always: half the memory to move,
  /// and nothing for HDF5 to convert.
  void add_tokens(std::span<const TokenId> added) {
    is_narrow() ? add_to(pending_narrow, added) : add_to(pending_wide, added);
  }

  template <class Token>
  void add_to(std::vector<Token>& pending, std::span<const TokenId> added) {
    const std::size_t before = pending.size();
    pending.resize(before + added.size());
    std::transform(added.begin(), added.end(), pending.begin() + static_cast<std::ptrdiff_t>(before),
                   [](TokenId token) { return static_cast<Token>(token); });
    std::size_t written = 0;
    for (; pending.size() - written >= kTokensPerPiece; written += kTokensPerPiece) {
      tokens.append(std::span<const Token>(pending).subspan(written, kTokensPerPiece));
    }
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(written));
  }

  void write_last_tokens() {
    is_narrow() ? tokens.append(std::span<const std::uint16_t>(pending_narrow))
                : tokens.append(std::span<const TokenId>(pending_wide));
  }

  bool is_narrow() const { return token_type(token_count) == hdf5::ElementType::kUint16; }

  void write_cells() {
    offsets.append(std::span<const std::uint64_t>(pending_offsets));
    frame->append(pending_ids, pending_obs);
    pending_offsets.clear();
    pending_ids.clear();
    for (ObsValues& values : pending_obs) values = {};
  }

  support::AtomicPath target;
  hdf5::File file;
  hdf5::Dataset tokens;
  hdf5::Dataset offsets;
  std::optional<FrameWriter> frame;
  std::size_t token_count;  // of the vocabulary
  std::vector<std::string> fields;
  std::uint64_t cells = 0;
  std::uint64_t last_offset = 0;
  std::vector<std::uint16_t> pending_narrow;
  std::vector<TokenId> pending_wide;
  std::vector<std::uint64_t> pending_offsets = {0};
  std::vector<std::string> pending_ids;
  std::vector<ObsValues> pending_obs;
};

CorpusWriter::CorpusWriter(const std::filesystem::path& path, const Vocabulary& vocabulary,
                           std::span<const ObsField> obs)
    : implementation_(std::make_unique<Implementation>(path, vocabulary, obs)) {}
CorpusWriter::~CorpusWriter() = default;
CorpusWriter::CorpusWriter(CorpusWriter&&) noexcept = default;
CorpusWriter& CorpusWriter::operator=(CorpusWriter&&) noexcept = default;

std::uint64_t CorpusWriter::cell_count() const noexcept {
  return implementation_->cells;
}
std::uint64_t CorpusWriter::token_count() const noexcept {
  return implementation_->last_offset;
}

void CorpusWriter::append(std::span<const TokenId> tokens, std::span<const std::uint64_t> offsets,
                          std::span<const std::string> cell_ids, std::span<const ObsValues> obs) {
  Implementation& self = *implementation_;
  if (offsets.empty() || offsets.front() != 0 || offsets.back() != tokens.size() ||
      !std::is_sorted(offsets.begin(), offsets.end())) {
    throw Error("corpus: offsets and tokens of the cells to append do not fit together");
  }
  const std::size_t cells = offsets.size() - 1;
  if (cell_ids.size() != cells || obs.size() != self.pending_obs.size()) {
    throw Error("corpus: " + std::to_string(cell_ids.size()) + " cell ids and " + std::to_string(obs.size()) +
                " obs columns for " + std::to_string(cells) + " cells and " +
                std::to_string(self.pending_obs.size()) + " columns");
  }
  for (const ObsValues& values : obs) {
    const std::size_t given = std::max(values.codes.size(), values.numbers.size());
    if (given != cells) {
      throw Error("corpus: column '" + self.fields[static_cast<std::size_t>(&values - obs.data())] +
                  "' has " + std::to_string(given) + " values for " + std::to_string(cells) + " cells");
    }
  }
  const auto alien =
      std::find_if(tokens.begin(), tokens.end(), [&](TokenId t) { return t >= self.token_count; });
  if (alien != tokens.end())
    throw Error("corpus: token " + std::to_string(*alien) + " is not in the vocabulary");
  for (std::size_t first = 0; first < cells;) {
    const std::size_t count = std::min<std::size_t>(cells - first, kCellsPerPiece - self.pending_ids.size());
    self.add_tokens(tokens.subspan(offsets[first], offsets[first + count] - offsets[first]));
    for (std::size_t i = first; i < first + count; ++i) {
      self.last_offset += offsets[i + 1] - offsets[i];
      self.pending_offsets.push_back(self.last_offset);
      self.pending_ids.push_back(cell_ids[i]);
    }
    append_values(self.pending_obs, obs, first, count);
    self.cells += count;
    first += count;
    if (self.pending_ids.size() == kCellsPerPiece) self.write_cells();
  }
}

void CorpusWriter::finish(const CorpusProvenance& provenance) {
  Implementation& self = *implementation_;
  self.write_last_tokens();
  self.write_cells();
  write_provenance(self.file, provenance);
  self.file.close();
  self.target.commit();
}

void write_corpus(const std::filesystem::path& path, const Vocabulary& vocabulary,
                  std::span<const TokenId> tokens, std::span<const std::uint64_t> offsets,
                  std::span<const std::string> cell_ids, std::span<const ObsColumn> obs,
                  const CorpusProvenance& provenance) {
  std::vector<ObsField> fields;
  std::vector<ObsValues> values;
  for (const ObsColumn& column : obs) {
    fields.push_back(column.field());
    values.push_back(column.values());
  }
  CorpusWriter writer(path, vocabulary, fields);
  writer.append(tokens, offsets, cell_ids, values);
  writer.finish(provenance);
}

}  // namespace biodta::cells
