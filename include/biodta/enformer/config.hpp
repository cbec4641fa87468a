#pragma once
/// @file
/// Sizes of an Enformer. Defaults are the published model's (Avsec et al. 2021; facts of enformer-pytorch's
/// config.json).

#include <biodta/support/options.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace biodta::enformer {

struct EnformerConfig {
  std::int64_t dim = 1536;
  std::int64_t depth = 11;
  std::int64_t heads = 8;
  std::int64_t key_size = 64;        ///< attn_dim_key
  std::int64_t num_downsamples = 7;  ///< a bin is 2^num_downsamples bp
  std::int64_t dim_divisible_by = 128;
  std::int64_t target_length = 896;  ///< bins after the crop; -1 = no crop
  std::int64_t window = 196608;      ///< input length in bp
  double dropout = 0.4;
  double attention_dropout = 0.05;
  double position_dropout = 0.01;
  /// Output heads: name and tracks.
  std::vector<std::pair<std::string, std::int64_t>> heads_out = {{"human", 5313}, {"mouse", 1643}};

  std::int64_t bin_size() const noexcept { return std::int64_t{1} << num_downsamples; }
  std::int64_t sequence_bins() const noexcept { return window / bin_size(); }
  /// Width of the embedding: 2 × dim.
  std::int64_t embedding_size() const noexcept { return 2 * dim; }
};
void describe(support::OptionVisitor& visit, EnformerConfig& config);
void validate(const EnformerConfig& config);
/// config.json with enformer-pytorch's field names (window under "biodta_window"; 196,608 when absent).
void write_enformer_config(const std::filesystem::path& path, const EnformerConfig& config);
EnformerConfig read_enformer_config(const std::filesystem::path& path);

}  // namespace biodta::enformer
