#include "pipeline/gene_mutants.hpp"

#include "analysis/fixtures.hpp"
#include "enformer_folder.hpp"
#include "training/recording_reporter.hpp"

#include <biodta/analysis/mutant_identity.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using analysis::PerturbedGene;
using analysis::testing::expect_error;

constexpr std::size_t kMutatedGenes = 6;
constexpr std::int64_t kMutatedWindow = biodta::testing::kSmallWindow;

/// Six genes on one contig, their bank by the small Enformer, and an untrained model that reads it.
class GeneMutantsTest : public ::testing::Test {
 protected:
  GeneMutantsTest() {
    support::RandomStream random(21);
    while (contig_.size() < kMutatedGenes * 400) contig_ += "ACGT"[random.below(4)];
    genome::write_fasta(folder_ / "genome.fa", {{"chr5", "", contig_}});
    std::string lines;
    std::vector<std::string> ids, symbols, windows;
    for (std::size_t gene = 0; gene < kMutatedGenes; ++gene) {
      const auto& known = vocabulary_.genes()[gene];
      ids.push_back(known.id);
      symbols.push_back(known.symbol);
      windows.push_back(window_of(gene));
      lines += "chr5\ttest\tgene\t" + std::to_string(start_of(gene) + 1) + "\t" +
               std::to_string(start_of(gene) + 50) + "\t.\t+\t.\tgene_id \"" + known.id + "\"; gene_name \"" +
               known.symbol + "\"; gene_biotype \"protein_coding\";\n";
    }
    support::write_text_file(folder_ / "genes.gtf", lines);
    const auto rows = embedder_.embed(windows).rows_NRE.squeeze(1).contiguous();
    bank_.emplace(ids, symbols, 1, static_cast<std::size_t>(rows.size(1)),
                  std::vector<float>(rows.data_ptr<float>(), rows.data_ptr<float>() + rows.numel()));
    options_.embeddings = {folder_ / "embeddings.h5"};
    options_.weights = biodta::testing::small_enformer();
    options_.genome = folder_ / "genome.fa";
    options_.annotation = folder_ / "genes.gtf";
    options_.readout = {"human", {1}, 3};
    options_.mutants.trials = 16;
    options_.mutants.mutagenesis.distance = 50;
  }

  static std::int64_t start_of(std::size_t gene) { return static_cast<std::int64_t>(gene) * 400 + 200; }
  std::string window_of(std::size_t gene) const {
    return contig_.substr(static_cast<std::size_t>(start_of(gene) - kMutatedWindow / 2), kMutatedWindow);
  }
  GeneMutants open() { return GeneMutants(options_, *bank_, torch::kCPU); }
  PerturbedGene search(GeneMutants& mutants, std::size_t gene, bool control = false) {
    const auto& known = vocabulary_.genes()[gene];
    PerturbedGene result;
    result.gene_id = known.id;
    result.symbol = known.symbol;
    result.control = control;
    mutants.search(result, static_cast<cells::TokenId>(gene + cells::kFirstGeneToken), known, reporter_);
    return result;
  }
  double expression_of(const std::string& window) {
    return embedder_.embed(std::vector<std::string>{window}, &options_.readout).expression.at(0);
  }
  /// A VCF of SNVs at 1-based positions, one sample that carries them on its first haplotype.
  void write_vcf(const std::vector<std::int64_t>& positions) {
    std::string text =
        "##fileformat=VCFv4.3\n##contig=<ID=chr5>\n"
        "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"g\">\n"
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tD1\n";
    for (const auto position : positions) {
      const char ref = contig_[static_cast<std::size_t>(position - 1)];
      text += "chr5\t" + std::to_string(position) + "\t.\t" + ref + "\t" + (ref == 'A' ? 'C' : 'A') +
              "\t.\t.\t.\tGT\t1|0\n";
    }
    support::write_text_file(folder_ / "given.vcf", text);
    options_.mutants.given.vcf = folder_ / "given.vcf";
  }

  biodta::testing::TemporaryFolder folder_;
  std::string contig_;
  cells::Vocabulary vocabulary_ = analysis::testing::vocabulary_of(kMutatedGenes);
  enformer::SequenceEmbedder embedder_ = enformer::SequenceEmbedder::load(biodta::testing::small_enformer());
  std::optional<embedding::EmbeddingBank> bank_;
  MutagenesisRunOptions options_;
  biodta::testing::RecordingReporter reporter_;
};

TEST_F(GeneMutantsTest, ServesSeveralGenesAndEachMutantBelongsToOne) {
  options_.mutants.choice.use = analysis::MutantUse::kAll;
  auto mutants = open();
  for (const std::size_t gene : {1U, 4U}) {
    const PerturbedGene found = search(mutants, gene);
    EXPECT_EQ(found.window->sequence, window_of(gene));
    const auto perturbations = mutants.perturbations(found, 9);
    ASSERT_GT(perturbations.size(), 1U);
    ASSERT_EQ(perturbations.size(), found.search->used.size());
    const auto reference = bank_->row(bank_->row_of(static_cast<std::uint32_t>(gene)));
    for (std::size_t i = 0; i < perturbations.size(); ++i) {
      const auto& trial = found.search->trials[found.search->used[i]];
      EXPECT_LT(trial.expression, found.search->reference_expression);
      const auto window =
          genome::apply_substitutions(window_of(gene), found.window->start, trial.edits, "trial");
      const auto row = embedder_.embed(std::vector<std::string>{window}).rows_NRE.flatten();
      EXPECT_EQ(perturbations[i].token, 9U);
      EXPECT_TRUE(std::equal(reference.begin(), reference.end(), perturbations[i].reference_row.begin()));
      for (std::size_t e = 0; e < perturbations[i].row.size(); ++e)
        EXPECT_NEAR(perturbations[i].row[e], row[static_cast<std::int64_t>(e)].item<float>(), 1e-5);
    }
  }
}

TEST_F(GeneMutantsTest, AMeanOfMutantsIsOneRow) {
  options_.mutants.choice.use = analysis::MutantUse::kMean;
  auto mutants = open();
  const PerturbedGene found = search(mutants, 2);
  ASSERT_GT(found.search->used.size(), 1U);
  const auto perturbations = mutants.perturbations(found, 4);
  ASSERT_EQ(perturbations.size(), 1U);
  for (std::size_t e = 0; e < found.search->mutant_row.size(); ++e)
    EXPECT_NEAR(perturbations[0].row[e], found.search->mutant_row[e], 1e-5);
}

TEST_F(GeneMutantsTest, TheIdentityOfEveryTrialIsThatOfTheRowThatTheModelWouldRead) {
  auto model = analysis::testing::model_of(vocabulary_, &*bank_, 6);
  auto mutants = open();
  EXPECT_FALSE(search(mutants, 3).search->trials.front().identity.has_value());
  mutants.identify_with(model);
  options_.mutants.choice.use = analysis::MutantUse::kAll;
  const PerturbedGene found = search(mutants, 3);
  const auto perturbations = mutants.perturbations(found, 5);
  for (std::size_t i = 0; i < perturbations.size(); ++i) {
    const auto expected =
        analysis::identify_mutants(model, torch::kCPU, *bank_,
                                   std::vector<analysis::MutantRow>{{3, perturbations[i].row}})
            .front();
    const auto& identity = *found.search->trials[found.search->used[i]].identity;
    EXPECT_NEAR(identity.input.own, expected.input.own, 1e-6);
    EXPECT_NEAR(identity.adapted.nearest, expected.adapted.nearest, 1e-6);
    EXPECT_EQ(identity.adapted.nearest_gene, expected.adapted.nearest_gene);
  }
}

TEST_F(GeneMutantsTest, SaysHowManyMutantsStayThemselves) {
  auto mutants = open();
  mutants.identify_with(analysis::testing::model_of(vocabulary_, &*bank_, 6));
  options_.mutants.choice.keep_identity = true;
  for (std::size_t gene = 0; gene < kMutatedGenes; ++gene) {
    reporter_.warnings.clear();
    reporter_.messages.clear();
    const PerturbedGene found = search(mutants, gene);
    if (!found.search->chosen) continue;
    const bool kept = found.search->trials[*found.search->chosen].identity->kept();
    EXPECT_EQ(found.search->identity_given_up, !kept);
    const auto& told = kept ? reporter_.messages : reporter_.warnings;
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(reporter_.messages.size() + reporter_.warnings.size(), 1U);
    EXPECT_NE(told[0].find(std::to_string(found.search->kept_identity()) + " of 16 mutants"),
              std::string::npos);
  }
}

TEST_F(GeneMutantsTest, AControlsMutantIsAsStrongAsThoseOfTheGenesBefore) {
  options_.mutants.trials = 64;
  auto mutants = open();
  EXPECT_FALSE(mutants.target().has_value());
  const auto log_change = [](const PerturbedGene& gene) {
    return std::log(gene.search->trials[*gene.search->chosen].expression / gene.search->reference_expression);
  };
  const double strength = 0.5 * (log_change(search(mutants, 0)) + log_change(search(mutants, 5)));
  EXPECT_NEAR(mutants.target()->value, strength, 1e-12);
  const PerturbedGene control = search(mutants, 2, true);
  for (const auto& trial : control.search->trials)
    if (!trial.edits.empty())
      EXPECT_GE(std::abs(std::log(trial.expression / control.search->reference_expression) - strength),
                std::abs(log_change(control) - strength));
  EXPECT_NEAR(mutants.target()->value, strength, 1e-12) << "a control is no target";
  options_.mutants.match = analysis::StrengthMatch::kNone;
  const PerturbedGene free = search(mutants, 2, true);
  for (const auto& trial : free.search->trials)
    EXPECT_GE(trial.expression, free.search->trials[*free.search->chosen].expression);
}

TEST_F(GeneMutantsTest, TakesTheVariantsOfAVcfForTheGeneAndMatchesControlsToThem) {
  write_vcf({100, 595, 600, 611, 1900});
  auto mutants = open();
  const PerturbedGene found = search(mutants, 1);  // its TSS is base 601 (1-based)
  EXPECT_EQ(found.search->origin, analysis::MutantOrigin::kVariants);
  ASSERT_EQ(found.search->trials.size(), 3U);
  double strength = 0.0, size = 0.0;
  for (const auto& trial : found.search->trials) {
    std::string window = window_of(1);
    const auto at = static_cast<std::size_t>(trial.edits.at(0).position - found.window->start);
    window[at] = window[at] == 'A' ? 'C' : 'A';
    EXPECT_NEAR(trial.expression, expression_of(window), 1e-5 * trial.expression);
    const double change = std::log(trial.expression / found.search->reference_expression);
    strength += change / 3.0;
    size += std::abs(change) / 3.0;
  }
  EXPECT_EQ(mutants.perturbations(found, 3).size(), 3U);
  // Of variants that go both ways it is the mean size that controls are matched to.
  const bool both = std::abs(std::abs(strength) - size) > 1e-12;
  EXPECT_EQ(mutants.target()->magnitude, both);
  EXPECT_NEAR(mutants.target()->value, both ? size : strength, 1e-9);
  const PerturbedGene control = search(mutants, 2, true);
  EXPECT_EQ(control.search->origin, analysis::MutantOrigin::kRandom);
  EXPECT_EQ(control.search->used.size(), 1U);
  options_.mutants.given.kind = analysis::GivenMutantKind::kHaplotypes;
  const PerturbedGene haplotype = search(mutants, 1);
  ASSERT_EQ(haplotype.search->trials.size(), 1U);
  EXPECT_EQ(haplotype.search->trials[0].name, "D1_1");
  EXPECT_EQ(haplotype.search->trials[0].edits.size(), 3U);
}

TEST_F(GeneMutantsTest, MutatesADonorsOwnDna) {
  write_vcf({595, 612});  // D1 has both on its first haplotype
  const auto donors = options_.mutants.given.vcf;
  options_.mutants.given.vcf.clear();
  std::string carried = window_of(1);
  const std::int64_t first = start_of(1) - kMutatedWindow / 2;
  std::vector<std::size_t> places;
  for (const std::int64_t position : {595, 612}) {
    places.push_back(static_cast<std::size_t>(position - 1 - first));
    carried[places.back()] = carried[places.back()] == 'A' ? 'C' : 'A';
  }
  const auto mean_of = [&](const std::string& one, const std::string& other) {
    const auto row =
        embedder_.embed(std::vector<std::string>{one, other}).rows_NRE.mean(0).flatten().contiguous();
    return std::vector<float>(row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
  };
  const auto donor_row = mean_of(carried, window_of(1));
  bank_->add_context("D1", {1}, donor_row);
  auto mutants = open();
  const PerturbedGene found = search(mutants, 1);
  const std::vector<embedding::ContextIndex> contexts = {embedding::kReference + 1};
  const auto perturbations = mutants.perturbations_in(found, 7, donors, {}, contexts);
  ASSERT_EQ(perturbations.size(), 1U);
  ASSERT_EQ(perturbations[0].size(), 1U);
  const auto mutate = [&](std::string window, bool carrier) {
    for (const auto& edit : found.search->trials[*found.search->chosen].edits) {
      const auto at = static_cast<std::size_t>(edit.position - first);
      const bool taken = carrier && std::find(places.begin(), places.end(), at) != places.end();
      if (!taken) window[at] = edit.alt[0];
    }
    return window;
  };
  const auto expected = mean_of(mutate(carried, true), mutate(window_of(1), false));
  for (std::size_t e = 0; e < expected.size(); ++e) {
    EXPECT_NEAR(perturbations[0][0].row[e], expected[e], 1e-5);
    EXPECT_NEAR(perturbations[0][0].reference_row[e], donor_row[e], 1e-6);
  }
  bank_->add_context("D9", {1}, donor_row);
  const std::vector<embedding::ContextIndex> unknown = {1};
  expect_error<InputError>([&] { mutants.perturbations_in(found, 7, donors, {}, unknown); },
                           {"given.vcf", "no sample D9"});
}

TEST_F(GeneMutantsTest, RefusesAVcfWithoutAGenomeAndAWindowWithoutVariants) {
  write_vcf({100});
  auto mutants = open();
  expect_error<InputError>([&] { search(mutants, 1); },
                           {"given.vcf", "chr5:473-728", "the nearest record is chr5:100:", "501 bp"});
  std::vector<genome::FastaRecord> records;
  for (std::size_t gene = 0; gene < kMutatedGenes; ++gene)
    records.push_back({vocabulary_.genes()[gene].id, "", window_of(gene)});
  genome::write_fasta(folder_ / "windows.fa", records);
  options_.genome.clear();
  options_.annotation.clear();
  options_.sequences = folder_ / "windows.fa";
  expect_error<ConfigError>([&] { open(); }, {"mutants.vcf", "sequences", "genome and annotation"});
}

}  // namespace
}  // namespace biodta::pipeline
