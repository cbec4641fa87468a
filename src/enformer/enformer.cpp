#include "layers.hpp"
#include "tiles.hpp"
#include "transformer.hpp"

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/positional_basis.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/autocast_mode.h>
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

Interval bins_around_tss(const EnformerConfig& config, std::int64_t count, const std::string& what) {
  const auto output_bins = cropped_bins(config.sequence_bins(), config.target_length);
  // The first bin after the middle.
  const auto tss_bin = config.window / 2 / config.bin_size() - (config.sequence_bins() - output_bins) / 2;
  // All bins need no centre.
  const auto first = count == output_bins ? 0 : tss_bin - count / 2;
  if (count < 1 || first < 0 || first + count > output_bins) {
    throw ConfigError(what + ": " + std::to_string(count) + " bins around the TSS, but the output has " +
                      std::to_string(output_bins) + " bins, the TSS in bin " + std::to_string(tss_bin));
  }
  return {first, first + count};
}

namespace {

/// Numbers of a stage worked on at once: few enough for a processor's caches, and enough for its matrix
/// products. A GPU wants large products, and has the memory.
constexpr std::int64_t kTileSize = 3 << 18;
constexpr std::int64_t kDeviceTileSize = 3 << 24;

}  // namespace

struct EnformerImpl::Parts {
  layers::Stem stem{nullptr};
  std::vector<layers::TowerBlock> tower;
  std::vector<layers::TransformerBlock> transformer;
  layers::FinalPointwise final_pointwise{nullptr};
  std::map<std::string, layers::Head> heads;
  torch::Tensor gammas_PG;
  torch::Tensor basis_PF;  // of the last length seen; fixed, so no buffer

  std::vector<layers::Stage*> stages() {
    std::vector<layers::Stage*> all = {stem.get()};
    for (auto& block : tower) all.push_back(block.get());
    return all;
  }

  const torch::Tensor& basis(std::int64_t bins, std::int64_t features, const torch::Tensor& like) {
    if (!basis_PF.defined() || basis_PF.size(0) != 2 * bins - 1 || basis_PF.device() != like.device() ||
        basis_PF.scalar_type() != like.scalar_type()) {
      const c10::InferenceMode usable_in_training(false);
      const bool given = gammas_PG.defined() && gammas_PG.size(0) == 2 * bins - 1;
      basis_PF = positional_basis(bins, features, given ? gammas_PG : torch::Tensor()).to(like.options());
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
  // Autocast decides about types an operation at a time, so its user gets the plain network.
  const bool plain = is_training() || torch::GradMode::is_enabled() ||
                     at::autocast::is_autocast_enabled(one_hot_B4L.device().type());
  if (!plain) {
    return attend(project(convolve(one_hot_B4L, {0, bins_of(one_hot_B4L.size(2))})));
  }
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

torch::Tensor EnformerImpl::convolve(const torch::Tensor& one_hot_B4L, Interval bins) {
  const torch::NoGradGuard no_grad;
  const auto tile_size = one_hot_B4L.is_cuda() ? kDeviceTileSize : kTileSize;
  const auto one_hot_BL4 = one_hot_B4L.transpose(1, 2).to(compute_type());
  return layers::run_stages(parts_->stages(), one_hot_BL4, bins, tile_size);
}

BinRows EnformerImpl::project(const torch::Tensor& x_BND) {
  if (parts_->transformer.empty()) return {x_BND, {}, {}, {}};
  const torch::NoGradGuard no_grad;
  return parts_->transformer.front()->project(x_BND);
}

torch::Tensor EnformerImpl::attend(const BinRows& rows) {
  const torch::NoGradGuard no_grad;
  auto x = rows.x_BND;
  const auto bins = x.size(1), kept = cropped_bins(bins, config_.target_length), first = (bins - kept) / 2;
  if (parts_->transformer.empty()) x = x.narrow(1, first, kept);
  for (std::size_t i = 0; i < parts_->transformer.size(); ++i) {
    auto& block = *parts_->transformer[i];
    // After the last block only the kept bins are looked at.
    const bool last = i + 1 == parts_->transformer.size();
    const auto looked_at = last ? Interval{first, first + kept} : Interval{0, bins};
    const auto& basis = parts_->basis(bins, config_.dim / config_.heads, x);
    x = block.infer(i == 0 ? rows : block.project(x), basis, looked_at);
  }
  return parts_->final_pointwise->infer(x);
}

Interval EnformerImpl::bins_that_see(Interval bases, std::int64_t length) const {
  for (const auto* stage : parts_->stages()) {
    bases = layers::output_of(*stage, bases, length);
    length = (length + 1) / 2;
  }
  return bases;
}

std::int64_t EnformerImpl::bins_of(std::int64_t length) const {
  for (std::int64_t i = 0; i < config_.num_downsamples; ++i) length = (length + 1) / 2;
  return length;
}

void EnformerImpl::set_gamma_table(const torch::Tensor& gammas_PG) {
  const auto columns = config_.dim / config_.heads / 6;
  if (gammas_PG.dim() != 2 || gammas_PG.size(0) % 2 == 0 || gammas_PG.size(1) != columns) {
    throw ConfigError("a gamma table of shape " + c10::str(gammas_PG.sizes()) + ", expected [2 × bins - 1, " +
                      std::to_string(columns) + "]");
  }
  parts_->gammas_PG = gammas_PG;
  parts_->basis_PF.reset();
}

const torch::Tensor& EnformerImpl::gamma_table() const noexcept {
  return parts_->gammas_PG;
}

void EnformerImpl::set_compute_type(torch::ScalarType type) {
  const torch::NoGradGuard no_grad;
  for (const auto& item : named_modules()) {
    const auto& module = item.value();
    if (item.key().starts_with("_heads")) continue;  // expression is read from differences of a few per mille
    const bool norm = dynamic_cast<layers::LayerNormImpl*>(module.get()) != nullptr ||
                      dynamic_cast<layers::BatchNormImpl*>(module.get()) != nullptr;
    if (norm) continue;
    for (auto& parameter : module->parameters(/*recurse=*/false)) parameter.set_data(parameter.to(type));
  }
}

torch::ScalarType EnformerImpl::compute_type() const {
  return parts_->stem->parameters().front().scalar_type();
}

torch::Tensor EnformerImpl::predict(const torch::Tensor& embeddings_BNE, const std::string& head) {
  const auto found = parts_->heads.find(head);
  if (found == parts_->heads.end()) {
    std::vector<std::string> names;
    for (const auto& [name, module] : parts_->heads) names.push_back(name);
    throw ConfigError("the Enformer has no head \"" + head + "\"; it has " + support::join_words(names));
  }
  const auto type = found->second->parameters().front().scalar_type();
  // Autocast casts by itself.
  const bool differs = embeddings_BNE.scalar_type() != type &&
                       !at::autocast::is_autocast_enabled(embeddings_BNE.device().type());
  return found->second->forward(differs ? embeddings_BNE.to(type) : embeddings_BNE);
}

torch::Tensor EnformerImpl::forward(const torch::Tensor& one_hot_B4L, const std::string& head) {
  return predict(embeddings(one_hot_B4L), head);
}

std::int64_t EnformerImpl::output_bins() const {
  return cropped_bins(config_.sequence_bins(), config_.target_length);
}

}  // namespace biodta::enformer
