#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/model_folder.hpp>
#include <biodta/enformer/one_hot.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace biodta::enformer {
namespace {

/// Where the readout lies in the output: checked once a call.
struct Readout {
  std::string head;
  torch::Tensor tracks;
  std::int64_t first_bin;
  std::int64_t bins;
};

Readout resolve(const ExpressionReadout& readout, const EnformerImpl& model, torch::Device device) {
  const auto& config = model.config();
  const auto head = std::find_if(config.heads_out.begin(), config.heads_out.end(),
                                 [&](const auto& entry) { return entry.first == readout.head; });
  if (head == config.heads_out.end())
    throw ConfigError("readout: the Enformer has no head \"" + readout.head + "\"");
  if (readout.tracks.empty()) throw ConfigError("readout: no tracks were named, expected at least one");
  for (const auto track : readout.tracks) {
    if (track < 0 || track >= head->second) {
      throw ConfigError("readout: track " + std::to_string(track) + ", but head " + readout.head + " has " +
                        std::to_string(head->second));
    }
  }
  const auto output_bins = model.output_bins();
  // The TSS is the first base of the second half of the window: of the first bin after the middle.
  const auto tss_bin = config.window / 2 / config.bin_size() - (config.sequence_bins() - output_bins) / 2;
  const auto first = tss_bin - readout.bins / 2;
  if (readout.bins < 1 || first < 0 || first + readout.bins > output_bins) {
    throw ConfigError("readout: " + std::to_string(readout.bins) +
                      " bins around the TSS, but the output has " + std::to_string(output_bins) +
                      " bins, the TSS in bin " + std::to_string(tss_bin));
  }
  return {readout.head, torch::tensor(readout.tracks, torch::kInt64).to(device), first, readout.bins};
}

}  // namespace

void describe(support::OptionVisitor& visit, ExpressionReadout& readout) {
  visit.field("head", readout.head, "output head");
  visit.field("tracks", readout.tracks, "indices of the tracks in the head; several are averaged",
              support::at_least(0));
  visit.field("bins", readout.bins, "bins around the TSS that are summed", support::at_least(1));
}

struct SequenceEmbedder::Implementation {
  Enformer model{nullptr};
  torch::Device device = torch::kCPU;
  std::string checksum;

  void check(std::span<const std::string> windows, std::int64_t batch) const {
    if (batch < 1) throw ConfigError("batch is " + std::to_string(batch) + ", expected at least 1");
    const auto expected = model->config().window;
    for (const auto& window : windows) {
      if (std::cmp_equal(window.size(), expected)) continue;
      throw Error("a window has " + std::to_string(window.size()) + " bp, the Enformer expects " +
                  std::to_string(expected));
    }
  }
};

SequenceEmbedder::SequenceEmbedder(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
SequenceEmbedder::~SequenceEmbedder() = default;
SequenceEmbedder::SequenceEmbedder(SequenceEmbedder&&) noexcept = default;
SequenceEmbedder& SequenceEmbedder::operator=(SequenceEmbedder&&) noexcept = default;

SequenceEmbedder SequenceEmbedder::load(const std::filesystem::path& folder, torch::Device device) {
  auto made = std::make_unique<Implementation>();
  made->model = load_enformer(folder);
  made->model->to(device);
  made->device = device;
  made->checksum = support::file_checksum(weights_file(folder));
  return SequenceEmbedder(std::move(made));
}

const EnformerConfig& SequenceEmbedder::config() const noexcept {
  return implementation_->model->config();
}
const std::string& SequenceEmbedder::checksum() const noexcept {
  return implementation_->checksum;
}

SequenceEmbeddings SequenceEmbedder::embed(std::span<const std::string> windows,
                                           const ExpressionReadout* readout, std::int64_t batch) {
  auto& self = *implementation_;
  self.check(windows, batch);
  std::optional<Readout> reads;
  if (readout != nullptr) reads = resolve(*readout, *self.model, self.device);
  SequenceEmbeddings result;
  result.mean_NE =
      torch::empty({static_cast<std::int64_t>(windows.size()), self.model->config().embedding_size()});
  if (reads) {
    result.expression_NT =
        torch::empty({static_cast<std::int64_t>(windows.size()), reads->tracks.size(0)}, torch::kFloat64);
  }
  const c10::InferenceMode inference;
  const auto step = static_cast<std::size_t>(batch);
  for (std::size_t first = 0; first < windows.size(); first += step) {
    const auto part = windows.subspan(first, std::min(step, windows.size() - first));
    const auto embeddings_BNE = self.model->embeddings(one_hot(part).to(self.device));
    const auto count = static_cast<std::int64_t>(part.size());
    result.mean_NE.narrow(0, static_cast<std::int64_t>(first), count).copy_(embeddings_BNE.mean(1));
    if (!reads) continue;
    const auto tracks_BNT =
        self.model->predict(embeddings_BNE.narrow(1, reads->first_bin, reads->bins), reads->head);
    const auto expression_BT =
        tracks_BNT.index_select(2, reads->tracks).to(torch::kFloat64).sum(1).to(torch::kCPU);
    result.expression_NT.narrow(0, static_cast<std::int64_t>(first), count).copy_(expression_BT);
    const auto expression = expression_BT.mean(1);
    const double* values = expression.data_ptr<double>();
    result.expression.insert(result.expression.end(), values, values + count);
  }
  return result;
}

}  // namespace biodta::enformer
