#include "cells/count_files.hpp"
#include "testing.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <gmock/gmock.h>

#include <functional>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using biodta::testing::expect_error;
using biodta::testing::fixture;
using biodta::testing::TemporaryFolder;
using testing::all_cell_ids;
using ::testing::ElementsAre;
using testing::ensembl_ids;
using testing::expected_counts;
using ::testing::IsEmpty;
using testing::names_from;
using testing::obs_column;
using testing::read_counts;

/// Two genes of three cells: {1, 0, 2} and {0, 0, 5}.
std::filesystem::path write_loom(const std::filesystem::path& path,
                                 const std::function<void(hdf5::File&)>& more,
                                 const std::vector<float>& values = {1, 0, 2, 0, 0, 5}) {
  hdf5::File file = hdf5::File::create(path);
  const std::vector<std::uint64_t> shape = {2, 3};
  file.create_dataset("matrix", hdf5::ElementType::kFloat32, shape).write_all<float>(values);
  file.create_group("row_attrs");
  file.create_group("col_attrs");
  more(file);
  file.close();
  return path;
}

void add_genes(hdf5::File& file) {
  file.create_strings("row_attrs/Gene", std::vector<std::string>{"A", "B"});
}

TEST(LoomSource, ReadsTheMatrixInAnyBlocks) {
  const testing::Counts many = expected_counts("many.tsv");
  for (const std::size_t cells : {1, 7, 64, 1000}) {
    EXPECT_EQ(read_counts(fixture("cells/many.loom"), {}, cells), many);
  }
}

TEST(LoomSource, ReadsALayer) {
  const auto source = open_counts(fixture("cells/many.loom"), {"layers/spliced"});
  EXPECT_EQ(source->matrix_name(), "layers/spliced");
  EXPECT_EQ(read_counts(*source), expected_counts("loom_layer.tsv"));
  expect_error<InputError>([&] { open_counts(fixture("cells/many.loom"), {"layers/nascent"}); },
                           {"layers/nascent", "matrix and layers/spliced"});
}

TEST(LoomSource, NamesGenesAndCellsAndReadsItsAttributes) {
  const auto source = open_counts(fixture("cells/many.loom"));
  EXPECT_EQ(source->format(), "loom");
  EXPECT_EQ(source->matrix_name(), "matrix");
  EXPECT_THAT(source->matrix_names(), ElementsAre("matrix", "layers/spliced"));
  EXPECT_EQ(source->gene_ids(), ensembl_ids("ENSG", 70));
  EXPECT_EQ(source->gene_symbols(), names_from("GENE", 70));
  EXPECT_EQ(all_cell_ids(*source), names_from("cell", 100));
  ASSERT_EQ(source->obs_fields().size(), 4U);  // an attribute of two dimensions is none
  EXPECT_EQ(obs_column(*source, "Age").numbers[99], 99.0);
  EXPECT_EQ(obs_column(*source, "Score").numbers[99], 1.0);
  EXPECT_EQ(obs_column(*source, "Tissue").texts()[99], "liver");
  EXPECT_EQ(obs_column(*source, "Barcode").texts()[99], "bc99");
}

TEST(LoomSource, CellsWithoutNamesAreNumbered) {
  const TemporaryFolder folder;
  const auto path = write_loom(folder / "a.loom", add_genes);
  const auto source = open_counts(path);
  EXPECT_THAT(source->cell_ids(1, 2), ElementsAre("cell 1", "cell 2"));
  EXPECT_THAT(source->gene_ids(), ElementsAre("A", "B"));
  EXPECT_THAT(source->gene_symbols(), IsEmpty());
  EXPECT_EQ(read_counts(*source), (testing::Counts{{{0, 0}, 1}, {{2, 0}, 2}, {{2, 1}, 5}}));
}

TEST(LoomSource, RefusesDamage) {
  const TemporaryFolder folder;
  const auto refused = [&](std::initializer_list<std::string_view> words,
                           const std::function<void(hdf5::File&)>& more, const std::vector<float>& values) {
    const auto path = write_loom(folder / "a.loom", more, values);
    expect_error<InputError>(
        [&] {
          const auto source = open_counts(path);
          testing::all_obs(*source);
          read_counts(*source);
        },
        words);
  };
  const std::vector<float> good = {1, 0, 2, 0, 0, 5};
  refused({"matrix, cell 2 (cell 2), gene 1 (B)", "nan"}, add_genes, {1, 0, 2, 0, 0, NAN});
  refused({"matrix, cell 1 (cell 1), gene 0 (A)", "-1"}, add_genes, {1, -1, 2, 0, 0, 5});
  refused(
      {"row_attrs", "found nothing", "Gene"}, [](hdf5::File&) {}, good);
  refused(
      {"row_attrs", "found Length"},
      [](hdf5::File& file) {
        file.create_values<float>("row_attrs/Length", std::vector<float>{1, 2});
      },
      good);
  refused(
      {"row_attrs/Gene", "3 values", "2"},
      [](hdf5::File& file) {
        file.create_strings("row_attrs/Gene", std::vector<std::string>{"A", "B", "C"});
      },
      good);
  refused(
      {"col_attrs/CellID", "2 values", "3"},
      [](hdf5::File& file) {
        add_genes(file);
        file.create_strings("col_attrs/CellID", std::vector<std::string>{"a", "b"});
      },
      good);
  refused(
      {"col_attrs/Age", "4 values", "3"},
      [](hdf5::File& file) {
        add_genes(file);
        file.create_values<float>("col_attrs/Age", std::vector<float>{1, 2, 3, 4});
      },
      good);
  const auto text = write_loom(folder / "text.loom", [](hdf5::File& file) {
    add_genes(file);
    file.create_strings("layers/words", std::vector<std::string>{"a", "b"});
  });
  expect_error<InputError>([&] { open_counts(text, {"layers/words"}); }, {"layers/words", "text", "numbers"});
}

}  // namespace
}  // namespace biodta::cells
