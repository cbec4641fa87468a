#include <biodta/analysis/mutant.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>

namespace biodta::analysis {

GeneWindow gene_window(const genome::Genome& genome, const genome::Gene& gene, std::int64_t length) {
  const genome::Window window = genome::window_around(gene.tss, length);
  return {gene.contig, genome.contig_length(gene.contig), window.start, gene.tss,
          genome.fetch(gene.contig, window.start, window.end)};
}

GeneWindow gene_window(const genome::FastaRecord& record, const std::filesystem::path& file,
                       std::int64_t length) {
  const auto size = static_cast<std::int64_t>(record.sequence.size());
  if (size < length)
    throw InputError(file, "record " + record.name, std::to_string(size) + " bp",
                     "at least the " + std::to_string(length) + " bp of the DNA model's window");
  const genome::Window window = genome::window_around(size / 2, length);
  return {record.name, size, window.start, size / 2,
          record.sequence.substr(static_cast<std::size_t>(window.start), static_cast<std::size_t>(length))};
}

std::size_t MutantSearch::kept_identity() const noexcept {
  return static_cast<std::size_t>(std::count_if(trials.begin(), trials.end(), [](const MutantTrial& trial) {
    return trial.identity && trial.identity->kept();
  }));
}

std::vector<float> mean_row(std::span<const std::vector<float>> rows) {
  if (rows.empty()) throw Error("no rows to take the mean of");
  std::vector<double> sum(rows.front().size(), 0.0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += row.at(i);
  std::vector<float> mean;
  for (const double value : sum) mean.push_back(static_cast<float>(value / static_cast<double>(rows.size())));
  return mean;
}

}  // namespace biodta::analysis
