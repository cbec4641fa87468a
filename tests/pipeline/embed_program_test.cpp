// biodta-embed as typed, killed at any moment among others.
#include "embed_world.hpp"
#include "program.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace biodta {
namespace {

using testing::EmbedWorld;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using testing::ProgramRun;

constexpr int kGenesOfProgram = 240;

/// Enough genes and donors that there are many moments to be killed at.
class EmbedProgram : public ::testing::Test {
 protected:
  EmbedProgram() {
    std::string more;
    for (int i = 0; i < kGenesOfProgram; ++i) {
      more += "chr1\ttest\tgene\t" + std::to_string(200 + 10 * i) + "\t2900\t.\t+\t.\tgene_id \"ENSG_P" +
              std::to_string(i) + "\"; gene_type \"protein_coding\";\n";
    }
    world_.write_genes(more);
    world_.write_variants({"D1", "D2"},
                          {{350, {"0|1", "1|1"}}, {950, {"0|0", "0|1"}}, {2100, {"1|0", "1|0"}}});
    base_ = "--genome genome.fa --annotation genes.gtf --weights '" + world_.options.weights.string() +
            "' --batch 5 --threads 1 --device cpu";
  }
  ProgramRun run(const std::string& arguments) const {
    return testing::run_program("biodta-embed", arguments, world_.path());
  }
  ProgramRun embed(const std::string& arguments) const { return run(base_ + " " + arguments); }
  std::string bytes(const char* name) const { return support::read_text_file(world_ / name); }
  std::string donors() const { return "--vcf donors.vcf.gz --tracks 1,0 --predictions "; }

  /// Starts it, waits until `ripe`, and kills it. @return whether it was still alive.
  template <class Ripe>
  bool kill_when(const std::string& arguments, const Ripe& ripe) const {
    const std::string command = "cd '" + world_.path().string() +
                                "' && exec '" BIODTA_BIN_DIR "/biodta-embed' " + base_ + " " + arguments;
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      std::_Exit(127);
    }
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (!ripe(child)) continue;
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return WIFSIGNALED(status);
    }
    return false;
  }

  EmbedWorld world_;
  std::string base_;
};

TEST_F(EmbedProgram, KilledAtAnyMomentItGoesOnAndGivesTheSameBytes) {
  ASSERT_EQ(embed(donors() + "whole.tsv -o whole.h5 -q").exit_code, 0);
  const std::filesystem::path journal = world_ / "killed.h5.part";
  const std::string arguments = donors() + "killed.tsv -o killed.h5 -q";
  const auto journal_size = [&]() -> std::uintmax_t {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(journal, ignored);
    return ignored ? 0 : size;
  };
  int killed = 0;
  std::uintmax_t before = 0;
  for (const std::uintmax_t grown : {1U, 500U, 6'000U, 6'001U, 20'000U}) {
    killed += kill_when(arguments, [&](pid_t) { return journal_size() >= before + grown; }) ? 1 : 0;
    before = journal_size();
    EXPECT_FALSE(std::filesystem::exists(world_ / "killed.h5"));
  }
  EXPECT_EQ(killed, 5) << "it was done before it could be killed";
  // In the end also while it writes the bank.
  const bool in_bank = kill_when(arguments, [&](pid_t child) {
    return std::filesystem::exists(world_ / ("killed.h5." + std::to_string(child) + ".part"));
  });
  const ProgramRun last = embed(donors() + "killed.tsv -o killed.h5");
  EXPECT_EQ(last.exit_code, 0) << last.errors;
  if (in_bank) {
    EXPECT_THAT(last.errors, HasSubstr("243 of 243 genes are there"));
  }
  EXPECT_EQ(bytes("killed.h5"), bytes("whole.h5"));
  EXPECT_EQ(bytes("killed.tsv"), bytes("whole.tsv"));
  for (const auto& entry : std::filesystem::directory_iterator(world_.path()))
    EXPECT_NE(entry.path().extension(), ".part") << entry.path();
}

TEST_F(EmbedProgram, ShardsMergedAreTheWholeByteForByte) {
  ASSERT_EQ(embed("--vcf donors.vcf.gz -o whole.h5 -q").exit_code, 0);
  for (const std::string i : {"1", "2", "3"})
    ASSERT_EQ(embed("--vcf donors.vcf.gz --shard " + i + "/3 -o part-" + i + ".h5 -q").exit_code, 0);
  const ProgramRun merged = run("--merge part-*.h5 --output merged.h5");
  EXPECT_EQ(merged.exit_code, 0) << merged.errors;
  EXPECT_THAT(merged.errors, HasSubstr("3 shards, 243 genes, 2 contexts"));
  EXPECT_EQ(bytes("merged.h5"), bytes("whole.h5"));
  const ProgramRun odd = run("--merge part-*.h5 --batch 3 --output merged.h5");
  EXPECT_EQ(odd.exit_code, 1);
  EXPECT_THAT(odd.errors, HasSubstr("--merge takes the shards and --output alone"));
}

TEST_F(EmbedProgram, TwoOfThemDoNotWriteOneOutput) {
  ProgramRun second{};
  const bool alive = kill_when("-o bank.h5 -q", [&](pid_t first) {
    std::error_code ignored;  // it is made, then locked, then written to
    const auto written = std::filesystem::file_size(world_ / "bank.h5.part", ignored);
    if (ignored || written == 0) return false;
    ::kill(first, SIGSTOP);  // lest it be done before the second begins
    second = embed("-o bank.h5 -q");
    return true;
  });
  ASSERT_TRUE(alive);
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.errors,
              MatchesRegex("error: [^\n]*bank.h5.part: found another process[^\n]*\nhint: [^\n]*\n"));
}

TEST_F(EmbedProgram, AFullDiskIsOneLineAndWhatIsDoneStays) {
  ASSERT_EQ(embed("-o whole.h5 -q").exit_code, 0);
  const std::string command = "cd '" + world_.path().string() + "' && trap '' XFSZ && ulimit -f 12 && '" +
                              BIODTA_BIN_DIR "/biodta-embed' " + base_ + " -o bank.h5 -q 2> .errors";
  const int status = std::system(("bash -c \"" + command + "\"").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(bytes(".errors"), MatchesRegex("error: [^\n]*bank.h5.part: cannot be written[^\n]*\n"));
  EXPECT_FALSE(std::filesystem::exists(world_ / "bank.h5"));
  const ProgramRun next = embed("-o bank.h5");
  EXPECT_THAT(next.errors, HasSubstr("genes are there"));
  EXPECT_EQ(bytes("bank.h5"), bytes("whole.h5"));
}

TEST_F(EmbedProgram, ErrorsAreOneLineAndExitCodeOne) {
  const ProgramRun shard = embed("-o bank.h5 --shard 3/2");
  EXPECT_EQ(shard.exit_code, 1);
  EXPECT_THAT(shard.errors, MatchesRegex("error: shard: found '3/2', expected [^\n]*\n"));
  std::filesystem::create_directories(world_ / "cut");
  std::filesystem::copy_file(world_.options.weights / "config.json", world_ / "cut/config.json");
  const auto weights = support::read_text_file(world_.options.weights / "model.safetensors");
  support::write_text_file(world_ / "cut/model.safetensors", weights.substr(0, weights.size() / 2));
  const ProgramRun cut = run("--genome genome.fa --annotation genes.gtf --weights cut -o bank.h5");
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.errors,
              MatchesRegex("error: [^\n]*model.safetensors: [^\n]*\nhint: the file is cut short[^\n]*\n"));
  const ProgramRun none = run("--merge --output bank.h5");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.errors, HasSubstr("--merge"));
  const ProgramRun unknown = embed("-o bank.h5 --nonsense");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(world_ / "bank.h5"));
  EXPECT_FALSE(std::filesystem::exists(world_ / "bank.h5.part"));
}

/// The script of docs/embedding.md, as it stands there, on a bank with donors.
TEST_F(EmbedProgram, WhatTheGuideSaysReadsABank) {
  ASSERT_EQ(embed("--vcf donors.vcf.gz -o embeddings.h5 -q").exit_code, 0);
  const auto guide = support::read_text_file(std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path() /
                                             "docs/embedding.md");
  const std::string fence = "```python\n";
  const auto begin = guide.find(fence) + fence.size();
  std::string script = guide.substr(begin, guide.find("```", begin) - begin);
  const std::string name = "embeddings.h5";
  script.replace(script.find(name), name.size(), (world_ / name).string());
  const std::string gene = "ENSG_P3", own = "row('" + gene + "', 'D2')[0, 7]";
  const auto printed =
      testing::run_python(script + "print('value', " + own + ", row('" + gene + "')[0, 7])\n");
  if (!printed) GTEST_SKIP() << "h5py is absent: scripts/setup --tests";
  const auto bank = embedding::EmbeddingBank::read(world_ / name);
  const auto index = *bank.gene_index(gene);
  const auto donor = bank.row_of(index, *bank.context_index("D2"));
  ASSERT_NE(donor, index);
  std::istringstream values(printed->substr(printed->find("value ") + 6));
  double in_donor = 0, in_reference = 0;
  values >> in_donor >> in_reference;
  EXPECT_NEAR(in_donor, bank.row(donor)[7], 1e-6);
  EXPECT_NEAR(in_reference, bank.row(index)[7], 1e-6);
  EXPECT_THAT(*printed, HasSubstr("(1, 24)"));
  EXPECT_THAT(*printed, HasSubstr("'tss_policy'"));
}

TEST_F(EmbedProgram, HelpAndSettingsTellOfShardsAndTracks) {
  const ProgramRun help = run("--help");
  EXPECT_EQ(help.exit_code, 0);
  for (const char* words : {"--shard", "--merge", "--restart", "--tracks", "--unknown-dna", "goes on"})
    EXPECT_THAT(help.output, HasSubstr(words));
  EXPECT_THAT(run("--settings").output, HasSubstr("leave_out"));
  EXPECT_THAT(help.errors, IsEmpty());
}

}  // namespace
}  // namespace biodta
