#include "corpus_format.hpp"
#include "data_frame.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <algorithm>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using namespace corpus_format;

constexpr std::uint64_t kFlushTokens = kTokensPerChunk * 32;

hdf5::ElementType token_type(std::size_t token_count) {
  if (token_count <= std::size_t{1} << 8) return hdf5::ElementType::kUint8;
  if (token_count <= std::size_t{1} << 16) return hdf5::ElementType::kUint16;
  return hdf5::ElementType::kUint32;
}

hdf5::DatasetLayout compressed(std::uint64_t chunk) {
  return {{chunk}, 1, true, true};
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
  file.set_attribute(kOptions, provenance.filters);
  file.set_attribute(kCellsRead, static_cast<std::int64_t>(provenance.cells_read));
  file.set_attribute(kFilterNames, std::span<const std::string>(provenance.filter_names));
  file.set_attribute(kFilterDropped, std::span<const std::int64_t>(provenance.filter_dropped));
}

}  // namespace

struct CorpusWriter::Implementation {
  explicit Implementation(const std::filesystem::path& path) : target(path) {}

  void flush(bool all) {
    // Whole chunks only, so that each is compressed once and the bytes do not depend on how the cells came.
    const std::size_t ready = all ? pending.size() : pending.size() / kTokensPerChunk * kTokensPerChunk;
    tokens.append(std::span<const TokenId>(pending.data(), ready));
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(ready));
  }

  support::AtomicPath target;
  hdf5::File file;
  hdf5::Dataset tokens;
  std::size_t token_count = 0;  // of the vocabulary
  std::vector<TokenId> pending;
  std::vector<std::uint64_t> offsets = {0};
};

CorpusWriter::CorpusWriter(const std::filesystem::path& path, const Vocabulary& vocabulary)
    : implementation_(std::make_unique<Implementation>(path)) {
  Implementation& self = *implementation_;
  self.file = hdf5::File::create(self.target.temporary());
  self.file.set_attribute("format", kFormat);
  self.file.set_attribute("version", kVersion);
  self.token_count = vocabulary.token_count();
  const std::uint64_t none = 0;
  self.tokens = self.file.create_dataset(kTokens, token_type(self.token_count), {&none, 1},
                                         compressed(kTokensPerChunk));
  write_vocabulary(self.file, vocabulary);
}

CorpusWriter::~CorpusWriter() = default;

void CorpusWriter::append(std::span<const TokenId> tokens, std::span<const std::uint64_t> offsets) {
  Implementation& self = *implementation_;
  if (offsets.empty() || offsets.front() != 0 || offsets.back() != tokens.size() ||
      !std::is_sorted(offsets.begin(), offsets.end())) {
    throw Error("corpus: offsets and tokens of the cells to append do not fit together");
  }
  const auto alien =
      std::find_if(tokens.begin(), tokens.end(), [&](TokenId t) { return t >= self.token_count; });
  if (alien != tokens.end())
    throw Error("corpus: token " + std::to_string(*alien) + " is not in the vocabulary");
  const std::uint64_t base = self.offsets.back();
  for (std::size_t i = 1; i < offsets.size(); ++i) self.offsets.push_back(base + offsets[i]);
  self.pending.insert(self.pending.end(), tokens.begin(), tokens.end());
  if (self.pending.size() >= kFlushTokens) self.flush(false);
}

void CorpusWriter::finish(const std::vector<std::string>& cell_ids, const std::vector<ObsColumn>& obs,
                          const CorpusProvenance& provenance) {
  Implementation& self = *implementation_;
  if (cell_ids.size() != self.offsets.size() - 1) {
    throw Error("corpus: " + std::to_string(cell_ids.size()) + " cell ids for " +
                std::to_string(self.offsets.size() - 1) + " cells");
  }
  self.flush(true);
  self.file.create_values<std::uint64_t>(
      kOffsets, self.offsets,
      {{std::min<std::uint64_t>(self.offsets.size(), kOffsetsPerChunk)}, 1, true, false});
  write_frame(self.file, kObs, cell_ids, obs);
  write_provenance(self.file, provenance);
  self.file.close();
  self.target.commit();
}

}  // namespace biodta::cells
