#include "fixtures.hpp"

#include <biodta/model/bert_encoder.hpp>
#include <biodta/weights/state.hpp>

#include <gmock/gmock.h>

namespace biodta::model {
namespace {

using ::testing::ElementsAre;
using namespace biodta::model::testing;

TEST(BertEncoder, has_hugging_faces_names_and_shapes) {
  const auto peer = weights::read_tensors(fixture("bert") / "table" / "model.safetensors").tensors;
  auto model = load_model(fixture("bert") / "table");
  std::size_t found = 0;
  for (const auto& parameter : model->named_parameters()) {
    ASSERT_TRUE(peer.contains(parameter.key())) << parameter.key();
    EXPECT_EQ(parameter.value().sizes(), peer.at(parameter.key()).sizes()) << parameter.key();
    ++found;
  }
  EXPECT_EQ(found, peer.size());
}

TEST(BertEncoder, stops_after_the_layers_asked_for) {
  Bert bert(small_config(0));
  bert->initialise(1);
  bert->eval();
  const auto input = random_batch({4, 4}, 0, 1);
  std::vector<std::int64_t> seen;
  const auto note = [&](std::int64_t layer, const torch::Tensor&) { seen.push_back(layer); };
  bert->forward(input, make_layout(input), 1, note);
  EXPECT_THAT(seen, ElementsAre(0, 1));
}

TEST(BertEncoder, reads_rank_by_position_alone) {
  Bert bert(small_config(0));
  bert->initialise(1);
  bert->eval();
  // Two tokens change places, and their positions with them: each keeps its embedding.
  auto input = packed(torch::tensor({5, 9, 7}, torch::kInt64), {3});
  const auto before = bert->forward(input, make_layout(input), 2);
  input.tokens_T = torch::tensor({9, 5, 7}, torch::kInt64);
  input.positions_T = torch::tensor({1, 0, 2}, torch::kInt64);
  const auto after = bert->forward(input, make_layout(input), 2);
  EXPECT_LT(difference(after.index_select(0, torch::tensor({1, 0, 2}, torch::kInt64)), before), 1e-6);
  input.positions_T = torch::tensor({0, 1, 2}, torch::kInt64);
  EXPECT_GT(difference(bert->forward(input, make_layout(input), 2), after), 1e-3);
}

}  // namespace
}  // namespace biodta::model
