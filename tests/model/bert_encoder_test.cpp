#include "fixtures.hpp"

#include <biodta/model/bert_encoder.hpp>
#include <biodta/weights/state.hpp>

#include <c10/core/InferenceMode.h>

#include <cmath>

namespace biodta::model {
namespace {

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

torch::Tensor hidden_state(Bert& bert, const PackedSequences& input, std::int64_t layer) {
  return bert->hidden_states(input, {layer}).at(0);
}

TEST(BertEncoder, runs_no_layer_after_those_asked_for) {
  Bert bert(small_config(0));
  bert->initialise(1);
  bert->eval();
  const auto input = random_batch({4, 4}, 0, 1);
  for (const auto& parameter : bert->named_parameters())  // with which the second layer cannot be run
    if (parameter.key().starts_with("encoder.layer.1.")) parameter.value().set_data(at::empty({0}));
  EXPECT_EQ(hidden_state(bert, input, 1).size(0), 8);
  EXPECT_THROW(hidden_state(bert, input, 2), c10::Error);
}

/// Outside inference a batch goes through a layer as a whole.
TEST(BertEncoder, gives_the_same_where_a_batch_goes_through_in_parts) {
  Bert bert(small_config(0));
  bert->initialise(1);
  bert->eval();
  std::vector<std::int64_t> lengths(900, 7);  // 6,298 tokens
  lengths[400] = 5;                           // in the encoder's order another place
  const auto input = random_batch(lengths, 0, 1);
  const auto whole = bert->hidden_states(input, {2, 0, 1});
  const c10::InferenceMode inference;
  const auto parts = bert->hidden_states(input, {2, 0, 1});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_LT(difference(parts[i], whole[i].detach()), 1e-6) << i;
}

TEST(BertEncoder, reads_rank_by_position_alone) {
  Bert bert(small_config(0));
  bert->initialise(1);
  bert->eval();
  // Two tokens change places, and their positions with them: each keeps its embedding.
  auto input = packed(torch::tensor({5, 9, 7}, torch::kInt64), {3});
  const auto before = hidden_state(bert, input, 2);
  input.tokens_T = torch::tensor({9, 5, 7}, torch::kInt64);
  input.positions_T = torch::tensor({1, 0, 2}, torch::kInt64);
  const auto after = hidden_state(bert, input, 2);
  EXPECT_LT(difference(after.index_select(0, torch::tensor({1, 0, 2}, torch::kInt64)), before), 1e-6);
  input.positions_T = torch::tensor({0, 1, 2}, torch::kInt64);
  EXPECT_GT(difference(hidden_state(bert, input, 2), after), 1e-3);
}

}  // namespace
}  // namespace biodta::model
