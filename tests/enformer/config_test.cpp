#include "testing.hpp"

#include <biodta/enformer/config.hpp>
#include <biodta/enformer/enformer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <fstream>

namespace biodta::enformer {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;

EnformerConfig small() {
  EnformerConfig config;
  config.dim = 12;
  config.depth = 2;
  config.heads = 2;
  config.key_size = 4;
  config.num_downsamples = 3;
  config.dim_divisible_by = 2;
  config.target_length = 16;
  config.window = 256;
  config.heads_out = {{"zebrafish", 4}, {"ant", 2}};
  return config;
}

TEST(EnformerConfig, defaults_are_the_published_model) {
  const EnformerConfig config;
  EXPECT_NO_THROW(validate(config));
  EXPECT_EQ(config.bin_size(), 128);
  EXPECT_EQ(config.sequence_bins(), 1536);
  EXPECT_EQ(config.embedding_size(), 3072);
  EXPECT_EQ(tower_widths(config), (std::vector<std::int64_t>{768, 768, 896, 1024, 1152, 1280, 1536}));
}

TEST(EnformerConfig, round_trips_through_config_json_with_its_heads_in_order) {
  const TemporaryFolder folder;
  auto config = small();
  config.dropout = 0.125;
  config.target_length = -1;
  write_enformer_config(folder / "config.json", config);
  const auto read = read_enformer_config(folder / "config.json");
  EXPECT_EQ(read.dim, 12);
  EXPECT_EQ(read.depth, 2);
  EXPECT_EQ(read.heads, 2);
  EXPECT_EQ(read.key_size, 4);
  EXPECT_EQ(read.num_downsamples, 3);
  EXPECT_EQ(read.dim_divisible_by, 2);
  EXPECT_EQ(read.target_length, -1);
  EXPECT_EQ(read.window, 256);
  EXPECT_EQ(read.dropout, 0.125);
  EXPECT_EQ(read.heads_out, config.heads_out);
}

TEST(EnformerConfig, reads_a_published_config_json_without_our_window) {
  const TemporaryFolder folder;
  support::write_text_file(
      folder / "config.json",
      R"({"architectures": ["Enformer"], "dim": 1536, "depth": 11, "heads": 8, "attn_dim_key": 64,
                               "output_heads": {"human": 5313, "mouse": 1643}, "torch_dtype": "float32"})");
  const auto config = read_enformer_config(folder / "config.json");
  EXPECT_EQ(config.window, 196'608);
  EXPECT_EQ(config.target_length, 896);
}

TEST(EnformerConfig, refuses_a_config_json_that_it_cannot_use) {
  const TemporaryFolder folder;
  const auto path = folder / "config.json";
  support::write_text_file(path, "dim: 12");
  expect_error<InputError>([&] { read_enformer_config(path); }, {"config.json", "JSON"});
  support::write_text_file(path, R"({"dim": "many"})");
  expect_error<InputError>([&] { read_enformer_config(path); }, {"config.json", "dim", "many", "integer"});
  support::write_text_file(path, R"({"output_heads": {"human": 0.5}})");
  expect_error<InputError>([&] { read_enformer_config(path); }, {"output_heads.human", "0.5"});
  support::write_text_file(path, R"({"heads": 7})");
  expect_error<InputError>([&] { read_enformer_config(path); }, {"config.json", "dim / heads"});
}

TEST(EnformerConfig, refuses_sizes_that_contradict_each_other) {
  const auto refused = [](auto change, std::initializer_list<std::string_view> parts) {
    auto config = small();
    change(config);
    expect_error<ConfigError>([&] { validate(config); }, parts);
  };
  refused([](auto& c) { c.heads = 4; }, {"12 / 4", "multiple of 6"});
  refused([](auto& c) { c.dim_divisible_by = 5; }, {"dim_divisible_by", "5"});
  refused([](auto& c) { c.num_downsamples = 2; }, {"num_downsamples", "2"});
  refused([](auto& c) { c.window = 260; }, {"260", "8 bp"});
  refused([](auto& c) { c.target_length = 33; }, {"33", "32 bins"});
  refused([](auto& c) { c.target_length = 1; }, {"target_length"});
  refused([](auto& c) { c.dropout = 1.0; }, {"dropout"});
  refused([](auto& c) { c.heads_out = {{"a.b", 3}}; }, {"a.b"});
  refused([](auto& c) { c.heads_out = {{"human", 0}}; }, {"human", "0 tracks"});
}

TEST(EnformerConfig, is_read_from_yaml) {
  const TemporaryFolder folder;
  support::write_text_file(folder / "enformer.yaml", "dim: 48\nheads: 4\nwindow: 1024\nnum_downsamples: 5\n");
  EnformerConfig config;
  support::read_options(config, folder / "enformer.yaml");
  EXPECT_EQ(config.dim, 48);
  EXPECT_EQ(config.bin_size(), 32);
  expect_error<ConfigError>([&] {
    EnformerConfig other;
    support::read_options(other, {}, std::vector<std::string>{"widht=3"});
  });
}

}  // namespace
}  // namespace biodta::enformer
