// biodta-tokenize as typed; what every program shares (apps/common) is tested here too.
#include "cells/random_counts.hpp"
#include "pipeline/program.hpp"
#include "testing.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/support/atomic_file.hpp>

#include <gmock/gmock.h>

namespace biodta {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using testing::ProgramRun;
using ::testing::StartsWith;
using testing::TemporaryFolder;

class TokenizeProgram : public ::testing::Test {
 protected:
  TokenizeProgram() {
    support::RandomStream random(2);
    cells::write_h5ad(folder_ / "a.h5ad", {cells::testing::numbered("c", 50),
                                           cells::testing::numbered("G", 30),
                                           {},
                                           {},
                                           cells::testing::random_counts(50, 30, 0.5, random)});
  }
  ProgramRun run(const std::string& arguments) const {
    return testing::run_program("biodta-tokenize", arguments, folder_.path());
  }
  void expect_usage_error(const std::string& arguments, const std::string& words) const {
    const ProgramRun result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_THAT(result.errors, StartsWith("error: "));
    EXPECT_THAT(result.errors, HasSubstr(words));
    EXPECT_THAT(result.errors, HasSubstr("\nhint: biodta-tokenize --help"));
    EXPECT_THAT(result.output, IsEmpty());
  }
  TemporaryFolder folder_;
};

TEST_F(TokenizeProgram, WritesACorpusQuietly) {
  const ProgramRun result = run("a.h5ad --estimate-medians --write-vocabulary v.tsv -o c.h5 --quiet");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, IsEmpty());
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(cells::Corpus::open(folder_ / "c.h5").cell_count(), 50U);
  // The vocabulary that it wrote gives the same tokens, flags standing above --set.
  EXPECT_EQ(run("a.h5ad --vocabulary v.tsv --set output=x.h5 -o d.h5 --set filters.min_genes=7").exit_code,
            0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.h5"));
  const cells::Corpus estimated = cells::Corpus::open(folder_ / "c.h5");
  const cells::Corpus given = cells::Corpus::open(folder_ / "d.h5");
  EXPECT_EQ(given.vocabulary(), estimated.vocabulary());
  for (std::uint64_t cell = 0; cell < 50; ++cell) {
    std::vector<cells::TokenId> first;
    std::vector<cells::TokenId> second;
    estimated.read_cell(cell, first);
    given.read_cell(cell, second);
    EXPECT_EQ(first, second);
  }
}

TEST_F(TokenizeProgram, ReadsItsSettingsFromAFileToo) {
  support::write_text_file(
      folder_ / "t.yaml",
      "inputs: [a.h5ad]\noutput: c.h5\nestimate_medians: true\nencoder: {max_length: 3}\n");
  EXPECT_EQ(run("--config t.yaml --threads 1").exit_code, 0);
  const cells::Corpus corpus = cells::Corpus::open(folder_ / "c.h5");
  EXPECT_EQ(corpus.token_count(), 150U);
}

TEST_F(TokenizeProgram, ErrorsAreOneLineAndExitCodeOne) {
  const ProgramRun missing = run("none.h5ad --estimate-medians -o c.h5");
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.errors, MatchesRegex("error: .*none.h5ad: found no such file, expected [^\n]*\n"));
  const ProgramRun hinted = run("a.h5ad -o c.h5");
  EXPECT_EQ(hinted.exit_code, 1);
  EXPECT_THAT(hinted.errors,
              MatchesRegex("error: vocabulary: [^\n]*\nhint: [^\n]*--estimate-medians[^\n]*\n"));
  const ProgramRun unknown = run("a.h5ad --set filtres.min_genes=1 -o c.h5");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.errors, HasSubstr("filtres"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "c.h5"));
}

TEST_F(TokenizeProgram, WrongUsageIsExitCodeTwo) {
  expect_usage_error("--nonsense", "--nonsense");
  expect_usage_error("a.h5ad --threads many", "--threads");
  expect_usage_error("a.h5ad --threads -1", "--threads");
  expect_usage_error("a.h5ad --log-level loud", "loud");
  expect_usage_error("a.h5ad --config none.yaml", "none.yaml");
}

TEST_F(TokenizeProgram, HelpAndVersionGoToStandardOutput) {
  const ProgramRun help = run("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.errors, IsEmpty());
  for (const char* words :
       {"Usage: biodta-tokenize", "--estimate-medians", "--threads", "--set", "Examples:"}) {
    EXPECT_THAT(help.output, HasSubstr(words));
  }
  const ProgramRun version = run("--version");
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, MatchesRegex("biodta-tokenize [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(TokenizeProgram, AReaderThatGoesAwayDoesNotKillIt) {
  const ProgramRun result = run("a.h5ad --estimate-medians -o c.h5 2>&1 | true");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "c.h5"));
}

}  // namespace
}  // namespace biodta
