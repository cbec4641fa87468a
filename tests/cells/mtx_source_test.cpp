#include "cells/mtx_source.hpp"

#include "cells/random_counts.hpp"
#include "cells/text_files.hpp"
#include "testing.hpp"

#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
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

constexpr std::string_view kFeatures =
    "ENSG1\tA\tGene Expression\nENSG2\tB\tGene Expression\nCD3\tCD3\tAntibody Capture\nENSG3\tC\tGene "
    "Expression\n";
constexpr std::string_view kBarcodes = "AAAC-1\nAAAG-1\nAAAT-1\n";
constexpr std::string_view kMatrix =
    "%%MatrixMarket matrix coordinate integer general\n%metadata_json: {}\n4 3 6\n"
    "4 1 7\n1 1 2\n3 1 99\n2 2 0\n4 3 5\n4 3 1\n";

class MtxSourceTest : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string_view matrix = kMatrix, std::string_view features = kFeatures,
                              std::string_view barcodes = kBarcodes, const std::string& prefix = "",
                              const std::string& packed = "") {
    write_packed(folder_ / (prefix + "matrix.mtx" + packed), matrix);
    write_packed(folder_ / (prefix + "features.tsv" + packed), features);
    write_packed(folder_ / (prefix + "barcodes.tsv" + packed), barcodes);
    return folder_.path();
  }
  /// Opening and reading all must be refused with these words.
  void expect_refused(std::initializer_list<std::string_view> words) const {
    expect_error<InputError>([&] { read_rest(*open_mtx(folder_.path(), {}), 2); }, words);
  }
  void expect_refused_matrix(const std::string& matrix, std::initializer_list<std::string_view> words) {
    write(matrix);
    expect_refused(words);
  }
  /// A matrix file of kMatrix's names with these lines under the banner.
  void expect_refused_body(const std::string& body, std::initializer_list<std::string_view> words) {
    expect_refused_matrix("%%MatrixMarket matrix coordinate integer general\n" + body, words);
  }
  TemporaryFolder folder_;
};

TEST_F(MtxSourceTest, ReadsGenesCellsAndCounts) {
  for (const char* const packed : {"", ".gz"}) {
    const auto source = open_mtx(write(kMatrix, kFeatures, kBarcodes, "", packed), {});
    EXPECT_EQ(source->path(), folder_.path());
    EXPECT_EQ(source->format(), "10x mtx");
    EXPECT_EQ(source->matrix_name(), "matrix");
    EXPECT_EQ(source->cell_count(), 3U);
    EXPECT_THAT(source->gene_ids(), ElementsAre("ENSG1", "ENSG2", "ENSG3"));
    EXPECT_THAT(source->gene_symbols(), ElementsAre("A", "B", "C"));
    EXPECT_THAT(all_cell_ids(*source), ElementsAre("AAAC-1", "AAAG-1", "AAAT-1"));
    EXPECT_THAT(source->cell_ids(1, 1), ElementsAre("AAAG-1"));
    CountBlock block;
    ASSERT_TRUE(source->next(block, 10));
    EXPECT_THAT(block.offsets, ElementsAre(0, 2, 2, 4));  // no antibody, no zero, both of a pair given twice
    EXPECT_THAT(block.genes, ElementsAre(2, 0, 2, 2));
    EXPECT_THAT(block.counts, ElementsAre(7, 2, 5, 1));
    EXPECT_FALSE(source->next(block, 10));
    std::filesystem::remove(folder_ / "matrix.mtx");
    std::filesystem::remove(folder_ / "features.tsv");
    std::filesystem::remove(folder_ / "barcodes.tsv");
  }
}

TEST_F(MtxSourceTest, FindsOldNamesPrefixesAndTheFilesBesideAMatrix) {
  EXPECT_FALSE(is_mtx_folder(folder_.path()));
  EXPECT_FALSE(is_mtx_folder(folder_ / "nowhere"));
  write(kMatrix, kFeatures, kBarcodes, "GSM123_sampleA_", ".gz");
  EXPECT_TRUE(is_mtx_folder(folder_.path()));
  EXPECT_FALSE(is_mtx_folder(folder_ / "GSM123_sampleA_matrix.mtx.gz"));
  EXPECT_EQ(read_rest(*open_mtx(folder_.path(), {}), 2).size(), 3U);
  write_packed(folder_ / "b.matrix.mtx", kMatrix);
  write_packed(folder_ / "b.genes.tsv", "G1\nG2\nG3\nG4\n");
  write_packed(folder_ / "b.barcodes.tsv", kBarcodes);
  expect_refused({"2 matrices", "GSM123_sampleA_matrix.mtx", "b.matrix.mtx", "one", "folder of its own"});
  const auto source = open_mtx(folder_ / "b.matrix.mtx", {});
  EXPECT_THAT(source->gene_ids(), ElementsAre("G1", "G2", "G3", "G4"));
  EXPECT_THAT(source->gene_symbols(), IsEmpty());
  EXPECT_EQ(read_rest(*source, 2).size(), 4U);
  std::filesystem::rename(folder_ / "b.matrix.mtx", folder_ / "b.mtx");
  EXPECT_EQ(read_rest(*open_mtx(folder_ / "b.mtx", {}), 2).size(), 4U);
}

TEST_F(MtxSourceTest, MissingFilesAreNamed) {
  expect_refused({"no matrix.mtx"});
  expect_error<InputError>([&] { open_mtx(folder_ / "nowhere", {}); }, {"nowhere", "no such file"});
  write_packed(folder_ / "s_matrix.mtx", kMatrix);
  expect_refused({"s_matrix.mtx", "no s_features.tsv and no s_genes.tsv"});
  write_packed(folder_ / "s_genes.tsv", kFeatures);
  expect_refused({"s_matrix.mtx", "no s_barcodes.tsv"});
}

/// A random matrix as the text of matrix.mtx, entries in the order of `by_cell` or shuffled.
std::string matrix_text(const CountBlock& block, std::size_t genes, bool cells_are_rows, bool by_cell,
                        support::RandomStream& random) {
  std::vector<std::array<std::string, 3>> entries;
  for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
    for (std::uint64_t i = block.offsets[cell]; i < block.offsets[cell + 1]; ++i) {
      const std::string number = std::to_string(static_cast<int>(block.counts[i]));
      const std::array<std::string, 3> forms = {number, number + ".0", number + "e+00"};
      entries.push_back(
          {std::to_string(block.genes[i] + 1), std::to_string(cell + 1), forms[random.below(3)]});
      if (cells_are_rows) std::swap(entries.back()[0], entries.back()[1]);
    }
  }
  if (!by_cell) random.shuffle(entries);
  std::array<std::size_t, 2> sizes = {genes, block.cell_count()};
  if (cells_are_rows) std::swap(sizes[0], sizes[1]);
  std::ostringstream text;
  text << "%%matrixmarket MATRIX coordinate real general\r\n% a comment\n\n " << sizes[0] << "\t" << sizes[1]
       << " " << entries.size() << " \n";
  for (const auto& [row, column, number] : entries) text << row << " " << column << "\t" << number << "\n";
  return text.str();
}

TEST_F(MtxSourceTest, RandomMatricesReadAsWrittenInEveryOrderSizeAndLimit) {
  support::RandomStream random(7);
  constexpr std::size_t kCells = 24;
  constexpr std::size_t kGenes = 35;
  const CountBlock block = testing::random_counts(kCells, kGenes, 0.3, random);
  const CountMap expected = testing::map_of(block);
  std::string names;
  for (const std::string& gene : numbered("G", kGenes)) names += gene + "\n";
  std::string barcodes;
  for (const std::string& cell : numbered("C", kCells)) barcodes += cell + "\n";
  for (unsigned variant = 0; variant < 8; ++variant) {
    const std::string packed = (variant & 4) != 0 ? ".gz" : "";
    const TemporaryFolder folder;
    write_packed(folder / ("matrix.mtx" + packed),
                 matrix_text(block, kGenes, (variant & 1) != 0, (variant & 2) != 0, random));
    write_packed(folder / ("features.tsv" + packed), names);
    write_packed(folder / ("barcodes.tsv" + packed), barcodes);
    for (const std::uint64_t max_values :
         {1U, 40U, 100'000U}) {  // one cell at a time; bands or a stream; all
      const auto source = open_mtx(folder.path(), {}, max_values);
      for (const std::size_t max_cells : {1U, 7U, 1000U}) {
        source->rewind();
        EXPECT_EQ(read_rest(*source, max_cells), expected)
            << variant << " " << max_values << " " << max_cells;
      }
      for (const std::uint64_t cell : {12U, 20U, 5U, 24U}) {
        source->seek(cell);
        EXPECT_EQ(read_rest(*source, 3), testing::from_cell(expected, cell)) << variant << " from " << cell;
      }
    }
  }
}

TEST_F(MtxSourceTest, HasOneMatrixOnly) {
  write();
  EXPECT_EQ(open_mtx(folder_.path(), {.matrix = "matrix"})->cell_count(), 3U);
  expect_error<InputError>([&] { open_mtx(folder_.path(), {.matrix = "raw/X"}); }, {"'raw/X'", "'matrix'"});
}

TEST_F(MtxSourceTest, ASquareMatrixHasFeaturesInRows) {
  write("%%MatrixMarket matrix coordinate integer general\n2 2 1\n1 2 9\n", "a\nb\n", "c\nd\n");
  EXPECT_EQ(read_rest(*open_mtx(folder_.path(), {}), 5), (CountMap{{{1, 0}, 9.0}}));
}

TEST_F(MtxSourceTest, SizesThatFitNeitherWayAreRefusedWithFilesAndNumbers) {
  write(kMatrix, "a\nb\n");
  expect_refused({"matrix.mtx", "line 3", "4 rows and 3 columns", "2 features (features.tsv)",
                  "3 barcodes (barcodes.tsv)"});
}

TEST_F(MtxSourceTest, OtherKindsOfMatrixMarketFilesAreRefusedByName) {
  expect_refused_matrix("", {"matrix.mtx", "empty"});
  expect_refused_matrix("4 3 1\n1 1 1\n", {"line 1", "'4 3 1'", "%%MatrixMarket"});
  expect_refused_matrix("%%MatrixMarket matrix array real general\n", {"line 1", "'array'", "'coordinate'"});
  expect_refused_matrix("%%MatrixMarket matrix coordinate pattern general\n",
                        {"'pattern'", "'integer' or 'real'"});
  expect_refused_matrix("%%MatrixMarket matrix coordinate complex general\n", {"'complex'"});
  expect_refused_matrix("%%MatrixMarket matrix coordinate real symmetric\n", {"'symmetric'", "'general'"});
  expect_refused_matrix("%%MatrixMarket matrix coordinate real\n", {"'nothing'", "'general'"});
}

TEST_F(MtxSourceTest, DamagedEntriesAreRefusedWithTheirLine) {
  expect_refused_body("% only comments\n", {"no size line"});
  expect_refused_body("4 3\n", {"line 2", "'4 3'", "rows, columns and entries"});
  expect_refused_body("4 3 -1\n", {"line 2", "'4 3 -1'"});
  expect_refused_body("4 3 1\n5 1 1\n", {"line 3", "row 5", "from 1 to 4"});
  expect_refused_body("4 3 1\n0 1 1\n", {"line 3", "row 0", "from 1 to 4"});
  expect_refused_body("4 3 1\n1 4 1\n", {"line 3", "column 4", "from 1 to 3"});
  expect_refused_body("4 3 2\n1 1 1\n",
                      {"after line 3", "1 entries", "2, as the size line says", "cut short"});
  expect_refused_body("4 3 1\n1 1 1\n1 2 1\n", {"line 4", "one entry more", "1, as the size line says"});
  for (const std::string entry : {"1 1", "1 1 x", "1 1 1x", "1 1 1 1", "1.5 1 1", "-1 1 1", "a", "1 1 0x10",
                                  "99999999999999999999 1 1"}) {
    expect_refused_body("4 3 1\n" + entry + "\n", {"line 3", entry, "row, column and count"});
  }
}

TEST_F(MtxSourceTest, ValuesThatAreNoCountsAreRefusedWithCellAndGene) {
  expect_refused_body("4 3 1\n2 3 1.5\n", {"matrix, cell 2 (AAAT-1), gene 1 (ENSG2)", "1.5", "raw count"});
  expect_refused_body("4 3 1\n2 3 -1\n", {"-1", "raw count"});
  expect_refused_body("4 3 1\n2 3 nan\n", {"nan"});
  expect_refused_body("4 3 1\n2 3 1e300\n", {"inf"});
  expect_refused_body("4 3 1\n2 3 16777216\n", {"16777216"});
  write("%%MatrixMarket matrix coordinate real general\n4 3 1\n2 3 1.5\n");
  const auto source = open_mtx(folder_.path(), {.values = CountValues::kNotNegative});
  EXPECT_EQ(read_rest(*source, 5), (CountMap{{{2, 1}, 1.5}}));
}

TEST_F(MtxSourceTest, DamagedNamesAreRefusedWithTheirLine) {
  write(kMatrix, "a\tb\nc\nd\te\nf\tg\n");
  expect_refused({"features.tsv", "line 2", "1 fields", "2 as in line 1"});
  write(kMatrix, "a\n\tx\n");
  expect_refused({"features.tsv", "line 2", "2 fields"});
  write(kMatrix, "a\ty\n\tx\n");
  expect_refused({"features.tsv", "line 2", "no gene id"});
  write(kMatrix, "a\n\nb\nc\n");
  expect_refused({"features.tsv", "line 2", "an empty line"});
  write(kMatrix, "");
  expect_refused({"features.tsv", "no line"});
  write(kMatrix, "a\ta\tPeaks\nb\tb\tAntibody Capture\n");
  expect_refused({"features.tsv", "'Antibody Capture' and 'Peaks'", "'Gene Expression'"});
  write(kMatrix, kFeatures, "a\n\tb\nc\n");
  expect_refused({"barcodes.tsv", "line 2", "no barcode"});
  write(kMatrix, std::string(kFeatures) + "\n\n",
        std::string(kBarcodes) + "\n");  // at the end they do no harm
  EXPECT_EQ(open_mtx(folder_.path(), {})->cell_count(), 3U);
}

TEST_F(MtxSourceTest, AFileThatChangesWhileItIsReadIsRefused) {
  const auto source = open_mtx(write(), {}, 1);
  CountBlock block;
  ASSERT_TRUE(source->next(block, 1));
  write_packed(folder_ / "matrix.mtx", "%%MatrixMarket matrix coordinate integer general\n4 3 1\n4 3 5\n");
  source->rewind();
  expect_error<InputError>([&] { source->next(block, 1); }, {"matrix.mtx", "another content"});
  write_packed(folder_ / "matrix.mtx", "%%MatrixMarket matrix coordinate integer general\n9 9 1\n9 9 5\n");
  expect_error<InputError>([&] { source->next(block, 1); }, {"matrix.mtx", "another content"});
  write();
  EXPECT_EQ(read_rest(*source, 1).size(), 3U) << "an error leaves the source usable";
}

TEST_F(MtxSourceTest, TheRealFolderHasTheCountsThatPythonFinds) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/pbmc_1k_10x_mtx");
  const auto folder = *biodta::testing::test_data() / "cells/pbmc_1k_10x_mtx";
  for (const std::uint64_t max_values : {ScatteredMatrix::kMaxValues, std::uint64_t{50'000}}) {
    const auto source = open_mtx(folder, {}, max_values);
    EXPECT_EQ(source->cell_count(), 996U);
    EXPECT_EQ(source->gene_ids().size(), 33'538U);
    EXPECT_THAT(source->cell_ids(500, 1), ElementsAre("CTCTACGAGCGTTTAC-1"));
    constexpr std::uint32_t kMalat1 = 18'002;
    EXPECT_EQ(source->gene_ids()[kMalat1], "ENSG00000251562");
    EXPECT_EQ(source->gene_symbols()[kMalat1], "MALAT1");
    // scipy.io.mmread: m.sum(0)[[0, 1, 500, 995]], m.sum(1)[18002], and m[g, c] * (g + 1) * (c + 1) summed.
    std::size_t values = 0;
    std::vector<double> of_cell(996);
    double malat1 = 0.0;
    double weighted = 0.0;
    for (CountBlock block; source->next(block, 100);) {
      values += block.counts.size();
      for (std::uint64_t cell = block.first_cell, row = 0; row < block.cell_count(); ++cell, ++row) {
        for (std::uint64_t i = block.offsets[row]; i < block.offsets[row + 1]; ++i) {
          const auto count = static_cast<double>(block.counts[i]);
          of_cell[cell] += count;
          if (block.genes[i] == kMalat1) malat1 += count;
          weighted += count * (block.genes[i] + 1.0) * (static_cast<double>(cell) + 1.0);
        }
      }
    }
    EXPECT_EQ(values, 1'102'741U);
    EXPECT_EQ(of_cell[0], 6631.0);
    EXPECT_EQ(of_cell[1], 2196.0);
    EXPECT_EQ(of_cell[500], 1515.0);
    EXPECT_EQ(of_cell[995], 5263.0);
    EXPECT_EQ(malat1, 161'784.0);
    EXPECT_EQ(weighted, 30'875'877'582'810.0);
  }
}

}  // namespace
}  // namespace biodta::cells
