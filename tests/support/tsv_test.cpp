#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <limits>

namespace biodta::support {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  std::string line;
  while (reader.next(line)) lines.push_back(line);
  EXPECT_EQ(reader.line_number(), lines.size());
  return lines;
}

void write_gzip(const std::filesystem::path& path, std::string_view text, const char* mode) {
  gzFile file = gzopen(path.c_str(), mode);
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
}

TEST(LineReader, ReadsEveryKindOfLineEnd) {
  const TemporaryFolder folder;
  write_text_file(folder / "a", "\xef\xbb\xbfone\ntwo\r\n\nlast");
  EXPECT_THAT(lines_of(folder / "a"), ElementsAre("one", "two", "", "last"));
  write_text_file(folder / "b", "one\n");
  EXPECT_THAT(lines_of(folder / "b"), ElementsAre("one"));
  write_text_file(folder / "c", "");
  EXPECT_TRUE(lines_of(folder / "c").empty());
}

TEST(LineReader, ReadsLinesLongerThanItsBuffer) {
  const TemporaryFolder folder;
  const std::string big(1'000'003, 'x');
  write_text_file(folder / "a", big + "\nshort\n" + big);
  EXPECT_THAT(lines_of(folder / "a"), ElementsAre(big, "short", big));
}

TEST(LineReader, ReadsGzipOfSeveralMembersByContentNotName) {
  const TemporaryFolder folder;
  write_gzip(folder / "a.txt", "one\ntw", "wb");
  write_gzip(folder / "a.txt", "o\nthree\n", "ab");
  EXPECT_THAT(lines_of(folder / "a.txt"), ElementsAre("one", "two", "three"));
}

TEST(LineReader, RefusesATruncatedGzipFile) {
  const TemporaryFolder folder;
  RandomStream random(1);
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(random()) + "\n";
  write_gzip(folder / "a.gz", text, "wb");
  std::filesystem::resize_file(folder / "a.gz", std::filesystem::file_size(folder / "a.gz") / 2);
  expect_error<InputError>([&] { lines_of(folder / "a.gz"); }, {"a.gz", "line", "unexpected end of file"});
}

TEST(LineReader, RefusesDamagedGzip) {
  const TemporaryFolder folder;
  write_gzip(folder / "a.gz", std::string(100'000, 'x'), "wb");
  {
    std::fstream file(folder / "a.gz", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-8, std::ios::end);  // the checksum
    file.write("\1\2\3\4", 4);
  }
  expect_error<InputError>([&] { lines_of(folder / "a.gz"); }, {"a.gz", "incorrect data check"});
}

TEST(LineReader, PeeksWithoutTaking) {
  const TemporaryFolder folder;
  write_gzip(folder / "a.gz", "one\ntwo\n", "wb");
  LineReader reader(folder / "a.gz");
  EXPECT_EQ(reader.peek(6), "one\ntw");
  std::string line;
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "one");
  EXPECT_EQ(reader.peek(100), "two\n");
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "two");
  EXPECT_EQ(reader.peek(1), "");
}

TEST(LineReader, SaysWhatIsMissing) {
  expect_error<InputError>([] { LineReader reader("/nowhere/a.tsv"); }, {"/nowhere/a.tsv", "no such file"});
  const TemporaryFolder folder;
  expect_error<InputError>([&] { LineReader reader(folder.path()); }, {"a folder"});
}

TEST(Split, KeepsEmptyFields) {
  EXPECT_THAT(split("a\t\tb\t", '\t'), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", '\t'), ElementsAre(""));
  EXPECT_THAT(split("a,b", ','), ElementsAre("a", "b"));
}

TEST(Trim, TakesSpaceFromBothEnds) {
  EXPECT_EQ(trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(trim("  "), "");
}

class Numbers : public ::testing::Test {
 protected:
  Numbers() : reader_(write()) {
    std::string line;
    reader_.next(line);
  }
  std::filesystem::path write() {
    write_text_file(folder_ / "n.tsv", "x\n");
    return folder_ / "n.tsv";
  }
  TemporaryFolder folder_;
  LineReader reader_;
};

TEST_F(Numbers, WholeFieldsAreRead) {
  EXPECT_EQ(parse_double("-1.5e3", reader_), -1500.0);
  EXPECT_EQ(parse_double("+2", reader_), 2.0);
  EXPECT_EQ(parse_integer("-12", reader_), -12);
  EXPECT_EQ(parse_integer("9223372036854775807", reader_), std::numeric_limits<std::int64_t>::max());
}

TEST_F(Numbers, AnythingElseIsRefusedWithItsPlace) {
  for (const char* bad : {"", "1.5x", " 1", "+-1", "one", "1,5"}) {
    expect_error<InputError>([&] { parse_double(bad, reader_); }, {"n.tsv", "line 1", bad, "a number"});
  }
  for (const char* bad : {"1.0", "9223372036854775808", "0x10", ""}) {
    expect_error<InputError>([&] { parse_integer(bad, reader_); },
                             {"n.tsv", "line 1", bad, "a whole number"});
  }
}

TEST_F(Numbers, FormattedDoublesReadBackTheSame) {
  RandomStream random(2);
  for (int i = 0; i < 10'000; ++i) {
    const double value = std::ldexp(random.normal(), static_cast<int>(random.below(200)) - 100);
    ASSERT_EQ(parse_double(format_double(value), reader_), value);
  }
  EXPECT_EQ(format_double(0.1), "0.1");
  EXPECT_EQ(format_double(3.0), "3");
}

TEST(Table, RoundTrips) {
  const TemporaryFolder folder;
  Table table{folder / "t.tsv", {"gene", "median"}, {{"ENSG1", "1.5"}, {"", "é"}}};
  write_table(table);
  EXPECT_EQ(read_text_file(folder / "t.tsv"), "gene\tmedian\nENSG1\t1.5\n\té\n");
  const Table read = read_table(folder / "t.tsv");
  EXPECT_EQ(read.columns, table.columns);
  EXPECT_EQ(read.rows, table.rows);
  EXPECT_EQ(read.column("median"), 1U);
  EXPECT_TRUE(read.has_column("gene"));
  EXPECT_FALSE(read.has_column("symbol"));
}

TEST(Table, ReadsOtherSeparatorsAndSkipsEmptyLines) {
  const TemporaryFolder folder;
  write_text_file(folder / "t.csv", "a,b\r\n1,2\r\n\r\n3,4\r\n");
  const Table table = read_table(folder / "t.csv", ',');
  EXPECT_THAT(table.rows, ElementsAre(ElementsAre("1", "2"), ElementsAre("3", "4")));
}

TEST(Table, RefusesWhatIsNoTable) {
  const TemporaryFolder folder;
  write_text_file(folder / "wide.tsv", "a\tb\n1\t2\n1\t2\t3\n");
  expect_error<InputError>([&] { read_table(folder / "wide.tsv"); },
                           {"wide.tsv", "line 3", "found 3 fields", "2 as in the header"});
  write_text_file(folder / "empty.tsv", "");
  expect_error<InputError>([&] { read_table(folder / "empty.tsv"); }, {"empty.tsv", "header"});
  write_text_file(folder / "twice.tsv", "a\ta\n");
  expect_error<InputError>([&] { read_table(folder / "twice.tsv"); }, {"twice.tsv", "two columns 'a'"});
}

TEST(Table, AMissingColumnIsNamedAmongThoseThere) {
  const TemporaryFolder folder;
  write_text_file(folder / "t.tsv", "a\tb\n");
  const Table table = read_table(folder / "t.tsv");
  expect_error<InputError>([&] { table.column("median"); }, {"t.tsv", "a and b", "'median'"});
}

TEST(Table, RefusesToWriteWhatWouldNotReadBack) {
  const TemporaryFolder folder;
  expect_error<Error>([&] { write_table({folder / "t.tsv", {"a"}, {{"x\ty"}}}); }, {"t.tsv", "tab"});
  expect_error<Error>([&] { write_table({folder / "t.tsv", {"a"}, {{"x", "y"}}}); }, {"t.tsv", "2 fields"});
  EXPECT_FALSE(std::filesystem::exists(folder / "t.tsv"));
}

}  // namespace
}  // namespace biodta::support
