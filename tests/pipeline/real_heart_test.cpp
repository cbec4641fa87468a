// scripts/real_heart from end to end, with few steps.
#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace biodta {
namespace {

using ::testing::HasSubstr;

TEST(RealHeart, RunsToItsReports) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/fetal_heart_st_asp2019.h5ad");
  BIODTA_SKIP_WITHOUT_TEST_DATA("genesets");
  const auto root = std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path();
  if (!std::filesystem::exists(root / ".deps/test-readers/h5py")) {
    GTEST_SKIP() << "h5py is absent: scripts/setup --tests";
  }
  const testing::TemporaryFolder folder;
  const std::string command = "BIODTA_NO_BUILD=1 BIODTA_BIN_DIR='" BIODTA_BIN_DIR "' '" +
                              (root / "scripts/real_heart").string() + "' '" +
                              testing::test_data()->string() + "' --folder '" + (folder / "run").string() +
                              "' --steps 3 --epochs 1 --spots 12 > '" + (folder / "log").string() + "' 2>&1";
  const int status = std::system(command.c_str());
  const std::string log = support::read_text_file(folder / "log");
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << log;
  EXPECT_THAT(log, HasSubstr("kept 1,461 of 1,467 cells"));
  for (const std::string report : {"deletion", "GATA4"}) {
    const auto table = support::read_table(folder / "run/report" / report / "gene_sets.tsv");
    EXPECT_GT(table.rows.size(), 5U) << report;
    const std::string page = support::read_text_file(folder / "run/report" / report / "report.html");
    EXPECT_THAT(page, HasSubstr("</html>")) << report;
  }
  // The page of the mutated locus says what is real.
  EXPECT_THAT(support::read_text_file(folder / "run/report/GATA4/report.html"), HasSubstr("simulated"));
}

}  // namespace
}  // namespace biodta
