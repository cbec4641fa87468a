#include "testing.hpp"

#include <biodta/analysis/mutant_vcf.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/atomic_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::HasSubstr;

MutantTrial trial_of(std::vector<genome::Edit> edits, double expression, const std::string& name = "") {
  MutantTrial trial;
  trial.edits = std::move(edits);
  trial.expression = expression;
  trial.row_shift = 0.25;
  trial.name = name;
  return trial;
}

TEST(MutantVcf, EveryMutantThatIsUsedIsASampleWithItsEditsAndItsPredictedExpression) {
  const biodta::testing::TemporaryFolder folder;
  const GeneWindow window{"chr8", 5000, 1000, 1008, std::string(16, 'A')};
  const GeneWindow other{"chr2", 900, 100, 108, std::string(16, 'C')};
  MutantSearch random;
  random.reference_expression = 1.5;
  random.trials = {trial_of({{1002, "A", "C"}, {1004, "A", "G"}}, 0.5), trial_of({{1002, "A", "T"}}, 2.0),
                   trial_of({{1002, "A", "C"}}, 0.75)};
  random.used = {0, 2};
  MutantSearch haplotypes;
  haplotypes.origin = MutantOrigin::kHaplotypes;
  haplotypes.trials = {trial_of({{104, "CCC", "C"}}, 1.0, "HG7_2")};
  haplotypes.used = {0};
  const std::string gata4 = "GATA4", tbx5 = "TBX5";
  write_mutants(folder / "m.vcf",
                std::vector<MutatedGene>{{gata4, window, random}, {tbx5, other, haplotypes}});
  const auto file = genome::VariantFile::open(folder / "m.vcf");
  EXPECT_EQ(file.samples(), (std::vector<std::string>{"GATA4_trial1", "GATA4_trial3", "TBX5_HG7_2"}));
  EXPECT_EQ(file.haplotype_edits("chr8", 1000, 1016, 0, 0), random.trials[0].edits);
  EXPECT_EQ(file.haplotype_edits("chr8", 1000, 1016, 1, 0), random.trials[2].edits);
  EXPECT_TRUE(file.haplotype_edits("chr8", 1000, 1016, 2, 0).empty());
  EXPECT_EQ(file.haplotype_edits("chr2", 100, 116, 2, 0), haplotypes.trials[0].edits);
  const std::string text = support::read_text_file(folder / "m.vcf");
  EXPECT_THAT(text, HasSubstr("##SAMPLE=<ID=GATA4_trial3,Gene=GATA4,RefExpression=1.5,Expression=0.75>\n"));
  EXPECT_EQ(text.find("INFO="), std::string::npos);
}

TEST(MutantVcf, SingleVariantsAreRecordsWithWhatWasPredictedForThem) {
  const biodta::testing::TemporaryFolder folder;
  const GeneWindow window{"chr8", 5000, 1000, 1008, std::string(16, 'A')};
  MutantSearch given;
  given.origin = MutantOrigin::kVariants;
  given.reference_expression = 1.5;
  given.trials = {trial_of({{1004, "A", "G"}}, 2.25, "rs7"),
                  trial_of({{1002, "A", "ACC"}}, 0.5, "chr8:1003:A>ACC")};
  given.used = {0, 1};
  const std::string gata4 = "GATA4";
  write_mutants(folder / "m.vcf", std::vector<MutatedGene>{{gata4, window, given}});
  EXPECT_TRUE(genome::VariantFile::open(folder / "m.vcf").samples().empty());
  const std::string text = support::read_text_file(folder / "m.vcf");
  const auto first = text.find(
      "chr8\t1003\tchr8:1003:A>ACC\tA\tACC\t.\tPASS\t"
      "GENE=GATA4;REF_EXPRESSION=1.5;EXPRESSION=0.5;ROW_SHIFT=0.25\n");
  const auto second = text.find(
      "chr8\t1005\trs7\tA\tG\t.\tPASS\t"
      "GENE=GATA4;REF_EXPRESSION=1.5;EXPRESSION=2.25;ROW_SHIFT=0.25\n");
  ASSERT_NE(first, std::string::npos) << text;
  ASSERT_NE(second, std::string::npos) << text;
  EXPECT_LT(first, second);
  EXPECT_THAT(text, HasSubstr("##INFO=<ID=EXPRESSION,Number=1,Type=Float,"));
}

}  // namespace
}  // namespace biodta::analysis
