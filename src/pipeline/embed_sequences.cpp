#include "embed_sequences.hpp"

#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <utility>

namespace biodta::pipeline {
namespace {

void check_records(const EmbedOptions& options, const std::vector<genome::FastaRecord>& records,
                   std::int64_t window) {
  for (const auto& record : records) {
    const auto place = "record " + record.name;
    if (!std::cmp_equal(record.sequence.size(), window)) {
      throw InputError(options.sequences, place, std::to_string(record.sequence.size()) + " bp",
                       "the Enformer's window of " + std::to_string(window) + " bp");
    }
    if (record.sequence.find_first_not_of('N') == std::string::npos) {
      throw InputError(options.sequences, place, "nothing but N", "known bases");
    }
  }
}

}  // namespace

void embed_sequences(const EmbedOptions& options, support::Reporter& reporter, std::string_view device) {
  const auto records = genome::read_fasta(options.sequences);
  auto embedder = enformer::SequenceEmbedder::load(options.weights, choose_device(device));
  check_records(options, records, embedder.config().window);

  std::vector<std::string> names;
  std::vector<float> values;
  const auto progress = reporter.start("embed", records.size(), "sequences");
  const auto step = static_cast<std::size_t>(4 * options.batch);
  for (std::size_t first = 0; first < records.size(); first += step) {
    std::vector<std::string> windows;
    for (std::size_t i = first; i < std::min(records.size(), first + step); ++i) {
      windows.push_back(records[i].sequence);
      names.push_back(records[i].name);
    }
    const auto rows_NRE = embedder.embed(windows, nullptr, options.batch).rows_NRE;
    values.insert(values.end(), rows_NRE.data_ptr<float>(), rows_NRE.data_ptr<float>() + rows_NRE.numel());
    progress->update(names.size());
  }

  embedding::Provenance provenance = {{"sequences", options.sequences.filename().string()},
                                      {"sequences_checksum", support::file_checksum(options.sequences)},
                                      {"window", std::to_string(embedder.config().window)},
                                      {"model_checksum", embedder.checksum()},
                                      {"readout", "mean over bins of the Enformer's final pointwise output"}};
  const auto width = static_cast<std::size_t>(embedder.config().embedding_size());
  const embedding::EmbeddingBank bank(names, names, /*tokens_per_gene=*/1, width, std::move(values),
                                      std::move(provenance));
  bank.write(options.output, options.precision);
  reporter.info("wrote " + options.output.string() + ": " + support::with_thousands(bank.gene_count()) +
                " sequences");
}

}  // namespace biodta::pipeline
