// biodta-train-enformer as several ranks.
#include "pipeline/donor_world.hpp"
#include "pipeline/program.hpp"

#include <biodta/support/atomic_file.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using testing::DonorWorld;

void train_donors(const DonorWorld& world, const std::string& output, const std::string& more) {
  const auto run = testing::run_program("biodta-train-enformer",
                                        "--config donors.yaml --device cpu --threads 1 --quiet --set "
                                        "training.max_steps=8 --set training.log_every=1 --output " +
                                            output + " " + more,
                                        world / "");
  ASSERT_EQ(run.exit_code, 0) << run.errors;
}

std::vector<nlohmann::json> metrics_of(const DonorWorld& world, const std::string& output) {
  std::vector<nlohmann::json> lines;
  std::ifstream in(world / output / "metrics.jsonl");
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

void expect_near_runs(const DonorWorld& world, const std::string& a, const std::string& b) {
  const auto expected = metrics_of(world, a), found = metrics_of(world, b);
  ASSERT_EQ(expected.size(), 9U);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (const auto& [name, value] : expected[i].items()) {
      if (!value.is_number() || name.find("second") != std::string::npos || name == "memory_bytes") continue;
      EXPECT_NEAR(found[i].at(name).get<double>(), value.get<double>(), 2e-4) << name << ", line " << i;
    }
  }
}

TEST(TrainEnformerRanks, TwoRanksWithHalfTheGenesGiveTheFiguresOfOneRank) {
  const DonorWorld world;
  train_donors(world, "one", "--set groups.genes=4");
  train_donors(world, "two", "--set groups.genes=2 --processes 2");
  expect_near_runs(world, "one", "two");
}

TEST(TrainEnformerRanks, TwoRanksTrainAHeadAloneAsOneDoes) {
  const DonorWorld world;
  train_donors(world, "one", "--set groups.genes=4 --set trainable=head");
  train_donors(world, "two", "--set groups.genes=2 --set trainable=head --processes 2");
  expect_near_runs(world, "one", "two");
}

TEST(TrainEnformerRanks, TwoRanksGoOnFromACheckpointBitForBit) {
  const DonorWorld world;
  train_donors(world, "whole", "--processes 2 --set training.checkpoint_every=3 --set training.keep_last=0");
  train_donors(world, "later", "--processes 2 --set training.resume_from=whole/checkpoints/step-3");
  EXPECT_TRUE(support::read_text_file(world / "later/model.safetensors") ==
              support::read_text_file(world / "whole/model.safetensors"));
}

}  // namespace
}  // namespace biodta::pipeline
