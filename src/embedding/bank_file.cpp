// EmbeddingBank to and from its file, whole.
#include <biodta/embedding/bank.hpp>
#include <biodta/embedding/bank_reader.hpp>
#include <biodta/embedding/bank_writer.hpp>

#include <utility>

namespace biodta::embedding {

EmbeddingBank EmbeddingBank::read(const std::filesystem::path& path) {
  const BankReader file(path);
  const BankHeader& header = file.header();
  std::vector<float> reference(header.gene_ids.size() * header.row_size());
  file.read_reference(0, header.gene_ids.size(), reference);
  EmbeddingBank bank(header.gene_ids, header.symbols, header.tokens_per_gene, header.width,
                     std::move(reference), header.provenance);
  if (!header.known_bases.empty()) bank.set_known_bases(header.known_bases);
  bank.set_left_out(header.left_out);
  for (std::size_t context = 0; context < header.contexts.size(); ++context) {
    const auto& [name, rows] = header.contexts[context];
    std::vector<std::uint32_t> genes = file.context_genes(context);
    std::vector<float> values(rows * header.row_size());
    file.read_context(context, 0, rows, values);
    bank.add_context(name, std::move(genes), values);
  }
  return bank;
}

void EmbeddingBank::write(const std::filesystem::path& path, Precision precision) const {
  BankHeader header{gene_ids_,   symbols_, tokens_per_gene_, width_,   precision,
                    provenance_, {},       known_bases_,     left_out_};
  std::vector<std::vector<std::uint32_t>> genes(context_names_.size());
  for (std::size_t context = 0; context < genes.size(); ++context) {
    for (std::uint32_t gene = 0; gene < gene_count(); ++gene)
      if (row_of(gene, static_cast<ContextIndex>(context)) != gene) genes[context].push_back(gene);
    header.contexts.push_back({context_names_[context], genes[context].size()});
  }
  BankWriter file(path, std::move(header));
  file.append_reference(values().first(gene_count() * row_size()));
  std::size_t row = gene_count();
  for (std::size_t context = 0; context < genes.size(); ++context) {
    const std::size_t rows = genes[context].size();
    file.append_context(context, genes[context], values().subspan(row * row_size(), rows * row_size()));
    row += rows;
  }
  file.finish();
}

}  // namespace biodta::embedding
