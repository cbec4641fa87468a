#include "cpu_attention.hpp"

#include <biodta/support/random.hpp>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>
#include <vector>

// Suffixes: S sequences of a unit, K heads, L tokens a sequence, D head size, R query rows of a block.
namespace biodta::model {
namespace {

/// Attention weights of a block: 2 MB of float32 stay in a core's L2 cache.
constexpr std::int64_t kBlockWeights = std::int64_t{1} << 19;
/// Up to this length, weights are kept for the backward pass (4 bytes × heads × length a token).
constexpr std::int64_t kKeptLength = 256;

/// What one thread computes at once: whole sequences of one group, their queries in blocks of rows.
struct Unit {
  std::int64_t first_token, sequences, length, rows;
};

std::vector<Unit> units_of(const SequenceLayout& layout, std::int64_t heads) {
  std::vector<Unit> units;
  for (const auto& group : layout.groups) {
    const std::int64_t weights = heads * group.length * group.length;
    const std::int64_t together = std::clamp<std::int64_t>(kBlockWeights / weights, 1, group.sequences);
    const std::int64_t rows =
        std::clamp<std::int64_t>(kBlockWeights / (heads * group.length), 1, group.length);
    for (std::int64_t first = 0; first < group.sequences; first += together) {
      units.push_back({group.first_token + first * group.length, std::min(together, group.sequences - first),
                       group.length, rows});
    }
  }
  return units;
}

/// Runs body(unit number) on the threads there are, below autograd.
template <class Body>
void for_each_unit(std::size_t count, const Body& body) {
  at::parallel_for(0, static_cast<std::int64_t>(count), 1, [&](std::int64_t begin, std::int64_t end) {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    for (std::int64_t i = begin; i < end; ++i) body(static_cast<std::size_t>(i));
  });
}

/// The unit's part of a packed tensor [T, n · K · D] as [n, S, K, L, D], without copying.
torch::Tensor view_of(const torch::Tensor& packed, const Unit& unit, std::int64_t heads,
                      std::int64_t head_size) {
  return packed.narrow(0, unit.first_token, unit.sequences * unit.length)
      .view({unit.sequences, unit.length, -1, heads, head_size})
      .permute({2, 0, 3, 1, 4});
}

/// [S, K, L, D] in any strides -> [S · K, L, D], contiguous.
torch::Tensor gathered(const torch::Tensor& view) {
  return view.reshape({-1, view.size(2), view.size(3)}).contiguous();
}

struct Shape {
  std::int64_t heads, head_size;
  double scale, dropout;
  std::uint64_t seed;
};

/// 0 or 1 / (1 − p) for each weight of a block; the same whenever it is asked for.
torch::Tensor dropout_factors(const torch::Tensor& weights, const Shape& shape, std::size_t unit,
                              std::int64_t row) {
  auto generator = at::detail::createCPUGenerator(
      support::RandomStream::of({shape.seed, unit, static_cast<std::uint64_t>(row)})());
  return at::empty_like(weights).bernoulli_(1.0 - shape.dropout, generator).mul_(1.0 / (1.0 - shape.dropout));
}

/// Softmaxed weights [S · K, R, L] of a block of query rows; scaled queries.
torch::Tensor block_weights(const torch::Tensor& query, const torch::Tensor& key, std::int64_t row,
                            std::int64_t rows) {
  return at::_softmax(at::bmm(query.narrow(1, row, rows), key.transpose(1, 2)), -1, /*half_to_float=*/false);
}

/// @return the weights, when they are to be kept (then the unit is one block).
torch::Tensor forward_unit(const torch::Tensor& qkv, const torch::Tensor& out, const Unit& unit,
                           std::size_t number, const Shape& shape) {
  const auto parts = view_of(qkv, unit, shape.heads, shape.head_size);
  const auto query = gathered(parts[0]).mul_(shape.scale);
  const auto key = gathered(parts[1]);
  const auto value = gathered(parts[2]);
  const auto out_SKLD = view_of(out, unit, shape.heads, shape.head_size)[0];
  torch::Tensor kept;
  for (std::int64_t row = 0; row < unit.length; row += unit.rows) {
    const std::int64_t rows = std::min(unit.rows, unit.length - row);
    auto weights = block_weights(query, key, row, rows);
    if (unit.length <= kKeptLength) kept = weights;
    if (shape.dropout > 0) weights = weights * dropout_factors(weights, shape, number, row);
    out_SKLD.narrow(2, row, rows)
        .copy_(at::bmm(weights, value).view({unit.sequences, shape.heads, rows, shape.head_size}));
  }
  return kept;
}

void backward_unit(const torch::Tensor& qkv, const torch::Tensor& out_gradient, const torch::Tensor& kept,
                   const torch::Tensor& gradient, const Unit& unit, std::size_t number, const Shape& shape) {
  const auto parts = view_of(qkv, unit, shape.heads, shape.head_size);
  const auto query = gathered(parts[0]).mul_(shape.scale);
  const auto key = gathered(parts[1]);
  const auto value = gathered(parts[2]);
  const auto out_grad = gathered(view_of(out_gradient, unit, shape.heads, shape.head_size)[0]);
  auto query_grad = at::empty_like(query);
  auto key_grad = at::empty_like(key);
  auto value_grad = at::empty_like(value);
  for (std::int64_t row = 0; row < unit.length; row += unit.rows) {
    const std::int64_t rows = std::min(unit.rows, unit.length - row);
    const double before = row == 0 ? 0.0 : 1.0;
    const auto weights = kept.defined() ? kept : block_weights(query, key, row, rows);
    const auto block_grad = out_grad.narrow(1, row, rows);
    auto weights_grad = at::bmm(block_grad, value.transpose(1, 2));
    if (shape.dropout > 0) {
      const auto factors = dropout_factors(weights, shape, number, row);
      value_grad.baddbmm_((weights * factors).transpose(1, 2), block_grad, before);
      weights_grad.mul_(factors);
    } else {
      value_grad.baddbmm_(weights.transpose(1, 2), block_grad, before);
    }
    const auto scores_grad = at::_softmax_backward_data(weights_grad, weights, -1, weights.scalar_type());
    auto query_block = query_grad.narrow(1, row, rows);
    query_block.baddbmm_(scores_grad, key, 0.0);
    key_grad.baddbmm_(scores_grad.transpose(1, 2), query.narrow(1, row, rows), before);
  }
  const auto target = view_of(gradient, unit, shape.heads, shape.head_size);
  const auto sizes = target[0].sizes();
  target[0].copy_(query_grad.mul_(shape.scale).view(sizes));
  target[1].copy_(key_grad.view(sizes));
  target[2].copy_(value_grad.view(sizes));
}

/// A seed from LibTorch's default generator, so that its state alone decides what is dropped.
std::uint64_t draw_seed() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::scoped_lock lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

using Numbers = std::vector<std::int64_t>;

Numbers numbers_of(const SequenceLayout& layout) {
  Numbers numbers;
  for (const auto& group : layout.groups) {
    numbers.insert(numbers.end(), {group.first_token, group.sequences, group.length});
  }
  return numbers;
}

std::vector<Unit> units_of(const Numbers& numbers, std::int64_t heads) {
  SequenceLayout layout;
  for (std::size_t i = 0; i < numbers.size(); i += 3) {
    layout.groups.push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
  }
  return units_of(layout, heads);
}

class CpuAttention : public torch::autograd::Function<CpuAttention> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& qkv,
                               const Numbers& groups, std::int64_t heads, double dropout) {
    const Shape shape = shape_of(qkv, heads, dropout, dropout > 0 ? draw_seed() : 0);
    const auto units = units_of(groups, heads);
    const auto out = at::empty({qkv.size(0), qkv.size(1) / 3}, qkv.options());
    torch::autograd::variable_list saved(units.size() + 1);
    saved[0] = qkv;
    for_each_unit(units.size(),
                  [&](std::size_t i) { saved[i + 1] = forward_unit(qkv, out, units[i], i, shape); });
    context->save_for_backward(std::move(saved));
    context->saved_data["groups"] = groups;
    context->saved_data["heads"] = heads;
    context->saved_data["dropout"] = dropout;
    context->saved_data["seed"] = static_cast<std::int64_t>(shape.seed);
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    auto& data = context->saved_data;
    const auto saved = context->get_saved_variables();
    const auto& qkv = saved[0];
    const Shape shape = shape_of(qkv, data["heads"].toInt(), data["dropout"].toDouble(),
                                 static_cast<std::uint64_t>(data["seed"].toInt()));
    const auto units = units_of(data["groups"].toIntVector(), shape.heads);
    const auto out_gradient = gradients[0].contiguous();
    const auto gradient = at::empty_like(qkv);
    for_each_unit(units.size(), [&](std::size_t i) {
      backward_unit(qkv, out_gradient, saved[i + 1], gradient, units[i], i, shape);
    });
    return {gradient, {}, {}, {}};
  }

 private:
  static Shape shape_of(const torch::Tensor& qkv, std::int64_t heads, double dropout, std::uint64_t seed) {
    const std::int64_t head_size = qkv.size(1) / (3 * heads);
    return {heads, head_size, 1.0 / std::sqrt(static_cast<double>(head_size)), dropout, seed};
  }
};

}  // namespace

torch::Tensor cpu_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                            double dropout) {
  return CpuAttention::apply(qkv.contiguous(), numbers_of(layout), heads, dropout);
}

}  // namespace biodta::model
