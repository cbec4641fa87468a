#include "enformer_folder.hpp"
#include "testing.hpp"
#include "training/recording_reporter.hpp"

#include <biodta/embedding/bank.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/pipeline/embed.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::kSmallWindow;

std::string random_bases(std::uint64_t seed, std::size_t length) {
  support::RandomStream random(seed);
  std::string bases(length, 'A');
  for (char& base : bases) base = "ACGT"[random.below(4)];
  return bases;
}

char other_base(char base) {
  return base == 'A' ? 'C' : 'A';
}

/// Two contigs; genes A (+) and B (−) on the first, C at the start of the second, so that its window begins
/// with N.
class EmbedWorld {
 public:
  EmbedWorld() {
    genome::write_fasta(folder_ / "genome.fa", {{"chr1", "", chr1_}, {"chr2", "", chr2_}});
    write_genes("");
    options.genome = folder_ / "genome.fa";
    options.annotation = folder_ / "genes.gtf";
    options.weights = testing::small_enformer();
    options.output = folder_ / "embeddings.h5";
    options.batch = 3;
  }

  void write_genes(const std::string& more) const {
    const auto record = [](const char* contig, int start, int end, char strand, const std::string& name) {
      return std::string(contig) + "\ttest\tgene\t" + std::to_string(start) + "\t" + std::to_string(end) +
             "\t.\t" + strand + "\t.\tgene_id \"ENSG_" + name + "\"; gene_name \"" + name +
             "\"; gene_type \"protein_coding\";\n";
    };
    support::write_text_file(folder_ / "genes.gtf", record("chr1", 1001, 1500, '+', "A") +
                                                        record("chr1", 1200, 2001, '-', "B") +
                                                        record("chr2", 51, 400, '+', "C") + more);
  }

  /// Substitutions at 0-based positions of chr1, with one genotype for each of `samples`.
  void write_variants(const std::vector<std::string>& samples,
                      const std::vector<std::pair<std::int64_t, std::vector<std::string>>>& records) {
    std::vector<genome::VcfRecord> lines;
    for (const auto& [position, genotypes] : records) {
      const char ref = chr1_[static_cast<std::size_t>(position)];
      lines.push_back({"chr1", {position, {ref}, {other_base(ref)}}, ".", genotypes});
    }
    genome::write_vcf(folder_ / "donors.vcf.gz", {{"chr1", 3000}, {"chr2", 900}}, samples, lines);
    options.vcf = folder_ / "donors.vcf.gz";
  }

  /// Window of a TSS on chr1 with bases changed by hand.
  std::string window(std::int64_t tss, std::initializer_list<std::int64_t> changed = {}) const {
    std::string contig = chr1_;
    for (const auto position : changed) {
      char& base = contig[static_cast<std::size_t>(position)];
      base = other_base(base);
    }
    return contig.substr(static_cast<std::size_t>(tss - kSmallWindow / 2), kSmallWindow);
  }
  std::string window_of_c() const { return std::string(78, 'N') + chr2_.substr(0, 178); }

  embedding::EmbeddingBank run() {
    embed(options, reporter, "cpu");
    return embedding::EmbeddingBank::read(options.output);
  }

  EmbedOptions options;
  testing::RecordingReporter reporter;
  std::filesystem::path operator/(const char* name) const { return folder_ / name; }

 private:
  testing::TemporaryFolder folder_;
  std::string chr1_ = random_bases(1, 3000);
  std::string chr2_ = random_bases(2, 900);
};

constexpr std::int64_t kTssA = 1000, kTssB = 2000;

/// Rows as the embedder itself gives them.
std::vector<std::vector<float>> direct(const std::vector<std::string>& windows) {
  auto embedder = enformer::SequenceEmbedder::load(testing::small_enformer());
  const auto rows_NE = embedder.embed(windows).rows_NRE.squeeze(1);
  std::vector<std::vector<float>> rows;
  for (std::int64_t i = 0; i < rows_NE.size(0); ++i) {
    const float* row = rows_NE.data_ptr<float>() + i * rows_NE.size(1);
    rows.emplace_back(row, row + rows_NE.size(1));
  }
  return rows;
}

void expect_row(std::span<const float> found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-6) << "feature " << i;
}

TEST(Embed, writes_the_embedding_of_every_genes_window_in_the_annotations_order) {
  EmbedWorld world;
  const auto bank = world.run();
  EXPECT_THAT(bank.gene_ids(), ElementsAre("ENSG_A", "ENSG_B", "ENSG_C"));
  EXPECT_THAT(bank.symbols(), ElementsAre("A", "B", "C"));
  EXPECT_EQ(bank.width(), 24U);
  EXPECT_TRUE(bank.context_names().empty());
  const auto expected = direct({world.window(kTssA), world.window(kTssB), world.window_of_c()});
  for (std::uint32_t gene = 0; gene < 3; ++gene) expect_row(bank.row(bank.row_of(gene)), expected[gene]);
  EXPECT_THAT(world.reporter.stages, ElementsAre("embed 3 genes"));
}

TEST(Embed, says_where_the_rows_come_from) {
  EmbedWorld world;
  world.write_variants({"D1"}, {{1010, {"1"}}});
  const auto provenance = world.run().provenance();
  EXPECT_EQ(provenance.at("genome_checksum"), support::file_checksum(world / "genome.fa"));
  EXPECT_EQ(provenance.at("model_checksum"),
            support::file_checksum(testing::small_enformer() / "model.safetensors"));
  EXPECT_EQ(provenance.at("variants_checksum"), support::file_checksum(world / "donors.vcf.gz"));
  EXPECT_EQ(provenance.at("window"), "256");
  EXPECT_EQ(provenance.at("tss_policy"), genome::to_string(genome::TssPolicy::kGeneStart));
}

TEST(Embed, gives_a_haploid_donor_rows_for_the_genes_whose_windows_it_changes) {
  EmbedWorld world;
  // D1 changes both genes of chr1, D2 one of them as D1 does, D3 none; the last variant is outside all
  // windows.
  world.write_variants(
      {"D1", "D2", "D3"},
      {{950, {"1", "1", "0"}}, {1020, {"1", "0", "0"}}, {1999, {"1", "0", "0"}}, {2800, {"1", "1", "1"}}});
  const auto bank = world.run();
  EXPECT_THAT(bank.context_names(), ElementsAre("D1", "D2", "D3"));
  const auto expected =
      direct({world.window(kTssA, {950, 1020}), world.window(kTssB, {1999}), world.window(kTssA, {950})});
  expect_row(bank.row(bank.row_of(0, 0)), expected[0]);
  expect_row(bank.row(bank.row_of(1, 0)), expected[1]);
  expect_row(bank.row(bank.row_of(0, 1)), expected[2]);
  EXPECT_EQ(bank.row_of(1, 1), bank.row_of(1));
  for (std::uint32_t gene = 0; gene < 3; ++gene) EXPECT_EQ(bank.row_of(gene, 2), bank.row_of(gene));
  EXPECT_EQ(bank.row_count(), 6U);
}

TEST(Embed, averages_the_haplotypes_of_a_diploid_donor) {
  EmbedWorld world;
  world.write_variants({"D1", "D2"}, {{950, {"0|1", "1|1"}}, {1020, {"1|0", "0|0"}}});
  const auto bank = world.run();
  const auto expected = direct({world.window(kTssA, {1020}), world.window(kTssA, {950})});
  std::vector<float> mean;
  for (std::size_t i = 0; i < expected[0].size(); ++i) mean.push_back((expected[0][i] + expected[1][i]) / 2);
  expect_row(bank.row(bank.row_of(0, 0)), mean);
  expect_row(bank.row(bank.row_of(0, 1)), expected[1]);
}

TEST(Embed, computes_equal_haplotypes_once) {
  EmbedWorld world;
  world.write_variants({"D1", "D2", "D3"}, {{950, {"1|1", "0|1", "1|0"}}});
  world.run();
  // Three references and one changed window.
  ASSERT_EQ(world.reporter.messages.size(), 1U);
  EXPECT_THAT(world.reporter.messages.front(), HasSubstr("4 sequences"));
}

TEST(Embed, takes_only_the_samples_that_are_named) {
  EmbedWorld world;
  world.write_variants({"D1", "D2", "D3"}, {{950, {"1", "0", "1"}}});
  world.options.samples = {"D3"};
  const auto bank = world.run();
  EXPECT_THAT(bank.context_names(), ElementsAre("D3"));
  expect_row(bank.row(bank.row_of(0, 0)), direct({world.window(kTssA, {950})}).front());
  world.options.samples = {"D4"};
  expect_error<InputError>([&] { world.run(); }, {"donors.vcf.gz", "D4"});
}

TEST(Embed, refuses_genes_that_are_not_on_the_genome_and_leaves_no_file) {
  EmbedWorld world;
  const std::string attributes = "\t.\tgene_id \"ENSG_D\"; gene_name \"D\"; gene_type \"protein_coding\";\n";
  world.write_genes("chrX\ttest\tgene\t10\t20\t.\t+" + attributes);
  expect_error<InputError>([&] { world.run(); }, {"genes.gtf", "ENSG_D", "chrX", "chr1"});
  world.write_genes("chr2\ttest\tgene\t901\t990\t.\t+" + attributes);
  expect_error<InputError>([&] { world.run(); }, {"genes.gtf", "ENSG_D", "901", "900 bp"});
  EXPECT_FALSE(std::filesystem::exists(world.options.output));
}

TEST(Embed, refuses_a_window_of_nothing_but_N_and_keeps_the_old_file) {
  EmbedWorld world;
  support::write_text_file(world.options.output, "old");
  genome::write_fasta(world / "genome.fa",
                      {{"chr1", "", random_bases(1, 3000)}, {"chr2", "", std::string(900, 'N')}});
  std::filesystem::remove(world / "genome.fa.fai");
  expect_error<InputError>([&] { world.run(); }, {"genome.fa", "ENSG_C", "chr2", "N"});
  EXPECT_EQ(support::read_text_file(world.options.output), "old");
}

TEST(Embed, refuses_variants_on_contigs_of_other_names_and_of_another_genome) {
  EmbedWorld world;
  genome::write_vcf(world / "other.vcf", {{"1", 3000}}, {"D1"}, {{"1", {950, "A", "C"}, ".", {"1"}}});
  world.options.vcf = world / "other.vcf";
  expect_error<InputError>([&] { world.run(); }, {"other.vcf", "chr1"});
  const char base = random_bases(1, 3000)[950];
  const std::string ref(1, other_base(base)), alt(1, base);
  genome::write_vcf(world / "other.vcf", {{"chr1", 3000}}, {"D1"}, {{"chr1", {950, ref, alt}, ".", {"1"}}});
  expect_error<InputError>([&] { world.run(); }, {"other.vcf", "D1", "951"});
}

TEST(Embed, names_the_setting_that_is_missing) {
  expect_error<ConfigError>([] { embed({}, support::silent_reporter(), "cpu"); }, {"genome"});
  EmbedWorld world;
  world.options.samples = {"D1"};
  expect_error<ConfigError>([&] { world.run(); }, {"samples", "vcf"});
}

TEST(Embed, never_writes_over_what_it_reads) {
  EmbedWorld world;
  for (const auto& file : {world.options.genome, world.options.weights / "model.safetensors"}) {
    ASSERT_TRUE(std::filesystem::exists(file)) << file;
    const auto before = support::read_text_file(file);
    world.options.output = file;
    expect_error<ConfigError>([&] { world.run(); }, {"output", file.filename().string(), "input too"});
    EXPECT_EQ(support::read_text_file(file), before);
  }
}

TEST(Embed, takes_windows_of_its_own_in_place_of_a_genome) {
  EmbedWorld world;
  const std::vector<std::string> windows = {random_bases(7, kSmallWindow), random_bases(8, kSmallWindow)};
  genome::write_fasta(world / "windows.fa", {{"ENSG_X", "real", windows[0]}, {"ENSG_Y", "", windows[1]}});
  EmbedOptions options;
  options.sequences = world / "windows.fa";
  options.weights = world.options.weights;
  options.output = world / "rows.h5";
  embed(options, world.reporter, "cpu");
  const auto bank = embedding::EmbeddingBank::read(options.output);
  EXPECT_THAT(bank.gene_ids(), ElementsAre("ENSG_X", "ENSG_Y"));
  const auto expected = direct(windows);
  for (std::uint32_t gene = 0; gene < 2; ++gene) expect_row(bank.row(bank.row_of(gene)), expected[gene]);
}

TEST(Embed, refuses_windows_of_another_length_without_bases_or_named_twice) {
  EmbedWorld world;
  EmbedOptions options;
  options.sequences = world / "windows.fa";
  options.weights = world.options.weights;
  options.output = world / "rows.h5";
  const auto refused = [&](std::vector<genome::FastaRecord> records, std::vector<std::string> parts) {
    genome::write_fasta(options.sequences, records);
    try {
      embed(options, world.reporter, "cpu");
      FAIL() << "was accepted";
    } catch (const InputError& error) {
      for (const auto& part : parts) EXPECT_THAT(error.what(), HasSubstr(part));
    }
    EXPECT_FALSE(std::filesystem::exists(options.output));
  };
  const auto good = random_bases(7, kSmallWindow);
  refused({{"X", "", random_bases(7, 100)}}, {"windows.fa", "record X", "100 bp"});
  refused({{"X", "", std::string(kSmallWindow, 'N')}}, {"record X", "nothing but N"});
  refused({{"X", "", good}, {"X", "", good}}, {"line 7", "'X' again"});
  options.genome = world / "genome.fa";
  expect_error<ConfigError>([&] { embed(options, world.reporter, "cpu"); }, {"sequences", "genome"});
}

}  // namespace
}  // namespace biodta::pipeline
