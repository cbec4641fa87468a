#include "pipeline/donor_world.hpp"
#include "testing.hpp"
#include "training/recording_reporter.hpp"

#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/pipeline/donor_data.hpp>
#include <biodta/pipeline/train_enformer.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using ::testing::Contains;
using testing::DonorWorld;
using testing::expect_error;
using ::testing::HasSubstr;

const TrainRuntime kDonorsOnCpu{.device = "cpu"};

std::map<std::string, double> figures_in(const std::filesystem::path& path) {
  std::map<std::string, double> figures;
  for (const auto& row : support::read_table(path).rows) figures[row[0]] = std::stod(row[1]);
  return figures;
}

TEST(TrainDonors, RaisesTheCorrelationOverDonorsThatItHasNotSeen) {
  const DonorWorld world;
  auto before_options = world.options({"output=" + (world / "before").string()});
  const auto before = evaluate_enformer(before_options, support::silent_reporter(), kDonorsOnCpu);
  testing::RecordingReporter reporter;
  const auto after = train_enformer(world.options(), reporter, kDonorsOnCpu).evaluation;
  EXPECT_LT(before.at("pearson_donors.training_genes"), 0.6);
  EXPECT_GT(after.at("pearson_donors.training_genes"), 0.9);
  EXPECT_GT(after.at("pearson_donors.held_out_genes"), 0.9);
  // Four held-out donors carry equally many copies of the motif of some genes.
  EXPECT_GT(after.at("genes.training_genes"), 12);
  EXPECT_LE(after.at("genes.training_genes"), 18);

  // What was saved is what was evaluated; both heads and the names of the tracks are there.
  const auto again = evaluate_enformer(
      world.options({"weights=" + (world / "personal").string(), "output=" + (world / "after").string()}),
      support::silent_reporter(), kDonorsOnCpu);
  for (const auto& [name, value] : again) {
    if (name != "loss") {
      EXPECT_NEAR(value, after.at(name), 1e-5) << name;
    }
  }
  EXPECT_EQ(figures_in(world / "after/evaluation.tsv"), again);
  EXPECT_EQ(enformer::read_tracks(world / "personal/tracks.tsv").size(), 2U);
  const auto embedder = enformer::SequenceEmbedder::load(world / "personal");
  EXPECT_EQ(embedder.config().heads_out.size(), 2U);
}

TEST(TrainDonors, TellsOfEachGeneWhatTheFiguresAreMadeOf) {
  const DonorWorld world;
  const auto figures = evaluate_enformer(world.options(), support::silent_reporter(), kDonorsOnCpu);
  const auto table = support::read_table(world / "personal/evaluation_genes.tsv");
  ASSERT_EQ(table.rows.size(), DonorWorld::kGenes);
  double sum = 0;
  std::size_t held_out = 0, varying = 0;
  for (const auto& row : table.rows) {
    if (row[table.column("set")] != "held_out") continue;
    ++held_out;
    if (row[table.column("pearson_donors")].empty()) continue;
    sum += std::stod(row[table.column("pearson_donors")]);
    ++varying;
  }
  EXPECT_EQ(held_out, 6U);
  EXPECT_EQ(static_cast<double>(varying), figures.at("genes.held_out_genes"));
  EXPECT_NEAR(sum / static_cast<double>(varying), figures.at("pearson_donors.held_out_genes"), 1e-12);
}

TEST(TrainDonors, ReadsADonorsHaplotypesAndExpressionFromTheFiles) {
  const DonorWorld world;
  const auto options = world.options();
  const auto inputs = read_donor_data(options.donors, 128, true, support::silent_reporter());
  const auto table = world.expression();
  ASSERT_EQ(inputs.data.genes.size(), DonorWorld::kGenes);
  EXPECT_EQ(inputs.data.genes[4], "ENSG4");  // in the table with a version
  EXPECT_EQ(inputs.data.genes[5], "ENSG5");  // in the table by symbol
  EXPECT_EQ(inputs.data.donors.front(), "HG115");
  EXPECT_TRUE(inputs.data.identity.contains("donors.vcf"));

  const auto genome = genome::Genome::open(world / "genome.fa");
  const auto variants = genome::VariantFile::open(world / "donors.vcf.gz");
  const std::vector<std::uint32_t> donors = {3, 9, 0};
  for (const std::uint32_t gene : {0U, 5U, 23U}) {
    const auto tss = 200 + 200 * static_cast<std::int64_t>(gene);
    const auto windows = inputs.genomes->windows(gene, donors, 2);
    EXPECT_EQ(inputs.genomes->reference(gene), genome.fetch("c1", tss - 64, tss + 64));
    for (std::size_t i = 0; i < donors.size(); ++i) {
      const auto& name = inputs.data.donors[donors[i]];
      const auto sample = static_cast<std::size_t>(
          std::find(variants.samples().begin(), variants.samples().end(), name) - variants.samples().begin());
      double whole = 0;
      for (const int haplotype : {0, 1}) {
        const auto& found = windows.sequences[windows.of_donor[i][static_cast<std::size_t>(haplotype)]];
        auto expected = genome.fetch("c1", tss + 2 - 64, tss + 2 + 64);
        // The variant is at the TSS − 1, 61 bp into a window that begins 62 bp before the TSS.
        if (!variants.haplotype_edits("c1", tss - 64, tss + 64, sample, haplotype).empty()) {
          expected[61] = 'T';
        } else {
          ++whole;
        }
        EXPECT_EQ(found, expected);
      }
      EXPECT_NEAR(inputs.data.expression[gene * DonorWorld::kDonors + donors[i]],
                  std::stod(table.rows[gene][1 + donors[i]]), 1e-4);
    }
  }
}

TEST(TrainDonors, TrainsAHeadAloneAndLeavesTheRestAsItWas) {
  const DonorWorld world;
  train_enformer(world.options({"trainable=head", "training.max_steps=5"}), support::silent_reporter(),
                 kDonorsOnCpu);
  const auto before = weights::read_tensors(world / "enformer/model.safetensors").tensors;
  const auto after = weights::read_tensors(world / "personal/model.safetensors").tensors;
  ASSERT_EQ(before.size(), after.size());
  for (const auto& [name, tensor] : before)
    EXPECT_EQ(torch::equal(tensor, after.at(name)), !name.starts_with("_heads.planted")) << name;
  const auto state =
      weights::read_tensors(world / "personal/checkpoints/step-5/optimizer.safetensors").tensors;
  EXPECT_EQ(state.size(), 3U * 2U + 1U);  // of the head's weight and bias, and the level
}

TEST(TrainDonors, GoesOnAfterItWasStoppedAndGivesTheSameModel) {
  const DonorWorld world;
  const std::vector<std::string> few = {"training.max_steps=6"};
  train_enformer(world.options(few), support::silent_reporter(), kDonorsOnCpu);
  const auto whole = support::read_text_file(world / "personal/model.safetensors");
  const std::vector<std::string> elsewhere = {"training.max_steps=6", "output=" + (world / "again").string()};
  const std::atomic<bool> stop = true;
  const TrainRuntime stopped{.device = "cpu", .stop = &stop};
  EXPECT_TRUE(train_enformer(world.options(elsewhere), support::silent_reporter(), stopped).stopped);
  EXPECT_EQ(train_enformer(world.options(elsewhere), support::silent_reporter(), kDonorsOnCpu).steps, 6U);
  EXPECT_TRUE(support::read_text_file(world / "again/model.safetensors") == whole);
}

TEST(TrainDonors, GenesThatTheAnnotationDoesNotHaveAreCountedAndLeftOut) {
  const DonorWorld world;
  auto table = world.expression();
  table.rows[2][0] = "GATA4";
  table.rows[9][0] = "TBX5";
  world.write(table);
  testing::RecordingReporter reporter;
  const auto inputs = read_donor_data(world.options().donors, 128, false, reporter);
  EXPECT_EQ(inputs.data.genes.size(), DonorWorld::kGenes - 2);
  EXPECT_THAT(reporter.warnings, Contains(HasSubstr("2 of the 24 genes (GATA4, …)")));
  for (auto& row : table.rows) row[0] += "X";
  world.write(table);
  expect_error<InputError>([&] { read_donor_data(world.options().donors, 128, false, reporter); },
                           {"expression.tsv", "none", "genes.gtf", "ENSG0"});
}

TEST(TrainDonors, RefusesTablesThatCannotBeUsedByFileRowAndColumn) {
  const DonorWorld world;
  const auto original = world.expression();
  const auto refused = [&](auto change, std::initializer_list<std::string_view> parts) {
    auto table = original;
    change(table);
    world.write(table);
    expect_error<InputError>([&] { check_enformer_training(world.options()); }, parts);
  };
  refused([](auto& table) { table.columns[3] = "HG1O3"; },
          {"expression.tsv", "column HG1O3", "donors.vcf.gz", "did you mean"});
  refused([](auto& table) { table.rows[4][2] = "-1"; },
          {"expression.tsv", "line 6", "gene ENSG4.3", "donor HG114", "\"-1\"", "0 or more"});
  refused([](auto& table) { table.rows[4][2] = "NA"; }, {"\"NA\""});
  refused([](auto& table) { table.rows[4][2] = "1e999"; }, {"\"1e999\""});
  refused([](auto& table) { table.rows[4][0] = table.rows[2][0]; }, {"line 6", "gene ENSG2.3 again"});
  refused([](auto& table) { table.rows[4][0] = "G2"; }, {"gene G2", "ENSG2 again", "ENSG2.3"});
  refused([](auto& table) { table.columns[2] = table.columns[1]; }, {"line 1", "donor HG115 again"});
  refused([](auto& table) { table.rows.clear(); }, {"a header only"});
}

TEST(TrainDonors, RefusesSettingsThatDoNotFit) {
  const DonorWorld world;
  const auto refused = [&](const std::vector<std::string>& set,
                           std::initializer_list<std::string_view> parts) {
    const auto options = world.options(set);
    expect_error<ConfigError>([&] { check_enformer_training(options); }, parts);
    expect_error<ConfigError>([&] { train_enformer(options, support::silent_reporter(), kDonorsOnCpu); },
                              parts);
    EXPECT_FALSE(std::filesystem::exists(world / "personal"));
  };
  refused({"head=human"}, {"head", "human", "planted and other"});
  refused({"readout.tracks=[2]"}, {"readout.tracks", "2 tracks"});
  refused({"readout.bins=9"}, {"readout.bins", "8 bins"});
  refused({"weights="}, {"weights", "not set"});
  refused({"donors.vcf="}, {"donors.vcf", "not set"});
  refused({"sequences=loci.fa"}, {"donors.expression", "one or the other"});
  refused({"enformer.window=256"}, {"enformer.window", "256", "128"});
  refused({"groups.held_out_donor_share=0.1"}, {"2 of 16 held out"});
  refused({"groups.held_out_donors=[HG999]"}, {"HG999"});
  refused({"output=" + (world / "enformer").string()}, {"output", "weights"});
  expect_error<ConfigError>(
      [&] {
        evaluate_enformer(world.options({"groups.held_out_donor_share=0"}), support::silent_reporter(),
                          kDonorsOnCpu);
      },
      {"nothing is held out"});
}

}  // namespace
}  // namespace biodta::pipeline
