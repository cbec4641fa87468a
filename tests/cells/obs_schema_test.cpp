#include "testing.hpp"

#include <biodta/cells/obs_schema.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A file's columns with all of their values.
struct FileColumns {
  std::vector<ObsField> fields;
  std::vector<ObsValues> values;

  FileColumns& text(std::string name, std::vector<std::string> categories, std::vector<std::int32_t> codes) {
    fields.push_back({std::move(name), true, std::move(categories), false});
    values.push_back({std::move(codes), {}});
    return *this;
  }
  FileColumns& numeric(std::string name, std::vector<double> numbers) {
    fields.push_back({std::move(name), false, {}, false});
    values.push_back({{}, std::move(numbers)});
    return *this;
  }
};

std::vector<ObsValues> join(const ObsSchema& schema, const FileColumns& file, std::size_t rows) {
  return ObsJoin(schema, file.fields).read(rows, [&](std::size_t field) { return file.values[field]; });
}

TEST(ObsSchemaTest, UnitesCategoriesAndFillsWhatAFileLacks) {
  FileColumns first;
  first.text("type", {"T", "B"}, {0, 1}).numeric("age", {1, 2});
  FileColumns second;
  second.text("donor", {"d"}, {0, 0}).text("type", {"NK", "T"}, {0, 1});
  ObsSchema schema;
  schema.add(first.fields, "a.h5ad");
  schema.add(second.fields, "b.h5ad");
  ASSERT_EQ(schema.fields().size(), 3U);
  EXPECT_EQ(schema.fields()[0], (ObsField{"type", true, {"T", "B", "NK"}, false}));
  EXPECT_EQ(schema.fields()[1], (ObsField{"age", false, {}, false}));
  EXPECT_EQ(schema.fields()[2].name, "donor");
  EXPECT_THAT(schema.mixed(), IsEmpty());
  const auto of_first = join(schema, first, 2);
  EXPECT_THAT(of_first[0].codes, ElementsAre(0, 1));
  EXPECT_THAT(of_first[1].numbers, ElementsAre(1, 2));
  EXPECT_THAT(of_first[2].codes, ElementsAre(-1, -1));
  const auto of_second = join(schema, second, 2);
  EXPECT_THAT(of_second[0].codes, ElementsAre(2, 0));
  EXPECT_THAT(of_second[1].numbers, ElementsAre(IsNan(), IsNan()));
  EXPECT_THAT(of_second[2].codes, ElementsAre(0, 0));
}

TEST(ObsSchemaTest, NumbersInOneFileAndTextInAnotherBecomeText) {
  FileColumns numbers;
  numbers.numeric("batch", {2, kNan, 0.5});
  FileColumns words;
  words.text("batch", {"x", "2"}, {0, 1, -1});
  ObsSchema schema;
  schema.add(numbers.fields, "a.h5ad");
  schema.add(words.fields, "b.h5ad");
  EXPECT_THAT(schema.mixed(), ElementsAre("batch"));
  schema.add_numbers("batch", numbers.values[0].numbers);
  EXPECT_THAT(schema.fields()[0].categories, ElementsAre("x", "2", "0.5"));
  EXPECT_THAT(join(schema, numbers, 3)[0].codes, ElementsAre(1, -1, 2));
  EXPECT_THAT(join(schema, numbers, 3)[0].numbers, IsEmpty());
  EXPECT_THAT(join(schema, words, 3)[0].codes, ElementsAre(0, 1, -1));
}

TEST(ObsSchemaTest, OnlyTheColumnsAskedForAreKeptAndIdentifiersNever) {
  FileColumns file;
  file.text("type", {"T"}, {0}).numeric("age", {1});
  file.fields.push_back({"barcode", true, {}, true});
  file.values.emplace_back();
  ObsSchema all;
  all.add(file.fields, "a.h5ad");
  EXPECT_EQ(all.fields().size(), 2U);
  ObsSchema some({"age", "typ"});
  some.add(file.fields, "a.h5ad");
  EXPECT_EQ(some.fields().size(), 1U);
  expect_error<ConfigError>([&] { some.require_kept(); }, {"keep_obs", "'typ'", "type, age and barcode"});
  ObsSchema barcodes({"barcode"});
  expect_error<InputError>([&] { barcodes.add(file.fields, "a.h5ad"); },
                           {"a.h5ad", "obs/barcode", "different"});
  EXPECT_NO_THROW(ObsSchema(std::vector<std::string>{}).require_kept());
}

}  // namespace
}  // namespace biodta::cells
