#include "bank_format.hpp"
#include "half.hpp"

#include <biodta/embedding/bank_writer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace biodta::embedding {
namespace {

namespace hdf5 = support::hdf5;

/// One dataset of rows, and of a context the genes that they belong to.
struct RowTarget {
  std::string group;   // "" for the reference
  std::string values;  // path of the rows
  std::uint64_t rows = 0;
  std::uint64_t written = 0;
  std::vector<float> pending;
  std::vector<std::uint32_t> pending_genes;
  std::int64_t last_gene = -1;
};

[[noreturn]] void refuse(const std::string& what) {
  throw Error("embedding bank: " + what);
}

void check_header(const BankHeader& header) {
  if (header.row_size() == 0) refuse("tokens_per_gene and width must be at least 1");
  if (header.symbols.size() != header.gene_ids.size()) refuse("as many symbols as genes are expected");
  if (!header.known_bases.empty() && header.known_bases.size() != header.gene_ids.size())
    refuse("as many shares of known bases as genes are expected");
  for (const float share : header.known_bases) {
    if (!(share >= 0.0F && share <= 1.0F)) refuse("shares of known bases lie between 0 and 1");
  }
  std::vector<std::string> genes = header.gene_ids;
  std::sort(genes.begin(), genes.end());
  const auto again = std::adjacent_find(genes.begin(), genes.end());
  if (again != genes.end()) refuse("gene '" + *again + "' is there twice");
  std::vector<std::string> names;
  for (const auto& context : header.contexts) {
    if (!is_context_name(context.name))
      refuse("context '" + context.name + "': a name must have a character and no slash");
    names.push_back(context.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) refuse("context '" + *twice + "' is there twice");
}

void write_left_out(hdf5::File& file, const std::vector<LeftOutGene>& genes) {
  if (genes.empty()) return;
  hdf5::Group group = file.create_group(kLeftOut);
  const auto write = [&](std::string_view name, std::string LeftOutGene::*field) {
    std::vector<std::string> texts;
    for (const auto& gene : genes) texts.push_back(gene.*field);
    group.create_strings(name, texts);
  };
  write(kGeneIds, &LeftOutGene::gene_id);
  write(kSymbols, &LeftOutGene::symbol);
  write(kReason, &LeftOutGene::reason);
}

}  // namespace

struct BankWriter::Implementation {
  Implementation(const std::filesystem::path& path, BankHeader made_header, std::size_t buffered)
      : target(path),
        header(std::move(made_header)),
        limit(buffered),
        place(path),
        file(hdf5::File::create(place.temporary())) {
    write_head();
    reference = make_target("", header.gene_ids.size());
    make_contexts();
  }

  void write_head() {
    file.set_attribute("format", kFormat);
    file.set_attribute("version", kVersion);
    file.create_strings(kGeneIds, header.gene_ids);
    file.create_strings(kSymbols, header.symbols);
    if (!header.known_bases.empty()) file.create_values<float>(kKnownBases, header.known_bases);
    write_left_out(file, header.left_out);
    hdf5::Group provenance = file.create_group(kProvenance);
    for (const auto& [name, text] : header.provenance) provenance.set_attribute(name, std::string_view(text));
  }

  /// By name, so that the file does not tell in which order contexts were given.
  void make_contexts() {
    file.create_group(kContexts);
    std::vector<std::size_t> order(header.contexts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return header.contexts[a].name < header.contexts[b].name;
    });
    contexts.resize(order.size());
    for (const std::size_t context : order) {
      const auto& [name, rows] = header.contexts[context];
      contexts[context] = make_target(std::string(kContexts) + "/" + name, rows);
    }
  }

  RowTarget make_target(const std::string& group, std::uint64_t rows) {
    RowTarget made;
    made.group = group;
    made.rows = rows;
    made.values = group.empty() ? std::string(kReferenceRows) : group + "/" + std::string(kValues);
    if (!group.empty()) {
      file.create_group(group);
      reserve(index_path(made), hdf5::ElementType::kUint32, {rows});
    }
    const auto type =
        header.precision == Precision::kFloat16 ? hdf5::ElementType::kFloat16 : hdf5::ElementType::kFloat32;
    reserve(made.values, type, {rows, header.tokens_per_gene, header.width});
    return made;
  }

  /// HDF5 gives a dataset its place at its first write; with a first row here, places do not depend on the
  /// order in which the rows come.
  void reserve(const std::string& path, hdf5::ElementType type, const std::vector<std::uint64_t>& shape) {
    hdf5::Dataset dataset = file.create_dataset(path, type, shape);
    if (shape.front() == 0) return;
    const std::uint64_t values = shape.size() == 1 ? 1 : shape[1] * shape[2];
    dataset.write_rows_raw(0, 1, std::vector<std::byte>(values * hdf5::element_size(type)));
  }

  static std::string index_path(const RowTarget& rows) { return rows.group + "/" + std::string(kGeneIndex); }

  /// In pieces, so that a whole bank given at once is not held a second time.
  void append(RowTarget& rows, std::span<const std::uint32_t> genes, std::span<const float> values) {
    if (values.size() % header.row_size() != 0) refuse("values of half a row");
    const std::size_t count = values.size() / header.row_size();
    if (rows.written + rows.pending.size() / header.row_size() + count > rows.rows)
      refuse(rows.values + ": more than the " + std::to_string(rows.rows) + " rows that were promised");
    const std::size_t step = std::max<std::size_t>(1, limit / header.row_size());
    for (std::size_t first = 0; first < count; first += step) {
      const std::size_t rows_now = std::min(step, count - first);
      const auto piece = values.subspan(first * header.row_size(), rows_now * header.row_size());
      require_storable(piece, header.precision, target);
      rows.pending.insert(rows.pending.end(), piece.begin(), piece.end());
      if (!genes.empty()) {
        const auto of_piece = genes.subspan(first, rows_now);
        rows.pending_genes.insert(rows.pending_genes.end(), of_piece.begin(), of_piece.end());
      }
      pending += piece.size();
      if (pending >= limit) flush();
    }
  }

  void flush() {
    flush(reference);
    for (auto& context : contexts) flush(context);
    pending = 0;
  }

  void flush(RowTarget& rows) {
    if (rows.pending.empty()) return;
    const std::uint64_t count = rows.pending.size() / header.row_size();
    hdf5::Dataset values = file.dataset(rows.values);
    if (header.precision == Precision::kFloat16) {
      std::vector<std::uint16_t> halves(rows.pending.size());
      std::transform(rows.pending.begin(), rows.pending.end(), halves.begin(), float_to_half);
      values.write_rows_raw(rows.written, count, std::as_bytes(std::span(halves)));
    } else {
      values.write_rows<float>(rows.written, count, rows.pending);
    }
    if (!rows.group.empty())
      file.dataset(index_path(rows)).write_rows<std::uint32_t>(rows.written, count, rows.pending_genes);
    rows.written += count;
    rows.pending = {};
    rows.pending_genes = {};
  }

  void require_whole(const RowTarget& rows) const {
    if (rows.written == rows.rows) return;
    refuse(rows.values + ": " + std::to_string(rows.written) + " rows came, " + std::to_string(rows.rows) +
           " were promised");
  }

  std::filesystem::path target;
  BankHeader header;
  std::size_t limit;
  support::AtomicPath place;  // outlives the file that is open in it
  hdf5::File file;
  RowTarget reference;
  std::vector<RowTarget> contexts;
  std::size_t pending = 0;  // values, of all targets
};

BankWriter::BankWriter(const std::filesystem::path& path, BankHeader header, std::size_t buffered_values) {
  check_header(header);
  implementation_ = std::make_unique<Implementation>(path, std::move(header), buffered_values);
}
BankWriter::~BankWriter() = default;

void BankWriter::append_reference(std::span<const float> rows) {
  implementation_->append(implementation_->reference, {}, rows);
}

void BankWriter::append_context(std::size_t context, std::span<const std::uint32_t> genes,
                                std::span<const float> rows) {
  auto& self = *implementation_;
  auto& target = self.contexts.at(context);
  if (rows.size() != genes.size() * self.header.row_size()) refuse(target.group + ": a row for every gene");
  for (const std::uint32_t gene : genes) {
    if (gene <= target.last_gene || gene >= self.header.gene_ids.size())
      refuse(target.group + ": gene index " + std::to_string(gene) + ", expected ascending indices below " +
             std::to_string(self.header.gene_ids.size()));
    target.last_gene = gene;
  }
  self.append(target, genes, rows);
}

void BankWriter::finish() {
  auto& self = *implementation_;
  self.flush();
  self.require_whole(self.reference);
  for (const auto& context : self.contexts) self.require_whole(context);
  self.file.close();
  self.place.commit();
}

}  // namespace biodta::embedding
