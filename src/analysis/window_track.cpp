#include <biodta/analysis/window_track.hpp>
#include <biodta/genome/haplotypes.hpp>
#include <biodta/support/error.hpp>

#include <cstdint>
#include <vector>

namespace biodta::analysis {
namespace {

std::vector<double> bins_of_window(const torch::Tensor& bins_NB, std::int64_t window) {
  const auto bins_B = bins_NB[window].contiguous();
  return {bins_B.const_data_ptr<double>(), bins_B.const_data_ptr<double>() + bins_B.numel()};
}

}  // namespace

WindowTrack window_track(enformer::SequenceEmbedder& embedder, const enformer::ExpressionReadout& readout,
                         const GeneWindow& window, const std::string& mutant) {
  if (mutant.size() != window.sequence.size())
    throw Error("a mutant of " + std::to_string(mutant.size()) + " bp, expected the window's " +
                std::to_string(window.sequence.size()));
  const auto predicted = embedder.predict(std::vector<std::string>{window.sequence, mutant}, readout);
  WindowTrack track;
  track.first = predicted.first_bp;
  track.bin_size = predicted.bin_size;
  track.summed_first = predicted.first_bp + predicted.summed.first * predicted.bin_size;
  track.summed_end = predicted.first_bp + predicted.summed.end * predicted.bin_size;
  track.reference = bins_of_window(predicted.bins_NB, 0);
  track.mutant = bins_of_window(predicted.bins_NB, 1);
  return track;
}

WindowTrack window_track(enformer::SequenceEmbedder& embedder, const enformer::ExpressionReadout& readout,
                         const GeneWindow& window, std::span<const genome::Edit> edits) {
  const auto length = static_cast<std::int64_t>(window.sequence.size());
  return window_track(
      embedder, readout, window,
      genome::edited_window(window.sequence, window.start, window.tss, length, edits, window.contig));
}

}  // namespace biodta::analysis
