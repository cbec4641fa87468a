#include <biodta/simulation/world_options.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <functional>
#include <string>
#include <vector>

namespace biodta::simulation {
namespace {

using testing::expect_error;

WorldOptions read(const std::vector<std::string>& overrides) {
  WorldOptions options;
  support::read_options(options, {}, overrides);
  return options;
}

TEST(WorldOptions, DefaultsAreConsistentAndReadBackFromTheirOwnYaml) {
  const WorldOptions options =
      read({"seed=7", "regulation=false", "cells.type_depths=[1, 2]", "loci.bins=8"});
  EXPECT_NO_THROW(validate(WorldOptions{}));
  EXPECT_NO_THROW(validate(options));
  EXPECT_EQ(options.seed, 7);
  EXPECT_FALSE(options.regulation);
  EXPECT_EQ(options.cells.type_depths, (std::vector<double>{1.0, 2.0}));
  EXPECT_EQ(options.loci.bins, 8);
  EXPECT_EQ(options.promoters.motif_weights, WorldOptions{}.promoters.motif_weights);
}

TEST(WorldOptions, ValuesOutOfRangeAndUnknownKeysAreRefusedByName) {
  expect_error<ConfigError>([] { read({"donors.breaking_share=1.5"}); }, {"breaking_share"});
  expect_error<ConfigError>([] { read({"cells.count=0"}); }, {"count"});
  expect_error<ConfigError>([] { read({"donors.numbers=4"}); }, {"numbers", "count"});
}

TEST(WorldOptions, SettingsThatContradictEachOtherAreRefusedByName) {
  const auto refuse = [](const std::function<void(WorldOptions&)>& change, std::string_view setting) {
    WorldOptions options;
    change(options);
    expect_error<ConfigError>([&] { validate(options); }, {setting, "found", "expected"});
  };
  refuse([](auto& o) { o.promoters.window = 1023; }, "promoters.window");
  refuse([](auto& o) { o.promoters.reach = 510; }, "promoters.reach");
  refuse([](auto& o) { o.promoters.tata_offset = 508; }, "promoters.tata_offset");
  refuse([](auto& o) { o.promoters.motif_weights.clear(); }, "promoters.motif_weights");
  refuse([](auto& o) { o.promoters.most_motifs = 0; }, "promoters.most_motifs");
  refuse([](auto& o) { o.promoters.most_binding = 0; }, "promoters.most_binding");
  refuse([](auto& o) { o.network.shared = 16; }, "network.shared");
  refuse([](auto& o) { o.network.pool = 25; }, "network.pool");
  refuse([](auto& o) { o.donors.held_out = 32; }, "donors.held_out");
  refuse([](auto& o) { o.donors.least_frequency = 0.6; }, "donors.greatest_frequency");
  refuse([](auto& o) { o.cells.type_depths.clear(); }, "cells.type_depths");
  refuse([](auto& o) { o.cells.factor_least = 4; }, "cells.factor_greatest");
  refuse([](auto& o) { o.cells.least = 4; }, "cells.greatest");
  refuse([](auto& o) { o.loci.bins = 33; }, "loci.bins");
}

}  // namespace
}  // namespace biodta::simulation
