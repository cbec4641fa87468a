#include "cpu_attention.hpp"
#include "flash_attention.hpp"

#include <biodta/model/packed_attention.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <vector>

namespace biodta::model {
namespace {

/// One call of the fused kernel a group. Splitting (rather than narrowing) gives a backward pass that
/// concatenates.
torch::Tensor grouped_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                                double dropout) {
  const std::int64_t hidden = qkv.size(1) / 3;
  std::vector<std::int64_t> sizes;
  for (const auto& group : layout.groups) sizes.push_back(group.tokens());
  std::vector<torch::Tensor> out;
  const auto blocks = qkv.split_with_sizes(sizes);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto& group = layout.groups[i];
    const auto parts = blocks[i]
                           .reshape({group.sequences, group.length, 3, heads, hidden / heads})
                           .permute({2, 0, 3, 1, 4})
                           .unbind(0);
    const auto attended = at::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, dropout);
    out.push_back(attended.transpose(1, 2).reshape({group.tokens(), hidden}));
  }
  return out.size() == 1 ? out.front() : at::cat(out);
}

bool cpu_attention_serves(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32;
}

}  // namespace

torch::Tensor packed_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                               double dropout) {
  if (layout.tokens == 0) return qkv.narrow(1, 0, qkv.size(1) / 3);
  if (flash_attention_serves(qkv, qkv.size(1) / (3 * heads)))
    return flash_attention(qkv, layout, heads, dropout);
  if (cpu_attention_serves(qkv)) return cpu_attention(qkv, layout, heads, dropout);
  return grouped_attention(qkv, layout, heads, dropout);
}

bool attention_selects(const torch::Tensor& query_MH, std::int64_t heads) {
  return cpu_attention_serves(query_MH) || flash_attention_serves(query_MH, query_MH.size(1) / heads);
}

torch::Tensor packed_attention_at(const torch::Tensor& query_MH, const torch::Tensor& key_value_T2H,
                                  const SequenceLayout& layout, const QuerySelection& selection,
                                  std::int64_t heads, double dropout) {
  if (query_MH.size(0) == 0) return query_MH;
  if (cpu_attention_serves(query_MH)) {
    return cpu_attention_at(query_MH, key_value_T2H, layout, selection, heads, dropout);
  }
  return flash_attention_at(query_MH, key_value_T2H, layout, selection, heads, dropout);
}

}  // namespace biodta::model
