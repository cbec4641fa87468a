#include "mtx_source.hpp"

#include "count_text.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace biodta::cells {
namespace {

/// Values that a scan hands on at a time.
constexpr std::size_t kMtxBatch = std::size_t{1} << 14;
/// Bounds a block of streamed cells at 32 MiB.
constexpr std::uint64_t kMostStreamed = std::uint64_t{1} << 22;

struct MtxBatch {
  std::vector<std::uint32_t> cells;
  std::vector<std::uint32_t> genes;
  std::vector<float> counts;

  void hand_to(const ScatteredMatrix::Sink& sink) {
    sink({cells, genes, counts});
    cells.clear();
    genes.clear();
    counts.clear();
  }
};

std::string counted(std::uint64_t count, const char* what, const std::filesystem::path& file) {
  return std::to_string(count) + " " + what + " (" + file.filename().string() + ")";
}

[[noreturn]] void refuse_changed_mtx(const std::filesystem::path& path) {
  throw InputError(path, "", "another content than at first", "a file that nobody changes while it is read");
}

}  // namespace

std::unique_ptr<CountSource> open_mtx(const std::filesystem::path& path, const CountSourceOptions& options,
                                      std::uint64_t max_values) {
  return std::make_unique<MtxSource>(path, options, max_values);
}

MtxSource::MtxSource(std::filesystem::path path, const CountSourceOptions& options, std::uint64_t max_values)
    : CountSource(options.values),
      path_(std::move(path)),
      files_(find_mtx_files(path_)),
      features_(read_mtx_features(files_.features)),
      cells_(read_mtx_barcodes(files_.barcodes)),
      max_values_(max_values),
      matrix_(
          cells_.size(), [this](const ScatteredMatrix::Sink& sink) { scan(sink); }, max_values) {
  require_only_matrix(options, matrix_name(), path_);
  check_sizes();
}

void MtxSource::check_sizes() {
  const MtxReader matrix(files_.matrix);
  const std::uint64_t features = features_.gene_of_feature.size();
  const std::uint64_t cells = cells_.size();
  const bool features_are_rows = matrix.rows() == features && matrix.columns() == cells;
  cells_are_rows_ = !features_are_rows;
  if (!features_are_rows && (matrix.rows() != cells || matrix.columns() != features)) {
    throw InputError(
        files_.matrix, matrix.size_place(),
        std::to_string(matrix.rows()) + " rows and " + std::to_string(matrix.columns()) + " columns",
        counted(features, "features", files_.features) + " and " +
            counted(cells, "barcodes", files_.barcodes) + ", or the other way round");
  }
  if (std::max(features, cells) >= std::numeric_limits<std::uint32_t>::max()) {
    throw InputError(files_.matrix, matrix.size_place(), std::to_string(std::max(features, cells)) + " names",
                     "fewer than 2^32 - 1");
  }
}

/// The next value that is not zero and of a gene; false at the end.
bool MtxSource::next_value(MtxReader& reader, Value& value) const {
  MtxReader::Entry entry{};
  while (reader.next(entry)) {
    if (entry.value == 0.0F) continue;
    const std::uint64_t feature = cells_are_rows_ ? entry.column : entry.row;
    const std::uint64_t cell = cells_are_rows_ ? entry.row : entry.column;
    const std::uint32_t gene = features_.gene_of_feature[feature - 1];
    if (gene == MtxFeatures::kNoGene) continue;
    value = {static_cast<std::uint32_t>(cell - 1), gene, entry.value};
    return true;
  }
  return false;
}

MtxReader MtxSource::open_matrix() const {
  MtxReader reader(files_.matrix);
  const std::uint64_t features = features_.gene_of_feature.size();
  const bool same = reader.rows() == (cells_are_rows_ ? cells_.size() : features) &&
                    reader.columns() == (cells_are_rows_ ? features : cells_.size());
  if (!same) refuse_changed_mtx(files_.matrix);
  return reader;
}

void MtxSource::scan(const ScatteredMatrix::Sink& sink) const {
  MtxReader reader = open_matrix();
  MtxBatch batch;
  Value value{};
  while (next_value(reader, value)) {
    batch.cells.push_back(value.cell);
    batch.genes.push_back(value.gene);
    batch.counts.push_back(value.count);
    if (batch.cells.size() == kMtxBatch) batch.hand_to(sink);
  }
  batch.hand_to(sink);
}

void MtxSource::read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  const bool in_order = matrix_.survey().ascending;
  if (in_order && !matrix_.whole()) {
    stream_cells(first, max_cells, block);
  } else {
    matrix_.read(first, max_cells, block);
  }
}

/// The open reader, or a new one, moved on to the first value of a cell.
MtxReader MtxSource::stream_at(std::uint64_t cell) {
  const bool ahead = stream_ && stream_cell_ <= cell;
  MtxReader reader = ahead ? *std::move(stream_) : open_matrix();
  const auto& values = matrix_.survey().values_of_cell;
  std::uint64_t skipped = 0;
  for (std::uint64_t at = ahead ? stream_cell_ : 0; at < cell; ++at) skipped += values[at];
  stream_.reset();
  Value value{};
  for (; skipped > 0; --skipped) {
    if (!next_value(reader, value)) refuse_changed_mtx(files_.matrix);
  }
  return reader;
}

void MtxSource::stream_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  MtxReader reader = stream_at(first);
  const auto& values = matrix_.survey().values_of_cell;
  const std::uint64_t most = std::min(max_values_, kMostStreamed);
  block.first_cell = first;
  block.offsets.assign(1, 0);
  block.genes.clear();
  block.counts.clear();
  Value value{};
  for (std::uint64_t cell = first; cell < first + max_cells; ++cell) {
    if (cell > first && block.offsets.back() + values[cell] > most) break;
    for (std::uint32_t i = 0; i < values[cell]; ++i) {
      if (!next_value(reader, value) || value.cell != cell) refuse_changed_mtx(files_.matrix);
      block.genes.push_back(value.gene);
      block.counts.push_back(value.count);
    }
    block.offsets.push_back(block.genes.size());
  }
  stream_cell_ = first + block.cell_count();
  stream_ = std::move(reader);
}

}  // namespace biodta::cells
