// The tokens of biodta-tokenize against an independent computation in numpy, cell by cell.
#include "cells/random_counts.hpp"
#include "pipeline/program.hpp"
#include "testing.hpp"

#include <biodta/cells/h5ad_writer.hpp>

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

}  // namespace
}  // namespace biodta
