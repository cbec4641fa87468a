#include "embed_output.hpp"

#include <biodta/embedding/bank_writer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace biodta::pipeline {
namespace {

/// Calls `use` for every gene with rows: its number in the bank, in the source, and its record.
template <class Use>
void for_each_gene(const EmbedResult& result, const Use& use) {
  std::uint32_t in_bank = 0;
  result.journal.for_each([&](std::uint64_t index, std::span<const std::byte> bytes) {
    if (!result.tally.left_out[index].empty()) return;
    use(in_bank++, result.first_gene + index,
        record_in(bytes, result.row_size(), result.tracks.size(), result.journal.path()));
  });
}

embedding::BankHeader header_of(const EmbedResult& result, embedding::Provenance provenance) {
  embedding::BankHeader header;
  header.tokens_per_gene = result.tokens_per_gene;
  header.width = result.width;
  header.precision = result.options.precision;
  header.provenance = std::move(provenance);
  header.known_bases = result.tally.known_bases;
  for (std::size_t i = 0; i < result.tally.records(); ++i) {
    const auto& gene = result.source.genes()[result.first_gene + i];
    if (result.tally.left_out[i].empty()) {
      header.gene_ids.push_back(gene.id);
      header.symbols.push_back(gene.symbol);
    } else {
      header.left_out.push_back({gene.id, gene.symbol, result.tally.left_out[i]});
    }
  }
  for (std::size_t i = 0; i < result.source.contexts().size(); ++i)
    header.contexts.push_back({result.source.contexts()[i], result.tally.context_rows[i]});
  return header;
}

}  // namespace

void EmbedTally::add(const GeneRecord& record) {
  left_out.push_back(record.left_out);
  if (!record.left_out.empty()) return;
  ++genes;
  embedded += record.embedded;
  asked += record.asked;
  known_bases.push_back(record.known_bases);
  for (const auto context : record.contexts) ++context_rows.at(context);
}

GeneRecord record_in(std::span<const std::byte> bytes, std::uint64_t row_size, std::size_t tracks,
                     const std::filesystem::path& journal) {
  auto record = decode(bytes, row_size, tracks);
  if (!record)
    throw InputError(journal, "", "a record of another kind", "rows of this job",
                     "begin anew with --restart");
  return std::move(*record);
}

void write_bank(const EmbedResult& result, embedding::Provenance provenance) {
  embedding::BankWriter bank(result.options.output, header_of(result, std::move(provenance)));
  const auto size = result.row_size();
  for_each_gene(result, [&](std::uint32_t in_bank, std::size_t, const GeneRecord& record) {
    const std::span<const float> values(record.values);
    bank.append_reference(values.first(size));
    for (std::size_t i = 0; i < record.contexts.size(); ++i)
      bank.append_context(record.contexts[i], {&in_bank, 1}, values.subspan((1 + i) * size, size));
  });
  bank.finish();
}

void write_predictions(const EmbedResult& result) {
  const auto& target = result.options.predictions;
  support::AtomicPath place(target);
  std::ofstream out(place.temporary(), std::ios::binary);
  out << "gene_id\tsymbol\tcontext\thead\ttrack\tname\texpression\n";
  for_each_gene(result, [&](std::uint32_t, std::size_t gene, const GeneRecord& record) {
    const auto& [id, symbol] = result.source.genes()[gene];
    for (std::size_t row = 0; row <= record.contexts.size(); ++row) {
      const auto context = row == 0 ? "reference" : result.source.contexts()[record.contexts[row - 1]];
      for (std::size_t i = 0; i < result.tracks.size(); ++i) {
        const auto& track = result.tracks[i];
        out << id << '\t' << symbol << '\t' << context << '\t' << track.head << '\t' << track.index << '\t'
            << track.name << '\t'
            << support::format_double(record.predictions[row * result.tracks.size() + i]) << '\n';
      }
    }
  });
  out.close();
  if (!out) throw InputError(target.string() + ": cannot be written: " + std::strerror(errno));
  place.commit();
}

void remove_leftovers(const std::filesystem::path& output) {
  const auto folder = output.has_parent_path() ? output.parent_path() : std::filesystem::path(".");
  const std::string begin = output.filename().string() + ".", end = ".part";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.size() <= begin.size() + end.size() || !name.starts_with(begin) || !name.ends_with(end))
      continue;
    const auto middle = std::string_view(name).substr(begin.size(), name.size() - begin.size() - end.size());
    if (middle.find_first_not_of("0123456789") == std::string_view::npos)
      std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace biodta::pipeline
