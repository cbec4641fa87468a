#include "transformer.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace biodta::enformer::layers {

torch::Tensor relative_shift(const torch::Tensor& logits_BHQP) {
  const auto queries = logits_BHQP.size(2), width = logits_BHQP.size(3) - 1, keys = width - queries + 2;
  if (queries == 1) return logits_BHQP;
  // Entry (i, j) lies at i·P + j − i + Q − 1 = (Q−1) + i·(P−1) + j: rows of P−1 from the (Q−1)-th value on.
  const auto rows = logits_BHQP.flatten(2).narrow(2, queries - 1, queries * width);
  return rows.view({logits_BHQP.size(0), logits_BHQP.size(1), queries, width}).narrow(3, 0, keys);
}

AttentionImpl::AttentionImpl(const EnformerConfig& config)
    : heads_(config.heads),
      key_size_(config.key_size),
      attention_dropout_(config.attention_dropout),
      position_dropout_(config.position_dropout) {
  const auto dim = config.dim, keys = heads_ * key_size_, features = dim / heads_;
  to_q_ = register_module("to_q", Linear(dim, keys, false));
  to_k_ = register_module("to_k", Linear(dim, keys, false));
  to_v_ = register_module("to_v", Linear(dim, dim, false));
  to_out_ = register_module("to_out", Linear(dim, dim, true, /*starts_at_zero=*/true));
  to_rel_k_ = register_module("to_rel_k", Linear(features, keys, false));
  rel_content_bias_ = register_parameter("rel_content_bias", torch::zeros({1, heads_, 1, key_size_}));
  rel_pos_bias_ = register_parameter("rel_pos_bias", torch::zeros({1, heads_, 1, key_size_}));
}

void AttentionImpl::initialise(torch::Generator& random) {
  const torch::NoGradGuard no_grad;
  rel_content_bias_.normal_(0.0, 1.0, random);
  rel_pos_bias_.normal_(0.0, 1.0, random);
}

torch::Tensor AttentionImpl::forward(const torch::Tensor& x_BND, const torch::Tensor& basis_PF) {
  const auto batch = x_BND.size(0), bins = x_BND.size(1);
  const auto by_head = [&](const torch::Tensor& x) {
    return x.view({batch, bins, heads_, -1}).transpose(1, 2);
  };
  const auto q_BHNK = by_head(to_q_->forward(x_BND)) * (1.0 / std::sqrt(static_cast<double>(key_size_)));
  const auto k_BHNK = by_head(to_k_->forward(x_BND));
  const auto v_BHNV = by_head(to_v_->forward(x_BND));

  const auto basis = torch::dropout(basis_PF, position_dropout_, is_training());
  const auto rel_k_HKP = to_rel_k_->forward(basis).view({-1, heads_, key_size_}).permute({1, 2, 0});
  const auto position_BHNN = relative_shift(torch::matmul(q_BHNK + rel_pos_bias_, rel_k_HKP).contiguous());

  const auto logits = torch::baddbmm(position_BHNN.flatten(0, 1), (q_BHNK + rel_content_bias_).flatten(0, 1),
                                     k_BHNK.flatten(0, 1).transpose(1, 2));
  const auto weights = torch::dropout(torch::softmax(logits, -1), attention_dropout_, is_training());
  const auto out_BHNV = torch::bmm(weights, v_BHNV.flatten(0, 1)).view({batch, heads_, bins, -1});
  return to_out_->forward(out_BHNV.transpose(1, 2).flatten(2));
}

torch::Tensor AttentionImpl::infer(const torch::Tensor& x_BND, const torch::Tensor& basis_PF, Interval kept) {
  const auto batch = x_BND.size(0), bins = x_BND.size(1);
  const auto by_head = [&](const torch::Tensor& x) {
    return x.view({batch, x.size(1), heads_, -1}).transpose(1, 2);
  };
  const auto q_BHNK = by_head(to_q_->forward(x_BND.narrow(1, kept.first, kept.size()))) *
                      (1.0 / std::sqrt(static_cast<double>(key_size_)));
  const auto k_BHKN = by_head(to_k_->forward(x_BND)).contiguous().flatten(0, 1).transpose(1, 2);
  const auto v_BHNV = by_head(to_v_->forward(x_BND)).contiguous().flatten(0, 1);
  const auto content_BHNK = q_BHNK + rel_content_bias_, position_BHNK = q_BHNK + rel_pos_bias_;
  const auto rel_k_HKP = to_rel_k_->forward(basis_PF).view({-1, heads_, key_size_}).permute({1, 2, 0});

  // As many queries as give logits that stay in the cache.
  constexpr std::int64_t kLogits = 1 << 19;
  const auto fitting = kLogits / std::max<std::int64_t>(1, batch * heads_ * bins);
  const auto block = std::min(std::max<std::int64_t>(fitting, 16), kept.size());
  auto out_BNHV = torch::empty({batch, kept.size(), heads_, v_BHNV.size(2)}, x_BND.options());
  for (std::int64_t first = 0; first < kept.size(); first += block) {
    const auto queries = std::min(block, kept.size() - first), last = kept.first + first + queries - 1;
    const auto distances_HKP = rel_k_HKP.narrow(2, bins - 1 - last, bins + queries - 1);
    const auto position_BHQN =
        relative_shift(torch::matmul(position_BHNK.narrow(2, first, queries), distances_HKP).contiguous());
    const auto logits = torch::baddbmm(position_BHQN.flatten(0, 1),
                                       content_BHNK.narrow(2, first, queries).flatten(0, 1), k_BHKN);
    const auto out_BHQV = torch::bmm(torch::softmax(logits, -1), v_BHNV).view({batch, heads_, queries, -1});
    out_BNHV.narrow(1, first, queries).copy_(out_BHQV.transpose(1, 2));
  }
  return to_out_->forward(out_BNHV.flatten(2));
}

namespace {

/// A container that gives its children the names of an nn.Sequential inside a Residual: "fn.0", "fn.1", …
std::shared_ptr<torch::nn::Module> register_residual(torch::nn::Module& parent, const char* name) {
  auto residual = parent.register_module(name, std::make_shared<torch::nn::Module>());
  return residual->register_module("fn", std::make_shared<torch::nn::Module>());
}

}  // namespace

TransformerBlockImpl::TransformerBlockImpl(const EnformerConfig& config) : dropout_(config.dropout) {
  const auto dim = config.dim;
  auto attention = register_residual(*this, "0");
  attention_norm_ = attention->register_module("0", LayerNorm(dim));
  attention_ = attention->register_module("1", Attention(config));
  auto feed_forward = register_residual(*this, "1");
  feed_forward_norm_ = feed_forward->register_module("0", LayerNorm(dim));
  expand_ = feed_forward->register_module("1", Linear(dim, 2 * dim, true));
  contract_ = feed_forward->register_module("4", Linear(2 * dim, dim, true));
}

torch::Tensor TransformerBlockImpl::forward(const torch::Tensor& x_BND, const torch::Tensor& basis_PF) {
  const auto drop = [this](const torch::Tensor& x) { return torch::dropout(x, dropout_, is_training()); };
  const auto h_BND = x_BND + drop(attention_->forward(attention_norm_->forward(x_BND), basis_PF));
  const auto expanded = torch::relu(drop(expand_->forward(feed_forward_norm_->forward(h_BND))));
  return h_BND + drop(contract_->forward(expanded));
}

torch::Tensor TransformerBlockImpl::infer(const torch::Tensor& x_BND, const torch::Tensor& basis_PF,
                                          Interval kept) {
  auto h_BND = attention_->infer(attention_norm_->forward(x_BND), basis_PF, kept);
  h_BND.add_(x_BND.narrow(1, kept.first, kept.size()));
  auto expanded = expand_->forward(feed_forward_norm_->forward(h_BND));
  return h_BND.add_(contract_->forward(expanded.relu_()));
}

}  // namespace biodta::enformer::layers
