#include <biodta/support/error.hpp>
#include <biodta/training/optimizer.hpp>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <optional>
#include <utility>

namespace biodta::training {
namespace {

/// at::_fused_adam_ and at::_fused_adamw_, which differ in what they do with weight decay alone.
using FusedStep = void (*)(at::TensorList self, at::TensorList grads, at::TensorList exp_avgs,
                           at::TensorList exp_avg_sqs, at::TensorList max_exp_avg_sqs,
                           at::TensorList state_steps, double lr, double beta1, double beta2,
                           double weight_decay, double eps, bool amsgrad, bool maximize,
                           const std::optional<torch::Tensor>& grad_scale,
                           const std::optional<torch::Tensor>& found_inf);

const torch::Tensor& find(const weights::NamedTensors& tensors, const std::string& name,
                          const torch::Tensor& like) {
  const auto entry = tensors.find(name);
  if (entry == tensors.end()) throw CheckpointError("optimizer state: " + name + " is missing");
  if (entry->second.sizes() != like.sizes()) {
    throw CheckpointError("optimizer state: " + name + ": found " + std::to_string(entry->second.numel()) +
                          " values of another shape, expected " + std::to_string(like.numel()));
  }
  return entry->second;
}

}  // namespace

void describe(support::OptionVisitor& visit, OptimizerOptions& options) {
  visit.choice("kind", options.kind, {{"adamw", OptimizerKind::kAdamW}, {"adam", OptimizerKind::kAdam}},
               "adamw: decoupled weight decay; adam: weight decay is added to the gradient (L2)");
  visit.field("learning_rate", options.learning_rate, "learning rate at the top of the schedule",
              support::greater_than(0));
  visit.field("beta1", options.beta1, "decay of the mean of gradients", support::between(0, 0.999999));
  visit.field("beta2", options.beta2, "decay of the mean of squared gradients",
              support::between(0, 0.999999));
  visit.field("epsilon", options.epsilon, "added to the root of the mean squared gradient",
              support::greater_than(0));
  visit.field("weight_decay", options.weight_decay,
              "weight decay, as `kind` has it; of matrices alone unless decay_norms_and_biases",
              support::at_least(0));
  visit.field("decay_norms_and_biases", options.decay_norms_and_biases,
              "weight decay on biases and norms too, not on matrices alone");
  visit.field("scale_learning_rate_by_ranks", options.scale_learning_rate_by_ranks,
              "multiply learning_rate by the number of ranks");
  visit.field("shard", options.shard,
              "keep the moments of each parameter on one rank alone: less memory, one more exchange a step");
}

double peak_learning_rate(const OptimizerOptions& options, int ranks) {
  return options.scale_learning_rate_by_ranks ? options.learning_rate * ranks : options.learning_rate;
}

std::vector<NamedParameter> trained_parameters(const torch::nn::Module& module) {
  std::vector<NamedParameter> parameters;
  for (const auto& entry : module.named_parameters()) {
    if (entry.value().requires_grad()) parameters.emplace_back(entry.key(), entry.value());
  }
  return parameters;
}

FusedAdam::FusedAdam(const torch::nn::Module& module, const OptimizerOptions& options)
    : FusedAdam(trained_parameters(module), options) {}

FusedAdam::FusedAdam(const std::vector<NamedParameter>& parameters, const OptimizerOptions& options)
    : options_(options) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters) {
    slots_.push_back({name, parameter, torch::zeros_like(parameter), torch::zeros_like(parameter),
                      torch::zeros({}, parameter.options().dtype(torch::kFloat32)),
                      options.decay_norms_and_biases || parameter.dim() >= 2});
  }
}

void FusedAdam::step(double learning_rate, const torch::Tensor& gradient_divisor, const torch::Tensor& skip) {
  const torch::NoGradGuard no_grad;
  step_group(true, learning_rate, gradient_divisor, skip);
  step_group(false, learning_rate, gradient_divisor, skip);
}

void FusedAdam::step_group(bool decays, double learning_rate, const torch::Tensor& gradient_divisor,
                           const torch::Tensor& skip) {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> exp_avgs;
  std::vector<torch::Tensor> exp_avg_sqs;
  std::vector<torch::Tensor> steps;
  for (auto& slot : slots_) {
    if (slot.decays != decays || !slot.parameter.grad().defined()) continue;
    parameters.push_back(slot.parameter);
    gradients.push_back(slot.parameter.grad());
    exp_avgs.push_back(slot.exp_avg);
    exp_avg_sqs.push_back(slot.exp_avg_sq);
    steps.push_back(slot.step);
  }
  if (parameters.empty()) return;
  // The fused kernels leave everything alone where `skip` is 1, but read the count of steps, which is ours.
  if (skip.defined()) {
    at::_foreach_add_(steps, skip.neg().add(1));
  } else {
    at::_foreach_add_(steps, 1);
  }
  const auto optional = [](const torch::Tensor& tensor) {
    return tensor.defined() ? std::optional<torch::Tensor>(tensor) : std::nullopt;
  };
  const auto fused = options_.kind == OptimizerKind::kAdam ? static_cast<FusedStep>(at::_fused_adam_)
                                                           : static_cast<FusedStep>(at::_fused_adamw_);
  fused(parameters, gradients, exp_avgs, exp_avg_sqs, {}, steps, learning_rate, options_.beta1,
        options_.beta2, decays ? options_.weight_decay : 0.0, options_.epsilon, /*amsgrad=*/false,
        /*maximize=*/false, optional(gradient_divisor), optional(skip));
}

weights::NamedTensors FusedAdam::state() const {
  weights::NamedTensors tensors;
  for (const auto& slot : slots_) {
    tensors[slot.name + ".exp_avg"] = slot.exp_avg;
    tensors[slot.name + ".exp_avg_sq"] = slot.exp_avg_sq;
    tensors[slot.name + ".step"] = slot.step;
  }
  return tensors;
}

void FusedAdam::load_state(const weights::NamedTensors& tensors) {
  const torch::NoGradGuard no_grad;
  if (tensors.size() != 3 * slots_.size()) {
    throw CheckpointError("optimizer state: found " + std::to_string(tensors.size()) + " tensors, expected " +
                          std::to_string(3 * slots_.size()));
  }
  for (auto& slot : slots_) {
    slot.exp_avg.copy_(find(tensors, slot.name + ".exp_avg", slot.exp_avg));
    slot.exp_avg_sq.copy_(find(tensors, slot.name + ".exp_avg_sq", slot.exp_avg_sq));
    slot.step.copy_(find(tensors, slot.name + ".step", slot.step));
  }
}

void FusedAdam::share_state(distributed::Communicator& ranks) {
  std::vector<torch::Tensor> tensors;
  for (const auto& [name, tensor] : state()) tensors.push_back(tensor);
  ranks.broadcast(tensors);
}

torch::Tensor gradient_norm(const std::vector<torch::Tensor>& parameters) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  gradients.reserve(parameters.size());
  for (const auto& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return torch::zeros({}, parameters.front().options().dtype(torch::kFloat32));
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)), 2);
}

}  // namespace biodta::training
