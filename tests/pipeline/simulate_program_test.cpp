// biodta-simulate as typed.
#include "pipeline/program.hpp"
#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>

#include <gtest/gtest.h>

#include <string>

namespace biodta {
namespace {

class SimulateProgram : public ::testing::Test {
 protected:
  testing::ProgramRun run(const std::string& arguments) const {
    return testing::run_program("biodta-simulate", "--cells 20 --set loci.count=2 " + arguments,
                                folder_.path());
  }
  testing::TemporaryFolder folder_;
};

TEST_F(SimulateProgram, WritesAWorldQuietlyAndWithoutRegulationNoEdgeIsTrue) {
  const auto result = run("--output world --seed 3 --no-regulation --quiet");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output + result.errors, "");
  EXPECT_EQ(support::read_text_file(folder_ / "world/truth.tsv"),
            "source\ttarget\tsource_id\ttarget_id\tsign\n");
}

TEST_F(SimulateProgram, ReplacesAWorldOnlyWhenAskedTo) {
  ASSERT_EQ(run("--output world").exit_code, 0);
  const auto refused = run("--output world");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.errors.find("error: output: found "), 0U) << refused.errors;
  EXPECT_NE(
      refused.errors.find("world, which exists, expected a new folder\nhint: --overwrite replaces a world\n"),
      std::string::npos)
      << refused.errors;
  EXPECT_EQ(run("--output world --overwrite").exit_code, 0);
}

TEST_F(SimulateProgram, TellsItsSettings) {
  const auto told = run("--settings");
  EXPECT_EQ(told.exit_code, 0) << told.errors;
  EXPECT_NE(told.output.find("| `seed` | `0` | whole number at least 0 | seed of the whole world |"),
            std::string::npos)
      << told.output;
}

TEST_F(SimulateProgram, AnUnknownFlagIsAUsageError) {
  EXPECT_EQ(run("--seeed 3").exit_code, 2);
}

}  // namespace
}  // namespace biodta
