#include "micro_batch.hpp"

#include <algorithm>

namespace biodta::training {

std::span<const std::uint32_t> micro_batch_of(std::span<const std::uint32_t> order, std::int64_t batch,
                                              const MicroBatchSlot& slot) {
  const auto before = slot.step * static_cast<std::uint64_t>(slot.accumulation) +
                      static_cast<std::uint64_t>(slot.micro_batch);
  const auto place = before * static_cast<std::uint64_t>(slot.ranks) + static_cast<std::uint64_t>(slot.rank);
  const auto size = static_cast<std::size_t>(batch);
  const auto first = std::min<std::size_t>(place * size, order.size());
  return order.subspan(first, std::min(size, order.size() - first));
}

std::int64_t draw_shift(support::RandomStream& random, std::int64_t greatest) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * greatest + 1))) - greatest;
}

torch::Tensor turn_windows(torch::Tensor& one_hot_B4L, const std::vector<std::int64_t>& turned) {
  if (turned.empty()) return {};
  const auto index = torch::tensor(turned, torch::kInt64);
  one_hot_B4L.index_copy_(0, index, one_hot_B4L.index_select(0, index).flip({1, 2}));
  return torch::zeros({one_hot_B4L.size(0)}, torch::kBool).index_fill_(0, index, true);
}

}  // namespace biodta::training
