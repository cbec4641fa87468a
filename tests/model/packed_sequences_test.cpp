// What the packing promises: a sequence's result does not depend on who shares the batch.
#include "fixtures.hpp"

#include <biodta/support/error.hpp>

#include <ATen/ops/cat.h>

namespace biodta::model {
namespace {

using biodta::testing::expect_error;
using namespace biodta::model::testing;

PackedSequences alone(const PackedSequences& batch, std::size_t sequence) {
  std::int64_t first = 0;
  for (std::size_t i = 0; i < sequence; ++i) first += batch.lengths[i];
  const std::int64_t length = batch.lengths[sequence];
  PackedSequences one = packed(batch.tokens_T.narrow(0, first, length), {length});
  if (batch.row_T.defined()) {
    one.row_T = batch.row_T.narrow(0, first, length);
    one.rows_UE = batch.rows_UE;
  }
  return one;
}

void expect_independence(std::int64_t row_size, const std::vector<std::int64_t>& lengths) {
  auto model = small_model(row_size);
  const auto batch = random_batch(lengths, row_size, 8);
  const auto together = model->hidden_states(batch, {-1})[0];
  std::vector<torch::Tensor> one_by_one;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    one_by_one.push_back(model->hidden_states(alone(batch, i), {-1})[0]);
  EXPECT_LT(difference(together, at::cat(one_by_one)), 2e-6);
}

TEST(PackedSequences, give_each_sequence_what_it_has_alone) {
  for (const std::int64_t row_size : {0, 6}) {
    expect_independence(row_size, {5, 5, 5});
    expect_independence(row_size, {9, 9, 4, 4, 4, 1});
    expect_independence(row_size, {4, 9, 1, 9, 40, 4, 17});
  }
}

TEST(PackedSequences, change_nothing_but_their_own_sequence) {
  auto model = small_model(6);
  auto batch = random_batch({7, 4, 7}, 6, 8);
  const auto before = model->hidden_states(batch, {-1})[0];
  batch.tokens_T = batch.tokens_T.clone();
  batch.row_T = batch.row_T.clone();
  batch.tokens_T[8] = 1;
  batch.row_T[8] = -1;
  const auto changed_T = (model->hidden_states(batch, {-1})[0] - before).abs().amax(1) > 1e-6;
  EXPECT_EQ(changed_T.narrow(0, 7, 4).sum().item<int>(), 4);
  EXPECT_EQ(changed_T.sum().item<int>(), 4);
}

TEST(PackedSequences, whose_lengths_do_not_fit_their_tokens_are_refused) {
  auto model = small_model(0);
  auto batch = random_batch({3, 4}, 0, 1);
  batch.lengths = {3, 3};
  expect_error<Error>([&] { model->hidden_states(batch, {0}); }, {"sum to 6", "7 tokens"});
  batch.lengths = {7, 0};
  expect_error<Error>([&] { model->hidden_states(batch, {0}); }, {"0 tokens"});
}

}  // namespace
}  // namespace biodta::model
