#include "cells/count_files.hpp"
#include "testing.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;

/// What anndata reads: the sum of count × (cell + 1) × (gene + 1), which no transposition or shift survives.
double weighted_sum(const testing::Counts& counts) {
  double sum = 0.0;
  for (const auto& [place, count] : counts) {
    sum += static_cast<double>(count) * (static_cast<double>(place.first) + 1) * (place.second + 1);
  }
  return sum;
}

TEST(RealCountFiles, OfEveryKindGiveTheCountsThatAnndataReads) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/formats");
  const auto formats = *biodta::testing::test_data() / "cells/formats";
  struct Case {
    std::string file;
    CountSourceOptions options;
    std::string matrix;
    std::size_t cells;
    std::size_t genes;
    std::size_t values;
    double sum;
  };
  constexpr CountValues kAny = CountValues::kAny;
  const std::vector<Case> cases = {
      {"pbmc-small-x-csr.h5ad", {"auto", kAny}, "X", 80, 20, 1600, 108479.81654709578},
      {"pbmc-small-x-csc.h5ad", {"auto", kAny}, "X", 80, 20, 1600, 108479.81654709578},
      {"pbmc-small-x-dense.h5ad", {"auto", kAny}, "X", 80, 20, 1600, 108479.81654709578},
      {"anndata_archive_v0.7.0.h5ad", {}, "raw/X", 30, 40, 480, 184639},
      {"anndata_archive_v0.7.0.h5ad", {"X"}, "X", 30, 20, 228, 45616},
      {"anndata_archive_v0.7.0.h5ad", {"layers/array", kAny}, "layers/array", 30, 20, 600, 47464.00676096999},
      {"anndata_archive_v0.7.0.h5ad", {"layers/sparse", kAny}, "layers/sparse", 30, 20, 6, 643.8277051746845},
      {"anndatar_example.h5ad", {"X", kAny}, "X", 100, 200, 17261, 99118367.58080214},
      {"anndatar_example.h5ad", {"layers/counts"}, "layers/counts", 100, 200, 17261, 202841421},
      {"anndatar_example.h5ad", {"layers/csc_counts"}, "layers/csc_counts", 100, 200, 17261, 202841421},
      {"anndatar_example.h5ad", {"layers/dense_counts"}, "layers/dense_counts", 100, 200, 17261, 202841421},
      {"anndatar_example.h5ad",
       {"layers/dense_X", kAny},
       "layers/dense_X",
       100,
       200,
       17261,
       202572177.53706443},
      {"10x_v3_filtered_feature_bc_matrix.h5", {}, "matrix", 1107, 507, 23866, 7376015539},
      {"pbmc68k_reduced_log_values.h5ad", {"auto", kAny}, "raw/X", 700, 765, 174400, 43211144635.447815},
      {"pbmc68k_reduced_log_values.h5ad", {"X", kAny}, "X", 700, 765, 535433, 130533995.17258105},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.file + " " + c.matrix);
    const auto source = open_counts(formats / c.file, c.options);
    EXPECT_EQ(source->matrix_name(), c.matrix);
    EXPECT_EQ(source->cell_count(), c.cells);
    EXPECT_EQ(source->gene_ids().size(), c.genes);
    const testing::Counts counts = testing::read_counts(*source, 33);
    EXPECT_EQ(counts.size(), c.values);
    EXPECT_NEAR(weighted_sum(counts), c.sum, 1e-9 * c.sum);
    EXPECT_EQ(testing::all_cell_ids(*source).size(), c.cells);
    testing::all_obs(*source);
  }
}

TEST(RealCountFiles, OneMatrixInThreeLayoutsIsReadAsOne) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/formats");
  const auto formats = *biodta::testing::test_data() / "cells/formats";
  const CountSourceOptions any = {"auto", CountValues::kAny};
  const testing::Counts csr = testing::read_counts(formats / "pbmc-small-x-csr.h5ad", any, 100);
  EXPECT_EQ(testing::read_counts(formats / "pbmc-small-x-csc.h5ad", any, 7), csr);
  EXPECT_EQ(testing::read_counts(formats / "pbmc-small-x-dense.h5ad", any, 1), csr);
  const auto csc = open_counts(formats / "pbmc-small-x-csc.h5ad", any);
  EXPECT_EQ(csc->format(), "AnnData .h5ad, CSC");
  EXPECT_EQ(testing::obs_column(*csc, "groups").texts()[1], "g1");
  EXPECT_EQ(testing::obs_column(*csc, "nCount_RNA").numbers[2], 87.0);
}

TEST(RealCountFiles, WithoutRawCountsAreRefusedForTheStatedReason) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("cells/formats");
  const auto formats = *biodta::testing::test_data() / "cells/formats";
  const auto refused = [&](const std::string& name, std::initializer_list<std::string_view> words) {
    expect_error<InputError>([&] { testing::read_counts(formats / name); }, words);
  };
  refused("pbmc-small-x-csr.h5ad", {"X, cell 0 (ATGCCAGAACGACT), gene 0 (IGLL5)", "raw count"});
  refused("pbmc-small-x-csc.h5ad", {"X, cell 0 (ATGCCAGAACGACT), gene 0 (IGLL5)", "raw count"});
  refused("pbmc-small-x-dense.h5ad", {"X, cell 0 (ATGCCAGAACGACT), gene 0 (IGLL5)", "raw count"});
  refused("pbmc68k_reduced_log_values.h5ad", {"raw/X, cell 0 (AAAGCCTGGCTAAC-1)", "raw count", "log-scaled"});
  refused("anndatar_example.h5ad", {"X, cell 0 (Cell000)", "raw count"});
  refused("anndata_archive_v0.11.4.h5ad", {"X", "found nothing", "a matrix of counts"});
}

}  // namespace
}  // namespace biodta::cells
