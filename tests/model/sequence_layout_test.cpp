#include "fixtures.hpp"

#include <biodta/model/sequence_layout.hpp>

#include <gmock/gmock.h>

namespace biodta::model {
namespace {

using ::testing::ElementsAre;
using namespace biodta::model::testing;

std::vector<std::vector<std::int64_t>> groups_of(const SequenceLayout& layout) {
  std::vector<std::vector<std::int64_t>> groups;
  for (const auto& group : layout.groups)
    groups.push_back({group.first_token, group.sequences, group.length});
  return groups;
}

std::vector<int> integers_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<int>(), tensor.data_ptr<int>() + tensor.numel()};
}

TEST(SequenceLayout, leaves_a_batch_whose_equal_lengths_are_neighbours_as_it_is) {
  const auto layout = make_layout(random_batch({4, 4, 7, 2, 2, 2}, 0, 1));
  EXPECT_THAT(groups_of(layout),
              ElementsAre(ElementsAre(0, 2, 4), ElementsAre(8, 1, 7), ElementsAre(15, 3, 2)));
  EXPECT_FALSE(layout.order_T.defined());
  EXPECT_EQ(layout.tokens, 21);
  EXPECT_EQ(layout.longest, 7);
  const std::vector<int> boundaries(layout.boundaries_B1.data_ptr<int>(),
                                    layout.boundaries_B1.data_ptr<int>() + 7);
  EXPECT_THAT(boundaries, ElementsAre(0, 4, 8, 15, 17, 19, 21));
}

TEST(SequenceLayout, brings_equal_lengths_together_and_back) {
  const auto batch = random_batch({2, 3, 2, 1, 3}, 6, 1);
  const auto layout = make_layout(batch);
  EXPECT_THAT(groups_of(layout),
              ElementsAre(ElementsAre(0, 2, 3), ElementsAre(6, 2, 2), ElementsAre(10, 1, 1)));
  EXPECT_THAT(numbers_of(layout.order_T), ElementsAre(2, 3, 4, 8, 9, 10, 0, 1, 5, 6, 7));
  const auto ordered = reorder(batch, layout);
  EXPECT_THAT(ordered.lengths, ElementsAre(3, 3, 2, 2, 1));
  EXPECT_THAT(numbers_of(ordered.positions_T), ElementsAre(0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 0));
  EXPECT_EQ(numbers_of(ordered.tokens_T.index_select(0, layout.inverse_T)), numbers_of(batch.tokens_T));
  EXPECT_EQ(numbers_of(ordered.row_T.index_select(0, layout.inverse_T)), numbers_of(batch.row_T));
}

TEST(SequenceLayout, is_split_between_sequences) {
  const auto parts = split_layout(make_layout(random_batch({9, 4, 4, 4, 2, 2}, 0, 1)), 8);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_THAT(groups_of(parts[0].layout), ElementsAre(ElementsAre(0, 1, 9))) << "longer than asked for";
  EXPECT_THAT(groups_of(parts[1].layout), ElementsAre(ElementsAre(0, 2, 4)));
  EXPECT_THAT(groups_of(parts[2].layout), ElementsAre(ElementsAre(0, 1, 4), ElementsAre(4, 2, 2)));
  EXPECT_EQ(parts[1].first_token, 9);
  EXPECT_EQ(parts[2].first_token, 17);
  EXPECT_THAT(integers_of(parts[2].layout.boundaries_B1), ElementsAre(0, 4, 6, 8));
  EXPECT_EQ(parts[2].layout.tokens, 8);
  EXPECT_EQ(parts[2].layout.longest, 4);
}

TEST(SequenceLayout, knows_which_positions_belong_to_which_sequence) {
  const auto sorted = make_layout(random_batch({4, 4, 7}, 0, 1));
  const auto plain = select_queries(sorted, torch::tensor({1, 3, 9, 14}, torch::kInt64));
  EXPECT_FALSE(plain.restore_M.defined());
  EXPECT_THAT(integers_of(plain.boundaries_B1), ElementsAre(0, 2, 2, 4));
  // Sequences of 2, 3, 2 tokens: the encoder sees the second one first.
  const auto mixed = make_layout(random_batch({2, 3, 2}, 0, 1));
  const auto chosen = select_queries(mixed, torch::tensor({6, 0, 3}, torch::kInt64));
  EXPECT_THAT(numbers_of(chosen.index_M), ElementsAre(1, 3, 6));
  EXPECT_THAT(numbers_of(chosen.restore_M), ElementsAre(2, 1, 0));
  EXPECT_THAT(integers_of(chosen.boundaries_B1), ElementsAre(0, 1, 2, 3));
}

}  // namespace
}  // namespace biodta::model
