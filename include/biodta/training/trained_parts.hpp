#pragma once
/// @file
/// Which parts of an Enformer a run trains: all of it, its last blocks, or a head alone.

#include <biodta/distributed/communicator.hpp>
#include <biodta/enformer/enformer.hpp>
#include <biodta/support/options.hpp>

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace biodta::training {

enum class Trainable {
  kAll,         ///< everything but the other heads
  kLastBlocks,  ///< the last transformer blocks, the final pointwise convolution and the head
  kHead         ///< the head alone, on the embeddings of a trunk that stays as it is
};

struct TrainableOptions {
  Trainable parts = Trainable::kAll;
  std::int64_t blocks = 1;  ///< transformer blocks of kLastBlocks
  /// Batch normalisation goes on by the running statistics that the weights came with and leaves them as they
  /// are: right where few loci make a batch; wrong for weights that have none yet.
  bool keep_batch_statistics = true;
};
void describe(support::OptionVisitor& visit, TrainableOptions& options);

/// An Enformer of which one head and some of the trunk learn. What is frozen requires no gradient (so it has
/// no place in the optimizer or in the exchange between ranks), drops nothing out and keeps its running
/// statistics. Heads other than the trained one are always frozen: they have no part in the loss, and weight
/// decay would wear them away.
class TrainedParts {
 public:
  /// Changes the requires_grad of the model's parameters.
  /// @param model  shared with the caller.
  /// Throws ConfigError for a head that there is not, and for more blocks than there are.
  TrainedParts(enformer::Enformer model, std::string head, const TrainableOptions& options);

  /// Train mode for what learns, eval mode for the rest.
  void set_training();
  /// Tracks of the head, [B, bins, T] float32; without a graph through a trunk that is frozen whole.
  torch::Tensor predict(const torch::Tensor& one_hot_B4L);
  /// Averages over the ranks the running statistics that the last forward pass changed, so that all ranks
  /// hold the same model. A collective call.
  void average_statistics(distributed::Communicator& ranks);

  enformer::EnformerImpl& model() noexcept { return *model_; }
  const enformer::EnformerConfig& config() const noexcept { return model_->config(); }
  const std::string& head() const noexcept { return head_; }
  /// Tracks of the head.
  std::int64_t tracks() const noexcept { return tracks_; }
  /// What a checkpoint must share with the run that goes on from it, as one word or two.
  std::string identity() const;

 private:
  void freeze();

  enformer::Enformer model_;
  std::string head_;
  TrainableOptions options_;
  std::int64_t tracks_ = 0;
  std::vector<std::shared_ptr<torch::nn::Module>> in_eval_;
};

}  // namespace biodta::training
