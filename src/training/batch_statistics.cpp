#include "batch_statistics.hpp"

#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/where.h>

namespace biodta::training {

BatchStatistics::BatchStatistics(const torch::nn::Module& module) {
  for (const auto& buffer : module.named_buffers()) {
    if (!buffer.key().ends_with("running_mean") && !buffer.key().ends_with("running_var")) continue;
    running_.push_back(buffer.value());
    kept_.push_back(at::empty_like(buffer.value()));
  }
}

void BatchStatistics::keep() {
  const torch::NoGradGuard no_grad;
  if (!running_.empty()) at::_foreach_copy_(kept_, running_);
}

void BatchStatistics::restore_where(const torch::Tensor& skip) {
  const torch::NoGradGuard no_grad;
  const auto skipped = skip.gt(0.5);
  for (std::size_t i = 0; i < running_.size(); ++i) {
    running_[i].copy_(at::where(skipped, kept_[i], running_[i]));
  }
}

}  // namespace biodta::training
