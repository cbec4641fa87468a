#include "tiles.hpp"

#include <algorithm>

namespace biodta::enformer::layers {
namespace {

/// A part of a sequence: rows [first, first + rows) of `length`.
struct Stretch {
  torch::Tensor rows_BLC;
  std::int64_t first;
  std::int64_t length;
};

std::int64_t halved(std::int64_t length) {
  return (length + 1) / 2;
}

/// One tile: `output` of some of the windows.
torch::Tensor run_tile(Stage& stage, const Stretch& in, Interval output, Interval windows) {
  const auto rows = input_of(stage, output, in.length);
  const auto pairs_end = std::min(2 * output.end, in.length);
  const Zeros zeros{std::max<std::int64_t>(0, stage.reach() - 2 * output.first),
                    std::max<std::int64_t>(0, pairs_end + stage.reach() - in.length)};
  const auto tile_BLC =
      in.rows_BLC.narrow(0, windows.first, windows.size()).narrow(1, rows.first - in.first, rows.size());
  return stage.infer(tile_BLC, zeros);
}

Stretch run_stage(Stage& stage, const Stretch& in, Interval output, std::int64_t tile_size) {
  const auto batch = in.rows_BLC.size(0), pairs = tile_size / (2 * stage.channels());
  const auto step = std::clamp<std::int64_t>(pairs, 1, output.size());
  const auto windows = std::clamp<std::int64_t>(pairs / step, 1, batch);
  torch::Tensor result;
  for (std::int64_t window = 0; window < batch; window += windows) {
    const Interval some{window, std::min(batch, window + windows)};
    for (auto row = output.first; row < output.end; row += step) {
      const Interval tile{row, std::min(output.end, row + step)};
      const auto rows_BLC = run_tile(stage, in, tile, some);
      if (some.size() == batch && tile == output) return {rows_BLC, output.first, halved(in.length)};
      if (!result.defined())
        result = torch::empty({batch, output.size(), rows_BLC.size(2)}, rows_BLC.options());
      result.narrow(0, some.first, some.size()).narrow(1, row - output.first, tile.size()).copy_(rows_BLC);
    }
  }
  return {result, output.first, halved(in.length)};
}

}  // namespace

Interval input_of(const Stage& stage, Interval output, std::int64_t length) {
  return {std::max<std::int64_t>(0, 2 * output.first - stage.reach()),
          std::min(length, 2 * output.end + stage.reach())};
}

Interval output_of(const Stage& stage, Interval input, std::int64_t length) {
  return {std::max<std::int64_t>(0, input.first - stage.reach()) / 2,
          halved(std::min(length, input.end + stage.reach()))};
}

torch::Tensor run_stages(std::span<Stage* const> stages, const torch::Tensor& one_hot_BL4, Interval output,
                         std::int64_t tile_size) {
  std::vector<std::int64_t> lengths = {one_hot_BL4.size(1)};
  for (std::size_t i = 1; i < stages.size(); ++i) lengths.push_back(halved(lengths.back()));
  std::vector<Interval> outputs(stages.size());
  for (std::size_t i = stages.size(); i-- > 0; output = input_of(*stages[i], output, lengths[i]))
    outputs[i] = output;
  Stretch stretch{one_hot_BL4, 0, lengths.front()};
  for (std::size_t i = 0; i < stages.size(); ++i)
    stretch = run_stage(*stages[i], stretch, outputs[i], tile_size);
  return stretch.rows_BLC;
}

}  // namespace biodta::enformer::layers
