#include "bank_format.hpp"
#include "half.hpp"

#include <biodta/embedding/bank_reader.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace biodta::embedding {
namespace {

namespace hdf5 = support::hdf5;

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "[";
  for (const std::uint64_t size : shape) text += (text.size() == 1 ? "" : ", ") + std::to_string(size);
  return text + "]";
}

}  // namespace

struct BankReader::Implementation {
  explicit Implementation(const std::filesystem::path& path) : file(hdf5::File::open(path)) {
    require_format();
    read_genes();
    read_shape();
    read_known_bases();
    read_left_out();
    read_provenance();
    read_contexts();
  }

  [[noreturn]] void fail(std::string_view place, std::string_view found, std::string_view expected) const {
    throw InputError(file.path(), place, found, expected);
  }

  void require_format() const {
    const std::string format = file.maybe_text_attribute("format").value_or("none");
    if (format != kFormat) fail("attribute 'format'", "'" + format + "'", "'" + std::string(kFormat) + "'");
    const std::int64_t version = file.integer_attribute("version");
    if (version != kVersion) fail("attribute 'version'", std::to_string(version), std::to_string(kVersion));
  }

  void read_genes() {
    header.gene_ids = file.dataset(kGeneIds).read_strings();
    header.symbols = file.dataset(kSymbols).read_strings();
    if (header.symbols.size() != header.gene_ids.size()) {
      fail("/symbol", std::to_string(header.symbols.size()) + " symbols",
           std::to_string(header.gene_ids.size()) + " as in gene_id");
    }
    std::vector<std::string> sorted = header.gene_ids;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) fail("/gene_id", "'" + *twice + "' twice", "each gene once");
  }

  void read_shape() {
    const hdf5::Dataset reference = file.dataset(kReferenceRows);
    const std::vector<std::uint64_t> shape = reference.shape();
    if (shape.size() != 3 || shape[0] != header.gene_ids.size() || shape[1] == 0 || shape[2] == 0) {
      fail("/reference", "shape " + shape_text(shape),
           "[" + std::to_string(header.gene_ids.size()) + ", tokens, width]");
    }
    header.tokens_per_gene = shape[1];
    header.width = shape[2];
    header.precision =
        reference.type() == hdf5::ElementType::kFloat16 ? Precision::kFloat16 : Precision::kFloat32;
    require_values(reference, "/reference", shape[0]);
  }

  void read_known_bases() {
    if (!file.exists(kKnownBases)) return;
    header.known_bases = file.dataset(kKnownBases).read_all<float>();
    if (header.known_bases.size() != header.gene_ids.size()) {
      fail("/known_bases", std::to_string(header.known_bases.size()) + " shares",
           std::to_string(header.gene_ids.size()) + " as in gene_id");
    }
    for (const float share : header.known_bases)
      if (!(share >= 0.0F && share <= 1.0F))
        fail("/known_bases", std::to_string(share), "shares from 0 to 1");
  }

  void read_left_out() {
    if (!file.exists(kLeftOut)) return;
    const hdf5::Group group = file.group(kLeftOut);
    const auto ids = group.dataset(kGeneIds).read_strings();
    const auto symbols = group.dataset(kSymbols).read_strings();
    const auto reasons = group.dataset(kReason).read_strings();
    if (symbols.size() != ids.size() || reasons.size() != ids.size())
      fail("/left_out", "columns of unequal length", "gene_id, symbol and reason of every gene");
    for (std::size_t i = 0; i < ids.size(); ++i) header.left_out.push_back({ids[i], symbols[i], reasons[i]});
  }

  void read_provenance() {
    if (!file.exists(kProvenance)) return;
    const hdf5::Group group = file.group(kProvenance);
    for (const std::string& name : group.attribute_names())
      header.provenance[name] = group.text_attribute(name);
  }

  void read_contexts() {
    if (!file.exists(kContexts)) return;
    const hdf5::Group contexts = file.group(kContexts);
    for (const std::string& name : contexts.children()) {
      const std::vector<std::uint64_t> shape = contexts.group(name).dataset(kGeneIndex).shape();
      if (shape.size() != 1) fail(context_place(name) + "gene_index", "shape " + shape_text(shape), "[rows]");
      require_values(contexts.group(name).dataset(kValues), context_place(name) + "values", shape[0]);
      header.contexts.push_back({name, shape[0]});
    }
  }

  static std::string context_place(const std::string& name) { return "/contexts/" + name + "/"; }
  hdf5::Group context_group(std::size_t context) const {
    return file.group(kContexts).group(header.contexts.at(context).name);
  }

  void require_values(const hdf5::Dataset& dataset, const std::string& place, std::uint64_t rows) const {
    const std::vector<std::uint64_t> expected = {rows, header.tokens_per_gene, header.width};
    if (dataset.shape() != expected)
      fail(place, "shape " + shape_text(dataset.shape()), shape_text(expected));
    const hdf5::ElementType type = dataset.type();
    if (type != hdf5::ElementType::kFloat16 && type != hdf5::ElementType::kFloat32 &&
        type != hdf5::ElementType::kFloat64) {
      fail(place, "values of another kind", "float16 or float32");
    }
  }

  void read_rows(const hdf5::Dataset& dataset, const std::string& place, std::uint64_t first,
                 std::uint64_t count, std::span<float> out) const {
    if (out.size() != count * header.row_size())
      fail(place, "room for other rows", "room for those asked for");
    if (dataset.type() == hdf5::ElementType::kFloat16) {
      read_halves(dataset, first, count, out);
    } else {
      dataset.read_rows<float>(first, count, out);
    }
    const auto odd =
        std::find_if_not(out.begin(), out.end(), [](float value) { return std::isfinite(value); });
    if (odd == out.end()) return;
    const auto row = first + static_cast<std::uint64_t>(odd - out.begin()) / header.row_size();
    fail(place, "a value that is no finite number in row " + std::to_string(row), "finite numbers");
  }

  /// Block by block, so that the whole never lies in memory twice.
  void read_halves(const hdf5::Dataset& dataset, std::uint64_t first, std::uint64_t rows,
                   std::span<float> out) const {
    constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;
    const std::uint64_t step = std::max<std::uint64_t>(1, kBlock / header.row_size());
    std::vector<std::uint16_t> halves;
    for (std::uint64_t done = 0; done < rows; done += step) {
      const std::uint64_t count = std::min(step, rows - done);
      halves.resize(count * header.row_size());
      dataset.read_rows_raw(first + done, count, std::as_writable_bytes(std::span(halves)));
      std::transform(halves.begin(), halves.end(),
                     out.begin() + static_cast<std::ptrdiff_t>(done * header.row_size()), half_to_float);
    }
  }

  std::vector<std::uint32_t> context_genes(std::size_t context) const {
    const auto genes = context_group(context).dataset(kGeneIndex).read_all<std::int64_t>();
    std::int64_t before = -1;
    for (const std::int64_t gene : genes) {
      if (gene <= before || gene >= static_cast<std::int64_t>(header.gene_ids.size())) {
        fail(context_place(header.contexts[context].name) + "gene_index", std::to_string(gene),
             "ascending indices below " + std::to_string(header.gene_ids.size()));
      }
      before = gene;
    }
    return {genes.begin(), genes.end()};
  }

  hdf5::File file;
  BankHeader header;
};

BankReader::BankReader(const std::filesystem::path& path)
    : implementation_(std::make_unique<Implementation>(path)) {}
BankReader::~BankReader() = default;
BankReader::BankReader(BankReader&&) noexcept = default;
BankReader& BankReader::operator=(BankReader&&) noexcept = default;

const std::filesystem::path& BankReader::path() const noexcept {
  return implementation_->file.path();
}
const BankHeader& BankReader::header() const noexcept {
  return implementation_->header;
}

void BankReader::read_reference(std::uint64_t first, std::uint64_t count, std::span<float> out) const {
  implementation_->read_rows(implementation_->file.dataset(kReferenceRows), "/reference", first, count, out);
}

std::vector<std::uint32_t> BankReader::context_genes(std::size_t context) const {
  return implementation_->context_genes(context);
}

void BankReader::read_context(std::size_t context, std::uint64_t first, std::uint64_t count,
                              std::span<float> out) const {
  implementation_->read_rows(implementation_->context_group(context).dataset(kValues),
                             Implementation::context_place(header().contexts.at(context).name) + "values",
                             first, count, out);
}

}  // namespace biodta::embedding
