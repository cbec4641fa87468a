#pragma once
/// @file
/// Learning to predict tracks from sequence (Avsec et al. 2021): loss of an Enformer's head, with random
/// shifts.

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/options.hpp>
#include <biodta/training/task.hpp>
#include <biodta/training/track_loss.hpp>
#include <biodta/training/trained_parts.hpp>
#include <biodta/training/tss_readout.hpp>

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::training {

/// Loci and the tracks measured over them.
struct TrackData {
  /// Uppercase ACGTN; each at least a window long. The window is the middle; what is left on both sides
  /// serves shifts.
  std::vector<std::string> sequences;
  std::vector<std::string> track_names;  ///< [T]
  std::int64_t bins = 0;                 ///< over the middle of the window, as many as the Enformer gives
  std::vector<float> values;             ///< [loci, bins, T], not negative
  /// Set: one value a window and track, the sum over these bins (of all tracks); `bins` is then 1.
  std::optional<TssReadoutOptions> readout = {};
  /// Further facts by name that a run must share with the checkpoint it goes on from.
  std::map<std::string, std::string> identity = {};
};

struct EnformerTaskOptions {
  std::int64_t batch_size = 32;  ///< loci a micro-batch and rank
  std::int64_t max_shift =
      3;  ///< the window is moved by up to ± this many bp; N where it leaves the sequence
  bool reverse_complement = false;  ///< with probability 1/2, the other strand, its bins turned round
  double held_out = 0.05;           ///< share of the loci kept for evaluation
  std::int64_t seed = 0;            ///< of the split, the order and the augmentation
  TrackLossOptions loss = {};
};
void describe(support::OptionVisitor& visit, EnformerTaskOptions& options);

/// Evaluation figures: "loss" (the loss, mean of a bin), "pearson" (mean over tracks) and "pearson.<track>",
/// each over all bins of all held-out loci; tracks that do not vary have none.
class EnformerTask : public Task {
 public:
  /// @param parts  moved to `device`. Running statistics that learn are averaged over the ranks after each
  ///               micro-batch, so that all ranks hold the same model.
  /// @param data   must outlive the task; as many tracks as the head.
  /// @param ranks  must outlive the task.
  /// Throws ConfigError when the data and the model's sizes disagree, or nothing is left to train on.
  EnformerTask(TrainedParts parts, const TrackData& data, const EnformerTaskOptions& options,
               std::int64_t gradient_accumulation, distributed::Communicator& ranks, torch::Device device);

  torch::nn::Module& module() override { return parts_.model(); }
  torch::Device device() const override { return device_; }
  std::uint64_t steps_per_epoch() const override;
  std::string_view unit() const override { return "windows"; }
  void start_epoch(std::uint64_t epoch, std::uint64_t first_step) override;
  bool uses_every_parameter() const override { return true; }
  void set_training() override { parts_.set_training(); }
  MicroBatchLoss forward(std::uint64_t step, std::int64_t micro_batch) override;
  std::string describe_micro_batch(std::uint64_t epoch, std::uint64_t step,
                                   std::uint64_t slot) const override;
  Metrics evaluate(distributed::Communicator& ranks) override;
  TaskState state() override;
  void load_state(const TaskState& state) override;

  /// Windows of loci and their tracks, on the task's device.
  struct Batch {
    torch::Tensor one_hot_B4L;
    torch::Tensor target_BNT;
    torch::Tensor turned_B;  ///< bool: shown as the other strand; undefined = none
  };
  /// @param augment  shifted, and perhaps turned round, as the locus is in this epoch; false = the middle as
  /// it is.
  Batch make_batch(std::span<const std::uint32_t> loci, bool augment) const;

  /// Loci that are trained on, and those held out: disjoint, together all.
  const std::vector<std::uint32_t>& training_loci() const noexcept { return training_; }
  const std::vector<std::uint32_t>& held_out_loci() const noexcept { return held_out_; }

 private:
  std::vector<std::uint32_t> order_of(std::uint64_t epoch) const;
  std::string window_of(std::uint32_t locus, std::int64_t shift) const;
  torch::Tensor predict(const Batch& batch);

  TrainedParts parts_;
  std::optional<TssReadout> readout_;
  const TrackData* data_;
  EnformerTaskOptions options_;
  std::int64_t accumulation_;
  distributed::Communicator* ranks_;
  torch::Device device_;
  std::int64_t window_;
  std::vector<std::uint32_t> training_;
  std::vector<std::uint32_t> held_out_;
  std::vector<std::uint32_t> order_;  // of the epoch
  std::uint64_t epoch_ = 0;
  std::map<std::string, std::string> data_checksums_;  // once asked for
};

}  // namespace biodta::training
