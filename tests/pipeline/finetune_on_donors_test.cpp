// scripts/finetune_on_donors as typed, on one small simulated world.
#include "testing.hpp"

#include <biodta/support/tsv.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace biodta {
namespace {

double figure_of(const std::filesystem::path& table, const std::string& name) {
  for (const auto& row : support::read_table(table).rows) {
    if (row[0] == name) return std::stod(row[1]);
  }
  ADD_FAILURE() << table << " has no " << name;
  return 0;
}

TEST(FinetuneOnDonors, RaisesTheCorrelationOverHeldOutDonorsOfASimulatedWorld) {
  const testing::TemporaryFolder folder;
  const auto script =
      std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path() / "scripts/finetune_on_donors";
  const std::string command =
      "BIODTA_BIN_DIR='" BIODTA_BIN_DIR "' '" + script.string() +
      "' --no-build --donors 24 --cells 4000 --reference-epochs 2 --epochs 8 --folder '" +
      folder.path().string() + "' 5 > '" + (folder / "table").string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string name = "pearson_donors.training_genes";
  EXPECT_GT(figure_of(folder / "5/after/evaluation.tsv", name),
            figure_of(folder / "5/before/evaluation.tsv", name) + 0.05);
}

}  // namespace
}  // namespace biodta
