#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/training/trained_parts.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace biodta::training {
namespace {

bool is_frozen_whole(const torch::nn::Module& module) {
  const auto parameters = module.parameters();
  return !parameters.empty() && std::none_of(parameters.begin(), parameters.end(),
                                             [](const auto& one) { return one.requires_grad(); });
}

bool has_running_statistics(const torch::nn::Module& module) {
  return module.named_buffers(/*recurse=*/false).contains("running_mean");
}

/// Number of the transformer block that a parameter belongs to, or -1.
std::int64_t block_of(const std::string& parameter) {
  constexpr std::string_view kPrefix = "transformer.";
  return parameter.starts_with(kPrefix) ? std::stoll(parameter.substr(kPrefix.size())) : -1;
}

}  // namespace

void describe(support::OptionVisitor& visit, TrainableOptions& options) {
  visit.choice(
      "trainable", options.parts,
      {{"all", Trainable::kAll}, {"last_blocks", Trainable::kLastBlocks}, {"head", Trainable::kHead}},
      "what learns: all; the last transformer blocks, the final convolution and the head; the head "
      "alone");
  visit.field("trainable_blocks", options.blocks, "transformer blocks that trainable: last_blocks trains",
              support::at_least(0));
  visit.field("keep_batch_statistics", options.keep_batch_statistics,
              "with weights: normalise by their running statistics, and keep these");
}

TrainedParts::TrainedParts(enformer::Enformer model, std::string head, const TrainableOptions& options)
    : model_(std::move(model)), head_(std::move(head)), options_(options) {
  const auto& config = model_->config();
  std::vector<std::string> names;
  for (const auto& [name, tracks] : config.heads_out) {
    names.push_back(name);
    if (name == head_) tracks_ = tracks;
  }
  if (tracks_ == 0) {
    throw ConfigError("head: found " + head_ +
                      ", expected a head of the Enformer: " + support::join_words(names));
  }
  if (options_.parts == Trainable::kLastBlocks && options_.blocks > config.depth) {
    throw ConfigError("trainable_blocks: found " + std::to_string(options_.blocks) +
                      ", but the Enformer has " + std::to_string(config.depth) + " transformer blocks");
  }
  freeze();
}

void TrainedParts::freeze() {
  const auto first_block = model_->config().depth - options_.blocks;
  for (auto& entry : model_->named_parameters()) {
    const auto& name = entry.key();
    bool learns = name.starts_with("_heads." + head_ + ".");
    if (options_.parts == Trainable::kAll) learns = learns || !name.starts_with("_heads.");
    if (options_.parts == Trainable::kLastBlocks)
      learns = learns || name.starts_with("final_pointwise.") ||
               block_of(name) >= std::max<std::int64_t>(0, first_block);
    entry.value().set_requires_grad(learns);
  }
  for (const auto& module : model_->modules()) {
    const bool keeps = options_.keep_batch_statistics && has_running_statistics(*module);
    if (keeps || is_frozen_whole(*module)) in_eval_.push_back(module);
  }
}

void TrainedParts::set_training() {
  model_->train();
  for (const auto& module : in_eval_) module->eval();
}

torch::Tensor TrainedParts::predict(const torch::Tensor& one_hot_B4L) {
  if (options_.parts != Trainable::kHead) return model_->forward(one_hot_B4L, head_).to(torch::kFloat32);
  torch::Tensor embeddings_BNE;
  {
    const torch::NoGradGuard frozen;
    embeddings_BNE = model_->embeddings(one_hot_B4L);
  }
  return model_->predict(embeddings_BNE, head_).to(torch::kFloat32);
}

void TrainedParts::average_statistics(distributed::Communicator& ranks) {
  if (ranks.size() == 1) return;
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> buffers, flat;
  for (const auto& module : model_->modules()) {
    if (!module->is_training()) continue;
    for (const auto& buffer : module->buffers(/*recurse=*/false)) {
      if (!buffer.is_floating_point()) continue;
      buffers.push_back(buffer);
      flat.push_back(buffer.flatten());
    }
  }
  if (buffers.empty()) return;
  auto joined = torch::cat(flat);
  ranks.all_reduce_sum(joined);
  joined.div_(ranks.size());
  std::int64_t offset = 0;
  for (auto& buffer : buffers) {
    buffer.copy_(joined.narrow(0, offset, buffer.numel()).view_as(buffer));
    offset += buffer.numel();
  }
}

std::string TrainedParts::identity() const {
  const std::string statistics = options_.keep_batch_statistics ? ", statistics kept" : "";
  switch (options_.parts) {
    case Trainable::kAll:
      return "all" + statistics;
    case Trainable::kLastBlocks:
      return "the last " + std::to_string(options_.blocks) + " blocks" + statistics;
    case Trainable::kHead:
      break;
  }
  return "head";
}

}  // namespace biodta::training
