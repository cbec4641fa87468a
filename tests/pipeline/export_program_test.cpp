// biodta-export as typed.
#include "export_world.hpp"
#include "program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace biodta {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ExportProgram : public ::testing::Test {
 protected:
  testing::ProgramRun run(const std::string& arguments) const {
    return testing::run_program("biodta-export", arguments + " --threads 1", world_.path());
  }
  void expect_one_line(const std::string& arguments, const std::string& part) const {
    const auto refused = run(arguments);
    EXPECT_EQ(refused.exit_code, 1) << arguments;
    EXPECT_THAT(refused.errors, StartsWith("error: "));
    EXPECT_THAT(refused.errors, HasSubstr(part));
    const auto lines = std::count(refused.errors.begin(), refused.errors.end(), '\n');
    EXPECT_LE(lines, 2) << refused.errors;  // the error, and perhaps a hint
    EXPECT_EQ(refused.errors.find("error: ", 1), std::string::npos);
  }

  testing::ExportWorld world_;
};

TEST_F(ExportProgram, WritesWhatItsFlagsName) {
  const auto all = run(
      "--run run --embeddings embeddings.h5 --context donor --hf bert --corpus corpus.h5 --cells cells.h5ad "
      "--genes genes.h5ad --layer -1 --filter split=heldout --filter split=train --max-cells 20 --batch 64 "
      "--device cpu");
  ASSERT_EQ(all.exit_code, 0) << all.errors;
  for (const char* name : {"bert/config.json", "bert/model.safetensors", "bert/vocabulary.tsv",
                           "bert/token_dictionary.json", "bert/export.yaml", "cells.h5ad", "genes.h5ad"})
    EXPECT_TRUE(std::filesystem::exists(world_ / name)) << name;
  EXPECT_LE(testing::EmbeddingFile(world_ / "cells.h5ad").ids.size(), 20U);
  const auto settings = support::read_text_file(world_ / "bert/export.yaml");
  for (const char* part : {"layer: -1", "context: donor", "max_cells: 20", "batch_tokens: 64"})
    EXPECT_THAT(settings, HasSubstr(part));
  // The same once more, from the settings that it left.
  expect_one_line("--config bert/export.yaml", "--overwrite");
  EXPECT_EQ(run("--config bert/export.yaml --overwrite").exit_code, 0);
}

TEST_F(ExportProgram, TellsWhatIsWrongInOneLine) {
  std::filesystem::create_directories(world_ / "begun/checkpoints");
  expect_one_line("--run begun --hf bert", "not finished");
  expect_one_line("--run twin", "hf, cells, genes");
  expect_one_line("--run twin --corpus corpus.h5 --cells c.h5ad --layer 9", "layer: found 9");
  expect_one_line("--run run --embeddings embeddings.h5 --context x --hf bert", "no context 'x'");
  EXPECT_EQ(run("--no-such-flag").exit_code, 2);
  const auto help = run("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.output, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace biodta
