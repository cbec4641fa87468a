#include "cells/count_files.hpp"
#include "cells/random_counts.hpp"
#include "testing.hpp"

#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using biodta::testing::run_python;
using biodta::testing::TemporaryFolder;
using testing::numbered;
using testing::random_counts;

H5adContents contents() {
  support::RandomStream random(11);
  H5adContents made;
  made.cell_ids = numbered("cell", 30);
  made.gene_ids = numbered("ENSG", 20);
  made.gene_symbols = numbered("SYM", 20);
  made.counts = random_counts(30, 20, 0.3, random);
  ObsColumn type{"cell type", {}, {"T", "B"}, {}};
  ObsColumn age{"age", {}, {}, {}};
  for (std::int32_t i = 0; i < 30; ++i) {
    type.codes.push_back(i % 3 - 1);
    age.numbers.push_back(i * 0.5);
  }
  made.obs = {type, age};
  return made;
}

TEST(WriteH5ad, IsReadBackByTheCountSource) {
  const TemporaryFolder folder;
  const H5adContents written = contents();
  write_h5ad(folder / "a.h5ad", written);
  const auto source = open_counts(folder / "a.h5ad");
  EXPECT_EQ(source->gene_ids(), written.gene_ids);
  EXPECT_EQ(source->gene_symbols(), written.gene_symbols);
  EXPECT_EQ(testing::all_cell_ids(*source), written.cell_ids);
  CountBlock block;
  ASSERT_TRUE(source->next(block, 100));
  EXPECT_EQ(block.offsets, written.counts.offsets);
  EXPECT_EQ(block.genes, written.counts.genes);
  EXPECT_EQ(block.counts, written.counts.counts);
  const std::vector<testing::WholeObs> obs = testing::all_obs(*source);
  ASSERT_EQ(obs.size(), 2U);
  EXPECT_EQ(obs[0].field.name, "cell type");
  EXPECT_EQ(obs[0].codes, written.obs[0].codes);
  EXPECT_EQ(obs[0].field.categories, written.obs[0].categories);
  EXPECT_EQ(obs[1].numbers, written.obs[1].numbers);
}

TEST(WriteH5ad, EqualContentsGiveEqualBytes) {
  const TemporaryFolder folder;
  write_h5ad(folder / "a.h5ad", contents());
  write_h5ad(folder / "b.h5ad", contents());
  EXPECT_EQ(support::read_text_file(folder / "a.h5ad"), support::read_text_file(folder / "b.h5ad"));
}

TEST(WriteH5ad, AnndataOpensIt) {
  const TemporaryFolder folder;
  const H5adContents written = contents();
  write_h5ad(folder / "a.h5ad", written);
  double weighted = 0.0;  // a checksum of the matrix that no transposition or shift survives
  for (std::size_t cell = 0; cell < 30; ++cell) {
    for (std::size_t i = written.counts.offsets[cell]; i < written.counts.offsets[cell + 1]; ++i) {
      weighted += written.counts.counts[i] * (static_cast<double>(cell) + 1) * (written.counts.genes[i] + 1) *
                  (written.counts.genes[i] + 1);
    }
  }
  const auto printed = run_python(
      "import anndata, numpy, warnings\n"
      "warnings.simplefilter('error')\n"
      "a = anndata.read_h5ad('" +
      (folder / "a.h5ad").string() +
      "')\n"
      "print(a.shape, a.X.format, a.X.dtype, a.X.has_canonical_format)\n"
      "x = a.X.toarray().astype(float)\n"
      "print(int(numpy.arange(1, 31) @ x @ numpy.arange(1, 21) ** 2))\n"
      "print(a.obs['cell type'].astype(object).fillna('-').tolist()[:4], a.obs['age'].tolist()[:3], "
      "a.obs_names[29])\n"
      "print(a.var_names[19], a.var['gene_symbol'].tolist()[0], list(a.var.columns), list(a.obs.columns))\n"
      "a.write_h5ad('" +
      (folder / "b.h5ad").string() + "')\n");
  if (!printed) GTEST_SKIP() << "anndata is absent: scripts/setup --tests";
  EXPECT_EQ(*printed, "(30, 20) csr float32 True\n" + std::to_string(static_cast<long>(weighted)) +
                          "\n['-', 'T', 'B', '-'] [0.0, 0.5, 1.0] cell29\n"
                          "ENSG19 SYM0 ['gene_symbol'] ['cell type', 'age']\n");
  // What anndata then writes is read here: the encoding of its current version.
  const auto source = open_counts(folder / "b.h5ad");
  CountBlock block;
  ASSERT_TRUE(source->next(block, 100));
  EXPECT_EQ(block.counts, written.counts.counts);
  EXPECT_EQ(source->gene_symbols(), written.gene_symbols);
  EXPECT_EQ(testing::all_obs(*source)[0].codes, written.obs[0].codes);
}

TEST(WriteH5ad, AFileWithoutCellsOrColumnsIsOneToo) {
  const TemporaryFolder folder;
  write_h5ad(folder / "a.h5ad", {{}, {"g"}, {}, {}, {}});
  const auto source = open_counts(folder / "a.h5ad");
  EXPECT_EQ(source->cell_count(), 0U);
  CountBlock block;
  EXPECT_FALSE(source->next(block, 10));
}

TEST(WriteH5ad, RefusesPartsThatDoNotFitAndLeavesNothing) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::function<void(H5adContents&)>& change, std::string_view word) {
    H5adContents broken = contents();
    change(broken);
    expect_error<Error>([&] { write_h5ad(folder / "a.h5ad", broken); }, {"a.h5ad", word});
  };
  refused([](H5adContents& c) { c.cell_ids.pop_back(); }, "cell ids");
  refused([](H5adContents& c) { c.counts.counts.pop_back(); }, "offsets");
  refused([](H5adContents& c) { c.counts.genes[3] = 20; }, "out of range");
  refused([](H5adContents& c) { c.gene_symbols.pop_back(); }, "symbols");
  H5adContents short_column = contents();
  short_column.obs[1].numbers.pop_back();
  expect_error<Error>([&] { write_h5ad(folder / "a.h5ad", short_column); }, {"age", "29 values for 30 rows"});
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace biodta::cells
