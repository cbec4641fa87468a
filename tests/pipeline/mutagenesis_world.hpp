#pragma once
/// @file
/// A small world to mutate in, and the pipeline run on it.

#include "analysis/fixtures.hpp"
#include "enformer_folder.hpp"

#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/tsv.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace biodta::pipeline::testing {

namespace at_test = analysis::testing;

inline constexpr std::size_t kGenes = 14;
inline constexpr std::int64_t kWindow = biodta::testing::kSmallWindow;

/// A genome with 14 genes, the bank that the small Enformer makes of it, cells, and two untrained models.
class MutagenesisTest : public ::testing::Test {
 protected:
  MutagenesisTest() {
    write_genome();
    write_bank();
    at_test::corpus_of(folder_ / "corpus.h5", vocabulary_, at_test::random_cells(60, kGenes, 5),
                       {{"split", splits(), {"train", "heldout"}, {}}});
    write_model("run", at_test::model_of(vocabulary_, &*bank_, 1));
    write_model("twin", at_test::model_of(vocabulary_, nullptr, 2));
    support::write_text_file(
        folder_ / "sets.tsv",
        "set\tgene\nS3 direct\tS4\nS3 direct\tS5\nS3 direct\tNOSUCH\nS3 direct\tS3\nhousekeeping\tS8\n"
        "housekeeping\tS9\nhousekeeping\tS10\nS1 direct\tS2\n");
  }

  static std::vector<std::int32_t> splits() {
    std::vector<std::int32_t> codes(60, 0);
    std::fill(codes.begin() + 20, codes.end(), 1);
    return codes;
  }
  void write_genome() {
    support::RandomStream random(77);
    std::string contig;
    while (contig.size() < kGenes * 400) contig += "ACGT"[random.below(4)];
    genome::write_fasta(folder_ / "genome.fa", {{"chrS", "simulated", contig}});
    std::string lines;
    for (std::size_t gene = 0; gene < kGenes; ++gene) {
      starts_.push_back(static_cast<std::int64_t>(gene) * 400 + 200);
      lines += "chrS\ttest\tgene\t" + std::to_string(starts_.back() + 1) + "\t" +
               std::to_string(starts_.back() + 100) + "\t.\t+\t.\tgene_id \"g" + std::to_string(gene) +
               "\"; gene_name \"S" + std::to_string(gene) + "\"; gene_biotype \"protein_coding\";\n";
    }
    support::write_text_file(folder_ / "genes.gtf", lines);
  }
  std::string window_of(std::size_t gene) const {
    const auto window = genome::window_around(starts_[gene], kWindow);
    return genome::Genome::open(folder_ / "genome.fa").fetch("chrS", window.start, window.end);
  }
  void write_bank() {
    std::vector<std::string> ids;
    std::vector<std::string> symbols;
    std::vector<std::string> windows;
    std::vector<genome::FastaRecord> records;
    for (std::size_t gene = 0; gene < kGenes; ++gene) {
      ids.push_back(vocabulary_.genes()[gene].id);
      symbols.push_back(vocabulary_.genes()[gene].symbol);
      windows.push_back(window_of(gene));
      records.push_back({ids.back(), "", windows.back()});
    }
    genome::write_fasta(folder_ / "windows.fa", records);
    const auto rows = embedder_.embed(windows).rows_NRE.squeeze(1).contiguous();
    const float* values = rows.data_ptr<float>();
    bank_.emplace(ids, symbols, 1, static_cast<std::size_t>(rows.size(1)),
                  std::vector<float>(values, values + rows.numel()),
                  embedding::Provenance{{"model_checksum", embedder_.checksum()}});
    bank_->write(folder_ / "embeddings.h5");
  }
  void write_model(const std::string& run, const model::MaskedLanguageModel& model) {
    std::filesystem::create_directories(folder_ / run / "model");
    model::save_model(model, folder_ / run / "model");
    vocabulary_.write(folder_ / run / "model/vocabulary.tsv");
  }

  MutagenesisRunOptions options() const {
    MutagenesisRunOptions options;
    options.gene = "S3";
    options.run = folder_ / "run";
    options.baselines = {folder_ / "twin"};
    options.corpus = folder_ / "corpus.h5";
    options.embeddings = {folder_ / "embeddings.h5"};
    options.weights = biodta::testing::small_enformer();
    options.genome = folder_ / "genome.fa";
    options.annotation = folder_ / "genes.gtf";
    options.readout = {"human", {1}, 3};
    options.mutants.trials = 12;
    options.mutants.mutagenesis.distance = 60;
    options.cells.filters = {"split=heldout"};
    options.cells.max_cells = 15;
    options.evaluation.gene_sets = folder_ / "sets.tsv";
    options.evaluation.min_cells = 3;
    options.evaluation.top_k = {3};
    options.evaluation.control_set = "housekeeping";
    options.evaluation.control_choice = ControlChoice::kRandom;
    options.evaluation.control_genes = 2;
    options.output = folder_ / "report";
    options.notes = {"Everything here is simulated."};
    return options;
  }
  MutagenesisOutcome run(const MutagenesisRunOptions& options) {
    return mutagenesis(options, support::silent_reporter(), "cpu");
  }
  support::Table table(const std::string& name) const {
    return support::read_table(folder_ / "report" / name);
  }
  std::string page() const { return support::read_text_file(folder_ / "report/report.html"); }

  at_test::TemporaryFolder folder_;
  cells::Vocabulary vocabulary_ = at_test::vocabulary_of(kGenes);
  std::vector<std::int64_t> starts_;
  enformer::SequenceEmbedder embedder_ = enformer::SequenceEmbedder::load(biodta::testing::small_enformer());
  std::optional<embedding::EmbeddingBank> bank_;
};

}  // namespace biodta::pipeline::testing
