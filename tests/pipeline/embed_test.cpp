#include "embed_world.hpp"

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
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using ::testing::ElementsAre;
using testing::EmbedWorld;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::kSmallWindow;
using testing::other_base;
using testing::random_bases;

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
  EXPECT_THAT(world.reporter.stages, ElementsAre("check 3 genes", "embed 3 genes"));
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
  EXPECT_THAT(world.reporter.messages.front(),
              HasSubstr("3 genes, 3 contexts, 4 sequences embedded, 5 reused, 0 genes left out"));
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
  genome::write_vcf(world / "other.vcf", {{"Z1", 3000}}, {"D1"}, {{"Z1", {950, "A", "C"}, ".", {"1"}}});
  world.options.vcf = world / "other.vcf";
  expect_error<InputError>([&] { world.run(); }, {"other.vcf", "chr1"});
  const char base = random_bases(1, 3000)[950];
  const std::string ref(1, other_base(base)), alt(1, base);
  genome::write_vcf(world / "other.vcf", {{"chr1", 3000}}, {"D1"}, {{"chr1", {950, ref, alt}, ".", {"1"}}});
  expect_error<InputError>([&] { world.run(); }, {"other.vcf", "D1", "951"});
}

TEST(Embed, leaves_out_genes_without_known_dna_when_asked_and_lists_them) {
  EmbedWorld world;
  const std::string attributes = "\t.\tgene_id \"ENSG_D\"; gene_name \"D\"; gene_type \"protein_coding\";\n";
  world.write_genes("chrX\ttest\tgene\t10\t20\t.\t+" + attributes);
  genome::write_fasta(world / "genome.fa",
                      {{"chr1", "", random_bases(1, 3000)}, {"chr2", "", std::string(900, 'N')}});
  expect_error<InputError>([&] { world.run(); },
                           {"ENSG_C", "nothing but N", "1 more", "--unknown-dna leave_out"});
  world.options.unknown_dna = UnknownDnaPolicy::kLeaveOut;
  world.reporter.messages.clear();
  const auto bank = world.run();
  EXPECT_THAT(bank.gene_ids(), ElementsAre("ENSG_A", "ENSG_B"));
  EXPECT_THAT(
      bank.left_out(),
      ElementsAre(embedding::LeftOutGene{"ENSG_C", "C", "nothing but N"},
                  embedding::LeftOutGene{"ENSG_D", "D", "contig chrX, which the genome does not have"}));
  EXPECT_THAT(world.reporter.messages.back(), HasSubstr("2 genes left out"));
  expect_row(bank.row(1), direct({world.window(kTssB)}).front());
}

TEST(Embed, with_nothing_left_is_an_error) {
  EmbedWorld world;
  world.options.unknown_dna = UnknownDnaPolicy::kLeaveOut;
  genome::write_fasta(world / "genome.fa", {{"chr9", "", random_bases(1, 3000)}});
  expect_error<InputError>([&] { world.run(); }, {"no gene has known DNA"});
  EXPECT_FALSE(std::filesystem::exists(world.options.output));
}

TEST(Embed, tells_which_share_of_a_rows_bases_is_known) {
  EmbedWorld world;
  EXPECT_THAT(world.run().known_bases(), ElementsAre(1.0F, 1.0F, 178.0F / 256.0F));
}

TEST(Embed, takes_samples_once_and_lists_those_there_are) {
  EmbedWorld world;
  world.write_variants({"D1", "D2"}, {{950, {"1", "0"}}});
  world.options.samples = {"D1", "D1"};
  expect_error<ConfigError>([&] { world.run(); }, {"samples", "\"D1\" twice"});
  world.options.samples = {"nobody"};
  expect_error<InputError>([&] { world.run(); }, {"donors.vcf.gz", "nobody", "one of D1 and D2"});
}

TEST(Embed, takes_contigs_under_either_name) {
  EmbedWorld world;
  const auto expected = world.run();
  auto text = support::read_text_file(world / "genes.gtf");
  for (auto at = text.find("chr"); at != std::string::npos; at = text.find("chr", at)) text.erase(at, 3);
  support::write_text_file(world / "genes.gtf", text);
  const auto bank = world.run();
  for (std::uint32_t gene = 0; gene < 3; ++gene)
    EXPECT_TRUE(std::ranges::equal(bank.row(gene), expected.row(gene)));
}

TEST(Embed, of_several_starts_takes_the_mean_over_the_distinct_ones) {
  EmbedWorld world;
  const auto transcript = [](int start, const char* id) {
    return "chr1\ttest\ttranscript\t" + std::to_string(start) +
           "\t1500\t.\t+\t.\tgene_id \"ENSG_A\"; transcript_id \"" + id +
           "\"; gene_name \"A\"; gene_type \"protein_coding\";\n";
  };
  support::write_text_file(world / "genes.gtf",
                           "chr1\ttest\tgene\t1001\t1500\t.\t+\t.\tgene_id \"ENSG_A\"; gene_name \"A\"; "
                           "gene_type \"protein_coding\";\n" +
                               transcript(1001, "T1") + transcript(1301, "T2") + transcript(1001, "T3"));
  world.write_variants({"D1"}, {{950, {"0|1"}}});
  world.options.genes.tss = genome::TssPolicy::kAllTranscripts;
  const auto bank = world.run();
  const auto rows = direct({world.window(1000), world.window(1300), world.window(1000, {950})});
  std::vector<float> reference, donor;
  for (std::size_t i = 0; i < rows[0].size(); ++i) {
    reference.push_back((rows[0][i] + rows[1][i]) / 2);
    donor.push_back((rows[0][i] + rows[2][i] + 2 * rows[1][i]) / 4);
  }
  expect_row(bank.row(0), reference);
  expect_row(bank.row(bank.row_of(0, 0)), donor);
  // T1 and T3 start at one place, and at T2's the donor is the reference.
  EXPECT_THAT(world.reporter.messages.back(), HasSubstr("3 sequences embedded, 3 reused"));
}

TEST(Embed, writes_several_tokens_a_gene) {
  EmbedWorld world;
  world.options.embedder.tokens_per_gene = 2;
  const auto bank = world.run();
  EXPECT_EQ(bank.tokens_per_gene(), 2U);
  enformer::SequenceEmbedderOptions options;
  options.tokens_per_gene = 2;
  auto embedder = enformer::SequenceEmbedder::load(testing::small_enformer(), torch::kCPU, options);
  const auto expected = embedder.embed(std::vector<std::string>{world.window(kTssB)}).rows_NRE.contiguous();
  expect_row(bank.row(1), {expected.data_ptr<float>(), expected.data_ptr<float>() + expected.numel()});
}

TEST(Embed, predicts_tracks_for_the_reference_and_every_donor_that_differs) {
  EmbedWorld world;
  world.write_variants({"D1", "D2"}, {{950, {"0|1", "0|0"}}});
  world.options.tracks = {"2", "0"};
  world.options.predictions = world / "p.tsv";
  world.run();
  auto embedder = enformer::SequenceEmbedder::load(testing::small_enformer());
  const enformer::ExpressionReadout readout{world.options.head, {2, 0}, 3};
  const std::vector<std::string> windows = {world.window(kTssA), world.window(kTssA, {950}),
                                            world.window(kTssB), world.window_of_c()};
  const auto tracks_NT = embedder.embed(windows, &readout).tracks_NT;
  const auto table = support::read_table(world / "p.tsv");
  EXPECT_THAT(table.columns,
              ElementsAre("gene_id", "symbol", "context", "head", "track", "name", "expression"));
  ASSERT_EQ(table.rows.size(), 8U);
  const auto expect_line = [&](std::size_t line, const std::string& gene, const std::string& context,
                               const std::string& track, double value) {
    const auto& fields = table.rows[line];
    EXPECT_THAT(std::vector<std::string>(fields.begin(), fields.end() - 1),
                ElementsAre("ENSG_" + gene, gene, context, "human", track, ""));
    EXPECT_NEAR(std::stod(fields.back()), value, 1e-5 * value) << line;
  };
  const auto value = [&](int window, int track) { return tracks_NT[window][track].item<double>(); };
  expect_line(0, "A", "reference", "2", value(0, 0));
  expect_line(1, "A", "reference", "0", value(0, 1));
  expect_line(2, "A", "D1", "2", (value(0, 0) + value(1, 0)) / 2);
  expect_line(3, "A", "D1", "0", (value(0, 1) + value(1, 1)) / 2);
  expect_line(4, "B", "reference", "2", value(2, 0));
  expect_line(7, "C", "reference", "0", value(3, 1));
}

TEST(Embed, refuses_predictions_that_cannot_be_made) {
  EmbedWorld world;
  world.options.tracks = {"0"};
  expect_error<ConfigError>([&] { world.run(); }, {"predictions", "not set"});
  world.options.predictions = world.options.output;
  expect_error<ConfigError>([&] { world.run(); }, {"predictions", "the output needs too"});
  world.options.predictions += ".part";  // the journal
  expect_error<ConfigError>([&] { world.run(); }, {"predictions", "the output needs too"});
  world.options.predictions = world / "p.tsv";
  world.options.tracks = {"CAGE:heart"};
  expect_error<ConfigError>([&] { world.run(); }, {"CAGE:heart", "no names are known"});
  world.options.tracks = {"0"};
  world.options.head = "fish";
  expect_error<ConfigError>([&] { world.run(); }, {"head", "fish", "human"});
  world.options.head = "human";
  world.options.bins = 999;
  expect_error<ConfigError>([&] { world.run(); }, {"bins: 999", "the output has"});
  world.options.tracks.clear();
  expect_error<ConfigError>([&] { world.run(); }, {"tracks", "not set"});
  world.options.predictions.clear();
  expect_error<ConfigError>([&] { world.run(); }, {"bins", "tracks are not"});
  world.options.bins = EmbedOptions().bins;
  world.options.head = "mouse";
  expect_error<ConfigError>([&] { world.run(); }, {"head", "tracks are not"});
}

TEST(Embed, leaves_out_and_counts_variants_of_another_genome_when_asked) {
  EmbedWorld world;
  const char base = random_bases(1, 3000)[950];
  genome::write_vcf(world / "other.vcf", {{"chr1", 3000}, {"chr2", 900}}, {"D1"},
                    {{"chr1", {950, std::string(1, other_base(base)), std::string(1, base)}, ".", {"0|1"}}});
  world.options.vcf = world / "other.vcf";
  expect_error<InputError>([&] { world.run(); }, {"other.vcf", "951"});
  world.options.haplotypes.skip_mismatches = true;
  EXPECT_EQ(world.run().row_count(), 3U);
  ASSERT_EQ(world.reporter.warnings.size(), 2U);
  EXPECT_THAT(world.reporter.warnings[0], HasSubstr("1 whose REF is not the genome's"));
  EXPECT_THAT(world.reporter.warnings[1], HasSubstr("no window differs"));
}

TEST(Embed, does_a_finished_job_once_and_replaces_another_when_told) {
  EmbedWorld world;
  world.options.tracks = {"0"};
  world.options.predictions = world / "p.tsv";
  world.run();
  const auto bank = support::read_text_file(world.options.output);
  const auto table = support::read_text_file(world / "p.tsv");

  world.options.overwrite = false;
  const auto written = std::filesystem::last_write_time(world.options.output);
  world.run();
  EXPECT_THAT(world.reporter.messages.back(), HasSubstr("nothing to do"));
  EXPECT_EQ(std::filesystem::last_write_time(world.options.output), written);

  auto other = world.options;
  other.embedder.reverse_complement = true;
  const auto refused = [&](const char* key) {
    expect_error<ConfigError>([&] { embed(other, world.reporter, "cpu"); }, {key, "exists", "--overwrite"});
  };
  refused("output");
  EXPECT_EQ(support::read_text_file(world.options.output), bank);
  std::filesystem::rename(world.options.output, world / "kept.h5");
  refused("predictions");
  EXPECT_EQ(support::read_text_file(world / "p.tsv"), table);
  std::filesystem::rename(world / "kept.h5", world.options.output);
  std::filesystem::remove(world / "p.tsv");
  other = world.options;  // half of the job stands
  refused("output");
  support::write_text_file(world.options.output, "something else");
  refused("output");
  EXPECT_EQ(support::read_text_file(world.options.output), "something else");

  world.options.overwrite = true;
  world.run();
  EXPECT_EQ(support::read_text_file(world.options.output), bank);
  EXPECT_EQ(support::read_text_file(world / "p.tsv"), table);
}

TEST(Embed, warns_where_many_genes_are_left_out) {
  EmbedWorld world;
  world.write_genes("chrZ\ttest\tgene\t10\t20\t.\t+\t.\tgene_id \"ENSG_D\"; gene_type \"protein_coding\";\n");
  world.options.unknown_dna = UnknownDnaPolicy::kLeaveOut;
  world.run();
  ASSERT_EQ(world.reporter.warnings.size(), 1U);
  EXPECT_THAT(world.reporter.warnings[0], HasSubstr("1 of 4 genes are left out"));
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
