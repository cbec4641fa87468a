#include <biodta/enformer/enformer.hpp>
#include <biodta/support/error.hpp>
#include <biodta/training/tss_readout.hpp>

#include <cstddef>
#include <string>

namespace biodta::training {

void describe(support::OptionVisitor& visit, TssReadoutOptions& options) {
  visit.field("tracks", options.tracks, "indices of the tracks in the head; several are averaged",
              support::at_least(0));
  visit.field("bins", options.bins, "bins around the TSS that are summed", support::at_least(1));
}

TssReadout::TssReadout(const TssReadoutOptions& options, const enformer::EnformerConfig& config,
                       std::int64_t tracks)
    : options_(options) {
  first_bin_ = enformer::bins_around_tss(config, options_.bins, "readout.bins").first;
  if (options_.tracks.empty()) throw ConfigError("readout.tracks: found none, expected at least one");
  for (const auto track : options_.tracks) {
    if (track < tracks) continue;
    throw ConfigError("readout.tracks: found " + std::to_string(track) + ", but the head has " +
                      std::to_string(tracks) + " tracks");
  }
}

torch::Tensor TssReadout::sums(const torch::Tensor& output_BNT, const torch::Tensor& turned_B) const {
  auto forward_BNT = output_BNT;
  if (turned_B.defined())
    forward_BNT = torch::where(turned_B.view({-1, 1, 1}), output_BNT.flip({1}), output_BNT);
  return forward_BNT.narrow(1, first_bin_, options_.bins).sum(1);
}

torch::Tensor TssReadout::expression(const torch::Tensor& output_BNT, const torch::Tensor& turned_B) const {
  const auto tracks = torch::tensor(options_.tracks, torch::kInt64).to(output_BNT.device());
  return sums(output_BNT.index_select(2, tracks), turned_B).mean(1);
}

std::string TssReadout::identity() const {
  std::string text = std::to_string(options_.bins) + " bins of tracks ";
  for (std::size_t i = 0; i < options_.tracks.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(options_.tracks[i]);
  return text;
}

}  // namespace biodta::training
