#include "testing.hpp"

#include <biodta/enformer/one_hot.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>

namespace biodta::enformer {
namespace {

TEST(OneHot, has_the_channels_in_the_order_ACGT_and_N_as_zeros) {
  const std::vector<std::string> windows = {"ACGTN"};
  const auto encoded = one_hot(windows);
  const auto expected =
      torch::tensor({{1, 0, 0, 0, 0}, {0, 1, 0, 0, 0}, {0, 0, 1, 0, 0}, {0, 0, 0, 1, 0}}, torch::kFloat32);
  ASSERT_EQ(encoded.sizes(), (std::vector<std::int64_t>{1, 4, 5}));
  EXPECT_TRUE(torch::equal(encoded[0], expected));
  EXPECT_EQ(encoded.scalar_type(), torch::kFloat32);
}

TEST(OneHot, of_the_reverse_complement_is_flipped_along_both_axes) {
  const std::vector<std::string> forward = {"ACCGTNNATTGCA", "NTTTTTTTTTTTC"};
  std::vector<std::string> backward;
  for (const auto& window : forward) backward.push_back(genome::reverse_complement(window));
  EXPECT_TRUE(torch::equal(one_hot(backward), one_hot(forward).flip({1, 2})));
}

TEST(OneHot, refuses_windows_of_different_lengths) {
  const std::vector<std::string> windows = {"ACGT", "ACG"};
  biodta::testing::expect_error<Error>([&] { one_hot(windows); }, {"window 1", "3 bp", "4"});
}

TEST(OneHot, of_nothing_is_empty) {
  EXPECT_EQ(one_hot({}).sizes(), (std::vector<std::int64_t>{0, 4, 0}));
}

}  // namespace
}  // namespace biodta::enformer
