#include "streamed_attention.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

// Suffixes: L keys, D head size (padded to kRows where values are meant), Q queries of a block, which lie in
// vector lanes.
//
// Everything below that works on vectors is inlined into one function an instruction set; none is passed
// between functions, so their calling convention, of which GCC warns, does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace biodta::model {
namespace {

/// Keys worked on at once: with 48 queries, weights of 12 KB.
constexpr std::int64_t kKeys = 64;
/// Keys and values are padded to a multiple of it, the most rows that a product computes at once.
constexpr std::int64_t kRows = 8;
/// Vectors of queries a block, at most: with kRows rows, 24 sums in the 32 registers of AVX-512.
constexpr int kVectors = 3;
/// Where maxima begin: −∞ less itself would be no number.
constexpr float kLowest = std::numeric_limits<float>::lowest();

template <int kLanes>
struct Simd {
  using Vector [[gnu::vector_size(kLanes * 4)]] = float;
  using Bits [[gnu::vector_size(kLanes * 4)]] = std::int32_t;
  using InMemory [[gnu::vector_size(kLanes * 4), gnu::aligned(4), gnu::may_alias]] = float;

  [[gnu::always_inline]] static Vector load(const float* from) {
    return *reinterpret_cast<const InMemory*>(from);
  }
  [[gnu::always_inline]] static void store(float* to, const Vector& value) {
    *reinterpret_cast<InMemory*>(to) = value;
  }

  /// 2^x to one part in 10^7, for x <= 0; below -126 what it is there.
  [[gnu::always_inline]] static Vector power_of_two(const Vector& power) {
    const Vector least = Vector{} - 126.0F;
    const Vector x = power < least ? least : power;
    const Vector to_integer = Vector{} + 0x1.8p23F;  // leaves the rounded x in the lowest bits
    const Vector shifted = x + to_integer;
    const Vector rest = x - (shifted - to_integer);
    // e^(rest · ln 2) by its series; the coefficients are ln(2)^n / n!.
    Vector sum = Vector{} + 1.54035304e-4F;
    sum = sum * rest + 1.33335581e-3F;
    sum = sum * rest + 9.61812911e-3F;
    sum = sum * rest + 5.55041087e-2F;
    sum = sum * rest + 2.40226507e-1F;
    sum = sum * rest + 6.93147181e-1F;
    sum = sum * rest + 1.0F;
    // The integer becomes an exponent. A product, not a sum of bits: a NaN stays one, whatever its payload.
    return sum * reinterpret_cast<Vector>((reinterpret_cast<Bits>(shifted) << 23) + (127 << 23));
  }
};

/// One block of queries and all keys of a head.
struct Block {
  const float* key_LD;
  const float* value_LD;
  std::int64_t tokens, head_size, padded_size;
  const float* query_DQ;
  float* weights_LQ;
  float* out_DQ;  ///< the sum of weighted values, over the sum of weights
};

/// c[kRowsAtOnce, Q] = a b, or c · scale + a b.
/// @param a  element (row, depth) at row · row_step + depth · depth_step
/// @param b  [depth, Q]
template <int kLanes, int kRowsAtOnce, int kColumns, bool kAdd>
[[gnu::always_inline]] inline void multiply(const float* a, std::int64_t row_step, std::int64_t depth_step,
                                            const float* b, std::int64_t depth, float* c,
                                            const typename Simd<kLanes>::Vector* scale) {
  using S = Simd<kLanes>;
  typename S::Vector sums[kRowsAtOnce][kColumns];
#pragma GCC unroll 8
  for (int i = 0; i < kRowsAtOnce; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j)
      sums[i][j] = kAdd ? S::load(c + (i * kColumns + j) * kLanes) * scale[j] : typename S::Vector{};
  for (std::int64_t d = 0; d < depth; ++d) {
    typename S::Vector row[kColumns];
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j) row[j] = S::load(b + (d * kColumns + j) * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < kRowsAtOnce; ++i) {
      const float factor = a[i * row_step + d * depth_step];
#pragma GCC unroll 8
      for (int j = 0; j < kColumns; ++j) sums[i][j] += factor * row[j];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRowsAtOnce; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j) S::store(c + (i * kColumns + j) * kLanes, sums[i][j]);
}

/// Scores of `keys` keys -> weights 2^(score − maximum so far); keeps up maximum and sum, and gives the
/// factor by which what was summed before shrinks.
template <int kLanes, int kColumns>
[[gnu::always_inline]] inline void soften(float* scores, std::int64_t keys,
                                          typename Simd<kLanes>::Vector* most,
                                          typename Simd<kLanes>::Vector* sum,
                                          typename Simd<kLanes>::Vector* scale) {
  using S = Simd<kLanes>;
  using Vector = typename S::Vector;
#pragma GCC unroll 8
  for (int j = 0; j < kColumns; ++j) {
    Vector largest = most[j];
    for (std::int64_t i = 0; i < keys; ++i) {
      const Vector score = S::load(scores + (i * kColumns + j) * kLanes);
      largest = score > largest ? score : largest;
    }
    scale[j] = S::power_of_two(most[j] - largest);
    most[j] = largest;
    sum[j] *= scale[j];
  }
  for (std::int64_t i = 0; i < keys; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j) {
      float* const at = scores + (i * kColumns + j) * kLanes;
      const Vector weight = S::power_of_two(S::load(at) - most[j]);
      sum[j] += weight;
      S::store(at, weight);
    }
}

template <int kLanes, int kRowsAtOnce, int kColumns>
[[gnu::always_inline]] inline void attend(const Block& block) {
  using S = Simd<kLanes>;
  using Vector = typename S::Vector;
  constexpr std::int64_t kQueries = kLanes * kColumns;
  Vector most[kColumns], sum[kColumns], scale[kColumns];
#pragma GCC unroll 8
  for (int j = 0; j < kColumns; ++j) {
    most[j] = Vector{} + kLowest;
    sum[j] = Vector{};
  }
  for (std::int64_t d = 0; d < block.padded_size * kQueries; ++d) block.out_DQ[d] = 0.0F;
  for (std::int64_t key = 0; key < block.tokens; key += kKeys) {
    const std::int64_t left = block.tokens - key;
    const std::int64_t keys = left < kKeys ? left : kKeys;
    for (std::int64_t i = 0; i < keys; i += kRowsAtOnce)
      multiply<kLanes, kRowsAtOnce, kColumns, false>(block.key_LD + (key + i) * block.head_size,
                                                     block.head_size, 1, block.query_DQ, block.head_size,
                                                     block.weights_LQ + i * kQueries, nullptr);
    soften<kLanes, kColumns>(block.weights_LQ, keys, most, sum, scale);
    for (std::int64_t d = 0; d < block.padded_size; d += kRowsAtOnce)
      multiply<kLanes, kRowsAtOnce, kColumns, true>(block.value_LD + key * block.padded_size + d, 1,
                                                    block.padded_size, block.weights_LQ, keys,
                                                    block.out_DQ + d * kQueries, scale);
  }
#pragma GCC unroll 8
  for (int j = 0; j < kColumns; ++j)  // without a score above −∞ there is no softmax
    sum[j] = most[j] > Vector{} + kLowest ? sum[j] : Vector{} + std::numeric_limits<float>::quiet_NaN();
  for (std::int64_t d = 0; d < block.head_size; ++d)
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j) {
      float* const at = block.out_DQ + (d * kColumns + j) * kLanes;
      S::store(at, S::load(at) / sum[j]);
    }
}

template <int kLanes, int kRowsAtOnce>
[[gnu::always_inline]] inline void attend(const Block& block, int columns) {
  if (columns == 1) return attend<kLanes, kRowsAtOnce, 1>(block);
  if (columns == 2) return attend<kLanes, kRowsAtOnce, 2>(block);
  return attend<kLanes, kRowsAtOnce, kVectors>(block);
}

using Kernel = void (*)(const Block& block, int columns);

#ifdef __x86_64__
[[gnu::target("avx2,fma")]] void attend_by_8(const Block& block, int columns) {
  attend<8, 4>(block, columns);
}
[[gnu::target("avx512f")]] void attend_by_16(const Block& block, int columns) {
  attend<16, 8>(block, columns);
}
#endif

Kernel kernel_of([[maybe_unused]] int lanes) {
#ifdef __x86_64__
  if (lanes == 16) return attend_by_16;
  if (lanes == 8) return attend_by_8;
#endif
  return nullptr;
}

/// Rows of a head, one after another, each padded with zeros to `size`, and `count` of them in all.
void pack(const float* from, std::int64_t stride, std::int64_t rows, std::int64_t head_size,
          std::int64_t size, std::int64_t count, std::vector<float>& to) {
  to.resize(static_cast<std::size_t>(count * size));
  float* out = to.data();
  for (std::int64_t i = 0; i < rows; ++i, from += stride, out += size) {
    std::copy_n(from, head_size, out);
    std::fill(out + head_size, out + size, 0.0F);
  }
  std::fill(out, to.data() + to.size(), 0.0F);
}

std::int64_t up_to_multiple(std::int64_t value, std::int64_t of) {
  return (value + of - 1) / of * of;
}

static_assert(StreamedAttention::kQueries % (kVectors * 16) == 0 &&
              StreamedAttention::kQueries % (kVectors * 8) == 0);

}  // namespace

int StreamedAttention::widest() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return 16;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 8;
#endif
  return 0;
}

StreamedAttention::StreamedAttention(int lanes) : lanes_(lanes) {
  if (kernel_of(lanes) == nullptr || lanes > widest())
    throw std::invalid_argument("vectors of " + std::to_string(lanes) + " floats");
}

void StreamedAttention::run(const HeadAttention& head) {
  const std::int64_t size = head.head_size;
  const std::int64_t padded = up_to_multiple(size, kRows);
  pack(head.key, head.token_stride, head.tokens, size, size, up_to_multiple(head.tokens, kRows), key_LD_);
  pack(head.value, head.token_stride, head.tokens, size, padded, head.tokens, value_LD_);
  const std::int64_t most = std::int64_t{kVectors} * lanes_;
  query_DQ_.resize(static_cast<std::size_t>(size * most));
  out_DQ_.resize(static_cast<std::size_t>(padded * most));
  weights_LQ_.resize(static_cast<std::size_t>(kKeys * most));
  auto* const kernel = kernel_of(lanes_);
  const Block block{key_LD_.data(), value_LD_.data(), head.tokens,        size,
                    padded,         query_DQ_.data(), weights_LQ_.data(), out_DQ_.data()};
  // Weights are powers of two: the logarithm's base is put into the queries' scale.
  const auto scale = static_cast<float>(std::log2(std::exp(1.0)) / std::sqrt(static_cast<double>(size)));
  for (std::int64_t first = 0; first < head.queries; first += most) {
    const std::int64_t queries = std::min(most, head.queries - first);
    const std::int64_t columns = (queries + lanes_ - 1) / lanes_;
    const std::int64_t width = columns * lanes_;
    std::fill(query_DQ_.begin(), query_DQ_.end(), 0.0F);
    for (std::int64_t i = 0; i < queries; ++i) {
      const float* const from = head.query + (first + i) * head.query_stride;
      for (std::int64_t d = 0; d < size; ++d)
        query_DQ_[static_cast<std::size_t>(d * width + i)] = from[d] * scale;
    }
    kernel(block, static_cast<int>(columns));
    for (std::int64_t i = 0; i < queries; ++i) {
      float* const to = head.out + (first + i) * head.out_stride;
      for (std::int64_t d = 0; d < size; ++d) to[d] = out_DQ_[static_cast<std::size_t>(d * width + i)];
    }
  }
}

}  // namespace biodta::model
