#pragma once
/// @file
/// The fixtures of scripts/fixtures/statistics.py.

#include <biodta/support/atomic_file.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>

namespace biodta::analysis {

/// The cases of a fixture file; never empty.
inline nlohmann::json cases(const std::string& name) {
  const std::string path = std::string(BIODTA_TESTS_SOURCE_DIR) + "/data/statistics/" + name;
  auto found = nlohmann::json::parse(support::read_text_file(path)).at("cases");
  EXPECT_FALSE(found.empty());
  return found;
}

/// Relative difference; 0 when both are 0.
inline double relative(double found, double expected) {
  return found == expected ? 0.0 : std::abs(found - expected) / std::abs(expected);
}

/// Whether `hits` of `trials` may come of a chance `p`: within `sigmas` of the binomial's standard
/// deviations.
inline bool binomial_agrees(int hits, int trials, double p, double sigmas = 4.0) {
  return std::abs(hits - trials * p) <= sigmas * std::sqrt(trials * p * (1.0 - p));
}

}  // namespace biodta::analysis
