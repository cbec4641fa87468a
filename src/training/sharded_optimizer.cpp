#include <biodta/training/sharded_optimizer.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace biodta::training {
namespace {

std::vector<int> owners_of(const std::vector<NamedParameter>& parameters, int ranks) {
  std::vector<std::int64_t> sizes;
  for (const auto& [name, parameter] : parameters) sizes.push_back(parameter.numel());
  return assign_owners(sizes, ranks);
}

}  // namespace

std::vector<int> assign_owners(std::span<const std::int64_t> sizes, int ranks) {
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  std::vector<std::int64_t> held(static_cast<std::size_t>(ranks), 0);
  std::vector<int> owners(sizes.size());
  for (const auto parameter : order) {
    const auto least = std::min_element(held.begin(), held.end());
    *least += sizes[parameter];
    owners[parameter] = static_cast<int>(least - held.begin());
  }
  return owners;
}

ShardedAdam::ShardedAdam(const torch::nn::Module& module, const OptimizerOptions& options,
                         distributed::Communicator& ranks)
    : parameters_(trained_parameters(module)),
      owners_(owners_of(parameters_, ranks.size())),
      ranks_(&ranks),
      own_(owned_by(ranks.rank()), options) {}

std::vector<NamedParameter> ShardedAdam::owned_by(int rank) const {
  std::vector<NamedParameter> owned;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (owners_[i] == rank) owned.push_back(parameters_[i]);
  }
  return owned;
}

void ShardedAdam::step(double learning_rate, const torch::Tensor& gradient_divisor,
                       const torch::Tensor& skip) {
  const torch::NoGradGuard no_grad;
  own_.step(learning_rate, gradient_divisor, skip);
  for (int rank = 0; rank < ranks_->size(); ++rank) {
    std::vector<torch::Tensor> values;
    for (const auto& [name, parameter] : owned_by(rank)) values.push_back(parameter.detach());
    ranks_->broadcast(values, rank);
  }
}

weights::NamedTensors ShardedAdam::state() const {
  const torch::NoGradGuard no_grad;
  weights::NamedTensors gathered;
  // One owner after another, so that no rank ever holds the moments of more than two.
  for (int rank = 0; rank < ranks_->size(); ++rank) {
    const auto names = FusedAdam(owned_by(rank), {}).state();
    std::vector<torch::Tensor> tensors;
    for (const auto& [name, tensor] : is_mine(rank) ? own_.state() : names) tensors.push_back(tensor);
    ranks_->broadcast(tensors, rank);
    if (!ranks_->is_first()) continue;
    std::size_t next = 0;
    for (const auto& [name, tensor] : names) gathered[name] = tensors[next++].cpu();
  }
  return gathered;
}

void ShardedAdam::load_state(const weights::NamedTensors& tensors) {
  // Names and shapes are checked as those of an optimizer that holds all of it.
  FusedAdam(parameters_, {}).load_state(tensors);
  loaded_ = tensors;
  if (ranks_->size() == 1) share_state(*ranks_);
}

void ShardedAdam::share_state(distributed::Communicator& ranks) {
  const torch::NoGradGuard no_grad;
  for (int rank = 0; rank < ranks.size(); ++rank) {
    auto state = FusedAdam(owned_by(rank), {}).state();
    std::vector<torch::Tensor> tensors;
    for (auto& [name, tensor] : state) {
      if (const auto known = loaded_.find(name); known != loaded_.end()) tensor.copy_(known->second);
      tensors.push_back(tensor);
    }
    ranks.broadcast(tensors, 0);
    if (is_mine(rank)) own_.load_state(state);
  }
  loaded_.clear();
}

}  // namespace biodta::training
