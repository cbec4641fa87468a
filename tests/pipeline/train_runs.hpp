#pragma once
// What tests of whole training runs ask for and compare.
#include "train_program.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace biodta::pipeline {

using testing::TrainWorld;

inline std::vector<std::string> with(std::vector<std::string> settings, const std::string& another) {
  settings.push_back(another);
  return settings;
}

inline void expect_equal_runs(const TrainWorld& world, const std::string& a, const std::string& b) {
  EXPECT_EQ(world.metrics(a, "train"), world.metrics(b, "train"));
  EXPECT_EQ(world.metrics(a, "evaluation"), world.metrics(b, "evaluation"));
  EXPECT_TRUE(world.model_bytes(a) == world.model_bytes(b)) << "model.safetensors differs";
}

}  // namespace biodta::pipeline
