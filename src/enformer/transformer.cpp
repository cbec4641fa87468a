#include "transformer.hpp"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>

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

namespace {

/// Part of the work of attention: some heads of some windows, and some queries. All are rows of one grid.
struct AttentionBlock {
  Interval windows, heads, queries;
};

/// Logits of a block. On a processor a thread's block stays in its cache; a GPU wants large products.
constexpr std::int64_t kLogits = std::int64_t{1} << 18;
constexpr std::int64_t kDeviceLogits = std::int64_t{1} << 28;

Interval block_of(std::int64_t index, std::int64_t size, std::int64_t all) {
  return {index * size, std::min(all, (index + 1) * size)};
}

/// Calls work(AttentionBlock) for blocks that cover the grid, on a processor several at once.
template <class Work>
void for_each_block(const torch::Tensor& q_BHNK, std::int64_t keys, const Work& work) {
  const auto batch = q_BHNK.size(0), heads = q_BHNK.size(1), queries = q_BHNK.size(2);
  if (!q_BHNK.is_cpu()) {
    const auto block = std::clamp<std::int64_t>(kDeviceLogits / (batch * heads * keys), 1, queries);
    for (std::int64_t first = 0; first < queries; first += block)
      work({{0, batch}, {0, heads}, {first, std::min(queries, first + block)}});
    return;
  }
  const auto block = std::clamp<std::int64_t>(kLogits / keys, 1, queries);
  const auto blocks = (queries + block - 1) / block;
  // Operations of LibTorch read the caller's modes from the thread that they run on.
  const at::ThreadLocalState modes;
  at::parallel_for(0, batch * heads * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::ThreadLocalStateGuard same_modes(modes);
    for (auto i = begin; i < end; ++i) {
      const auto window = i / (heads * blocks), head = i / blocks % heads;
      work({{window, window + 1}, {head, head + 1}, block_of(i % blocks, block, queries)});
    }
  });
}

}  // namespace

BinRows AttentionImpl::project(const torch::Tensor& x_BND) {
  return {x_BND, to_q_->forward(x_BND).mul_(1.0 / std::sqrt(static_cast<double>(key_size_))),
          to_k_->forward(x_BND), to_v_->forward(x_BND)};
}

torch::Tensor AttentionImpl::infer(const BinRows& projected, const torch::Tensor& basis_PF, Interval kept) {
  const auto batch = projected.k_BNJ.size(0), bins = projected.k_BNJ.size(1);
  const auto by_head = [&](const torch::Tensor& x) {
    return x.view({batch, x.size(1), heads_, -1}).transpose(1, 2);
  };
  const auto q_BHNK = by_head(projected.q_BNJ).narrow(2, kept.first, kept.size());
  const auto k_BHNK = by_head(projected.k_BNJ).contiguous(), v_BHNV = by_head(projected.v_BND).contiguous();
  const auto content_BHNK = q_BHNK + rel_content_bias_, position_BHNK = q_BHNK + rel_pos_bias_;
  const auto rel_k_HPK = to_rel_k_->forward(basis_PF).view({-1, heads_, key_size_}).transpose(0, 1);

  const auto out_BND = torch::empty({batch, kept.size(), heads_ * v_BHNV.size(3)}, v_BHNV.options());
  const auto out_BHNV = by_head(out_BND);
  for_each_block(q_BHNK, bins, [&](const AttentionBlock& block) {
    const auto part = [&](const torch::Tensor& x_BH) {
      return x_BH.narrow(0, block.windows.first, block.windows.size())
          .narrow(1, block.heads.first, block.heads.size());
    };
    const auto asked = [&](const torch::Tensor& x_BHNK) {
      return part(x_BHNK).narrow(2, block.queries.first, block.queries.size());
    };
    const auto last = kept.first + block.queries.end - 1;
    const auto distances_HPK = rel_k_HPK.narrow(0, block.heads.first, block.heads.size())
                                   .narrow(1, bins - 1 - last, bins + block.queries.size() - 1);
    auto logits =
        relative_shift(torch::matmul(asked(position_BHNK), distances_HPK.transpose(1, 2)).contiguous())
            .flatten(0, 1);
    logits.baddbmm_(asked(content_BHNK).flatten(0, 1), part(k_BHNK).flatten(0, 1).transpose(1, 2));
    const auto out = torch::bmm(torch::softmax(logits, -1), part(v_BHNV).flatten(0, 1));
    asked(out_BHNV).copy_(out.view({block.windows.size(), block.heads.size(), block.queries.size(), -1}));
  });
  return to_out_->forward(out_BND);
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

BinRows TransformerBlockImpl::project(const torch::Tensor& x_BND) {
  auto rows = attention_->project(attention_norm_->forward(x_BND));
  rows.x_BND = x_BND;  // the residual goes round the norm
  return rows;
}

torch::Tensor TransformerBlockImpl::infer(const BinRows& rows, const torch::Tensor& basis_PF, Interval kept) {
  auto h_BND = attention_->infer(rows, basis_PF, kept);
  h_BND.add_(rows.x_BND.narrow(1, kept.first, kept.size()));
  auto expanded = expand_->forward(feed_forward_norm_->forward(h_BND));
  return h_BND.add_(contract_->forward(expanded.relu_()));
}

}  // namespace biodta::enformer::layers
