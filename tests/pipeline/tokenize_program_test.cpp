// biodta-tokenize as typed; what every program shares (apps/common) is tested here too.
#include "cells/random_counts.hpp"
#include "pipeline/program.hpp"
#include "testing.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/support/atomic_file.hpp>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

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

TEST_F(TokenizeProgram, ShardsMergedAreTheWholeByteForByte) {
  ASSERT_EQ(run("a.h5ad --estimate-medians --write-vocabulary v.tsv -o whole.h5 -q").exit_code, 0);
  ASSERT_EQ(run("a.h5ad --vocabulary v.tsv -o given.h5 -q").exit_code, 0);
  ASSERT_EQ(run("a.h5ad --vocabulary v.tsv --shard 1/2 -o part-1.h5 -q").exit_code, 0);
  ASSERT_EQ(run("a.h5ad --vocabulary v.tsv --shard 2/2 -o part-2.h5 -q").exit_code, 0);
  EXPECT_EQ(run("--merge part-1.h5 part-2.h5 -o merged.h5 -q").exit_code, 0);
  EXPECT_EQ(support::read_text_file(folder_ / "merged.h5"), support::read_text_file(folder_ / "given.h5"));
}

TEST_F(TokenizeProgram, MediansAloneNeedNoOutput) {
  EXPECT_EQ(run("a.h5ad --estimate-medians --write-vocabulary v.tsv -q").exit_code, 0);
  EXPECT_EQ(cells::Vocabulary::read(folder_ / "v.tsv").gene_count(), 30U);
}

TEST_F(TokenizeProgram, StyleTwoEnclosesEveryCell) {
  ASSERT_EQ(run("a.h5ad --estimate-medians --style v2 -o c.h5 -q").exit_code, 0);
  const cells::Corpus corpus = cells::Corpus::open(folder_ / "c.h5");
  EXPECT_EQ(corpus.vocabulary().specials(), cells::SpecialTokens::kPadMaskClsEos);
  std::vector<cells::TokenId> tokens;
  corpus.read_cell(7, tokens);
  EXPECT_EQ(tokens.front(), cells::kClsToken);
  EXPECT_EQ(tokens.back(), cells::kEosToken);
}

TEST_F(TokenizeProgram, DescribesAFileOnStandardOutput) {
  const ProgramRun result = run("--describe a.h5ad");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("50 cells x 30 genes"));
  EXPECT_THAT(result.errors, IsEmpty());
}

TEST_F(TokenizeProgram, BadFilesStopItUnlessTheyAreToBeSkipped) {
  support::write_text_file(folder_ / "b.h5ad", "no HDF5");
  cells::write_h5ad(folder_ / "c.h5ad", {{"c"}, {"G0", "G1"}, {}, {}, {0, {0, 2}, {0, 1}, {1.0F, 0.5F}}});
  const ProgramRun stopped = run("a.h5ad b.h5ad c.h5ad --estimate-medians -o x.h5 -q");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.errors, MatchesRegex("error: [^\n]*b.h5ad: [^\n]*\n"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.h5"));
  const ProgramRun skipped = run("a.h5ad b.h5ad c.h5ad --estimate-medians -o x.h5 -q --skip-bad-files");
  EXPECT_EQ(skipped.exit_code, 3);
  EXPECT_THAT(skipped.errors, HasSubstr("b.h5ad: found "));
  EXPECT_THAT(skipped.errors, HasSubstr("c.h5ad: X, cell 0 (c), gene 1 (G1): found 0.5"));
  EXPECT_THAT(skipped.errors, HasSubstr("inputs that were skipped: 2\n"));
  ASSERT_EQ(run("a.h5ad --estimate-medians -o alone.h5 -q").exit_code, 0);
  const cells::Corpus with = cells::Corpus::open(folder_ / "x.h5");
  const cells::Corpus without = cells::Corpus::open(folder_ / "alone.h5");
  EXPECT_EQ(with.vocabulary(), without.vocabulary());
  EXPECT_EQ(with.token_count(), without.token_count());
  EXPECT_EQ(run("b.h5ad --estimate-medians -o y.h5 -q --skip-bad-files").exit_code, 1);
}

TEST_F(TokenizeProgram, AFullDiskIsOneLineAndNothingIsLeft) {
  support::RandomStream random(3);
  cells::write_h5ad(folder_ / "big.h5ad", {cells::testing::numbered("c", 3000),
                                           cells::testing::numbered("G", 200),
                                           {},
                                           {},
                                           cells::testing::random_counts(3000, 200, 0.5, random)});
  // No file may grow beyond 256 KiB: writing then fails as it does where the disk is full.
  const std::string command = "cd '" + folder_.path().string() + "' && trap '' XFSZ && ulimit -f 256 && '" +
                              BIODTA_BIN_DIR
                              "/biodta-tokenize' big.h5ad --estimate-medians -o c.h5 -q 2> .errors";
  const int status = std::system(("bash -c \"" + command + "\"").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(support::read_text_file(folder_ / ".errors"), MatchesRegex("error: [^\n]*c.h5[^\n]*\n"));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_THAT(entry.path().filename().string(), ::testing::Not(StartsWith("c.h5"))) << entry.path();
  }
}

TEST_F(TokenizeProgram, KilledInTheMiddleItLeavesTheOldCorpus) {
  support::RandomStream random(4);
  cells::write_h5ad(folder_ / "big.h5ad", {cells::testing::numbered("c", 20'000),
                                           cells::testing::numbered("G", 200),
                                           {},
                                           {},
                                           cells::testing::random_counts(20'000, 200, 0.5, random)});
  ASSERT_EQ(run("a.h5ad --estimate-medians --write-vocabulary v.tsv -q").exit_code, 0);
  support::write_text_file(folder_ / "c.h5", "what was there");
  const pid_t child = ::fork();
  if (child == 0) {
    std::filesystem::current_path(folder_.path());
    ::execl(BIODTA_BIN_DIR "/biodta-tokenize", "biodta-tokenize", "big.h5ad", "--vocabulary", "v.tsv",
            "--min-overlap", "0", "-o", "c.h5", "-q", nullptr);
    std::_Exit(127);
  }
  // It writes beside the final name; as soon as that file is there, it is at work.
  const std::filesystem::path part = folder_ / ("c.h5." + std::to_string(child) + ".part");
  int status = 0;
  while (!std::filesystem::exists(part) && ::waitpid(child, &status, WNOHANG) == 0) {
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it was done before it could be killed";
  EXPECT_EQ(support::read_text_file(folder_ / "c.h5"), "what was there");
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
