#pragma once
/// @file
/// Attention of one head on the CPU, forward only, without storing its weights.

#include <cstdint>
#include <vector>

namespace biodta::model {

/// One head of one sequence: float32 rows of `head_size`, row i at data + i * stride. Borrowed; `out`
/// overlaps none of the others.
struct HeadAttention {
  const float* query;
  std::int64_t query_stride, queries;
  const float* key;
  const float* value;
  std::int64_t token_stride, tokens;  ///< one token at least
  std::int64_t head_size;             ///< 1 at least
  float* out;                         ///< written, a row a query
  std::int64_t out_stride;
};

/// out = softmax(Q K^T / sqrt(D)) V, block by block of queries and keys: the softmax's maximum and sum are
/// kept up as keys stream by (Milakov and Gimelshein, 2018; Rabe and Staats, 2021), so that the weights of a
/// block never leave a core's nearest cache. Queries lie in the lanes of vector registers, so that neither
/// maximum nor sum goes across lanes. NaN and overflow come out as NaN. What it brings: benchmarks/perturb.
///
/// Keeps its working memory from call to call; one object a thread.
class StreamedAttention {
 public:
  /// Floats that a vector of this processor holds: 16 (AVX-512), 8 (AVX2 with FMA), 0 = it is not served
  /// here.
  static int widest();

  /// Where queries are shared out at multiples of it, each result is the same whatever the share.
  static constexpr std::int64_t kQueries = 48;

  /// @param lanes  floats a vector: 8 or 16, at most widest(); else std::invalid_argument
  explicit StreamedAttention(int lanes = widest());

  void run(const HeadAttention& head);

 private:
  int lanes_;
  std::vector<float> key_LD_, value_LD_, query_DQ_, weights_LQ_, out_DQ_;
};

}  // namespace biodta::model
