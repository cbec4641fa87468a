#include "cells/count_files.hpp"
#include "cells/h5ad_files.hpp"
#include "testing.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using testing::add_frame;
using testing::add_matrix;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;
using testing::MatrixParts;
using testing::write_file;

/// All of a source, in blocks of `max_cells`.
std::vector<CountBlock> read_all(CountSource& source, std::size_t max_cells) {
  std::vector<CountBlock> blocks;
  CountBlock block;
  while (source.next(block, max_cells)) blocks.push_back(block);
  return blocks;
}

class CountSourceTest : public ::testing::Test {
 protected:
  std::filesystem::path file(const MatrixParts& parts = {},
                             const std::function<void(hdf5::File&)>& more = {}) {
    return write_file(folder_ / "a.h5ad", parts, more);
  }
  /// Opening and reading the whole file must be refused, with these words.
  void expect_refused(const MatrixParts& parts, std::initializer_list<std::string_view> words,
                      const std::function<void(hdf5::File&)>& more = {}) {
    const std::filesystem::path path = file(parts, more);
    const std::string message = expect_error<InputError>(
        [&] {
          const auto source = open_counts(path);
          testing::all_cell_ids(*source);
          testing::all_obs(*source);
          read_all(*source, 2);
        },
        words);
    EXPECT_NE(message.find("a.h5ad"), std::string::npos) << message;
  }
  TemporaryFolder folder_;
};

TEST_F(CountSourceTest, ReadsBlocksOfAnySizeAndAgainAfterRewind) {
  const auto source = open_counts(file());
  EXPECT_EQ(source->cell_count(), 3U);
  EXPECT_EQ(source->matrix_name(), "X");
  EXPECT_EQ(source->gene_ids(), testing::four_genes());
  EXPECT_EQ(testing::all_cell_ids(*source), testing::three_cells());
  EXPECT_THAT(source->cell_ids(1, 2), ElementsAre("c1", "c2"));
  EXPECT_THAT(source->gene_symbols(), IsEmpty());
  auto blocks = read_all(*source, 10);
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_THAT(blocks[0].offsets, ElementsAre(0, 2, 2, 4));
  EXPECT_THAT(blocks[0].genes, ElementsAre(0, 2, 1, 3));
  EXPECT_THAT(blocks[0].counts, ElementsAre(1, 3, 2, 5));
  source->rewind();
  blocks = read_all(*source, 2);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_THAT(blocks[0].offsets, ElementsAre(0, 2, 2));
  EXPECT_EQ(blocks[1].first_cell, 2U);
  EXPECT_THAT(blocks[1].offsets, ElementsAre(0, 2));
  EXPECT_THAT(blocks[1].genes, ElementsAre(1, 3));
  EXPECT_THAT(blocks[1].counts, ElementsAre(2, 5));
}

TEST_F(CountSourceTest, AutoPrefersRawX) {
  const auto path = file({}, [](hdf5::File& to) {
    add_matrix(to, "raw/X", {"csr_matrix", {3, 5}, {7}, {4}, {0, 0, 0, 1}});
    add_frame(to, "raw/var", {"r0", "r1", "r2", "r3", "r4"});
  });
  const auto automatic = open_counts(path);
  EXPECT_EQ(automatic->matrix_name(), "raw/X");
  EXPECT_EQ(automatic->gene_ids().back(), "r4");
  EXPECT_THAT(read_all(*automatic, 9).front().counts, ElementsAre(7));
  EXPECT_EQ(open_counts(path, {"raw/X"})->gene_ids().size(), 5U);
  EXPECT_EQ(open_counts(path, {"X"})->gene_ids().size(), 4U);
  const auto plain = write_file(folder_ / "plain.h5ad");
  expect_error<InputError>([&] { open_counts(plain, {"raw/X"}); }, {"no matrix 'raw/X'", "expected X"});
  EXPECT_THAT(automatic->matrix_names(), ElementsAre("X", "raw/X"));
  expect_error<InputError>([&] { open_counts(path, {"layers/counts"}); },
                           {"no matrix 'layers/counts'", "X and raw/X"});
}

TEST_F(CountSourceTest, ReadsOtherNumberTypesAndTheH5sparseEncoding) {
  hdf5::File to = hdf5::File::create(folder_ / "old.h5ad");
  hdf5::Group matrix = to.create_group("X");
  matrix.set_attribute("h5sparse_format", "csr");
  const std::array<std::int64_t, 2> shape = {1, 4};
  matrix.set_attribute("h5sparse_shape", std::span<const std::int64_t>(shape));
  matrix.create_values<std::uint16_t>("data", std::vector<std::uint16_t>{4, 65535});
  matrix.create_values<std::int64_t>("indices", std::vector<std::int64_t>{3, 0});
  matrix.create_values<std::uint64_t>("indptr", std::vector<std::uint64_t>{0, 2});
  add_frame(to, "obs", {"c"});
  add_frame(to, "var", testing::four_genes());
  to.close();
  const auto blocks = read_all(*open_counts(folder_ / "old.h5ad"), 5);
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_THAT(blocks[0].genes, ElementsAre(3, 0));
  EXPECT_THAT(blocks[0].counts, ElementsAre(4, 65535));
}

TEST_F(CountSourceTest, BlocksAreCutWhereCellsHoldVeryManyCounts) {
  // Two cells of 2.2 million counts do not fit the bound of 4,194,304 together; the small third one fits the
  // second.
  constexpr std::int32_t kMany = 2'200'000;
  MatrixParts parts;
  parts.indptr = {0, kMany, 2 * kMany, 2 * kMany + 1};
  parts.indices.assign(2 * kMany + 1, 1);
  parts.indices.back() = 3;
  parts.data.assign(parts.indices.size(), 1.0F);
  const auto source = open_counts(file(parts));
  const auto blocks = read_all(*source, 4096);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_THAT(blocks[0].offsets, ElementsAre(0, kMany));
  EXPECT_THAT(blocks[1].offsets, ElementsAre(0, kMany, kMany + 1));
  EXPECT_EQ(blocks[1].first_cell, 1U);
  EXPECT_EQ(blocks[1].genes.back(), 3U);
}

TEST_F(CountSourceTest, GeneIdsComeFromAColumnWhereTheIndexHoldsSymbols) {
  const auto path = [&](const std::vector<std::string>& index, const std::string& ids,
                        const std::string& symbols) {
    hdf5::File to = hdf5::File::create(folder_ / "genes.h5ad");
    add_matrix(to, "X", {});
    add_frame(to, "obs", testing::three_cells());
    std::vector<std::string> columns;
    for (const std::string& name : {ids, symbols}) {
      if (!name.empty()) columns.push_back(name);
    }
    hdf5::Group var = add_frame(to, "var", index, columns);
    if (!ids.empty())
      var.create_strings(ids,
                         std::vector<std::string>{"ENSG000001", "ENSG000002", "ENSG000003", "ENSG000004"});
    if (!symbols.empty()) var.create_strings(symbols, std::vector<std::string>{"A", "B", "C", "D"});
    to.close();
    return folder_ / "genes.h5ad";
  };
  const std::vector<std::string> symbols = {"GATA4", "TBX5", "ENSA", "TTN"};
  const std::vector<std::string> ensembl = {"ENSG000009.1", "ENSG000008.1", "ENSG000007.1", "LACZ"};
  for (const std::string ids : {"ensembl_id", "gene_ids", "gene_id", "feature_id"}) {
    const auto source = open_counts(path(symbols, ids, ""));
    EXPECT_THAT(source->gene_ids(), ElementsAre("ENSG000001", "ENSG000002", "ENSG000003", "ENSG000004"));
    EXPECT_EQ(source->gene_symbols(), symbols);
  }
  for (const std::string names : {"gene_symbol", "gene_name", "feature_name", "symbol"}) {
    const auto source = open_counts(path(ensembl, "gene_ids", names));
    EXPECT_EQ(source->gene_ids(), ensembl);
    EXPECT_THAT(source->gene_symbols(), ElementsAre("A", "B", "C", "D"));
  }
  EXPECT_EQ(open_counts(path(symbols, "", ""))->gene_ids(), symbols);
}

TEST_F(CountSourceTest, ReadsEveryKindOfObsColumn) {
  const auto path = file({}, [](hdf5::File& to) {
    hdf5::Group obs = to.group("obs");
    const std::vector<std::string> order = {"type", "old", "age", "note", "kept", "maybe", "flags", "matrix"};
    obs.set_attribute("column-order", std::span<const std::string>(order));
    hdf5::Group type = obs.create_group("type");
    type.set_attribute("encoding-type", "categorical");
    type.create_values<std::int8_t>("codes", std::vector<std::int8_t>{1, -1, 0});
    type.create_strings("categories", std::vector<std::string>{"T", "B"});
    obs.create_values<std::int8_t>("old", std::vector<std::int8_t>{0, 0, 1});
    obs.create_values<double>("__categories/old", std::vector<double>{2.5, 4});
    obs.create_values<float>("age", std::vector<float>{1.5F, NAN, -3.0F});
    obs.create_strings("note", std::vector<std::string>{"b", "a", "b"});
    obs.create_dataset("kept", hdf5::ElementType::kBool, std::vector<std::uint64_t>{3})
        .write_all<std::uint8_t>(std::vector<std::uint8_t>{1, 0, 1});
    hdf5::Group maybe = obs.create_group("maybe");
    maybe.set_attribute("encoding-type", "nullable-integer");
    maybe.create_values<std::int64_t>("values", std::vector<std::int64_t>{5, 6, 7});
    maybe.create_values<std::uint8_t>("mask", std::vector<std::uint8_t>{0, 1, 0});
    hdf5::Group flags = obs.create_group("flags");
    flags.set_attribute("encoding-type", "nullable-boolean");
    flags.create_dataset("values", hdf5::ElementType::kBool, std::vector<std::uint64_t>{3})
        .write_all<std::uint8_t>(std::vector<std::uint8_t>{1, 0, 1});
    flags.create_values<std::uint8_t>("mask", std::vector<std::uint8_t>{0, 0, 1});
    obs.create_dataset("matrix", hdf5::ElementType::kFloat32, std::vector<std::uint64_t>{3, 2})
        .write_all<float>(std::vector<float>(6, 0.0F));
  });
  const auto source = open_counts(path);
  const std::vector<testing::WholeObs> obs = testing::all_obs(*source);
  ASSERT_EQ(obs.size(), 7U);  // a two-dimensional column is none
  EXPECT_THAT(obs[0].codes, ElementsAre(1, -1, 0));
  EXPECT_THAT(obs[0].field.categories, ElementsAre("T", "B"));
  EXPECT_THAT(obs[1].codes, ElementsAre(0, 0, 1));
  EXPECT_THAT(obs[1].field.categories, ElementsAre("2.5", "4"));
  EXPECT_THAT(obs[2].numbers, ElementsAre(1.5, IsNan(), -3.0));
  EXPECT_THAT(obs[3].codes, ElementsAre(1, 0, 1));
  EXPECT_THAT(obs[3].field.categories, ElementsAre("a", "b"));
  EXPECT_THAT(obs[4].codes, ElementsAre(1, 0, 1));
  EXPECT_THAT(obs[4].field.categories, ElementsAre("False", "True"));
  EXPECT_THAT(obs[5].numbers, ElementsAre(5, IsNan(), 7));
  EXPECT_THAT(obs[6].codes, ElementsAre(1, 0, -1));
}

TEST_F(CountSourceTest, RefusesValuesThatAreNoRawCountsWithTheFirstOfThem) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<std::pair<float, std::string_view>> bad = {{0.5F, "0.5"},
                                                               {-1.0F, "-1"},
                                                               {NAN, "nan"},
                                                               {kInfinity, "inf"},
                                                               {-kInfinity, "-inf"},
                                                               {3e9F, "3e+09"},
                                                               {16'777'218.0F, "16777218"}};
  for (const auto& [value, shown] : bad) {
    MatrixParts parts;
    parts.data = {1, 3, value, value};
    expect_refused(parts, {"X, cell 2 (c2), gene 1 (g1)", shown});
  }
  MatrixParts largest;
  largest.data = {1, 3, kLargestCount, 5};
  EXPECT_EQ(read_all(*open_counts(file(largest)), 9).front().counts[2], kLargestCount);
}

TEST_F(CountSourceTest, RefusesValuesThatAreNoRawCountsInOtherTypesToo) {
  const auto path = file({}, [](hdf5::File& to) {
    hdf5::Group raw = to.create_group("raw/X");
    raw.set_attribute("encoding-type", "csr_matrix");
    const std::array<std::int64_t, 2> shape = {3, 4};
    raw.set_attribute("shape", std::span<const std::int64_t>(shape));
    raw.create_values<double>("data", std::vector<double>{1, 2, 2.00001, 4});
    raw.create_values<std::int32_t>("indices", std::vector<std::int32_t>{0, 1, 2, 3});
    raw.create_values<std::int32_t>("indptr", std::vector<std::int32_t>{0, 1, 1, 4});
    add_frame(to, "raw/var", testing::four_genes());
  });
  const auto source = open_counts(path);
  expect_error<InputError>([&] { read_all(*source, 9); },
                           {"raw/X, cell 2 (c2), gene 2 (g2)", "2.00001", "raw count"});
}

TEST_F(CountSourceTest, RefusesDamagedStructure) {
  MatrixParts parts;
  parts.indices = {0, 4, 1, 3};
  expect_refused(parts, {"X/indices[1]", "found 4", "0 to 3"});
  parts.indices = {0, 2, -1, 3};
  expect_refused(parts, {"X/indices[2]", "found -1", "0 to 3"});
  parts = {};
  parts.indptr = {0, 3, 2, 4};
  expect_refused(parts, {"X/indptr[2]", "found 2", "3 to 4"});
  parts.indptr = {0, 2, 5, 4};
  expect_refused(parts, {"X/indptr[2]", "found 5", "2 to 4"});
  parts.indptr = {1, 2, 2, 4};
  expect_refused(parts, {"X/indptr[0]", "found 1", "expected 0"});
  parts.indptr = {0, 2, 2, 3};
  expect_refused(parts, {"X/indptr[3]", "found 3", "4, the number of values"});
  parts.indptr = {-4, 2, 2, 4};
  expect_refused(parts, {"X/indptr[0]", "found -4"});
  parts.indptr = {0, 2, 4};
  expect_refused(parts, {"X/indptr", "3 values", "4 for 3 cells"});
  parts = {};
  parts.indices = {0, 2, 1};
  expect_refused(parts, {"X/indices", "3 values", "4 as in X/data"});
  parts = {};
  parts.shape = {3, -4};
  expect_refused(parts, {"shape"});
  parts.shape = {3, 5};
  expect_refused(parts, {"var", "4 genes", "5 as in X"});
  parts = {};
  parts.shape = {4, 4};
  parts.indptr = {0, 2, 2, 4, 4};
  expect_refused(parts, {"obs", "3 cells", "4 as in X"});
}

TEST_F(CountSourceTest, RefusesDamagedObs) {
  const auto with_type = [](std::vector<std::int8_t> codes) {
    return [codes](hdf5::File& to) {
      hdf5::Group obs = to.group("obs");
      const std::vector<std::string> order = {"type"};
      obs.set_attribute("column-order", std::span<const std::string>(order));
      hdf5::Group type = obs.create_group("type");
      type.set_attribute("encoding-type", "categorical");
      type.create_values<std::int8_t>("codes", codes);
      type.create_strings("categories", std::vector<std::string>{"T", "B"});
    };
  };
  expect_refused({}, {"obs/type", "row 1", "code 2", "-1 to 1"}, with_type({0, 2, 0}));
  expect_refused({}, {"obs/type", "code -2"}, with_type({0, 1, -2}));
  expect_refused({}, {"obs/type", "2 values", "3"}, with_type({0, 1}));
}

TEST_F(CountSourceTest, OtherLayoutsAreNamedInTheRefusal) {
  MatrixParts parts;
  parts.encoding = "coo_matrix";
  expect_refused(parts, {"X", "coo_matrix", "CSR, CSC or dense"});
  parts.encoding = "";
  expect_refused(parts, {"X", "unknown encoding", "CSR, CSC or dense"});
  hdf5::File cube = hdf5::File::create(folder_ / "cube.h5ad");
  cube.create_dataset("X", hdf5::ElementType::kFloat32, std::vector<std::uint64_t>{3, 4, 2});
  add_frame(cube, "obs", testing::three_cells());
  add_frame(cube, "var", testing::four_genes());
  cube.close();
  expect_error<InputError>([&] { open_counts(folder_ / "cube.h5ad"); },
                           {"cube.h5ad", "X", "3 dimensions", "2"});
}

TEST_F(CountSourceTest, TextAndFractionsWhereNumbersBelongAreRefused) {
  const auto refused = [&](const std::string& member, const std::function<void(hdf5::Group&)>& make,
                           std::initializer_list<std::string_view> words) {
    hdf5::File to = hdf5::File::create(folder_ / "a.h5ad");
    hdf5::Group matrix = to.create_group("X");
    matrix.set_attribute("encoding-type", "csr_matrix");
    const std::array<std::int64_t, 2> shape = {3, 4};
    matrix.set_attribute("shape", std::span<const std::int64_t>(shape));
    for (const std::string name : {"data", "indices"}) {
      if (name != member) matrix.create_values<std::int32_t>(name, std::vector<std::int32_t>{0, 2, 1, 3});
    }
    if (member != "indptr")
      matrix.create_values<std::int32_t>("indptr", std::vector<std::int32_t>{0, 2, 2, 4});
    make(matrix);
    add_frame(to, "obs", testing::three_cells());
    add_frame(to, "var", testing::four_genes());
    to.close();
    expect_error<InputError>([&] { read_all(*open_counts(folder_ / "a.h5ad"), 2); }, words);
  };
  const std::vector<std::string> words = {"0", "2", "1", "3"};
  for (const std::string member : {"data", "indices", "indptr"}) {
    const std::string place = "X/" + member;
    refused(member, [&](hdf5::Group& matrix) { matrix.create_strings(member, words); },
            {place, "text", "numbers"});
    refused(member, [](hdf5::Group&) {}, {place, "nothing"});
  }
  for (const std::string member : {"indices", "indptr"}) {
    refused(member,
            [&](hdf5::Group& matrix) {
              matrix.create_values<float>(member, std::vector<float>{0, 2, 2, 4});
            },
            {"floating-point", "integers"});
  }
}

TEST_F(CountSourceTest, OtherFilesAreNamedInTheRefusal) {
  const auto refused = [&](const std::string& name, std::initializer_list<std::string_view> words) {
    const auto message = expect_error<InputError>([&] { open_counts(folder_ / name); }, words);
    EXPECT_NE(message.find(name), std::string::npos) << message;
  };
  hdf5::File corpus = hdf5::File::create(folder_ / "corpus.h5");
  corpus.set_attribute("format", "biodta-corpus");
  corpus.create_group("obs");
  corpus.close();
  refused("corpus.h5", {"a corpus"});
  hdf5::File bank = hdf5::File::create(folder_ / "bank.h5");
  bank.set_attribute("format", "biodta-embeddings");
  bank.close();
  refused("bank.h5", {"biodta-embeddings"});
  hdf5::File other = hdf5::File::create(folder_ / "other.h5");
  other.create_group("model_weights");
  other.close();
  refused("other.h5", {"an HDF5 file with model_weights", "AnnData .h5ad", "10x .h5", "loom"});
  hdf5::File multi = hdf5::File::create(folder_ / "multi.h5mu");
  add_frame(multi, "obs", {});
  add_frame(multi, "var", {});
  multi.create_group("mod/rna");
  multi.close();
  refused("multi.h5mu", {"MuData", "modality"});
  hdf5::File empty = hdf5::File::create(folder_ / "empty.h5");
  empty.close();
  refused("empty.h5", {"without contents"});
  hdf5::File no_x = hdf5::File::create(folder_ / "nox.h5ad");
  add_frame(no_x, "obs", {});
  add_frame(no_x, "var", {});
  no_x.close();
  refused("nox.h5ad", {"X", "nothing"});
  support::write_text_file(folder_ / "text.h5ad", "gene\tcell\n");
  refused("text.h5ad", {"HDF5"});
  refused("none.h5ad", {"no such file"});
  std::filesystem::create_directory(folder_ / "folder");
  refused("folder", {"a folder"});
}

TEST_F(CountSourceTest, ATruncatedFileIsRefusedWhereverItEnds) {
  const auto path = file();
  const std::string whole = support::read_text_file(path);
  for (const double share : {0.1, 0.5, 0.9, 0.999}) {
    const auto size = static_cast<std::size_t>(static_cast<double>(whole.size()) * share);
    std::ofstream(folder_ / "short.h5ad", std::ios::binary) << whole.substr(0, size);
    expect_error<InputError>([&] { read_all(*open_counts(folder_ / "short.h5ad"), 9); }, {"short.h5ad"});
  }
}

}  // namespace
}  // namespace biodta::cells
