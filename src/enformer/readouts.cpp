#include "readouts.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>

namespace biodta::enformer {

RowReadout::RowReadout(const EnformerImpl& model, const SequenceEmbedderOptions& options)
    : tokens_(options.tokens_per_gene) {
  const auto all = model.output_bins();
  if (tokens_ < 1 || tokens_ > all) {
    throw ConfigError("tokens_per_gene: " + std::to_string(tokens_) + ", but the output has " +
                      std::to_string(all) + " bins");
  }
  if (options.bins_per_token == 0 && all % tokens_ != 0) {
    throw ConfigError("tokens_per_gene: " + std::to_string(tokens_) + " does not divide the output's " +
                          std::to_string(all) + " bins",
                      "say how many bins a token has, with bins_per_token");
  }
  const auto bins = options.bins_per_token == 0 ? all : tokens_ * options.bins_per_token;
  bins_ = bins_around_tss(model.config(), bins, "tokens_per_gene times bins_per_token");
}

torch::Tensor RowReadout::read(const torch::Tensor& embeddings_BNE) const {
  const auto kept_BNE = embeddings_BNE.narrow(1, bins_.first, bins_.size());
  return kept_BNE.unflatten(1, {tokens_, bins_.size() / tokens_}).to(torch::kFloat32).mean(2);
}

TrackReadout::TrackReadout(const EnformerImpl& model, const ExpressionReadout& readout)
    : head_(readout.head) {
  const auto& heads = model.config().heads_out;
  const auto head =
      std::find_if(heads.begin(), heads.end(), [&](const auto& entry) { return entry.first == head_; });
  if (head == heads.end()) throw ConfigError("readout: the Enformer has no head \"" + head_ + "\"");
  if (readout.tracks.empty()) throw ConfigError("readout: no tracks were named, expected at least one");
  for (const auto track : readout.tracks) {
    if (track < 0 || track >= head->second) {
      throw ConfigError("readout: track " + std::to_string(track) + ", but head " + head_ + " has " +
                        std::to_string(head->second));
    }
  }
  tracks_T_ = torch::tensor(readout.tracks, torch::kInt64);
  bins_ = bins_around_tss(model.config(), readout.bins, "readout");
}

torch::Tensor TrackReadout::predict(EnformerImpl& model, const torch::Tensor& embeddings_BNE) const {
  const auto tracks_BNT = model.predict(embeddings_BNE, head_);
  return tracks_BNT.index_select(2, tracks_T_.to(tracks_BNT.device())).to(torch::kFloat64);
}

torch::Tensor TrackReadout::read(EnformerImpl& model, const torch::Tensor& embeddings_BNE) const {
  return predict(model, embeddings_BNE.narrow(1, bins_.first, bins_.size())).sum(1);
}

torch::Tensor TrackReadout::read_bins(EnformerImpl& model, const torch::Tensor& embeddings_BNE) const {
  return predict(model, embeddings_BNE).mean(2);
}

}  // namespace biodta::enformer
