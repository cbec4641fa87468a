#pragma once
/// @file
/// Masked language modelling over rank-encoded cells: the pretraining task of Bio-DTA and of its adapter-free
/// twin.

#include <biodta/data/masking.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/data/sampler.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/training/corpus_cells.hpp>
#include <biodta/training/task.hpp>

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::training {

struct MaskedLmOptions {
  data::SamplerOptions sampler;
  data::MaskingOptions masking;
  std::int64_t gradient_accumulation = 1;  ///< micro-batches an optimizer step and rank
  std::uint64_t seed = 0;                  ///< of the masks
};

/// The data of a masked-LM task; everything must outlive it.
struct MaskedLmData {
  const data::BatchBuilder& batches;
  std::span<const std::uint32_t> lengths;  ///< [cells of the corpus] tokens a cell, as the corpus has them
  std::size_t max_length = 0;              ///< where the batches cut a cell
  CellSplit split;
  torch::Tensor bank_values_RE;  ///< [rows, E] float32; undefined for the twin
  /// Further facts by name that a run must share with the checkpoint it goes on from.
  std::map<std::string, std::string> identity = {};
};

/// The loss is cross-entropy in nats over the masked tokens. Global batches and masks depend on options and
/// epoch alone, not on the number of ranks; batches are made ahead in a background thread.
///
/// Evaluation: held-out cells with masks that are the same every time: "loss" (nats a masked token),
/// "perplexity" (its exponential), "top1" and "top5" (share of masked tokens whose true token is among the
/// most probable), "masked_tokens"; and, for what was put in the target's place (data::Shown), "loss.mask",
/// "top1.mask", "loss.random", "top1.random", "loss.kept", "top1.kept", each where there is such a target.
///
/// Operations of a micro-batch, for the share of a GPU's peak: 6 for each weight of a matrix and each row
/// that it multiplies (2 forward, 4 backward), and 12 × layers × hidden × length² for the attention of each
/// cell (Chowdhery et al. 2022, PaLM, appendix B). Rows are tokens in the encoder, masked tokens in the head
/// and distinct embedding rows in the adapter (4 instead of 6 in its first layer; with decoder: adapter the
/// vocabulary's rows besides); tables, norms and activations are left out.
class MaskedLmTask : public Task {
 public:
  /// @param model  on `device`.
  /// @param rank,ranks  of this process.
  MaskedLmTask(model::MaskedLanguageModel model, MaskedLmData data, const MaskedLmOptions& options,
               torch::Device device, int rank, int ranks);
  ~MaskedLmTask() override;

  torch::nn::Module& module() override;
  torch::Device device() const override;
  std::uint64_t steps_per_epoch() const override;
  std::string_view unit() const override { return "tokens"; }
  std::string_view sample_unit() const override { return "cells"; }
  bool uses_every_parameter() const override { return true; }
  void start_epoch(std::uint64_t epoch, std::uint64_t first_step) override;
  MicroBatchLoss forward(std::uint64_t step, std::int64_t micro_batch) override;
  std::string describe_micro_batch(std::uint64_t epoch, std::uint64_t step,
                                   std::uint64_t slot) const override;
  Metrics evaluate(distributed::Communicator& ranks) override;
  TaskState state() override;
  void load_state(const TaskState& state) override;

  /// Tokens of an epoch, over all ranks, as long as cells are when they are cut.
  std::uint64_t training_tokens() const;
  /// This rank's first micro-batch of the first epoch.
  data::PackedBatch first_micro_batch() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace biodta::training
