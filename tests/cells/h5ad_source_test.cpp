#include "cells/count_files.hpp"
#include "testing.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using biodta::testing::fixture;
using testing::all_cell_ids;
using testing::all_obs;
using ::testing::ElementsAre;
using testing::ensembl_ids;
using testing::expected_counts;
using ::testing::IsEmpty;
using ::testing::IsNan;
using testing::names_from;
using testing::obs_column;
using testing::read_counts;

std::filesystem::path h5ad(const std::string& name) {
  return fixture("cells/" + name + ".h5ad");
}

TEST(H5adSource, ReadsEveryFilterAndLayoutThatAnndataWrites) {
  const testing::Counts counts = expected_counts("counts.tsv");
  for (const std::string name : {"csc", "lzf", "shuffle_gzip", "obs_columns"}) {
    SCOPED_TRACE(name);
    for (const std::size_t cells : {1, 5, 100}) EXPECT_EQ(read_counts(h5ad(name), {}, cells), counts);
  }
  EXPECT_EQ(open_counts(h5ad("csc"))->format(), "AnnData .h5ad, CSC");
  EXPECT_EQ(open_counts(h5ad("lzf"))->format(), "AnnData .h5ad, CSR");
  EXPECT_EQ(open_counts(h5ad("dense"))->format(), "AnnData .h5ad, dense");
}

TEST(H5adSource, ReadsEveryElementTypeInEveryLayout) {
  const testing::Counts counts = expected_counts("counts.tsv");
  const std::vector<std::string> names = open_counts(h5ad("types"))->matrix_names();
  EXPECT_EQ(names.size(), 14U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    testing::Counts expected = counts;
    if (name == "layers/bool") {
      for (auto& [place, count] : expected) count = 1.0F;
    }
    // 16-bit floats hold whole numbers to 2,048 and even ones beyond.
    const auto source = open_counts(h5ad("types"), {name});
    EXPECT_EQ(source->matrix_name(), name);
    EXPECT_EQ(read_counts(*source), expected);
  }
}

TEST(H5adSource, DenseMatricesAreReadWhateverTheirChunks) {
  const testing::Counts many = expected_counts("many.tsv");
  for (const std::string matrix : {"X", "layers/contiguous", "layers/gene_chunks"}) {
    SCOPED_TRACE(matrix);
    for (const std::size_t cells : {1, 11, 13, 1000})
      EXPECT_EQ(read_counts(h5ad("dense"), {matrix}, cells), many);
  }
}

TEST(H5adSource, SeekingAnywhereGivesTheSameCells) {
  for (const std::string name : {"csc", "dense", "lzf"}) {
    SCOPED_TRACE(name);
    const auto source = open_counts(h5ad(name));
    const testing::Counts all = read_counts(*source);
    for (const std::uint64_t cell : {20U, 3U, 3U, 23U, 0U}) {
      source->seek(cell);
      CountBlock block;
      ASSERT_TRUE(source->next(block, 1));
      EXPECT_EQ(block.first_cell, cell);
      testing::Counts one;
      testing::add_block(one, block);
      testing::Counts expected;
      for (const auto& [place, count] : all) {
        if (place.first == cell) expected.emplace(place, count);
      }
      EXPECT_EQ(one, expected);
    }
  }
}

TEST(H5adSource, ReadsTheRawMatrixAndTheTablesOfAnndata06) {
  const auto source = open_counts(h5ad("legacy_raw"));
  EXPECT_EQ(source->matrix_name(), "raw.X");
  EXPECT_THAT(source->matrix_names(), ElementsAre("X", "raw.X"));
  EXPECT_EQ(source->format(), "AnnData .h5ad, CSR");
  EXPECT_EQ(read_counts(*source), expected_counts("counts.tsv"));
  EXPECT_EQ(source->gene_ids(), ensembl_ids("ENSG", 9));
  EXPECT_EQ(source->gene_symbols(), names_from("GENE", 9));
  EXPECT_EQ(all_cell_ids(*source), names_from("cell", 24));
  EXPECT_EQ(open_counts(h5ad("legacy_raw"), {"raw/X"})->matrix_name(), "raw.X");
  const auto scaled = open_counts(h5ad("legacy_raw"), {"X"});
  EXPECT_EQ(scaled->gene_ids(), names_from("GENE", 4));
  expect_error<InputError>([&] { read_counts(*scaled); }, {"X, cell 0 (cell0)", "scaled"});
}

TEST(H5adSource, ReadsObsOfAnndata06WithItsCategoriesInUns) {
  const auto source = open_counts(h5ad("legacy_raw"));
  ASSERT_EQ(all_obs(*source).size(), 6U);
  const auto type = obs_column(*source, "cell_type");
  EXPECT_THAT(type.field.categories, ElementsAre("B", "NK", "T"));
  EXPECT_EQ(type.texts()[0], "B");
  EXPECT_EQ(type.texts()[3], "-");
  EXPECT_EQ(type.texts()[23], "T");
  EXPECT_THAT(obs_column(*source, "batch").field.categories, ElementsAre("only"));
  EXPECT_THAT(obs_column(*source, "note").field.categories, ElementsAre("even", "odd"));
  EXPECT_EQ(obs_column(*source, "note").texts()[23], "odd");
  EXPECT_EQ(obs_column(*source, "kept").texts()[5], "False");
  EXPECT_EQ(obs_column(*source, "kept").texts()[6], "True");
  EXPECT_EQ(obs_column(*source, "age").numbers[23], 23000.0);
  EXPECT_EQ(obs_column(*source, "n_counts").numbers[6], 700.0 * 45);
}

TEST(H5adSource, ReadsCscOfAnndata06AndTablesWithAnIndexOfAnotherName) {
  const auto source = open_counts(h5ad("legacy_csc"));
  EXPECT_EQ(source->format(), "AnnData .h5ad, CSC");
  EXPECT_EQ(read_counts(*source), expected_counts("counts.tsv"));
  EXPECT_EQ(all_cell_ids(*source), names_from("cell", 24));
  EXPECT_EQ(source->gene_ids(), ensembl_ids("ENSG", 9));
  EXPECT_THAT(source->gene_symbols(), IsEmpty());
  const auto louvain = obs_column(*source, "louvain");
  EXPECT_THAT(louvain.field.categories, ElementsAre("10", "20"));
  EXPECT_EQ(louvain.texts()[3], "20");
}

TEST(H5adSource, ReadsEveryKindOfObsColumnThatAnndataWrites) {
  const auto source = open_counts(h5ad("obs_columns"));
  const auto numbers = [&](const std::string& name) { return obs_column(*source, name).numbers; };
  const auto texts = [&](const std::string& name) { return obs_column(*source, name).texts(); };
  EXPECT_EQ(source->obs_fields().size(), 9U);
  EXPECT_EQ(numbers("nullable_integer")[1], 10.0);
  EXPECT_THAT(numbers("nullable_integer")[2], IsNan());
  EXPECT_EQ(texts("nullable_boolean")[0], "True");
  EXPECT_EQ(texts("nullable_boolean")[1], "-");
  EXPECT_EQ(texts("nullable_boolean")[3], "False");
  EXPECT_EQ(texts("nullable_text")[3], "donor0");
  EXPECT_EQ(texts("nullable_text")[4], "-");
  EXPECT_THAT(obs_column(*source, "nullable_text").field.categories,
              ElementsAre("donor0", "donor1", "donor2"));
  EXPECT_THAT(obs_column(*source, "category").field.categories, ElementsAre("b", "a"));
  EXPECT_EQ(texts("category")[0], "-");
  EXPECT_EQ(texts("category")[1], "b");
  EXPECT_EQ(texts("category")[2], "a");
  EXPECT_EQ(texts("number_category")[11], "0.5");
  EXPECT_EQ(texts("number_category")[12], "2");
  EXPECT_EQ(texts("text")[23], "text23");
  EXPECT_EQ(numbers("float")[6], 3.0);
  EXPECT_THAT(numbers("float")[7], IsNan());
  EXPECT_EQ(numbers("integer")[0], -3.0);
  EXPECT_EQ(texts("truth")[10], "False");
  EXPECT_EQ(texts("truth")[11], "True");
}

TEST(H5adSource, AMatrixThatIsNotThereIsRefusedWithThoseThatAre) {
  expect_error<InputError>([&] { open_counts(h5ad("dense"), {"layers/countz"}); },
                           {"layers/countz", "X, layers/contiguous and layers/gene_chunks"});
}

}  // namespace
}  // namespace biodta::cells
