#include "bank_format.hpp"
#include "half.hpp"

#include <biodta/embedding/bank.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace biodta::embedding {
namespace {

namespace hdf5 = support::hdf5;

/// One file's datasets with the checks that all need.
class BankFile {
 public:
  explicit BankFile(const std::filesystem::path& path) : file_(hdf5::File::open(path)) { require_format(); }

  EmbeddingBank read() {
    std::vector<std::string> gene_ids = file_.dataset(kGeneIds).read_strings();
    std::vector<std::string> symbols = file_.dataset(kSymbols).read_strings();
    if (symbols.size() != gene_ids.size()) {
      fail("/symbol", std::to_string(symbols.size()) + " symbols",
           std::to_string(gene_ids.size()) + " as in gene_id");
    }
    refuse_duplicates(gene_ids);
    const hdf5::Dataset reference = file_.dataset(kReferenceRows);
    const std::vector<std::uint64_t> shape = reference.shape();
    if (shape.size() != 3 || shape[0] != gene_ids.size() || shape[1] == 0 || shape[2] == 0) {
      fail("/reference", "shape " + shape_text(shape),
           "[" + std::to_string(gene_ids.size()) + ", tokens, width]");
    }
    shape_ = shape;
    std::vector<float> values = read_values(reference, "/reference", shape[0]);
    EmbeddingBank bank(std::move(gene_ids), std::move(symbols), shape[1], shape[2], std::move(values),
                       read_provenance());
    read_contexts(bank);
    return bank;
  }

 private:
  [[noreturn]] void fail(std::string_view place, std::string_view found, std::string_view expected) const {
    throw InputError(file_.path(), place, found, expected);
  }

  static std::string shape_text(const std::vector<std::uint64_t>& shape) {
    std::string text = "[";
    for (const std::uint64_t size : shape) text += (text.size() == 1 ? "" : ", ") + std::to_string(size);
    return text + "]";
  }

  void require_format() const {
    const std::string format = file_.maybe_text_attribute("format").value_or("none");
    if (format != kFormat) fail("attribute 'format'", "'" + format + "'", "'" + std::string(kFormat) + "'");
    const std::int64_t version = file_.integer_attribute("version");
    if (version != kVersion) fail("attribute 'version'", std::to_string(version), std::to_string(kVersion));
  }

  void refuse_duplicates(std::vector<std::string> gene_ids) const {
    std::sort(gene_ids.begin(), gene_ids.end());
    const auto twice = std::adjacent_find(gene_ids.begin(), gene_ids.end());
    if (twice != gene_ids.end()) fail("/gene_id", "'" + *twice + "' twice", "each gene once");
  }

  /// All rows of a [rows, tokens, width] dataset as float32.
  std::vector<float> read_values(const hdf5::Dataset& dataset, const std::string& place,
                                 std::uint64_t rows) const {
    const std::vector<std::uint64_t> shape = dataset.shape();
    if (shape != std::vector<std::uint64_t>{rows, shape_[1], shape_[2]}) {
      fail(place, "shape " + shape_text(shape), shape_text({rows, shape_[1], shape_[2]}));
    }
    std::vector<float> values(rows * shape_[1] * shape_[2]);
    switch (dataset.type()) {
      case hdf5::ElementType::kFloat16:
        read_halves(dataset, rows, values);
        break;
      case hdf5::ElementType::kFloat32:
      case hdf5::ElementType::kFloat64:
        dataset.read_rows<float>(0, rows, values);
        break;
      default:
        fail(place, "values of another kind", "float16 or float32");
    }
    const auto odd =
        std::find_if_not(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
    if (odd != values.end()) {
      const auto row = static_cast<std::uint64_t>(odd - values.begin()) / (shape_[1] * shape_[2]);
      fail(place, "a value that is no finite number in row " + std::to_string(row), "finite numbers");
    }
    return values;
  }

  /// Block by block, so that the whole never lies in memory twice.
  void read_halves(const hdf5::Dataset& dataset, std::uint64_t rows, std::span<float> values) const {
    constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;
    const std::uint64_t row_size = shape_[1] * shape_[2];
    const std::uint64_t step = std::max<std::uint64_t>(1, kBlock / row_size);
    std::vector<std::uint16_t> halves;
    for (std::uint64_t first = 0; first < rows; first += step) {
      const std::uint64_t count = std::min(step, rows - first);
      halves.resize(count * row_size);
      dataset.read_rows_raw(first, count, std::as_writable_bytes(std::span(halves)));
      std::transform(halves.begin(), halves.end(),
                     values.begin() + static_cast<std::ptrdiff_t>(first * row_size), half_to_float);
    }
  }

  Provenance read_provenance() const {
    Provenance provenance;
    if (!file_.exists(kProvenance)) return provenance;
    const hdf5::Group group = file_.group(kProvenance);
    for (const std::string& name : group.attribute_names()) provenance[name] = group.text_attribute(name);
    return provenance;
  }

  void read_contexts(EmbeddingBank& bank) const {
    if (!file_.exists(kContexts)) return;
    const hdf5::Group contexts = file_.group(kContexts);
    for (const std::string& name : contexts.children()) {
      const hdf5::Group context = contexts.group(name);
      const std::string place = "/contexts/" + name + "/";
      const auto genes = context.dataset(kGeneIndex).read_all<std::int64_t>();
      std::int64_t before = -1;
      for (const std::int64_t gene : genes) {
        if (gene <= before || gene >= static_cast<std::int64_t>(bank.gene_count())) {
          fail(place + "gene_index", std::to_string(gene),
               "ascending indices below " + std::to_string(bank.gene_count()));
        }
        before = gene;
      }
      const std::vector<float> values = read_values(context.dataset(kValues), place + "values", genes.size());
      bank.add_context(name, {genes.begin(), genes.end()}, values);
    }
  }

  hdf5::File file_;
  std::vector<std::uint64_t> shape_;  // [genes, tokens per gene, width]
};

}  // namespace

EmbeddingBank EmbeddingBank::read(const std::filesystem::path& path) {
  return BankFile(path).read();
}

}  // namespace biodta::embedding
