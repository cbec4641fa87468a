#include "fixtures.hpp"

#include <biodta/model/masked_token_head.hpp>

namespace biodta::model {
namespace {

using namespace biodta::model::testing;

/// decoder(LayerNorm(ReLU(dense(h)))) + bias, written out.
torch::Tensor by_formula(MaskedTokenHead& head, const torch::Tensor& hidden, const torch::Tensor& decoder) {
  const auto parameters = head->named_parameters();
  const auto x = (hidden.mm(parameters["predictions.transform.dense.weight"].t()) +
                  parameters["predictions.transform.dense.bias"])
                     .clamp_min(0);
  const auto centred = x - x.mean(1, true);
  const auto normal = centred / (centred.square().mean(1, true) + 1e-12).sqrt();
  const auto scaled = normal * parameters["predictions.transform.LayerNorm.weight"] +
                      parameters["predictions.transform.LayerNorm.bias"];
  return scaled.mm(decoder.t()) + parameters["predictions.bias"];
}

TEST(MaskedTokenHead, follows_the_formula_with_a_decoder_of_its_own_and_with_a_tied_one) {
  torch::manual_seed(1);
  for (const auto decoder : {Decoder::kOwn, Decoder::kTied}) {
    auto config = small_config(0);
    config.decoder = decoder;
    MaskedTokenHead head(config);
    head->initialise(1);
    const torch::NoGradGuard no_gradient;
    for (auto& parameter : head->parameters()) parameter += at::randn_like(parameter) * 0.1;
    const auto hidden = at::randn({7, 16});
    const auto table = at::randn({30, 16});
    const bool own = decoder == Decoder::kOwn;
    EXPECT_EQ(head->named_parameters().contains("predictions.decoder.weight"), own);
    const auto& matrix = own ? head->named_parameters()["predictions.decoder.weight"] : table;
    EXPECT_LT(
        difference(head->forward(hidden, own ? torch::Tensor() : table), by_formula(head, hidden, matrix)),
        1e-5);
  }
}

}  // namespace
}  // namespace biodta::model
