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
bool gains_by_recomputing(const EnformerConfig& config) {
  return config.window * config.dim >= kWorthRecomputing;
}
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

constexpr torch::Tensor BinRows::*kRows[] = {&BinRows::x_BND, &BinRows::q_BNJ, &BinRows::k_BNJ,
                                             &BinRows::v_BND};

BinRows copy_of(BinRows bins) {
  for (const auto rows : kRows) {
    if ((bins.*rows).defined()) bins.*rows = (bins.*rows).clone();
  }
  return bins;
}

void overwrite(BinRows& bins, Interval run, const BinRows& with) {
  for (const auto rows : kRows) {
    if ((bins.*rows).defined()) (bins.*rows).narrow(1, run.first, run.size()).copy_(with.*rows);
  }
}

/// The windows of all.
BinRows concatenated(const std::vector<BinRows>& parts) {
  if (parts.size() == 1) return parts.front();
  BinRows all;
  for (const auto rows : kRows) {
    std::vector<torch::Tensor> pieces;
    for (const auto& part : parts) pieces.push_back(part.*rows);
    if (pieces.front().defined()) all.*rows = torch::cat(pieces);
  }
  return all;
}

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

  std::string look_at(const std::string& window, const View& view) const {
    return look(window, view, margin_of(views));
  }

  /// The output of a view, its bins in the order of the + strand.
  torch::Tensor attend(const BinRows& bins, const View& view) {
    const auto embeddings_BNE = model->attend(bins);
    return view.is_reversed ? embeddings_BNE.flip(1) : embeddings_BNE;
  }

  BinRows convolve_whole(std::span<const std::string> windows, const View& view) {
    std::vector<std::string> seen;
    for (const auto& window : windows) seen.push_back(look_at(window, view));
    return model->project(model->convolve(one_hot(seen).to(device), {0, model->config().sequence_bins()}));
  }

  /// The reference's bins with those that the variant changes computed anew.
  /// @param reference, variant  as one view reads them.
  BinRows convolve_changed(const BinRows& reference_bins, const std::string& reference,
                           const std::string& variant) {
    const auto runs = changed_bins(*model, reference, variant);
    auto bins = copy_of(reference_bins);
    if (runs.empty()) return bins;
    const auto encoded = one_hot(std::span(&variant, 1)).to(device);
    for (const auto& run : runs) overwrite(bins, run, model->project(model->convolve(encoded, run)));
    return bins;
  }

  /// All windows in all views, as many together as fit.
  /// @param convolve  (some of the windows, index of a view) -> their bins.
  /// @param take      (index of the first of them, their output): once for each view.
  template <class Convolve, class Take>
  void for_each_output(std::span<const std::string> windows, std::int64_t batch, const Convolve& convolve,
                       const Take& take) {
    check(windows, batch);
    const auto step = static_cast<std::size_t>(together(batch));
    for (std::size_t first = 0; first < windows.size(); first += step) {
      const auto part = windows.subspan(first, std::min(step, windows.size() - first));
      const c10::InferenceMode inference;
      for (std::size_t view = 0; view < views.size(); ++view)
        take(static_cast<std::int64_t>(first), attend(convolve(part, view), views[view]));
    }
  }

  template <class Convolve>
  SequenceEmbeddings run(std::span<const std::string> windows, const ExpressionReadout* readout,
                         std::int64_t batch, const Convolve& convolve) {
    std::optional<TrackReadout> tracks;
    if (readout != nullptr) tracks.emplace(*model, *readout);
    Collector collector(static_cast<std::int64_t>(windows.size()), options.tokens_per_gene,
                        model->config().embedding_size(), tracks ? tracks->tracks() : 0, views.size());
    for_each_output(windows, batch, convolve, [&](std::int64_t first, const torch::Tensor& output_BNE) {
      collector.add_rows(first, rows.read(output_BNE));
      if (tracks) collector.add_tracks(first, tracks->read(*model, output_BNE));
    });
    return collector.take();
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
  return self.run(windows, readout, batch, [&](std::span<const std::string> part, std::size_t view) {
    return self.convolve_whole(part, self.views[view]);
  });
}

WindowPredictions SequenceEmbedder::predict(std::span<const std::string> windows,
                                            const ExpressionReadout& readout, std::int64_t batch) {
  auto& self = *implementation_;
  const TrackReadout tracks(*self.model, readout);
  const auto bins = self.model->output_bins();
  const auto cropped = (config().sequence_bins() - bins) / 2;  // before the first bin
  WindowPredictions result;
  result.bins_NB = torch::zeros({static_cast<std::int64_t>(windows.size()), bins}, torch::kFloat64);
  result.bin_size = config().bin_size();
  result.first_bp = cropped * result.bin_size - config().window / 2;
  result.summed = tracks.bins();
  const double share = 1.0 / static_cast<double>(self.views.size());
  self.for_each_output(
      windows, batch,
      [&](std::span<const std::string> part, std::size_t view) {
        return self.convolve_whole(part, self.views[view]);
      },
      [&](std::int64_t first, const torch::Tensor& output_BNE) {
        const auto bins_BN = tracks.read_bins(*self.model, output_BNE);
        result.bins_NB.narrow(0, first, bins_BN.size(0)).add_(bins_BN.to(torch::kCPU), share);
      });
  return result;
}

EmbeddedReference SequenceEmbedder::embed_reference(const std::string& window,
                                                    const ExpressionReadout* readout) {
  auto& self = *implementation_;
  EmbeddedReference reference;
  reference.checksum_ = self.checksum;
  const bool gains = gains_by_recomputing(config());
  const std::span<const std::string> alone(&window, 1);
  reference.embeddings_ =
      self.run(alone, readout, 1, [&](std::span<const std::string> part, std::size_t view) {
        auto bins = self.convolve_whole(part, self.views[view]);
        if (gains) {
          reference.seen_.push_back(self.look_at(window, self.views[view]));
          reference.bins_.push_back(bins);
        }
        return bins;
      });
  return reference;
}

SequenceEmbeddings SequenceEmbedder::embed_variants(const EmbeddedReference& reference,
                                                    std::span<const std::string> windows,
                                                    const ExpressionReadout* readout, std::int64_t batch) {
  auto& self = *implementation_;
  const bool gains = gains_by_recomputing(config());
  if (reference.checksum_ != self.checksum || reference.bins_.size() != (gains ? self.views.size() : 0))
    throw Error("a reference of another embedder, expected one that this embedder made");
  if (!gains) return embed(windows, readout, batch);
  return self.run(windows, readout, batch, [&](std::span<const std::string> part, std::size_t view) {
    std::vector<BinRows> bins;
    for (const auto& window : part) {
      bins.push_back(self.convolve_changed(reference.bins_[view], reference.seen_[view],
                                           self.look_at(window, self.views[view])));
    }
    return concatenated(bins);
  });
}

SequenceEmbeddings embed_families(SequenceEmbedder& embedder,
                                  std::span<const std::vector<std::string>> families,
                                  const ExpressionReadout* readout, std::int64_t batch) {
  if (!gains_by_recomputing(embedder.config())) {
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
