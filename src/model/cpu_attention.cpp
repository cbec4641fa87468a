#include "cpu_attention.hpp"

#include "streamed_attention.hpp"

#include <biodta/support/random.hpp>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>
#include <vector>

// Suffixes: S sequences of a unit, K heads, Q query rows (of the sequence that has most), L tokens a
// sequence, D head size; heads of all sequences are one batch of products, [S · K, …].
namespace biodta::model {
namespace {

/// Attention weights worked on at once: 512 KB of float32, so that they and their gradient stay in a core's
/// L2 cache.
constexpr std::int64_t kBlockWeights = std::int64_t{1} << 17;

struct Sequence {
  std::int64_t first_query, queries, first_token, length;
};

/// What one thread computes at once: neighbouring sequences of one length.
struct Unit {
  std::size_t begin, end;      ///< sequences
  std::int64_t queries;        ///< of the sequence that has most; the others are padded with zeros
  std::int64_t least_queries;  ///< of the sequence that has fewest
  std::int64_t block_rows;     ///< query rows computed at once
};

struct Shape {
  std::int64_t heads, head_size;
  double scale, dropout;
  std::uint64_t seed;
};

std::vector<Unit> units_of(const std::vector<Sequence>& sequences, std::int64_t heads) {
  std::vector<Unit> units;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto& sequence = sequences[i];
    if (sequence.queries == 0) continue;
    if (!units.empty() && units.back().end == i && sequences[i - 1].length == sequence.length) {
      auto& unit = units.back();
      const auto queries = std::max(unit.queries, sequence.queries);
      const auto together = static_cast<std::int64_t>(i + 1 - unit.begin);
      if (together * heads * queries * sequence.length <= kBlockWeights) {
        unit = {unit.begin, i + 1, queries, std::min(unit.least_queries, sequence.queries), queries};
        continue;
      }
    }
    const auto rows =
        std::clamp<std::int64_t>(kBlockWeights / (heads * sequence.length), 1, sequence.queries);
    units.push_back({i, i + 1, sequence.queries, sequence.queries, rows});
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

/// A packed float32 matrix, one row a token, heads side by side from `data`.
struct Rows {
  float* data;
  std::int64_t stride;
};
Rows rows_of(const torch::Tensor& matrix, std::int64_t first_column) {
  return {matrix.data_ptr<float>() + first_column, matrix.stride(0)};
}

/// Which packed rows of a sequence: its queries or its tokens.
enum class Side { kQueries, kTokens };

void scale_into(float* __restrict to, const float* __restrict from, std::int64_t count, float factor) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] * factor;
}

/// Calls body(one head of a packed row, the same in a block [S · K, rows, D]) for all rows of a unit.
template <class Body>
void for_each_head(const std::vector<Sequence>& sequences, const Unit& unit, Side side, const Rows& packed,
                   const torch::Tensor& block, const Shape& shape, const Body& body) {
  auto* first = block.data_ptr<float>();
  const std::int64_t head_step = block.size(1) * shape.head_size;
  for (std::size_t i = unit.begin; i < unit.end; ++i, first += shape.heads * head_step) {
    const auto& sequence = sequences[i];
    const bool queries = side == Side::kQueries;
    float* row = packed.data + (queries ? sequence.first_query : sequence.first_token) * packed.stride;
    const std::int64_t count = queries ? sequence.queries : sequence.length;
    for (std::int64_t r = 0; r < count; ++r, row += packed.stride) {
      for (std::int64_t head = 0; head < shape.heads; ++head) {
        body(row + head * shape.head_size, first + head * head_step + r * shape.head_size);
      }
    }
  }
}

/// Packed rows -> [S · K, rows, D], times factor; sequences with fewer rows are padded with zeros.
torch::Tensor gather(const std::vector<Sequence>& sequences, const Unit& unit, Side side, const Rows& packed,
                     const Shape& shape, float factor = 1.0F) {
  const auto rows = side == Side::kQueries ? unit.queries : sequences[unit.begin].length;
  const auto batch = static_cast<std::int64_t>(unit.end - unit.begin) * shape.heads;
  const bool padded = side == Side::kQueries && unit.queries != unit.least_queries;
  auto block = padded ? at::zeros({batch, rows, shape.head_size}) : at::empty({batch, rows, shape.head_size});
  for_each_head(sequences, unit, side, packed, block, shape,
                [&](const float* from, float* to) { scale_into(to, from, shape.head_size, factor); });
  return block;
}

/// [S · K, rows, D], times factor -> packed rows; padding is left behind.
void scatter(const std::vector<Sequence>& sequences, const Unit& unit, Side side, const torch::Tensor& block,
             const Rows& packed, const Shape& shape, float factor = 1.0F) {
  for_each_head(sequences, unit, side, packed, block, shape,
                [&](float* to, const float* from) { scale_into(to, from, shape.head_size, factor); });
}

/// 0 or 1 / (1 − p) for each weight of a block; the same whenever it is asked for. Half of a 64-bit draw
/// each, where LibTorch's bernoulli_ makes a generator a block and one draw a weight: with long sequences
/// most of a training step.
torch::Tensor dropout_factors(const torch::Tensor& weights, const Shape& shape, std::size_t unit,
                              std::int64_t row) {
  auto random = support::RandomStream::of({shape.seed, unit, static_cast<std::uint64_t>(row)});
  const auto dropped_below = static_cast<std::uint32_t>(shape.dropout * 0x1.0p32);
  const auto kept = static_cast<float>(1.0 / (1.0 - shape.dropout));
  auto factors = at::empty_like(weights, at::MemoryFormat::Contiguous);
  float* const out = factors.data_ptr<float>();
  const std::int64_t count = factors.numel();
  for (std::int64_t i = 0; i < count; i += 2) {
    const std::uint64_t draw = random();
    out[i] = static_cast<std::uint32_t>(draw) < dropped_below ? 0.0F : kept;
    if (i + 1 < count) out[i + 1] = static_cast<std::uint32_t>(draw >> 32U) < dropped_below ? 0.0F : kept;
  }
  return factors;
}

/// Softmaxed weights [S · K, rows, L] of a block of (scaled) query rows.
torch::Tensor block_weights(const torch::Tensor& query, const torch::Tensor& key, std::int64_t row,
                            std::int64_t rows) {
  return at::_softmax(at::bmm(query.narrow(1, row, rows), key.transpose(1, 2)), -1, /*half_to_float=*/false);
}

struct Inputs {
  Rows query, key, value;
};

/// @return the weights, when the unit is one block: then they are few enough to be kept for the backward
/// pass.
torch::Tensor forward_unit(const std::vector<Sequence>& sequences, const Unit& unit, std::size_t number,
                           const Inputs& in, const Rows& out, const Shape& shape) {
  const auto query =
      gather(sequences, unit, Side::kQueries, in.query, shape, static_cast<float>(shape.scale));
  const auto key = gather(sequences, unit, Side::kTokens, in.key, shape);
  const auto value = gather(sequences, unit, Side::kTokens, in.value, shape);
  const auto attended = at::empty_like(query);
  torch::Tensor weights;
  for (std::int64_t row = 0; row < unit.queries; row += unit.block_rows) {
    const std::int64_t rows = std::min(unit.block_rows, unit.queries - row);
    weights = block_weights(query, key, row, rows);
    const auto used = shape.dropout > 0 ? weights * dropout_factors(weights, shape, number, row) : weights;
    if (rows == unit.queries) {
      auto target = attended;
      at::bmm_out(target, used, value);
    } else {
      attended.narrow(1, row, rows).copy_(at::bmm(used, value));
    }
  }
  scatter(sequences, unit, Side::kQueries, attended, out, shape);
  return unit.block_rows == unit.queries ? weights : torch::Tensor();
}

void backward_unit(const std::vector<Sequence>& sequences, const Unit& unit, std::size_t number,
                   const Inputs& in, const Rows& out_gradient, const torch::Tensor& kept,
                   const Inputs& gradient, const Shape& shape) {
  const auto query =
      gather(sequences, unit, Side::kQueries, in.query, shape, static_cast<float>(shape.scale));
  const auto key = gather(sequences, unit, Side::kTokens, in.key, shape);
  const auto value = gather(sequences, unit, Side::kTokens, in.value, shape);
  const auto out_grad = gather(sequences, unit, Side::kQueries, out_gradient, shape);
  const auto query_grad = at::empty_like(query);
  auto key_grad = at::empty_like(key);
  auto value_grad = at::empty_like(value);
  for (std::int64_t row = 0; row < unit.queries; row += unit.block_rows) {
    const std::int64_t rows = std::min(unit.block_rows, unit.queries - row);
    const double before = row == 0 ? 0.0 : 1.0;  // 0 also ignores what memory happened to hold
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
    const auto scores_grad = at::_softmax_backward_data(weights_grad, weights, -1, torch::kFloat32);
    query_grad.narrow(1, row, rows).copy_(at::bmm(scores_grad, key));
    key_grad.baddbmm_(scores_grad.transpose(1, 2), query.narrow(1, row, rows), before);
  }
  scatter(sequences, unit, Side::kQueries, query_grad, gradient.query, shape,
          static_cast<float>(shape.scale));
  scatter(sequences, unit, Side::kTokens, key_grad, gradient.key, shape);
  scatter(sequences, unit, Side::kTokens, value_grad, gradient.value, shape);
}

/// A seed from LibTorch's default generator, so that its state alone decides what is dropped.
std::uint64_t draw_seed() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::scoped_lock lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

/// What a node of the graph can keep.
using Numbers = std::vector<std::int64_t>;

/// Sequences, given where the queries of each begin.
Numbers numbers_of(const SequenceLayout& layout, const torch::Tensor& query_boundaries_B1) {
  Numbers numbers;
  const auto* const token = layout.boundaries_B1.data_ptr<std::int32_t>();
  const auto* const query = query_boundaries_B1.data_ptr<std::int32_t>();
  for (std::int64_t i = 0; i + 1 < layout.boundaries_B1.size(0); ++i) {
    numbers.insert(numbers.end(), {query[i], query[i + 1] - query[i], token[i], token[i + 1] - token[i]});
  }
  return numbers;
}

std::vector<Sequence> sequences_of(const Numbers& numbers) {
  std::vector<Sequence> sequences;
  for (std::size_t i = 0; i < numbers.size(); i += 4) {
    sequences.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]});
  }
  return sequences;
}

Shape shape_of(std::int64_t hidden, std::int64_t heads, double dropout, std::uint64_t seed) {
  return {heads, hidden / heads, 1.0 / std::sqrt(static_cast<double>(hidden) / static_cast<double>(heads)),
          dropout, seed};
}

/// Query, key and value in a tensor of three times the hidden size, or query in one and key and value in
/// another.
Inputs inputs_of(const torch::Tensor& query, const torch::Tensor& key_value, std::int64_t hidden) {
  const std::int64_t before_key = key_value.size(1) - 2 * hidden;
  return {rows_of(query, 0), rows_of(key_value, before_key), rows_of(key_value, before_key + hidden)};
}

/// In inference alone: a layer that is recomputed in the backward pass must find what it computed before.
bool is_streamed(double dropout) {
  return c10::InferenceMode::is_enabled() && dropout == 0 && StreamedAttention::widest() > 0;
}

/// The values alone, a head and some queries of a sequence at a time.
torch::Tensor streamed_attention(const torch::Tensor& query, const torch::Tensor& key_value,
                                 const Numbers& numbers, std::int64_t hidden, std::int64_t heads) {
  // Whole heads, unless threads would have nothing to do.
  constexpr std::int64_t kLeast = 10 * StreamedAttention::kQueries;
  const std::int64_t share = query.size(0) * heads / at::get_num_threads();
  const std::int64_t most = kLeast * std::max<std::int64_t>(1, share / kLeast);
  const auto sequences = sequences_of(numbers);
  std::vector<HeadAttention> tasks;
  auto out = at::empty({query.size(0), hidden}, query.options());
  const Inputs in = inputs_of(query, key_value, hidden);
  const Rows to = rows_of(out, 0);
  const std::int64_t size = hidden / heads;
  for (const auto& sequence : sequences) {
    for (std::int64_t column = 0; column < hidden; column += size) {
      const std::int64_t token = sequence.first_token * in.key.stride + column;
      for (std::int64_t done = 0; done < sequence.queries; done += most) {
        const std::int64_t row = sequence.first_query + done;
        tasks.push_back({.query = in.query.data + row * in.query.stride + column,
                         .query_stride = in.query.stride,
                         .queries = std::min(most, sequence.queries - done),
                         .key = in.key.data + token,
                         .value = in.value.data + token,
                         .token_stride = in.key.stride,
                         .tokens = sequence.length,
                         .head_size = size,
                         .out = to.data + row * to.stride + column,
                         .out_stride = to.stride});
      }
    }
  }
  at::parallel_for(0, static_cast<std::int64_t>(tasks.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    StreamedAttention attention;
    for (std::int64_t i = begin; i < end; ++i) attention.run(tasks[static_cast<std::size_t>(i)]);
  });
  return out;
}

class CpuAttention : public torch::autograd::Function<CpuAttention> {
 public:
  /// @param key_value  the same tensor as `query` when queries, keys and values lie side by side
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& query,
                               const torch::Tensor& key_value, const Numbers& numbers, std::int64_t hidden,
                               std::int64_t heads, double dropout) {
    const Shape shape = shape_of(hidden, heads, dropout, dropout > 0 ? draw_seed() : 0);
    const auto sequences = sequences_of(numbers);
    const auto units = units_of(sequences, heads);
    auto out = at::empty({query.size(0), hidden}, query.options());
    const Inputs in = inputs_of(query, key_value, hidden);
    torch::autograd::variable_list saved(units.size() + 2);
    saved[0] = query;
    saved[1] = key_value;
    for_each_unit(units.size(), [&](std::size_t i) {
      saved[i + 2] = forward_unit(sequences, units[i], i, in, rows_of(out, 0), shape);
    });
    context->save_for_backward(std::move(saved));
    auto& data = context->saved_data;
    data["sequences"] = numbers;
    data["hidden"] = hidden;
    data["heads"] = heads;
    data["dropout"] = dropout;
    data["seed"] = static_cast<std::int64_t>(shape.seed);
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    auto& data = context->saved_data;
    const auto saved = context->get_saved_variables();
    const auto& query = saved[0];
    const auto& key_value = saved[1];
    const std::int64_t hidden = data["hidden"].toInt();
    const Shape shape = shape_of(hidden, data["heads"].toInt(), data["dropout"].toDouble(),
                                 static_cast<std::uint64_t>(data["seed"].toInt()));
    const auto sequences = sequences_of(data["sequences"].toIntVector());
    const auto units = units_of(sequences, shape.heads);
    const auto out_gradient = gradients[0].contiguous();
    const bool together = query.size(1) == 3 * hidden;
    // Sequences without queries belong to no unit, and get no gradient.
    const auto key_value_gradient = together ? at::empty_like(key_value) : at::zeros_like(key_value);
    const auto query_gradient = together ? key_value_gradient : at::empty_like(query);
    const Inputs in = inputs_of(query, key_value, hidden);
    const Inputs gradient = inputs_of(query_gradient, key_value_gradient, hidden);
    for_each_unit(units.size(), [&](std::size_t i) {
      backward_unit(sequences, units[i], i, in, rows_of(out_gradient, 0), saved[i + 2], gradient, shape);
    });
    if (together) return {key_value_gradient, {}, {}, {}, {}, {}};
    return {query_gradient, key_value_gradient, {}, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor cpu_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                            double dropout) {
  const auto contiguous = qkv.contiguous();
  if (is_streamed(dropout))
    return streamed_attention(contiguous, contiguous, numbers_of(layout, layout.boundaries_B1),
                              qkv.size(1) / 3, heads);
  return CpuAttention::apply(contiguous, contiguous, numbers_of(layout, layout.boundaries_B1),
                             qkv.size(1) / 3, heads, dropout);
}

torch::Tensor cpu_attention_at(const torch::Tensor& query_MH, const torch::Tensor& key_value_T2H,
                               const SequenceLayout& layout, const QuerySelection& selection,
                               std::int64_t heads, double dropout) {
  if (is_streamed(dropout))
    return streamed_attention(query_MH.contiguous(), key_value_T2H.contiguous(),
                              numbers_of(layout, selection.boundaries_B1), query_MH.size(1), heads);
  return CpuAttention::apply(query_MH.contiguous(), key_value_T2H.contiguous(),
                             numbers_of(layout, selection.boundaries_B1), query_MH.size(1), heads, dropout);
}

}  // namespace biodta::model
