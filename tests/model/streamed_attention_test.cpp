#include "../../src/model/streamed_attention.hpp"

#include "fixtures.hpp"

#include <ATen/ops/cat.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace biodta::model {
namespace {

using namespace biodta::model::testing;

/// Of vectors; all tests are of each that this processor has.
std::vector<int> widths() {
  std::vector<int> served;
  for (const int lanes : {8, 16})
    if (lanes <= StreamedAttention::widest()) served.push_back(lanes);
  return served;
}

class StreamedAttentionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (widths().empty()) GTEST_SKIP() << "the processor has neither AVX-512 nor AVX2";
  }
};

/// The last columns of packed rows that hold more than the head.
torch::Tensor strided(std::int64_t rows, std::int64_t size) {
  return at::randn({rows, size + 5}).narrow(1, 5, size);
}

torch::Tensor streamed(const torch::Tensor& query, const torch::Tensor& key, const torch::Tensor& value,
                       int lanes) {
  auto out = at::full({query.size(0), query.size(1) + 2}, -7.0);
  StreamedAttention attention(lanes);
  attention.run({query.data_ptr<float>(), query.stride(0), query.size(0), key.data_ptr<float>(),
                 value.data_ptr<float>(), key.stride(0), key.size(0), query.size(1), out.data_ptr<float>(),
                 out.stride(0)});
  EXPECT_TRUE((out.narrow(1, query.size(1), 2) == -7.0).all().item<bool>()) << "wrote beyond its head";
  return out.narrow(1, 0, query.size(1));
}

torch::Tensor by_formula(const torch::Tensor& query, const torch::Tensor& key, const torch::Tensor& value) {
  const auto scores = query.to(torch::kFloat64).mm(key.to(torch::kFloat64).t());
  return (scores / std::sqrt(static_cast<double>(query.size(1)))).softmax(-1).mm(value.to(torch::kFloat64));
}

TEST_F(StreamedAttentionTest, follows_the_formula_whatever_the_lengths_and_the_head_size) {
  torch::manual_seed(1);
  for (const int lanes : widths()) {
    for (const std::int64_t size : {1, 4, 16, 24, 64, 80}) {
      for (const auto& [queries, tokens] : std::vector<std::pair<std::int64_t, std::int64_t>>{
               {1, 1}, {7, 3}, {16, 64}, {17, 65}, {49, 9}, {130, 200}}) {
        const auto query = strided(queries, size);
        const auto key = strided(tokens, size);
        const auto value = strided(tokens, size);
        EXPECT_LT(difference(streamed(query, key, value, lanes), by_formula(query, key, value)), 2e-6)
            << lanes << " lanes, " << queries << " queries, " << tokens << " tokens, heads of " << size;
      }
    }
  }
}

/// Scores of up to some 10,000, the largest of them in late blocks, so that sums shrink again and again.
TEST_F(StreamedAttentionTest, neither_overflows_nor_vanishes_where_scores_are_large) {
  torch::manual_seed(2);
  for (const int lanes : widths()) {
    const auto query = at::randn({30, 16}) * 40;
    const auto key = at::randn({300, 16}) * at::linspace(1, 40, 300).unsqueeze(1);
    const auto value = strided(300, 16).contiguous();
    EXPECT_LT(difference(streamed(query, key, value, lanes), by_formula(query, key, value)), 2e-3) << lanes;
    const auto lowered = at::cat({at::full({1, 16}, -1e4), at::zeros({2, 16})});
    const auto least = streamed(at::ones({1, 16}), lowered.narrow(0, 0, 1), value.narrow(0, 0, 1), lanes);
    EXPECT_LT(difference(least, value.narrow(0, 0, 1)), 1e-6) << "one token alone has all the weight";
  }
}

/// GPUs' NaN is 0x7fffffff, the processor's own 0xffc00000.
TEST_F(StreamedAttentionTest, what_is_no_number_stays_none) {
  torch::manual_seed(3);
  for (const int lanes : widths()) {
    for (const std::uint32_t bits :
         {0x7fc00000U, 0xffc00000U, 0x7fffffffU, 0xffffffffU, 0x7fc00001U, 0x7f800000U}) {
      const auto bad = std::bit_cast<float>(bits);
      const auto query = at::randn({20, 8});
      const auto key = at::randn({90, 8});
      const auto value = at::randn({90, 8});
      const auto with = [&](const torch::Tensor& tensor, std::int64_t row) {
        auto changed = tensor.clone();
        changed.data_ptr<float>()[row * 8 + 2] = bad;
        return changed;
      };
      const auto rows = streamed(with(query, 13), key, value, lanes).isnan().any(1).to(torch::kInt64);
      EXPECT_EQ(rows.sum().item<std::int64_t>(), 1) << bits;
      EXPECT_EQ(rows[13].item<std::int64_t>(), 1) << bits;
      if (std::isnan(bad)) {
        EXPECT_TRUE(streamed(query, with(key, 77), value, lanes).isnan().all().item<bool>()) << bits;
        EXPECT_TRUE(streamed(query, key, with(value, 5), lanes).select(1, 2).isnan().all().item<bool>())
            << bits;
      }
    }
  }
}

TEST_F(StreamedAttentionTest, scores_of_minus_infinity_have_no_weight_unless_there_is_no_other) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const int lanes : widths()) {
    const auto query = at::ones({3, 1});
    auto key = at::full({130, 1}, -infinity);
    const auto value = at::randn({130, 4}).narrow(1, 1, 1);
    EXPECT_TRUE(streamed(query, key.contiguous(), value.contiguous(), lanes).isnan().all().item<bool>());
    key[100] = 0.5;  // not in the first block
    EXPECT_LT(difference(streamed(query, key, value.contiguous(), lanes), value[100].expand({3, 1})), 1e-6);
  }
}

TEST(StreamedAttention, serves_no_other_vectors_than_it_has) {
  if (StreamedAttention::widest() == 0) {
    EXPECT_THROW(StreamedAttention(), std::invalid_argument);
  }
  EXPECT_THROW(StreamedAttention(4), std::invalid_argument);
  EXPECT_THROW(StreamedAttention(32), std::invalid_argument);
}

}  // namespace
}  // namespace biodta::model
