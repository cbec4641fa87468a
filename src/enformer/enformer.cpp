#include "layers.hpp"
#include "transformer.hpp"

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/positional_basis.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <map>
#include <memory>

namespace biodta::enformer {

std::vector<std::int64_t> tower_widths(const EnformerConfig& config) {
  const auto first = static_cast<double>(config.dim / 2);
  const auto steps = config.num_downsamples - 1;
  const double base =
      std::exp(std::log(static_cast<double>(config.dim) / first) / static_cast<double>(steps - 1));
  const auto multiple = static_cast<double>(config.dim_divisible_by);
  std::vector<std::int64_t> widths = {config.dim / 2};
  for (std::int64_t i = 0; i < steps; ++i) {
    // nearbyint rounds halves to even, as Python's round does.
    widths.push_back(static_cast<std::int64_t>(
        std::nearbyint(first * std::pow(base, static_cast<double>(i)) / multiple) * multiple));
  }
  return widths;
}

std::int64_t cropped_bins(std::int64_t bins, std::int64_t target_length) {
  if (target_length < 0) return bins;
  if (bins < target_length) {
    throw ConfigError("target_length is " + std::to_string(target_length) +
                      " bins, but the window has only " + std::to_string(bins));
  }
  return bins - 2 * ((bins - target_length + 1) / 2);
}

struct EnformerImpl::Parts {
  layers::Stem stem{nullptr};
  std::vector<layers::TowerBlock> tower;
  std::vector<layers::TransformerBlock> transformer;
  layers::FinalPointwise final_pointwise{nullptr};
  std::map<std::string, layers::Head> heads;
  torch::Tensor basis_PF;  // of the last length seen; fixed, so no buffer

  const torch::Tensor& basis(std::int64_t bins, std::int64_t features, const torch::Tensor& like) {
    if (!basis_PF.defined() || basis_PF.size(0) != 2 * bins - 1 || basis_PF.device() != like.device() ||
        basis_PF.scalar_type() != like.scalar_type()) {
      const c10::InferenceMode usable_in_training(false);
      basis_PF = positional_basis(bins, features).to(like.options());
    }
    return basis_PF;
  }
};

EnformerImpl::EnformerImpl(const EnformerConfig& config)
    : config_(config), parts_(std::make_unique<Parts>()) {
  validate(config_);
  const auto widths = tower_widths(config_);
  parts_->stem = register_module("stem", layers::Stem(widths.front()));
  const auto tower = register_module("conv_tower", std::make_shared<torch::nn::Module>());
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    parts_->tower.push_back(
        tower->register_module(std::to_string(i), layers::TowerBlock(widths[i], widths[i + 1])));
  }
  const auto transformer = register_module("transformer", std::make_shared<torch::nn::Module>());
  for (std::int64_t i = 0; i < config_.depth; ++i) {
    parts_->transformer.push_back(
        transformer->register_module(std::to_string(i), layers::TransformerBlock(config_)));
  }
  parts_->final_pointwise = register_module(
      "final_pointwise", layers::FinalPointwise(config_.dim, config_.embedding_size(), config_.dropout / 8));
  const auto heads = register_module("_heads", std::make_shared<torch::nn::Module>());
  for (const auto& [name, tracks] : config_.heads_out) {
    parts_->heads.emplace(name, heads->register_module(name, layers::Head(config_.embedding_size(), tracks)));
  }
}

EnformerImpl::~EnformerImpl() = default;

void EnformerImpl::initialise(std::uint64_t seed) {
  auto random = at::detail::createCPUGenerator(seed);
  for (const auto& module : modules()) {
    if (auto* layer = dynamic_cast<layers::Initialisable*>(module.get())) layer->initialise(random);
  }
}

torch::Tensor EnformerImpl::embeddings(const torch::Tensor& one_hot_B4L) {
  auto x = parts_->stem->forward(one_hot_B4L.unsqueeze(2));
  for (auto& block : parts_->tower) x = block->forward(x);
  x = layers::to_rows(x).contiguous();
  const auto bins = x.size(1);
  const auto kept = cropped_bins(bins, config_.target_length);
  if (!parts_->transformer.empty()) {
    const auto& basis = parts_->basis(bins, config_.dim / config_.heads, x);
    for (auto& block : parts_->transformer) x = block->forward(x, basis);
  }
  return parts_->final_pointwise->forward(x.narrow(1, (bins - kept) / 2, kept));
}

torch::Tensor EnformerImpl::predict(const torch::Tensor& embeddings_BNE, const std::string& head) {
  const auto found = parts_->heads.find(head);
  if (found == parts_->heads.end()) {
    std::vector<std::string> names;
    for (const auto& [name, module] : parts_->heads) names.push_back(name);
    throw ConfigError("the Enformer has no head \"" + head + "\"; it has " + support::join_words(names));
  }
  return found->second->forward(embeddings_BNE);
}

torch::Tensor EnformerImpl::forward(const torch::Tensor& one_hot_B4L, const std::string& head) {
  return predict(embeddings(one_hot_B4L), head);
}

std::int64_t EnformerImpl::output_bins() const {
  return cropped_bins(config_.sequence_bins(), config_.target_length);
}

}  // namespace biodta::enformer
