#include "fixtures.hpp"

#include <biodta/model/input_map.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>

#include <ATen/ops/addmm.h>

namespace biodta::model {
namespace {

using biodta::testing::expect_error;
using namespace biodta::model::testing;

constexpr double kShrinkage = 0.1;  // the fixture's

TEST(InputMap, equals_numpys_standardisation_and_whitening) {
  const auto numbers = reference("adapter");
  const auto& rows = numbers.at("rows");
  InputMapLayer standardised(InputMap::kStandardised, rows.size(1), kShrinkage);
  standardised->fit(rows);
  EXPECT_LT(difference(standardised->forward(rows), numbers.at("standardised")), 2e-5);
  InputMapLayer whitened(InputMap::kWhitened, rows.size(1), kShrinkage);
  whitened->fit(rows);
  EXPECT_LT(difference(whitened->forward(rows), numbers.at("whitened")), 2e-5);
}

TEST(InputMap, whitens_to_axes_that_are_uncorrelated) {
  const auto rows = reference("adapter").at("rows");
  InputMapLayer map(InputMap::kWhitened, rows.size(1), kShrinkage);
  map->fit(rows);
  const auto z = map->forward(rows).to(torch::kFloat64);
  EXPECT_LT(z.mean(0).abs().max().item<double>(), 1e-5);
  const auto covariance = z.t().mm(z) / z.size(0);
  EXPECT_LT((covariance - covariance.diagonal().diag()).abs().max().item<double>(), 1e-5);
  EXPECT_LT(covariance.max().item<double>(), 1.0);
}

TEST(InputMap, folded_into_a_linear_layer_is_the_same_as_map_then_layer) {
  const auto rows = reference("adapter").at("rows");
  torch::manual_seed(1);
  const auto weight = at::randn({5, rows.size(1)});
  const auto bias = at::randn({5});
  for (const auto kind : {InputMap::kNone, InputMap::kStandardised, InputMap::kWhitened}) {
    InputMapLayer map(kind, rows.size(1), kShrinkage);
    map->fit(rows);
    const auto expected = at::addmm(bias, map->forward(rows), weight.t());
    EXPECT_LT(
        difference(map->linear(rows, weight, bias) / expected.abs().max(), expected / expected.abs().max()),
        1e-5);
  }
}

TEST(InputMap, drops_a_feature_that_is_constant_over_the_reference) {
  auto rows = small_rows(3).clone();
  rows.select(1, 1).fill_(0.1F);
  InputMapLayer map(InputMap::kStandardised, 3, kShrinkage);
  map->fit(rows);
  auto mutant = rows.narrow(0, 0, 1).clone();
  mutant[0][1] = 5.0F;
  EXPECT_EQ(map->forward(mutant)[0][1].item<float>(), 0.0F);
}

TEST(InputMap, is_not_used_before_it_is_known) {
  InputMapLayer map(InputMap::kWhitened, 3, kShrinkage);
  expect_error<Error>([&] { map->forward(at::randn({2, 3})); }, {"before it was computed"});
  InputMapLayer fitted(InputMap::kWhitened, 3, kShrinkage);
  fitted->fit(small_rows(3));
  weights::load_state(*map, weights::state_of(*fitted), "memory");
  const auto rows = at::randn({2, 3});
  EXPECT_EQ(difference(map->forward(rows), fitted->forward(rows)), 0.0);
}

TEST(InputMap, refuses_rows_it_cannot_learn_from) {
  InputMapLayer map(InputMap::kWhitened, 3, kShrinkage);
  expect_error<Error>([&] { map->fit(at::randn({1, 3})); }, {"at least two"});
  expect_error<Error>([&] { map->fit(at::randn({5, 4})); }, {"3 values"});
  expect_error<Error>([&] { map->fit(at::ones({5, 3})); }, {"equal"});
  auto rows = at::randn({5, 3});
  rows[2][1] = NAN;
  expect_error<Error>([&] { map->fit(rows); }, {"finite"});
}

}  // namespace
}  // namespace biodta::model
