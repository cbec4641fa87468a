#include "fixtures.hpp"

#include <biodta/enformer/positional_basis.hpp>
#include <biodta/support/error.hpp>

namespace biodta::enformer {
namespace {

TEST(PositionalBasis, equals_the_definition_with_SciPys_gamma_density) {
  const auto numbers = testing::expected("small");
  EXPECT_LT((positional_basis(32, 12) - numbers.at("basis.32.12")).abs().max().item<double>(), 1e-6);
  EXPECT_LT((positional_basis(9, 24) - numbers.at("basis.9.24")).abs().max().item<double>(), 1e-6);
}

TEST(PositionalBasis, has_gamma_columns_whose_maximum_over_positions_is_one) {
  const auto gamma = positional_basis(1536, 192).narrow(1, 64, 32);
  EXPECT_TRUE(torch::equal(gamma.amax(0), torch::ones({32})));
}

TEST(PositionalBasis, is_symmetric_in_its_first_half_and_antisymmetric_in_its_second) {
  const auto basis = positional_basis(40, 36);
  const auto mirrored = basis.flip({0});
  EXPECT_TRUE(torch::equal(basis.narrow(1, 0, 18), mirrored.narrow(1, 0, 18)));
  EXPECT_TRUE(torch::equal(basis.narrow(1, 18, 18), -mirrored.narrow(1, 18, 18)));
}

TEST(PositionalBasis, refuses_features_that_do_not_divide_into_its_six_groups) {
  biodta::testing::expect_error<ConfigError>([] { positional_basis(16, 10); }, {"10", "multiple of 6"});
  biodta::testing::expect_error<ConfigError>([] { positional_basis(0, 12); }, {"0 bins"});
}

}  // namespace
}  // namespace biodta::enformer
