#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <cells/data_frame.hpp>
#include <cells/text_dictionary.hpp>
#include <gmock/gmock.h>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> numbered_texts(std::size_t rows, std::size_t distinct) {
  std::vector<std::string> texts;
  for (std::size_t row = 0; row < rows; ++row) texts.push_back("t" + std::to_string(row % distinct));
  return texts;
}

/// A frame with one column of text.
DataFrame text_frame(const TemporaryFolder& folder, const std::vector<std::string>& texts) {
  hdf5::File file = hdf5::File::create(folder / "a.h5");
  write_frame(file, "obs", numbered_texts(texts.size(), texts.size()), {}).create_strings("text", texts);
  const std::vector<std::string> order = {"text"};
  file.group("obs").set_attribute("column-order", std::span<const std::string>(order));
  file.close();
  return DataFrame(folder / "a.h5", hdf5::File::open(folder / "a.h5").group("obs"));
}

bool are_identifiers(std::size_t rows, std::size_t distinct) {
  const TemporaryFolder folder;
  const DataFrame frame = text_frame(folder, numbered_texts(rows, distinct));
  const ObsField& field = frame.fields().front();
  EXPECT_EQ(field.categorical, !field.identifiers);
  EXPECT_EQ(field.categories.size(), field.identifiers ? 0U : distinct);
  return field.identifiers;
}

TEST(ColumnFrame, TextOfWhichMostIsDifferentIsIdentifiers) {
  EXPECT_FALSE(are_identifiers(100, 100));
  EXPECT_TRUE(are_identifiers(101, 101));
  EXPECT_FALSE(are_identifiers(400, 200));
  EXPECT_TRUE(are_identifiers(400, 201));
}

TEST(TextDictionary, StopsGatheringPastItsLimits) {
  TextDictionary dictionary(1'000'000, {2, 4});
  for (const char* text : {"d", "a", "d", "c", "b"}) EXPECT_TRUE(dictionary.add(text));
  TextDictionary full = dictionary;
  dictionary.finish();
  EXPECT_THAT(dictionary.categories(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(dictionary.code_of("c"), 2);
  EXPECT_EQ(dictionary.code_of("e"), -1);
  EXPECT_FALSE(full.add("e"));
  EXPECT_FALSE(full.add("a"));
  full.finish();
  EXPECT_TRUE(full.identifiers());
  EXPECT_THAT(full.categories(), IsEmpty());
}

TEST(ColumnFrame, IdentifiersHaveNoValuesByRangeButAreThereAsAWholeColumnAndAsText) {
  const TemporaryFolder folder;
  const std::vector<std::string> texts = numbered_texts(150, 150);
  const DataFrame frame = text_frame(folder, texts);
  ASSERT_TRUE(frame.fields().front().identifiers);
  expect_error<Error>([&] { frame.read(0, 0, 1); }, {"obs/text", "identifiers"});
  EXPECT_EQ(frame.column("text")->categories.size(), 150U);
  EXPECT_EQ(frame.text_column("text"), texts);
}

TEST(ColumnFrame, RangesJoinToTheWholeColumn) {
  const TemporaryFolder folder;
  hdf5::File file = hdf5::File::create(folder / "a.h5");
  ObsColumn type{"type", {0, 1, -1, 1, 0, -1, 1}, {"T", "B"}, {}};
  ObsColumn age{"age", {}, {}, {1, 2, 3, 4, 5, 6, 7.5}};
  write_frame(file, "obs", numbered_texts(7, 7), std::vector<ObsColumn>{type, age});
  file.close();
  const DataFrame frame(folder / "a.h5", hdf5::File::open(folder / "a.h5").group("obs"));
  ASSERT_EQ(frame.fields().size(), 2U);
  for (const std::uint64_t step : {1U, 2U, 3U, 7U}) {
    ObsValues joined;
    for (std::uint64_t first = 0; first < 7; first += step) {
      const std::uint64_t count = std::min<std::uint64_t>(step, 7 - first);
      const ObsValues codes = frame.read(0, first, count);
      const ObsValues numbers = frame.read(1, first, count);
      joined.codes.insert(joined.codes.end(), codes.codes.begin(), codes.codes.end());
      joined.numbers.insert(joined.numbers.end(), numbers.numbers.begin(), numbers.numbers.end());
    }
    EXPECT_EQ(joined.codes, type.codes);
    EXPECT_EQ(joined.numbers, age.numbers);
  }
  EXPECT_EQ(frame.column("type")->codes, type.codes);
  EXPECT_EQ(frame.column("age")->numbers, age.numbers);
  EXPECT_THAT(frame.index(5, 2), ElementsAre("t5", "t6"));
  expect_error<Error>([&] { frame.index(5, 3); }, {"no row 8"});
  expect_error<Error>([&] { frame.read(0, 8, 0); }, {"no row"});
  expect_error<Error>([&] { frame.read(2, 0, 1); }, {"no column 2"});
}

TEST(ColumnFrame, ATableWithoutRowNamesIsRefused) {
  const TemporaryFolder folder;
  hdf5::File file = hdf5::File::create(folder / "a.h5");
  file.create_group("obs").set_attribute("_index", "names");
  file.create_values<float>("var", std::vector<float>{1, 2});
  file.close();
  const hdf5::File opened = hdf5::File::open(folder / "a.h5");
  expect_error<InputError>([&] { open_frame(opened, "obs"); }, {"obs/names", "nothing"});
  expect_error<InputError>([&] { open_frame(opened, "var"); }, {"var", "an array"});
  expect_error<InputError>([&] { open_frame(opened, "uns"); }, {"uns", "nothing"});
}

}  // namespace
}  // namespace biodta::cells
