#include "testing.hpp"

#include <biodta/cells/obs_table.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace biodta::cells {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;

ObsColumn text(std::string name, std::vector<std::string> categories, std::vector<std::int32_t> codes) {
  return {std::move(name), std::move(codes), std::move(categories), {}};
}
ObsColumn numeric(std::string name, std::vector<double> numbers) {
  return {std::move(name), {}, {}, std::move(numbers)};
}

TEST(ObsTableTest, KeepsTheRowsAskedForInTheirOrder) {
  ObsTable table;
  const std::vector<ObsColumn> file = {text("type", {"T", "B"}, {1, -1, 0, 1}), numeric("age", {1, 2, 3, 4})};
  const std::vector<std::uint64_t> rows = {0, 1, 3};
  table.append(file, rows);
  ASSERT_EQ(table.columns().size(), 2U);
  EXPECT_EQ(table.row_count(), 3U);
  EXPECT_THAT(table.columns()[0].codes, ElementsAre(1, -1, 1));
  EXPECT_THAT(table.columns()[0].categories, ElementsAre("T", "B"));
  EXPECT_THAT(table.columns()[1].numbers, ElementsAre(1, 2, 4));
}

TEST(ObsTableTest, UnitesCategoriesAndFillsWhatAFileLacks) {
  ObsTable table;
  const std::vector<std::uint64_t> both = {0, 1};
  table.append(std::vector<ObsColumn>{text("type", {"T", "B"}, {0, 1}), numeric("age", {1, 2})}, both);
  table.append(std::vector<ObsColumn>{text("donor", {"d"}, {0, 0}), text("type", {"NK", "T"}, {0, 1})}, both);
  ASSERT_EQ(table.columns().size(), 3U);
  EXPECT_THAT(table.columns()[0].categories, ElementsAre("T", "B", "NK"));
  EXPECT_THAT(table.columns()[0].codes, ElementsAre(0, 1, 2, 0));
  EXPECT_THAT(table.columns()[1].numbers, ElementsAre(1, 2, IsNan(), IsNan()));
  EXPECT_EQ(table.columns()[2].name, "donor");
  EXPECT_THAT(table.columns()[2].codes, ElementsAre(-1, -1, 0, 0));
}

TEST(ObsTableTest, NumbersInOneFileAndTextInAnotherBecomeText) {
  const std::vector<std::uint64_t> both = {0, 1};
  const ObsColumn numbers = numeric("batch", {2, std::numeric_limits<double>::quiet_NaN()});
  const ObsColumn words = text("batch", {"x", "2"}, {0, 1});
  ObsTable numbers_first;
  numbers_first.append(std::vector<ObsColumn>{numbers}, both);
  numbers_first.append(std::vector<ObsColumn>{words}, both);
  EXPECT_THAT(numbers_first.columns()[0].categories, ElementsAre("2", "x"));
  EXPECT_THAT(numbers_first.columns()[0].codes, ElementsAre(0, -1, 1, 0));
  EXPECT_THAT(numbers_first.columns()[0].numbers, IsEmpty());
  ObsTable words_first;
  words_first.append(std::vector<ObsColumn>{words}, both);
  words_first.append(std::vector<ObsColumn>{numbers}, both);
  EXPECT_THAT(words_first.columns()[0].categories, ElementsAre("x", "2"));
  EXPECT_THAT(words_first.columns()[0].codes, ElementsAre(0, 1, 1, -1));
}

TEST(ObsTableTest, FilesWithoutCellsChangeNothingButTheColumns) {
  ObsTable table;
  table.append(std::vector<ObsColumn>{text("type", {"T"}, {0})}, {});
  EXPECT_EQ(table.row_count(), 0U);
  const std::vector<std::uint64_t> one = {0};
  table.append(std::vector<ObsColumn>{text("type", {"B"}, {0})}, one);
  EXPECT_THAT(table.columns()[0].codes, ElementsAre(1));
}

}  // namespace
}  // namespace biodta::cells
