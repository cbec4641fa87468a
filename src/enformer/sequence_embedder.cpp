#include "changed_bins.hpp"
#include "readouts.hpp"
#include "views.hpp"

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

/// Below this many bases × channels a pass of one window is so short that starting its operations costs more
/// than what recomputing a part would save.
constexpr std::int64_t kWorthRecomputing = std::int64_t{1} << 22;
/// Numbers in the largest tensor of a pass: 512 MB on a processor, 8 GB on a GPU.
constexpr std::int64_t kLargestOnCpu = std::int64_t{1} << 27;
constexpr std::int64_t kLargestOnDevice = std::int64_t{1} << 31;

/// Results that are filled a few windows at a time, and averaged over views.
class Collector {
 public:
  Collector(std::int64_t windows, std::int64_t tokens, std::int64_t width, std::int64_t tracks,
            std::size_t views)
      : share_(1.0 / static_cast<double>(views)) {
    result_.rows_NRE = torch::zeros({windows, tokens, width});
    if (tracks > 0) result_.tracks_NT = torch::zeros({windows, tracks}, torch::kFloat64);
  }
  void add_rows(std::int64_t first, const torch::Tensor& rows_BRE) {
    result_.rows_NRE.narrow(0, first, rows_BRE.size(0)).add_(rows_BRE.to(torch::kCPU), share_);
  }
  void add_tracks(std::int64_t first, const torch::Tensor& tracks_BT) {
    result_.tracks_NT.narrow(0, first, tracks_BT.size(0)).add_(tracks_BT.to(torch::kCPU), share_);
  }
  SequenceEmbeddings take() {
    if (result_.tracks_NT.defined()) {
      const auto mean_N = result_.tracks_NT.mean(1);
      result_.expression.assign(mean_N.const_data_ptr<double>(),
                                mean_N.const_data_ptr<double>() + mean_N.numel());
    }
    return std::move(result_);
  }

 private:
  double share_;
  SequenceEmbeddings result_;
};

}  // namespace

void describe(support::OptionVisitor& visit, ExpressionReadout& readout) {
  visit.field("head", readout.head, "output head");
  visit.field("tracks", readout.tracks, "indices of the tracks in the head; several are averaged",
              support::at_least(0));
  visit.field("bins", readout.bins, "bins around the TSS that are summed", support::at_least(1));
}

void describe(support::OptionVisitor& visit, SequenceEmbedderOptions& options) {
  visit.field("tokens_per_gene", options.tokens_per_gene,
              "rows of a window: the bins around the TSS cut into so many runs, each averaged",
              support::at_least(1));
  visit.field("bins_per_token", options.bins_per_token,
              "bins of such a run; 0 = all bins of the output, divided among the rows", support::at_least(0));
  visit.field("reverse_complement", options.reverse_complement, "average with the other strand's result");
  visit.field("shifts", options.shifts,
              "average over windows moved by so many bp, such as [-1, 0, 1]; an empty list moves none",
              support::between(-4096, 4096));
  visit.choice("arithmetic", options.arithmetic,
               {{"float32", Arithmetic::kFloat32}, {"bfloat16", Arithmetic::kBfloat16}},
               "type of weights and activations; bfloat16 wants a processor or GPU that has it");
}

struct SequenceEmbedder::Implementation {
  Enformer model;
  SequenceEmbedderOptions options;
  std::vector<View> views;
  RowReadout rows;
  torch::Device device;
  std::string checksum;

  Implementation(Enformer network, const SequenceEmbedderOptions& wanted, torch::Device on)
      : model(std::move(network)),
        options(wanted),
        views(views_of(wanted)),
        rows(*model, wanted),
        device(on) {
    if (options.arithmetic == Arithmetic::kBfloat16) model->set_compute_type(torch::kBFloat16);
    model->to(device);
  }

  std::int64_t input_length() const { return model->config().window + 2 * margin_of(views); }

  void check(std::span<const std::string> windows, std::int64_t batch) const {
    if (batch < 1) throw ConfigError("batch is " + std::to_string(batch) + ", expected at least 1");
    for (const auto& window : windows) {
      if (std::cmp_equal(window.size(), input_length())) continue;
      throw Error("a window has " + std::to_string(window.size()) + " bp, the Enformer expects " +
                  std::to_string(input_length()));
    }
  }

  /// Windows that go through the network together.
  std::int64_t together(std::int64_t batch) const {
    const auto& config = model->config();
    const auto largest = device.is_cpu() ? kLargestOnCpu : kLargestOnDevice;
    return std::clamp<std::int64_t>(largest / (config.window / 2 * config.dim / 2), 1, batch);
  }
  bool gains_by_recomputing() const {
    return model->config().window * model->config().dim >= kWorthRecomputing;
  }

  Collector collector(std::size_t windows, const std::optional<TrackReadout>& tracks) const {
    return {static_cast<std::int64_t>(windows), options.tokens_per_gene, model->config().embedding_size(),
            tracks ? tracks->tracks() : 0, views.size()};
  }
  std::optional<TrackReadout> tracks_of(const ExpressionReadout* readout) const {
    if (readout == nullptr) return std::nullopt;
    return TrackReadout(*model, *readout);
  }

  torch::Tensor encode(std::span<const std::string> windows, const View& view) const {
    std::vector<std::string> seen;
    for (const auto& window : windows) seen.push_back(look(window, view, margin_of(views)));
    return one_hot(seen).to(device);
  }

  /// From the rows between the network's two parts to a collector's windows from `first` on.
  void finish(const torch::Tensor& bins_BND, const View& view, const std::optional<TrackReadout>& tracks,
              std::int64_t first, Collector& collector) {
    auto embeddings_BNE = model->attend(bins_BND);
    if (view.is_reversed) embeddings_BNE = embeddings_BNE.flip(1);
    collector.add_rows(first, rows.read(embeddings_BNE));
    if (tracks) collector.add_tracks(first, tracks->read(*model, embeddings_BNE));
  }

  torch::Tensor convolve_whole(std::span<const std::string> windows, const View& view) {
    return model->convolve(encode(windows, view), {0, model->config().sequence_bins()});
  }

  /// The reference's rows with those that the variant changes computed anew.
  torch::Tensor convolve_changed(const torch::Tensor& reference_1ND, const std::string& reference,
                                 const std::string& variant, const View& view) {
    const auto margin = margin_of(views);
    const auto runs = changed_bins(*model, look(reference, view, margin), look(variant, view, margin));
    auto bins_1ND = reference_1ND.clone();
    if (runs.empty()) return bins_1ND;
    const auto encoded = encode(std::span(&variant, 1), view);
    for (const auto& run : runs)
      bins_1ND.narrow(1, run.first, run.size()).copy_(model->convolve(encoded, run));
    return bins_1ND;
  }
};

SequenceEmbedder::SequenceEmbedder(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
SequenceEmbedder::~SequenceEmbedder() = default;
SequenceEmbedder::SequenceEmbedder(SequenceEmbedder&&) noexcept = default;
SequenceEmbedder& SequenceEmbedder::operator=(SequenceEmbedder&&) noexcept = default;

SequenceEmbedder SequenceEmbedder::load(const std::filesystem::path& folder, torch::Device device,
                                        const SequenceEmbedderOptions& options) {
  auto made = std::make_unique<Implementation>(load_enformer(folder), options, device);
  made->checksum = support::file_checksum(weights_file(folder));
  if (const auto table = gamma_table_file(folder)) made->checksum += "+" + support::file_checksum(*table);
  return SequenceEmbedder(std::move(made));
}

const EnformerConfig& SequenceEmbedder::config() const noexcept {
  return implementation_->model->config();
}
const SequenceEmbedderOptions& SequenceEmbedder::options() const noexcept {
  return implementation_->options;
}
const std::string& SequenceEmbedder::checksum() const noexcept {
  return implementation_->checksum;
}
std::int64_t SequenceEmbedder::input_length() const noexcept {
  return implementation_->input_length();
}

SequenceEmbeddings SequenceEmbedder::embed(std::span<const std::string> windows,
                                           const ExpressionReadout* readout, std::int64_t batch) {
  auto& self = *implementation_;
  self.check(windows, batch);
  const auto tracks = self.tracks_of(readout);
  auto collector = self.collector(windows.size(), tracks);
  const auto step = static_cast<std::size_t>(self.together(batch));
  for (std::size_t first = 0; first < windows.size(); first += step) {
    const auto part = windows.subspan(first, std::min(step, windows.size() - first));
    const c10::InferenceMode inference;
    for (const auto& view : self.views)
      self.finish(self.convolve_whole(part, view), view, tracks, static_cast<std::int64_t>(first), collector);
  }
  return collector.take();
}

EmbeddedReference SequenceEmbedder::embed_reference(const std::string& window,
                                                    const ExpressionReadout* readout) {
  auto& self = *implementation_;
  EmbeddedReference reference;
  reference.window_ = window;
  reference.checksum_ = self.checksum;
  if (!self.gains_by_recomputing()) {
    reference.embeddings_ = embed(std::span(&window, 1), readout, 1);
    return reference;
  }
  self.check(std::span(&window, 1), 1);
  const auto tracks = self.tracks_of(readout);
  auto collector = self.collector(1, tracks);
  for (const auto& view : self.views) {
    const c10::InferenceMode inference;
    reference.bins_1ND_.push_back(self.convolve_whole(std::span(&window, 1), view));
    self.finish(reference.bins_1ND_.back(), view, tracks, 0, collector);
  }
  reference.embeddings_ = collector.take();
  return reference;
}

SequenceEmbeddings SequenceEmbedder::embed_variants(const EmbeddedReference& reference,
                                                    std::span<const std::string> windows,
                                                    const ExpressionReadout* readout, std::int64_t batch) {
  auto& self = *implementation_;
  const auto views = self.gains_by_recomputing() ? self.views.size() : 0;
  if (reference.checksum_ != self.checksum || reference.bins_1ND_.size() != views)
    throw Error("a reference of another embedder, expected one that this embedder made");
  if (views == 0) return embed(windows, readout, batch);
  self.check(windows, batch);
  const auto tracks = self.tracks_of(readout);
  auto collector = self.collector(windows.size(), tracks);
  const auto step = static_cast<std::size_t>(self.together(batch));
  for (std::size_t first = 0; first < windows.size(); first += step) {
    const auto part = windows.subspan(first, std::min(step, windows.size() - first));
    const c10::InferenceMode inference;
    for (std::size_t view = 0; view < views; ++view) {
      std::vector<torch::Tensor> bins;
      for (const auto& window : part)
        bins.push_back(
            self.convolve_changed(reference.bins_1ND_[view], reference.window_, window, self.views[view]));
      self.finish(torch::cat(bins), self.views[view], tracks, static_cast<std::int64_t>(first), collector);
    }
  }
  return collector.take();
}

SequenceEmbeddings embed_families(SequenceEmbedder& embedder,
                                  std::span<const std::vector<std::string>> families,
                                  const ExpressionReadout* readout, std::int64_t batch) {
  const auto& config = embedder.config();
  if (config.window * config.dim < kWorthRecomputing) {
    std::vector<std::string> all;
    for (const auto& family : families) all.insert(all.end(), family.begin(), family.end());
    return embedder.embed(all, readout, batch);
  }
  std::vector<torch::Tensor> rows, tracks;
  SequenceEmbeddings result;
  const auto append = [&](const SequenceEmbeddings& part) {
    rows.push_back(part.rows_NRE);
    if (part.tracks_NT.defined()) tracks.push_back(part.tracks_NT);
    result.expression.insert(result.expression.end(), part.expression.begin(), part.expression.end());
  };
  append(embedder.embed({}, readout, batch));
  for (const auto& family : families) {
    if (family.empty()) continue;
    const auto reference = embedder.embed_reference(family.front(), readout);
    append(reference.embeddings());
    append(embedder.embed_variants(reference, std::span(family).subspan(1), readout, batch));
  }
  result.rows_NRE = torch::cat(rows);
  if (!tracks.empty()) result.tracks_NT = torch::cat(tracks);
  return result;
}

}  // namespace biodta::enformer
