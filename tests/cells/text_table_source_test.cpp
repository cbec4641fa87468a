#include "cells/text_table_source.hpp"

#include "cells/random_counts.hpp"
#include "cells/text_files.hpp"
#include "testing.hpp"

#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <sstream>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using testing::all_cell_ids;
using testing::CountMap;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::numbered;
using testing::read_rest;
using testing::write_packed;

class TextTableTest : public ::testing::Test {
 protected:
  std::unique_ptr<CountSource> open(std::string_view text, const std::string& name = "t.txt") const {
    write_packed(folder_ / name, text);
    return open_text_table(folder_ / name, {});
  }
  /// g1 {a: 1}, g2 {a: 2, b: 3} of the cells a and b, however written.
  void expect_small(std::string_view text) const {
    const auto source = open(text);
    EXPECT_THAT(source->gene_ids(), ElementsAre("g1", "g2")) << text;
    EXPECT_THAT(source->gene_symbols(), IsEmpty()) << text;
    EXPECT_THAT(all_cell_ids(*source), ElementsAre("a", "b")) << text;
    EXPECT_EQ(read_rest(*source, 1), (CountMap{{{0, 0}, 1.0}, {{0, 1}, 2.0}, {{1, 1}, 3.0}})) << text;
  }
  /// Opening and reading all must be refused with these words.
  void expect_refused(std::string_view text, std::initializer_list<std::string_view> words) const {
    const std::string message = expect_error<InputError>([&] { read_rest(*open(text), 2); }, words);
    EXPECT_NE(message.find("t.txt"), std::string::npos) << message;
  }
  TemporaryFolder folder_;
};

TEST_F(TextTableTest, SaysWhatItIs) {
  const auto source = open("gene,a\ng1,1\n");
  EXPECT_EQ(source->path(), folder_ / "t.txt");
  EXPECT_EQ(source->format(), "text table");
  EXPECT_EQ(source->matrix_name(), "table");
  EXPECT_EQ(source->cell_count(), 1U);
  expect_error<InputError>([&] { open_text_table(folder_ / "t.txt", {.matrix = "X"}); }, {"'X'", "'table'"});
}

TEST_F(TextTableTest, ReadsEverySeparatorAndHeader) {
  for (const std::string separator : {"\t", ",", ";", " "}) {
    const auto table = [&](std::string text) {
      for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos;)
        text.replace(at, 1, separator);
      return text;
    };
    expect_small(table("gene|a|b\ng1|1|0\ng2|2|3\n"));
    expect_small(table("a|b\ng1|1|0\ng2|2|3"));                         // R's write.table, no line end
    expect_small(table("|a|b\r\ng1|1|0\r\ng2|2|3\r\n\r\n"));            // pandas' to_csv, CRLF, an empty line
    expect_small(table("\"\"|\"a\"|\"b\"\n\"g1\"|1|0\n\"g2\"|2|3\n"));  // R's write.csv
    expect_small(table("\"a\"|\"b\"\n\"g1\"|\"1\"|\"0\"\ng2|2.0|3e0\n\n\n"));
  }
  expect_small("gene, a, b\ng1 , 1, 0\ng2,2 ,3\n");
  expect_small("  gene  a b \ng1 1   0\n  g2 2  3 \n");
  expect_small("\xef\xbb\xbfgene\ta\tb\ng1\t1\t0\ng2\t2\t3\n");
}

TEST_F(TextTableTest, ReadsGzip) {
  const auto source = open("gene,a,b\ng1,1,0\ng2,2,3\n", "t.csv.gz");
  EXPECT_EQ(read_rest(*source, 9).size(), 3U);
}

TEST_F(TextTableTest, QuotedFieldsMayHoldSeparatorsAndQuotes) {
  const auto source = open("\"x\",\"cell, \"\"one\"\"\",\" b \"\n\"g,1\",\"4\",5\n");
  EXPECT_THAT(all_cell_ids(*source), ElementsAre("cell, \"one\"", " b "));
  EXPECT_THAT(source->gene_ids(), ElementsAre("g,1"));
  EXPECT_EQ(read_rest(*source, 9), (CountMap{{{0, 0}, 4.0}, {{1, 0}, 5.0}}));
}

TEST_F(TextTableTest, NamesMayHoldWhatSeparatesElsewhere) {
  const auto source = open("gene id\tcell 1,x\tcell 2;y\nENSG1_A B\t1\t2\n");
  EXPECT_THAT(all_cell_ids(*source), ElementsAre("cell 1,x", "cell 2;y"));
  EXPECT_THAT(source->gene_ids(), ElementsAre("ENSG1_A B"));
}

TEST_F(TextTableTest, OneCellWithAHeaderOfOneFieldIsRead) {
  const auto source = open("cell\ng1;7\n");
  EXPECT_THAT(all_cell_ids(*source), ElementsAre("cell"));
  EXPECT_EQ(read_rest(*source, 9), (CountMap{{{0, 0}, 7.0}}));
}

TEST_F(TextTableTest, ASecondColumnNamedSoHoldsTheSymbols) {
  for (const std::string heading : {"gene_name", "symbol", "Gene_Symbol", "Gene Symbol", "gene.name"}) {
    const auto source = open("id," + heading + ",a,b\ng1,GATA4,1,0\ng2,\"T,5\",0,2\n");
    EXPECT_THAT(source->gene_symbols(), ElementsAre("GATA4", "T,5"));
    EXPECT_THAT(all_cell_ids(*source), ElementsAre("a", "b"));
    EXPECT_EQ(read_rest(*source, 9), (CountMap{{{0, 0}, 1.0}, {{1, 1}, 2.0}}));
  }
  EXPECT_THAT(open("symbol a b\ng1 GATA4 1 0\n")->gene_symbols(), ElementsAre("GATA4"));  // R's header
}

TEST_F(TextTableTest, RandomTablesReadAsWrittenWhateverTheLimit) {
  support::RandomStream random(11);
  constexpr std::size_t kCells = 24;
  constexpr std::size_t kGenes = 30;
  const CountBlock block = testing::random_counts(kCells, kGenes, 0.4, random);
  const CountMap expected = testing::map_of(block);
  for (const std::string name : {"t.csv", "t.tsv.gz"}) {
    const char separator = name == "t.csv" ? ',' : '\t';
    std::ostringstream text;
    for (const std::string& cell : numbered("C", kCells)) text << separator << cell;
    for (std::uint32_t gene = 0; gene < kGenes; ++gene) {
      text << "\nG" << gene;
      for (std::uint64_t cell = 0; cell < kCells; ++cell) {
        const auto found = expected.find({cell, gene});
        text << separator << (found == expected.end() ? 0.0 : found->second)
             << (random.bernoulli(0.1) ? ".0" : "");
      }
    }
    write_packed(folder_ / name, text.str());
    for (const std::uint64_t max_values : {1U, 40U, 100'000U}) {
      const auto source = open_text_table(folder_ / name, {}, max_values);
      for (const std::size_t max_cells : {1U, 7U, 1000U}) {
        source->rewind();
        EXPECT_EQ(read_rest(*source, max_cells), expected) << name << " " << max_values << " " << max_cells;
      }
      source->seek(10);
      EXPECT_EQ(read_rest(*source, 3), testing::from_cell(expected, 10));
    }
  }
}

TEST_F(TextTableTest, WhatIsNoTableIsRefused) {
  expect_refused("", {"an empty file", "genes x cells"});
  expect_refused("gene,a\n", {"one line only"});
  expect_refused("hello\nworld\n", {"line 1", "one field"});
  expect_refused("gene\tgene_symbol\ng1\tA\n", {"line 1", "no cell"});
  expect_refused("gene,a,b,a\ng1,1,2,3\n", {"line 1", "two cells 'a'"});
  expect_refused("gene,a,,b\ng1,1,2,3\n", {"line 1", "an empty cell name"});
}

TEST_F(TextTableTest, RowsOfAnotherWidthAreRefusedWithTheirLine) {
  expect_refused("gene,a,b\ng1,1,2,3,4\n", {"line 2", "5 fields", "3 as in the header, or one more"});
  expect_refused("gene,a,b\ng1,1\n", {"line 2", "2 fields", "3 as in the header"});
  expect_refused("gene,a,b\ng1,1,2\ng2,1\n", {"line 3", "2 fields", "3 as in the rows before"});
  expect_refused("gene,a,b\ng1,1,2\ng2,1,2,\n", {"line 3", "4 fields", "3 as in the rows before"});
  expect_refused("gene,a,b\ng1,1,2\n\ng2,1,2\n", {"line 3", "an empty line"});
}

TEST_F(TextTableTest, FieldsThatAreNoNumbersAreRefusedWithLineAndColumn) {
  for (const std::string field : {"NA", "", "1x", "1,5", "0x10", "--1", "one"}) {
    expect_refused("gene\ta\tb\ng1\t1\t2\ng2\t3\t" + field + "\n",
                   {"line 3, column 3 (b)", "'" + field + "'", "a number"});
  }
  expect_refused("gene\tchrom\tb\ng1\tchr1\t2\n",
                 {"line 2, column 2 (chrom)", "'chr1'", "columns are cells"});
}

TEST_F(TextTableTest, ValuesThatAreNoCountsAreRefusedWithCellAndGene) {
  expect_refused("gene,a,b\ng1,1,2\ng2,0,0.5\n", {"table, cell 1 (b), gene 1 (g2)", "0.5", "raw count"});
  expect_refused("gene,a,b\ng1,1,-2\n", {"-2", "raw count"});
  expect_refused("gene,a,b\ng1,nan,2\n", {"nan", "raw count"});
  write_packed(folder_ / "f.csv", "gene,a\ng1,0.5\n");
  const auto source = open_text_table(folder_ / "f.csv", {.values = CountValues::kNotNegative});
  EXPECT_EQ(read_rest(*source, 9), (CountMap{{{0, 0}, 0.5}}));
}

TEST_F(TextTableTest, WrongQuotesAndMissingIdsAreRefused) {
  expect_refused("\"gene,a\ng1,1\n", {"one field"});
  expect_refused("gene,\"a\ng1,1,2\n", {"line 1"});
  expect_refused("gene,a\ng1,1\n\"g2,1\n", {"line 3", "a quote that is not closed"});
  expect_refused("gene,a\ng1,1\ng2,\"1\n", {"line 3", "a quote that is not closed"});
  expect_refused("gene,a\ng1,1\n\"g\"2,1\n", {"line 3", "text behind a closing quote"});
  expect_refused("gene,a\ng1,1\n,1\n", {"line 3", "no gene id"});
}

TEST_F(TextTableTest, ATableOfCellsByGenesIsRefusedWithAWayOut) {
  expect_refused("cell,ENSG00000136574,ENSG00000089225,batch\nAAAC,1,2,1\nAAAG,0,1,1\n",
                 {"ENSG00000136574", "AAAC", "genes in rows", "t(counts)", "counts.T"});
  EXPECT_EQ(open("id,a\nENSG00000136574,1\n")->cell_count(), 1U);
  EXPECT_EQ(open("id,ENSG00000136574\nENSG00000136574,1\n")->cell_count(), 1U);
}

TEST_F(TextTableTest, AFileThatChangesWhileItIsReadIsRefused) {
  for (const std::string text : {"gene,a,b\ng1,1,2\n", "gene,a,b\ng1,1,2\ng2,1,2\ng3,1,2\n"}) {
    const auto source = open("gene,a,b\ng1,1,0\ng2,2,3\n");
    write_packed(folder_ / "t.txt", text);
    CountBlock block;
    expect_error<InputError>([&] { source->next(block, 1); }, {"t.txt", "another number of rows"});
  }
}

TEST_F(TextTableTest, TextIsToldFromBinaryAlsoInsideGzip) {
  const auto is_text = [&](std::string_view content, const std::string& name) {
    write_packed(folder_ / name, content);
    return looks_like_text(folder_ / name);
  };
  const std::string_view binary("\x89HDF\r\n\x1a\n\0\0", 10);
  const std::string late = std::string(5000, 'x') + std::string(1, '\0');
  for (const std::string name : {"plain", "packed.gz"}) {
    EXPECT_TRUE(is_text("a,b\n1,2\n", name));
    EXPECT_TRUE(is_text("", name));
    EXPECT_FALSE(is_text(binary, name));
    EXPECT_TRUE(is_text(late, name)) << "only the first KiB is asked";
  }
  expect_error<InputError>([&] { looks_like_text(folder_ / "nowhere"); }, {"no such file"});
}

}  // namespace
}  // namespace biodta::cells
