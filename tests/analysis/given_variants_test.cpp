#include "testing.hpp"

#include <biodta/analysis/given_variants.hpp>
#include <biodta/analysis/mutant_search.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using biodta::testing::expect_error;

constexpr std::int64_t kTss = 1500;
constexpr std::int64_t kWindowLength = 256;  // of the small Enformer

/// A random contig of 3,000 bp with a TSS at 1,500 (0-based), and the small Enformer.
class GivenVariantsTest : public ::testing::Test {
 protected:
  GivenVariantsTest() {
    support::RandomStream random(12);
    while (contig_.size() < 3000) contig_ += "ACGT"[random.below(4)];
    genome::write_fasta(folder_ / "g.fa", {{"chr8", "", contig_}});
    genome_.emplace(genome::Genome::open(folder_ / "g.fa"));
    window_ = {"chr8", 3000, kTss - kWindowLength / 2, kTss,
               contig_.substr(kTss - kWindowLength / 2, kWindowLength)};
  }
  /// Lines without the contig: "POS ID REF ALT GT GT", blanks as tabs.
  void open(const std::vector<std::string>& lines, bool samples = true) {
    std::string text =
        "##fileformat=VCFv4.3\n##contig=<ID=8>\n##FORMAT=<ID=GT,Number=1,Type=String,Description=\"g\">\n"
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO" +
        std::string(samples ? "\tFORMAT\tHG1\tHG2" : "") + "\n";
    for (const auto& line : lines) {
      std::vector<std::string> fields;
      std::size_t first = 0;
      for (std::size_t at = line.find(' '); first != std::string::npos; at = line.find(' ', first)) {
        fields.push_back(line.substr(first, at - first));
        first = at == std::string::npos ? at : at + 1;
      }
      text += "8\t" + fields.at(0) + "\t" + fields.at(1) + "\t" + fields.at(2) + "\t" + fields.at(3) +
              "\t.\t.\t.";
      if (samples) text += "\tGT\t" + fields.at(4) + "\t" + fields.at(5);
      text += "\n";
    }
    support::write_text_file(file_path(), text);
    reader_.reset();
    file_.emplace(genome::VariantFile::open(file_path()));
    reader_.emplace(*genome_, *file_);
  }
  std::filesystem::path file_path() const { return folder_ / "given.vcf"; }
  std::string base(std::int64_t position) const {
    return contig_.substr(static_cast<std::size_t>(position - 1), 1);  // 1-based
  }
  std::string changed(std::int64_t position) const { return base(position) == "G" ? "T" : "G"; }
  std::string snv(std::int64_t position, const std::string& id, const std::string& genotypes) const {
    return std::to_string(position) + " " + id + " " + base(position) + " " + changed(position) + " " +
           genotypes;
  }
  /// The window with these 1-based positions changed as snv() does.
  std::string with_snvs(const std::vector<std::int64_t>& positions) const {
    std::string text = contig_;
    for (const auto position : positions) text[static_cast<std::size_t>(position - 1)] = changed(position)[0];
    return text.substr(kTss - kWindowLength / 2, kWindowLength);
  }

  biodta::testing::TemporaryFolder folder_;
  std::string contig_;
  GeneWindow window_;
  std::optional<genome::Genome> genome_;
  std::optional<genome::VariantFile> file_;
  std::optional<genome::HaplotypeReader> reader_;
};

TEST_F(GivenVariantsTest, EachVariantIsAMutantUnderItsIdOrItsPlace) {
  open({snv(1000, "rs0", "0|1 0|0"), snv(1490, "rs1", "0|1 1|1"), snv(1495, ".", "0|0 0|1"),
        snv(1500, "twice", "0|1 0|0"), snv(1501, "twice", "0|1 0|0"),
        "1510 . " + base(1510) + " " + base(1510) + "ACGT 0|1 0|0"});
  const auto mutants = GivenMutants::variants(*reader_, file_path(), window_);
  EXPECT_EQ(mutants.origin(), MutantOrigin::kVariants);
  ASSERT_EQ(mutants.size(), 5U);
  EXPECT_EQ(mutants.name(0), "rs1");
  EXPECT_EQ(mutants.carriers(0), 2U);
  EXPECT_EQ(mutants.name(1), "chr8:1495:" + base(1495) + ">" + changed(1495));
  EXPECT_EQ(mutants.name(2), "chr8:1500:" + base(1500) + ">" + changed(1500));
  EXPECT_NE(mutants.name(2), mutants.name(3));
  const std::vector<std::int64_t> positions = {1490, 1495, 1500, 1501};
  for (std::size_t i = 0; i < positions.size(); ++i) {
    EXPECT_EQ(mutants.sequence(i), with_snvs({positions[i]}));
    EXPECT_EQ(mutants.edits(i),
              (std::vector<genome::Edit>{{positions[i] - 1, base(positions[i]), changed(positions[i])}}));
  }
  const auto inserted = contig_.substr(0, 1510) + "ACGT" + contig_.substr(1510);
  EXPECT_EQ(mutants.sequence(4), inserted.substr(kTss - kWindowLength / 2, kWindowLength));
  EXPECT_EQ(GivenMutants::variants(*reader_, file_path(), window_, 5).size(), 2U);
}

TEST_F(GivenVariantsTest, EachHaplotypeIsAMutantNamedAfterItsFirstCarrier) {
  open({snv(1490, "a", "0|1 1|1"), snv(1495, "b", "0|1 1|1"), snv(1499, "c", "1|0 0|0")});
  const auto mutants = GivenMutants::haplotypes(*reader_, file_path(), file_->samples(), window_);
  EXPECT_EQ(mutants.origin(), MutantOrigin::kHaplotypes);
  ASSERT_EQ(mutants.size(), 2U);
  EXPECT_EQ(mutants.name(0), "HG1_1");
  EXPECT_EQ(mutants.sequence(0), with_snvs({1499}));
  EXPECT_EQ(mutants.carriers(0), 1U);
  EXPECT_EQ(mutants.name(1), "HG1_2");
  EXPECT_EQ(mutants.sequence(1), with_snvs({1490, 1495}));
  EXPECT_EQ(mutants.carriers(1), 2U);
  open({snv(1490, "a", "0|0 1|1"), snv(1495, "b", "0|0 0|1")});
  const auto others = GivenMutants::haplotypes(*reader_, file_path(), file_->samples(), window_);
  ASSERT_EQ(others.size(), 2U);
  EXPECT_EQ(others.name(0), "HG2_1");
  EXPECT_EQ(others.name(1), "HG2_2");
  open({snv(1490, "a", "0|0 1|1")});
  EXPECT_EQ(GivenMutants::haplotypes(*reader_, file_path(), file_->samples(), window_).name(0), "HG2");
}

TEST_F(GivenVariantsTest, AFileWithoutSamplesIsOneHaplotypeOfAllItsAlternatives) {
  open({snv(1490, "a", ""), snv(1495, "b", "")}, false);
  const auto mutants = GivenMutants::haplotypes(*reader_, file_path(), {}, window_);
  ASSERT_EQ(mutants.size(), 1U);
  EXPECT_EQ(mutants.name(0), "all_alternatives");
  EXPECT_EQ(mutants.sequence(0), with_snvs({1490, 1495}));
  EXPECT_EQ(mutants.carriers(0), std::nullopt);
}

TEST_F(GivenVariantsTest, AWindowWithoutVariantsIsRefusedWithItsPlaceAndTheNearestRecord) {
  open({snv(300, "far", "0|1 0|0"), snv(1900, "near", "0|1 0|0")});
  expect_error<InputError>([&] { GivenMutants::variants(*reader_, file_path(), window_); },
                           {"given.vcf", "chr8:1,373-1,628", "no variant", "chr8:1900:", "399 bp"});
  expect_error<InputError>([&] { GivenMutants::variants(*reader_, file_path(), window_, 20); },
                           {"chr8:1,481-1,520"});
  open({snv(1490, "ref", "0|0 0|0")});
  expect_error<InputError>(
      [&] { GivenMutants::haplotypes(*reader_, file_path(), file_->samples(), window_); },
      {"given.vcf", "chr8:1,373-1,628", "no haplotype but the reference", "chr8:1490:"});
}

TEST_F(GivenVariantsTest, AFileOfAnotherBuildIsRefusedInOneLineWithCounts) {
  std::vector<std::string> lines;
  for (std::int64_t position = 1450; position < 1460; ++position)
    lines.push_back(std::to_string(position) + " . " + changed(position) + " " + base(position) + " 0|1 0|0");
  open(lines);
  expect_error<InputError>([&] { GivenMutants::variants(*reader_, file_path(), window_); },
                           {"given.vcf", "chr8:1450", "10 of the first 10", "one assembly"});
}

TEST_F(GivenVariantsTest, EveryGivenMutantIsScoredAsTheWholeWindowIsAndUsed) {
  auto embedder = enformer::SequenceEmbedder::load(biodta::testing::fixture("enformer/small"));
  const enformer::ExpressionReadout readout{"human", {1}, 3};
  open({snv(1490, "rs1", "0|1 1|1"), "1495 del " + contig_.substr(1494, 4) + " " + base(1495) + " 0|0 0|1",
        snv(1500, "rs3", "0|1 0|0"), "1510 ins " + base(1510) + " " + base(1510) + "ACGTACGTAC 0|1 0|0"});
  const auto mutants = GivenMutants::variants(*reader_, file_path(), window_);
  const auto found = score_given_mutants({embedder, readout, window_, 3, {}}, mutants, /*batch=*/3);
  EXPECT_EQ(found.origin, MutantOrigin::kVariants);
  ASSERT_EQ(found.trials.size(), 4U);
  EXPECT_EQ(found.used, (std::vector<std::size_t>{0, 1, 2, 3}));
  const auto reference = embedder.embed(std::vector<std::string>{window_.sequence}, &readout);
  for (std::size_t i = 0; i < 4; ++i) {
    const MutantTrial& trial = found.trials[i];
    EXPECT_EQ(trial.name, mutants.name(i));
    EXPECT_EQ(trial.carriers, mutants.carriers(i));
    EXPECT_EQ(trial.edits, mutants.edits(i));
    const auto alone = embedder.embed(std::vector<std::string>{mutants.sequence(i)}, &readout);
    EXPECT_NEAR(trial.expression, alone.expression[0], 1e-5 * alone.expression[0]);
    const auto apart = (alone.rows_NRE - reference.rows_NRE).to(torch::kFloat64).norm().item<double>();
    EXPECT_NEAR(trial.row_distance, apart / reference.rows_NRE.to(torch::kFloat64).norm().item<double>(),
                1e-5);
    EXPECT_NEAR(found.used_rows[i][2], alone.rows_NRE.flatten()[2].item<float>(), 1e-5);
    EXPECT_LE(std::abs(trial.expression - found.reference_expression),
              std::abs(found.trials[*found.chosen].expression - found.reference_expression));
  }
}

}  // namespace
}  // namespace biodta::analysis
