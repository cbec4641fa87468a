#include "pipeline/counts_world.hpp"

#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

namespace biodta::pipeline {
namespace {

using biodta::testing::expect_error;
using ::testing::AllOf;
using ::testing::HasSubstr;

class DescribeTest : public CountsWorld {};

TEST_F(DescribeTest, TellsKindSizeGenesMatricesAndColumns) {
  const std::string text = describe_counts(folder_ / "a.h5ad");
  EXPECT_THAT(text, AllOf(HasSubstr("AnnData .h5ad, CSR"), HasSubstr("700 cells x 400 genes"),
                          HasSubstr("human Ensembl gene ids: ENSG0, ENSG1, ENSG2; no symbols"),
                          HasSubstr("X (read): whole numbers from 1 to ")));
  EXPECT_THAT(text,
              AllOf(HasSubstr("  type: "), HasSubstr("missing"), HasSubstr("  age: numbers from 0 to 89"),
                    HasSubstr("  batch: numbers from 0 to 3\n")));
}

TEST_F(DescribeTest, HoldsTheGenesAgainstAVocabularyWhereOneIsGiven) {
  support::write_text_file(folder_ / "w.tsv", "gene_id\nENSG0\nENSG7\nX\n");
  TokenizeOptions options;
  options.vocabulary = folder_ / "w.tsv";
  EXPECT_THAT(describe_counts(folder_ / "a.h5ad", options),
              HasSubstr("overlap   2 of the 400 genes are in the vocabulary (1 %)"));
}

TEST_F(DescribeTest, SaysOfANormalisedMatrixThatItIsNone) {
  cells::write_h5ad(folder_ / "log.h5ad",
                    {{"c0"}, {"GATA4", "TBX5"}, {}, {}, {0, {0, 2}, {0, 1}, {1.5F, 0.25F}}});
  EXPECT_THAT(describe_counts(folder_ / "log.h5ad"),
              AllOf(HasSubstr("no raw counts: fractions such as 1.5"), HasSubstr("gene symbols (human)"),
                    HasSubstr("obs       no columns")));
}

TEST_F(DescribeTest, DescribesEveryFileOfAFolder) {
  std::filesystem::remove(folder_ / "v.tsv");
  support::write_text_file(folder_ / "bad.h5ad", "no HDF5");
  const std::string text = describe_counts(folder_.path());
  EXPECT_THAT(text, AllOf(HasSubstr("a.h5ad\n"), HasSubstr("b.h5ad\n"), HasSubstr("c.h5ad\n"),
                          HasSubstr("error     "), HasSubstr("bad.h5ad: found ")));
}

TEST_F(DescribeTest, RefusesWhatIsNoCountFile) {
  expect_error<InputError>([&] { describe_counts(folder_ / "none.h5ad"); }, {"none.h5ad", "no such file"});
  support::write_text_file(folder_ / "empty.h5ad", "");
  expect_error<InputError>([&] { describe_counts(folder_ / "empty.h5ad"); }, {"empty.h5ad", "an empty file"});
}

}  // namespace
}  // namespace biodta::pipeline
