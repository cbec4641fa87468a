#include "scattered_matrix.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <utility>

namespace biodta::cells {
namespace {

/// Values as the scan gave them, kept while they are few.
struct KeptEntries {
  std::vector<std::uint32_t> cells;
  std::vector<std::uint32_t> genes;
  std::vector<float> counts;

  void add(const ScatteredMatrix::Entries& entries) {
    cells.insert(cells.end(), entries.cells.begin(), entries.cells.end());
    genes.insert(genes.end(), entries.genes.begin(), entries.genes.end());
    counts.insert(counts.end(), entries.counts.begin(), entries.counts.end());
  }
};

[[noreturn]] void refuse_changed() {
  throw Error("the file changed while it was read");
}

}  // namespace

ScatteredMatrix::ScatteredMatrix(std::uint64_t cells, Scan scan, std::uint64_t max_values)
    : cells_(cells), scan_(std::move(scan)), max_values_(max_values) {}

const ScatteredMatrix::Survey& ScatteredMatrix::survey() {
  if (survey_) return *survey_;
  Survey found;
  found.values_of_cell.assign(cells_, 0);
  std::optional<KeptEntries> kept(std::in_place);
  std::uint32_t last_cell = 0;
  scan_([&](const Entries& entries) {
    for (const std::uint32_t cell : entries.cells) {
      ++found.values_of_cell[cell];
      found.ascending &= cell >= last_cell;
      last_cell = cell;
    }
    if (kept && kept->cells.size() + entries.cells.size() > max_values_) kept.reset();
    if (kept) kept->add(entries);
  });
  survey_ = std::move(found);
  if (kept) {
    load_band(0, [&](const Sink& sink) { sink({kept->cells, kept->genes, kept->counts}); });
  }
  return *survey_;
}

void ScatteredMatrix::load_band(std::uint64_t first, const Scan& scan) {
  Band band;
  band_ = {};  // no two bands at a time, and none that is half filled where the scan throws
  band.first = first;
  band.end = first;
  band.offsets.assign(1, 0);
  while (band.end < cells_) {
    const std::uint64_t total = band.offsets.back() + survey_->values_of_cell[band.end];
    if (band.end > first && total > max_values_) break;
    band.offsets.push_back(total);
    ++band.end;
  }
  band.genes.resize(band.offsets.back());
  band.counts.resize(band.offsets.back());
  std::vector<std::uint64_t> places(band.offsets.begin(), band.offsets.end() - 1);
  scan([&](const Entries& entries) {
    for (std::size_t i = 0; i < entries.cells.size(); ++i) {
      const std::uint32_t cell = entries.cells[i];
      if (cell < band.first || cell >= band.end) continue;
      const std::uint64_t place = places[cell - band.first]++;
      if (place >= band.offsets[cell - band.first + 1]) refuse_changed();
      band.genes[place] = entries.genes[i];
      band.counts[place] = entries.counts[i];
    }
  });
  if (!std::equal(places.begin(), places.end(), band.offsets.begin() + 1)) refuse_changed();
  band_ = std::move(band);
}

void ScatteredMatrix::read(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  survey();
  if (first < band_.first || first >= band_.end) load_band(first, scan_);
  const std::uint64_t end = std::min(band_.end, first + max_cells);
  const auto at = [this](std::uint64_t cell) { return band_.offsets[cell - band_.first]; };
  const auto slice = [&](const auto& values) {
    return std::span(values).subspan(at(first), at(end) - at(first));
  };
  block.first_cell = first;
  block.offsets.clear();
  for (std::uint64_t cell = first; cell <= end; ++cell) block.offsets.push_back(at(cell) - at(first));
  const auto genes = slice(band_.genes);
  const auto counts = slice(band_.counts);
  block.genes.assign(genes.begin(), genes.end());
  block.counts.assign(counts.begin(), counts.end());
}

}  // namespace biodta::cells
