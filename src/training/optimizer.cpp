#include <biodta/support/error.hpp>
#include <biodta/training/optimizer.hpp>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <utility>

namespace biodta::training {
namespace {

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
  visit.field("learning_rate", options.learning_rate, "AdamW's learning rate at the top of the schedule",
              support::greater_than(0));
  visit.field("beta1", options.beta1, "decay of the mean of gradients", support::between(0, 0.999999));
  visit.field("beta2", options.beta2, "decay of the mean of squared gradients",
              support::between(0, 0.999999));
  visit.field("epsilon", options.epsilon, "added to the root of the mean squared gradient",
              support::greater_than(0));
  visit.field("weight_decay", options.weight_decay, "decoupled weight decay, times the learning rate",
              support::at_least(0));
  visit.field("decay_norms_and_biases", options.decay_norms_and_biases,
              "weight decay on biases and norms too, not on matrices alone");
  visit.field("scale_learning_rate_by_ranks", options.scale_learning_rate_by_ranks,
              "multiply learning_rate by the number of ranks");
}

double peak_learning_rate(const OptimizerOptions& options, int ranks) {
  return options.scale_learning_rate_by_ranks ? options.learning_rate * ranks : options.learning_rate;
}

AdamW::AdamW(const torch::nn::Module& module, const OptimizerOptions& options) : options_(options) {
  const torch::NoGradGuard no_grad;
  for (const auto& entry : module.named_parameters()) {
    const auto& parameter = entry.value();
    if (!parameter.requires_grad()) continue;
    slots_.push_back({entry.key(), parameter, torch::zeros_like(parameter), torch::zeros_like(parameter),
                      torch::zeros({}, parameter.options().dtype(torch::kFloat32)),
                      options.decay_norms_and_biases || parameter.dim() >= 2});
  }
}

void AdamW::step(double learning_rate, const torch::Tensor& gradient_divisor) {
  const torch::NoGradGuard no_grad;
  step_group(true, learning_rate, gradient_divisor);
  step_group(false, learning_rate, gradient_divisor);
}

void AdamW::step_group(bool decays, double learning_rate, const torch::Tensor& gradient_divisor) {
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
  at::_foreach_add_(steps, 1);
  const auto divisor =
      gradient_divisor.defined() ? std::optional<torch::Tensor>(gradient_divisor) : std::nullopt;
  at::_fused_adamw_(parameters, gradients, exp_avgs, exp_avg_sqs, {}, steps, learning_rate, options_.beta1,
                    options_.beta2, decays ? options_.weight_decay : 0.0, options_.epsilon, /*amsgrad=*/false,
                    /*maximize=*/false, divisor);
}

weights::NamedTensors AdamW::state() const {
  weights::NamedTensors tensors;
  for (const auto& slot : slots_) {
    tensors[slot.name + ".exp_avg"] = slot.exp_avg;
    tensors[slot.name + ".exp_avg_sq"] = slot.exp_avg_sq;
    tensors[slot.name + ".step"] = slot.step;
  }
  return tensors;
}

void AdamW::load_state(const weights::NamedTensors& tensors) {
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
