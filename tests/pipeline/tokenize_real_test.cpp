// The tokens of biodta-tokenize against an independent computation in numpy, cell by cell.
#include "cells/random_counts.hpp"
#include "pipeline/program.hpp"
#include "testing.hpp"

#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/cells/vocabulary.hpp>

#include <gmock/gmock.h>

namespace biodta {
namespace {

using ::testing::MatchesRegex;
using testing::TemporaryFolder;

/// What scripts/check_tokens.py says; nothing where its readers are absent.
std::optional<std::string> check_tokens(const std::string& arguments) {
  const auto script =
      std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path() / "scripts/check_tokens.py";
  return testing::run_python("import runpy, sys\nsys.argv = ['check_tokens.py'] + '''" + arguments +
                             "'''.split()\nrunpy.run_path('" + script.string() + "', run_name='__main__')\n");
}

class TokenizeReal : public ::testing::Test {
 protected:
  /// Runs the program and compares all of its cells.
  void expect_identical(const std::string& inputs, const std::string& program_flags,
                        const std::string& script_flags) {
    const auto run =
        testing::run_program("biodta-tokenize", inputs + " --quiet -o c.h5 " + program_flags, folder_.path());
    ASSERT_EQ(run.exit_code, 0) << run.errors;
    const auto said = check_tokens((folder_ / "c.h5").string() + " " + inputs + " " + script_flags);
    if (!said) GTEST_SKIP() << "h5py is absent: scripts/setup --tests";
    EXPECT_THAT(*said, MatchesRegex("all [0-9]+ cells and [0-9]+ tokens are identical\n"));
  }
  TemporaryFolder folder_;
};

TEST_F(TokenizeReal, FetalHeartWithGeneformersVocabulary) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/fetal_heart_st_asp2019.h5ad");
  BIODTA_SKIP_WITHOUT_TEST_DATA("dictionaries/geneformer_30m_vocabulary.tsv");
  const std::string data = testing::test_data()->string();
  const std::string vocabulary = "--vocabulary " + data + "/dictionaries/geneformer_30m_vocabulary.tsv";
  expect_identical(data + "/cells/fetal_heart_st_asp2019.h5ad", vocabulary, vocabulary);
}

TEST_F(TokenizeReal, FetalHeartWithItsOwnMedians) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/fetal_heart_st_asp2019.h5ad");
  const std::string data = testing::test_data()->string();
  expect_identical(data + "/cells/fetal_heart_st_asp2019.h5ad", "--estimate-medians", "--estimated");
}

TEST_F(TokenizeReal, TwoFilesOfSmallCountsWithManyTies) {
  support::RandomStream random(21);
  std::vector<std::string> genes = cells::testing::numbered("ENSG", 900);
  std::string inputs;
  for (const std::string name : {"a.h5ad", "b.h5ad"}) {
    random.shuffle(genes);
    cells::write_h5ad(folder_ / name, {cells::testing::numbered(name, 200),
                                       genes,
                                       {},
                                       {},
                                       cells::testing::random_counts(200, 900, 0.6, random)});
    inputs += (folder_ / name).string() + " ";
  }
  cells::testing::tied_vocabulary(cells::testing::numbered("ENSG", 1000), random).write(folder_ / "v.tsv");
  const std::string vocabulary = "--vocabulary " + (folder_ / "v.tsv").string() + " --max-length 300";
  expect_identical(inputs, vocabulary, vocabulary);
}

TEST_F(TokenizeReal, Pbmc10xFolderWithGeneformersVocabulary) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/pbmc_1k_10x_mtx");
  BIODTA_SKIP_WITHOUT_TEST_DATA("dictionaries/geneformer_30m_vocabulary.tsv");
  const std::string data = testing::test_data()->string();
  const std::string vocabulary = "--vocabulary " + data + "/dictionaries/geneformer_30m_vocabulary.tsv";
  expect_identical(data + "/cells/pbmc_1k_10x_mtx", vocabulary, vocabulary);
}

TEST_F(TokenizeReal, FetalHeartInStyleTwoWithGeneformersSecondVocabulary) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/fetal_heart_st_asp2019.h5ad");
  BIODTA_SKIP_WITHOUT_TEST_DATA("dictionaries/geneformer_95m_vocabulary.tsv");
  const std::string data = testing::test_data()->string();
  const std::string vocabulary = "--vocabulary " + data + "/dictionaries/geneformer_95m_vocabulary.tsv";
  expect_identical(data + "/cells/fetal_heart_st_asp2019.h5ad", vocabulary + " --estimate-medians --style v2",
                   vocabulary + " --estimated --max-length 4096");
}

TEST_F(TokenizeReal, MediansFromBinsAreWithinAThousandthOfTheExactOnes) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/fetal_heart_st_asp2019.h5ad");
  const std::string input = (*testing::test_data() / "cells/fetal_heart_st_asp2019.h5ad").string();
  const auto medians = [&](const std::string& name, const std::string& flags) {
    const auto run = testing::run_program(
        "biodta-tokenize", input + " -q --estimate-medians --write-vocabulary " + name + " " + flags,
        folder_.path());
    EXPECT_EQ(run.exit_code, 0) << run.errors;
    return cells::Vocabulary::read(folder_ / name);
  };
  const cells::Vocabulary exact = medians("exact.tsv", "");
  const cells::Vocabulary binned = medians("binned.tsv", "--set medians.exact_values=0");
  ASSERT_EQ(exact.gene_count(), binned.gene_count());
  for (std::size_t i = 0; i < exact.gene_count(); ++i) {
    ASSERT_NEAR(binned.genes()[i].median / exact.genes()[i].median, 1.0, 1e-3) << exact.genes()[i].id;
  }
}

TEST_F(TokenizeReal, AGeneratedMatrixRichInTiesAndRepeatedGenes) {
  const auto script =
      std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path() / "scripts/tie_rich_counts.py";
  const auto made = testing::run_python(
      "import runpy, sys\nsys.argv = ['tie_rich_counts.py', '" + (folder_ / "t.h5ad").string() + "', '" +
      (folder_ / "t.tsv").string() + "']\nrunpy.run_path('" + script.string() + "', run_name='__main__')\n");
  if (!made) GTEST_SKIP() << "h5py is absent: scripts/setup --tests";
  const std::string vocabulary = "--vocabulary " + (folder_ / "t.tsv").string();
  expect_identical((folder_ / "t.h5ad").string(), vocabulary, vocabulary);
}

}  // namespace
}  // namespace biodta
