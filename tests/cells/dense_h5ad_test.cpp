#include "cells/count_files.hpp"
#include "testing.hpp"

#include <biodta/cells/dense_h5ad.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <gtest/gtest.h>

#include <numeric>

namespace biodta::cells {
namespace {

const std::vector<std::string> kDimensions = {"h0", "h1", "h2"};

/// Five rows in two pieces, with a column of each kind.
void write_dense(const std::filesystem::path& path) {
  const std::vector<ObsField> fields = {{"type", true, {"T", "B"}, false}, {"cells", false, {}, false}};
  DenseH5adWriter writer(path, kDimensions, fields);
  std::vector<float> values(15);
  std::iota(values.begin(), values.end(), 0.5F);
  const std::vector<std::string> ids = {"a", "b", "c", "d", "e"};
  const std::vector<ObsValues> first = {{{0, 1, -1}, {}}, {{}, {1, 2, 3}}};
  const std::vector<ObsValues> second = {{{1, 0}, {}}, {{}, {4, 5}}};
  writer.append(std::span(ids).first(3), first, std::span<const float>(values).first(9));
  writer.append(std::span(ids).subspan(3), second, std::span<const float>(values).subspan(9));
  EXPECT_EQ(writer.row_count(), 5U);
  EXPECT_FALSE(std::filesystem::exists(path));
  const std::vector<TextColumn> text = {{"symbol", {"A", "B", "C", "D", "E"}}};
  writer.finish(text, {{"layer", "-2"}});
}

TEST(DenseH5ad, HoldsItsRowsInTheOrderOfTheCalls) {
  const biodta::testing::TemporaryFolder folder;
  write_dense(folder / "a.h5ad");
  const auto file = support::hdf5::File::open(folder / "a.h5ad");
  const auto matrix = file.dataset("X");
  EXPECT_EQ(matrix.shape(), (std::vector<std::uint64_t>{5, 3}));
  EXPECT_EQ(matrix.type(), support::hdf5::ElementType::kFloat32);
  const auto values = matrix.read_all<double>();
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(values[i], static_cast<double>(i) + 0.5);
  EXPECT_EQ(file.dataset("obs/symbol").read_strings()[3], "D");
  EXPECT_EQ(file.dataset("obs/type/codes").read_all<std::int32_t>(),
            (std::vector<std::int32_t>{0, 1, -1, 1, 0}));
}

TEST(DenseH5ad, AnndataOpensIt) {
  const biodta::testing::TemporaryFolder folder;
  write_dense(folder / "a.h5ad");
  const auto printed = biodta::testing::run_python(
      "import anndata, warnings\n"
      "warnings.simplefilter('error')\n"
      "a = anndata.read_h5ad('" +
      (folder / "a.h5ad").string() +
      "')\n"
      "print(a.shape, a.X.dtype, a.X.tolist()[4], list(a.obs_names), list(a.var_names))\n"
      "print(list(a.obs.columns), a.obs['symbol'].tolist(), "
      "a.obs['type'].astype(object).fillna('-').tolist(),"
      " a.obs['cells'].tolist(), a.uns['biodta']['layer'])\n");
  if (!printed) GTEST_SKIP() << "anndata is absent: scripts/setup --tests";
  EXPECT_EQ(*printed,
            "(5, 3) float32 [12.5, 13.5, 14.5] ['a', 'b', 'c', 'd', 'e'] ['h0', 'h1', 'h2']\n"
            "['symbol', 'type', 'cells'] ['A', 'B', 'C', 'D', 'E'] ['T', 'B', '-', 'B', 'T'] "
            "[1.0, 2.0, 3.0, 4.0, 5.0] -2\n");
}

TEST(DenseH5ad, RefusesPartsThatDoNotFitAndLeavesNothing) {
  const biodta::testing::TemporaryFolder folder;
  using biodta::testing::expect_error;
  {
    DenseH5adWriter writer(folder / "a.h5ad", kDimensions);
    const std::vector<std::string> ids = {"a", "b"};
    const std::vector<float> values(5, 0.0F);
    expect_error<Error>([&] { writer.append(ids, {}, values); }, {"a.h5ad", "rows and values"});
    writer.append(std::span(ids).first(1), {}, std::span<const float>(values).first(3));
    const std::vector<TextColumn> text = {{"symbol", {"A", "B"}}};
    expect_error<Error>([&] { writer.finish(text); }, {"a.h5ad", "symbol"});
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace biodta::cells
