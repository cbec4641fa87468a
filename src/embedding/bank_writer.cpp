#include "bank_format.hpp"
#include "half.hpp"

#include <biodta/embedding/bank.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace biodta::embedding {
namespace {

namespace hdf5 = support::hdf5;

void write_halves(hdf5::Dataset& dataset, std::span<const float> values, std::size_t row_size) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  const std::size_t rows = values.size() / row_size;
  const std::size_t step = std::max<std::size_t>(1, kBlock / row_size);
  std::vector<std::uint16_t> halves;
  for (std::size_t first = 0; first < rows; first += step) {
    const std::size_t count = std::min(step, rows - first);
    const std::span<const float> block = values.subspan(first * row_size, count * row_size);
    halves.resize(block.size());
    std::transform(block.begin(), block.end(), halves.begin(), float_to_half);
    dataset.write_rows_raw(first, count, std::as_bytes(std::span(halves)));
  }
}

void write_values(hdf5::Group& group, std::string_view name, std::span<const float> values,
                  const EmbeddingBank& bank, Precision precision) {
  const std::vector<std::uint64_t> shape = {values.size() / bank.row_size(), bank.tokens_per_gene(),
                                            bank.width()};
  if (precision == Precision::kFloat16) {
    hdf5::Dataset dataset = group.create_dataset(name, hdf5::ElementType::kFloat16, shape);
    write_halves(dataset, values, bank.row_size());
  } else {
    group.create_dataset(name, hdf5::ElementType::kFloat32, shape).write_all<float>(values);
  }
}

void require_storable(std::span<const float> values, Precision precision, const std::filesystem::path& path) {
  const float limit = precision == Precision::kFloat16 ? kLargestHalf : std::numeric_limits<float>::max();
  for (const float value : values) {
    if (std::abs(value) <= limit) continue;
    throw Error(path.string() + ": an embedding value of " + std::to_string(value) + " cannot be stored as " +
                    (precision == Precision::kFloat16 ? "float16" : "float32"),
                std::isfinite(value) ? "store it as float32" : "");
  }
}

}  // namespace

void EmbeddingBank::write(const std::filesystem::path& path, Precision precision) const {
  require_storable(values_, precision, path);
  support::AtomicPath place(path);
  hdf5::File file = hdf5::File::create(place.temporary());
  file.set_attribute("format", kFormat);
  file.set_attribute("version", kVersion);
  file.create_strings(kGeneIds, gene_ids_);
  file.create_strings(kSymbols, symbols_);
  hdf5::Group provenance = file.create_group(kProvenance);
  for (const auto& [name, text] : provenance_) provenance.set_attribute(name, std::string_view(text));
  write_values(file, kReferenceRows, values().first(gene_count() * row_size()), *this, precision);

  hdf5::Group contexts = file.create_group(kContexts);
  std::size_t row = gene_count();
  for (std::size_t context = 0; context < context_names_.size(); ++context) {
    hdf5::Group group = contexts.create_group(context_names_[context]);
    std::vector<std::uint32_t> genes;
    for (std::uint32_t gene = 0; gene < gene_count(); ++gene) {
      if (row_of(gene, static_cast<ContextIndex>(context)) != gene) genes.push_back(gene);
    }
    group.create_values<std::uint32_t>(kGeneIndex, genes);
    write_values(group, kValues, values().subspan(row * row_size(), genes.size() * row_size()), *this,
                 precision);
    row += genes.size();
  }
  file.close();
  place.commit();
}

}  // namespace biodta::embedding
