#include "small_world.hpp"

#include <biodta/data/tensors.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <torch/types.h>

namespace biodta::data {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAreArray;
using namespace biodta::data::testing;

std::vector<std::int64_t> numbers_of(const torch::Tensor& tensor) {
  EXPECT_EQ(tensor.scalar_type(), torch::kInt64);
  return {tensor.data_ptr<std::int64_t>(), tensor.data_ptr<std::int64_t>() + tensor.numel()};
}

TEST(Tensors, hold_the_batch_and_only_the_rows_it_needs) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", {{6, 2}, {8, 3, 6}});
  const auto bank = small_bank();
  const TokenRows rows(corpus.vocabulary(), bank);
  const auto donor = *bank.context_index("donor");
  const BatchBuilder builder(corpus, &rows, {embedding::kReference, donor}, 10);
  const auto batch =
      builder.build_masked(std::vector<std::uint32_t>{0, 1}, {.mask_share = 0.0, .random_share = 0.0}, 1, 0);
  const auto values = bank_tensor(bank);
  EXPECT_EQ(values.data_ptr<float>(), bank.values().data());
  const auto packed = to_tensors(batch, values);
  EXPECT_THAT(numbers_of(packed.tokens_T), ElementsAreArray(batch.tokens));
  EXPECT_THAT(numbers_of(packed.positions_T), ElementsAreArray(batch.positions));
  EXPECT_THAT(numbers_of(packed.row_T), ElementsAreArray(batch.row));
  EXPECT_EQ(packed.lengths, batch.lengths);
  // Row r of the bank holds {r, r + 0.5}.
  EXPECT_TRUE(at::equal(packed.rows_UE,
                        torch::tensor({{0.F, 0.5F}, {1.F, 1.5F}, {3.F, 3.5F}, {5.F, 5.5F}, {6.F, 6.5F}})));
  const auto masked = masked_tensors(batch);
  EXPECT_THAT(numbers_of(masked.masked_M), ElementsAreArray(batch.masked));
  EXPECT_THAT(numbers_of(masked.targets_M), ElementsAreArray(batch.targets));
}

TEST(Tensors, of_the_twin_have_no_rows) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", {{6, 2}});
  const auto batch = BatchBuilder(corpus, nullptr, {}, 10).build(std::vector<std::uint32_t>{0});
  const auto packed = to_tensors(batch, {});
  EXPECT_FALSE(packed.row_T.defined());
  EXPECT_FALSE(packed.rows_UE.defined());
  const auto bank = small_bank();
  expect_error<Error>([&] { to_tensors(batch, bank_tensor(bank)); }, {"without embedding rows"});
}

TEST(Tensors, of_a_vocabulary_hold_each_genes_reference_row) {
  const auto bank = small_bank();
  const TokenRows rows(small_vocabulary(), bank);
  const auto vocabulary = vocabulary_rows(rows, bank_tensor(bank));
  const auto row_V = numbers_of(vocabulary.row_V);
  ASSERT_EQ(row_V.size(), 10U);
  // Genes 0 to 7 from token 2, and the first value of each one's row in the bank; -1 = none.
  const std::vector<float> expected{-1, -1, 3, 4, 2, -1, 1, -1, 0, -1};
  for (std::size_t token = 0; token < 10; ++token) {
    if (expected[token] < 0) {
      EXPECT_EQ(row_V[token], -1) << token;
    } else {
      EXPECT_EQ(vocabulary.rows_UE[row_V[token]][0].item<float>(), expected[token]) << token;
    }
  }
  EXPECT_EQ(vocabulary.rows_UE.size(0), 5);
}

TEST(Tensors, need_the_bank_that_their_rows_are_of) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", {{6, 2}});
  const auto bank = small_bank();
  const TokenRows rows(corpus.vocabulary(), bank);
  const auto batch = BatchBuilder(corpus, &rows, {}, 10).build(std::vector<std::uint32_t>{0});
  expect_error<Error>([&] { to_tensors(batch, {}); }, {"no bank"});
}

}  // namespace
}  // namespace biodta::data
