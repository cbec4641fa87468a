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
using ::testing::ElementsAre;
using testing::ensembl_ids;
using testing::expected_counts;
using ::testing::IsEmpty;
using testing::names_from;
using testing::read_counts;

/// Three cells of three features: c0 {f0: 1, f2: 3}, c1 {}, c2 {f1: 2}.
struct TenxParts {
  std::vector<std::int32_t> shape = {3, 3};
  std::vector<std::int32_t> data = {1, 3, 2};
  std::vector<std::int64_t> indices = {0, 2, 1};
  std::vector<std::int64_t> indptr = {0, 2, 2, 3};
  std::vector<std::string> barcodes = {"c0", "c1", "c2"};
};

hdf5::Group add_tenx(hdf5::Group& root, const std::string& name, const TenxParts& parts = {}) {
  hdf5::Group group = root.create_group(name);
  group.create_values<std::int32_t>("shape", parts.shape);
  group.create_values<std::int32_t>("data", parts.data);
  group.create_values<std::int64_t>("indices", parts.indices);
  group.create_values<std::int64_t>("indptr", parts.indptr);
  group.create_strings("barcodes", parts.barcodes);
  return group;
}

class TenxH5SourceTest : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::function<void(hdf5::File&)>& fill) {
    hdf5::File to = hdf5::File::create(folder_ / "a.h5");
    fill(to);
    to.close();
    return folder_ / "a.h5";
  }
  void expect_refused(const TenxParts& parts, std::initializer_list<std::string_view> words) {
    const auto path = file([&](hdf5::File& to) {
      add_tenx(to, "matrix", parts).create_strings("features/id", std::vector<std::string>{"a", "b", "c"});
    });
    expect_error<InputError>([&] { read_counts(path, {}, 2); }, words);
  }
  TemporaryFolder folder_;
};

TEST_F(TenxH5SourceTest, OnlyGenesOfVersion3AreColumns) {
  const auto source = open_counts(fixture("cells/tenx_v3.h5"), {"matrix"});
  EXPECT_EQ(source->format(), "10x .h5 (version 3)");
  EXPECT_EQ(source->matrix_name(), "matrix");
  EXPECT_EQ(source->cell_count(), 24U);
  std::vector<std::string> ids = ensembl_ids("GRCh38_ENSG", 7);
  for (const std::string& id : ensembl_ids("mm10___ENSMUSG", 2)) ids.push_back(id);
  EXPECT_EQ(source->gene_ids(), ids);
  EXPECT_EQ(source->gene_symbols()[6], "GRCh38_GENE6");
  EXPECT_EQ(source->gene_symbols()[8], "mm10___Gene1");
  EXPECT_THAT(source->cell_ids(22, 2), ElementsAre("AAAC000000000022-1", "AAAC000000000023-1"));
  EXPECT_THAT(source->obs_fields(), IsEmpty());
  EXPECT_EQ(read_counts(*source, 5), expected_counts("counts.tsv"));
}

TEST_F(TenxH5SourceTest, OfSeveralGenomesInVersion3TheHumanOneIsReadUnlessTheMatrixIsNamed) {
  const auto source = open_counts(fixture("cells/tenx_v3.h5"));
  EXPECT_EQ(source->format(), "10x .h5 (version 3), GRCh38");
  EXPECT_EQ(source->gene_ids(), ensembl_ids("GRCh38_ENSG", 7));
  EXPECT_EQ(source->gene_symbols().size(), 7U);
  testing::Counts human = expected_counts("counts.tsv");
  std::erase_if(human, [](const auto& entry) { return entry.first.second >= 7; });
  EXPECT_EQ(read_counts(*source, 5), human);
}

TEST_F(TenxH5SourceTest, TheHumanGenomeOfVersion2IsReadUnlessAnotherIsNamed) {
  const testing::Counts counts = expected_counts("counts.tsv");
  const auto human = open_counts(fixture("cells/tenx_v2.h5"));
  EXPECT_EQ(human->format(), "10x .h5 (version 2)");
  EXPECT_EQ(human->matrix_name(), "hg19");
  EXPECT_THAT(human->matrix_names(), ElementsAre("hg19", "mm10"));
  EXPECT_EQ(human->gene_ids(), ensembl_ids("ENSG", 9));
  EXPECT_EQ(human->gene_symbols(), names_from("hg19_GENE", 9));
  EXPECT_EQ(read_counts(*human), counts);
  const auto mouse = open_counts(fixture("cells/tenx_v2.h5"), {"mm10"});
  EXPECT_EQ(mouse->gene_ids(), ensembl_ids("ENSMUSG", 9));
  testing::Counts mirrored;
  for (const auto& [place, count] : counts) mirrored[{23 - place.first, place.second}] = count;
  EXPECT_EQ(read_counts(*mouse), mirrored);
  expect_error<InputError>([&] { open_counts(fixture("cells/tenx_v2.h5"), {"rn6"}); },
                           {"rn6", "hg19 and mm10"});
}

TEST_F(TenxH5SourceTest, GenomesAmongWhichNoneOrSeveralAreHumanAreListed) {
  const auto with = [&](const std::vector<std::string>& genomes) {
    return file([&](hdf5::File& to) {
      for (const std::string& genome : genomes) {
        add_tenx(to, genome).create_strings("genes", std::vector<std::string>{"a", "b", "c"});
      }
    });
  };
  expect_error<InputError>([&] { open_counts(with({"mm10", "rn6"})); }, {"mm10 and rn6", "human"});
  expect_error<InputError>([&] { open_counts(with({"GRCh38", "hg19"})); }, {"GRCh38 and hg19"});
  EXPECT_EQ(open_counts(with({"rn6"}))->matrix_name(), "rn6");
  EXPECT_EQ(open_counts(with({"mm10", "refdata-GRCH38"}))->matrix_name(), "refdata-GRCH38");
}

TEST_F(TenxH5SourceTest, MembersThatProgramsLeaveOutAreNotNeeded) {
  const auto path = file([](hdf5::File& to) {
    add_tenx(to, "matrix").create_strings("features/id", std::vector<std::string>{"a", "b", "c"});
  });
  EXPECT_THAT(open_counts(path)->gene_ids(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(open_counts(path)->gene_symbols(), IsEmpty());
  EXPECT_EQ(read_counts(path), (testing::Counts{{{0, 0}, 1}, {{0, 2}, 3}, {{2, 1}, 2}}));
  const auto names_only = file([](hdf5::File& to) {
    add_tenx(to, "background_removed").create_strings("gene_names", std::vector<std::string>{"A", "B", "C"});
  });
  EXPECT_THAT(open_counts(names_only)->gene_ids(), ElementsAre("A", "B", "C"));
  EXPECT_EQ(open_counts(names_only)->matrix_name(), "background_removed");
  const auto without = file([](hdf5::File& to) { add_tenx(to, "matrix").create_group("features"); });
  expect_error<InputError>([&] { open_counts(without); }, {"matrix/features", "no ids"});
}

TEST_F(TenxH5SourceTest, AFileWithoutGenesIsRefusedWithTheTypesItHas) {
  const auto path = file([](hdf5::File& to) {
    hdf5::Group group = add_tenx(to, "matrix");
    group.create_strings("features/id", std::vector<std::string>{"a", "b", "c"});
    group.create_strings("features/feature_type",
                         std::vector<std::string>{"Antibody Capture", "Custom", "Antibody Capture"});
  });
  expect_error<InputError>([&] { open_counts(path); },
                           {"feature_type", "Antibody Capture and Custom", "Gene Expression"});
}

TEST_F(TenxH5SourceTest, RefusesDamage) {
  TenxParts parts;
  parts.indices = {0, 3, 1};
  expect_refused(parts, {"matrix/indices[1]", "found 3", "0 to 2", "features"});
  parts = {};
  parts.indptr = {0, 2, 1, 3};
  expect_refused(parts, {"matrix/indptr[2]", "found 1"});
  parts = {};
  parts.data = {1, 3};
  expect_refused(parts, {"matrix/indices", "3 values", "2 as in matrix/data"});
  parts = {};
  parts.data = {1, -3, 2};
  expect_refused(parts, {"matrix, cell 0 (c0), gene 2 (c)", "-3"});
  parts = {};
  parts.shape = {3, 4};
  expect_refused(parts, {"matrix/indptr", "4 values", "5 for 4 cells"});
  parts.shape = {4, 3};
  expect_refused(parts, {"features/id", "3 features", "4"});
  parts.shape = {3, 3, 3};
  expect_refused(parts, {"matrix/shape"});
  parts.shape = {-3, 3};
  expect_refused(parts, {"matrix/shape"});
  parts = {};
  parts.barcodes = {"c0", "c1"};
  expect_refused(parts, {"matrix/barcodes", "2 cells", "3"});
}

}  // namespace
}  // namespace biodta::cells
