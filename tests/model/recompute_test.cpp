// Recomputed activations against kept ones: the same numbers, bit by bit.
#include "fixtures.hpp"

#include <biodta/model/bert_encoder.hpp>

#include <ATen/autocast_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <torch/csrc/autograd/function.h>

#include <map>
#include <set>
#include <string>

namespace biodta::model {
namespace {

using namespace biodta::model::testing;

MaskedLanguageModel dropping_model(bool recompute, std::int64_t row_size, double dropout = 0.3) {
  auto config = small_config(row_size);
  config.bert.hidden_dropout = config.bert.attention_dropout = dropout;
  config.bert.recompute = recompute;
  MaskedLanguageModel model(config);
  model->initialise(5);
  if (row_size > 0) model->fit_input_map(small_rows(row_size));
  return model;
}

/// Bfloat16 on the CPU for a scope.
class Autocast {
 public:
  explicit Autocast(bool enabled) {
    at::autocast::set_autocast_dtype(torch::kCPU, torch::kBFloat16);
    at::autocast::set_autocast_enabled(torch::kCPU, enabled);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(torch::kCPU, false);
  }
};

torch::Tensor loss_of(MaskedLanguageModel& model, PackedSequences input) {
  if (input.rows_UE.defined())  // the twin in double
    input.rows_UE = input.rows_UE.to(model->parameters().front().scalar_type());
  return at::cross_entropy_loss(model->forward(input, torch::tensor({20, 1, 7, 12}, torch::kInt64)),
                                torch::tensor({3, 9, 27, 4}, torch::kInt64));
}

struct Step {
  torch::Tensor loss;
  std::map<std::string, torch::Tensor> gradients;
  torch::Tensor
      drawn_between;  ///< what the generator gives after the forward passes, and after the backward ones
  torch::Tensor drawn_after;
};

/// Two micro-batches, as a trainer runs them.
Step step_of(MaskedLanguageModel& model, std::int64_t row_size, bool autocast) {
  torch::manual_seed(4);
  Step step;
  for (const unsigned seed : {2U, 3U}) {
    torch::Tensor loss;
    {
      const Autocast scope(autocast);
      loss = loss_of(model, random_batch({6, 9, 6}, row_size, seed));
    }
    step.drawn_between = at::rand({3});
    loss.backward();
    step.loss = step.loss.defined() ? step.loss + loss.detach() : loss.detach();
  }
  step.drawn_after = at::rand({3});
  for (const auto& parameter : model->named_parameters())
    step.gradients[parameter.key()] = parameter.value().grad();
  return step;
}

void expect_same_step(MaskedLanguageModel kept, MaskedLanguageModel recomputed, std::int64_t row_size,
                      bool autocast) {
  const auto expected = step_of(kept, row_size, autocast);
  const auto found = step_of(recomputed, row_size, autocast);
  EXPECT_TRUE(at::equal(found.loss, expected.loss));
  EXPECT_TRUE(at::equal(found.drawn_between, expected.drawn_between));
  EXPECT_TRUE(at::equal(found.drawn_after, expected.drawn_after));
  for (const auto& [name, gradient] : expected.gradients) {
    ASSERT_EQ(found.gradients.at(name).defined(), gradient.defined()) << name;
    if (gradient.defined()) EXPECT_TRUE(at::equal(found.gradients.at(name), gradient)) << name;
  }
}

TEST(Recomputation, changes_no_bit_of_loss_gradients_and_draws) {
  for (const std::int64_t row_size : {0, 6})
    expect_same_step(dropping_model(false, row_size), dropping_model(true, row_size), row_size, false);
}

TEST(Recomputation, changes_no_bit_under_autocast) {
  expect_same_step(dropping_model(false, 6), dropping_model(true, 6), 6, true);
  auto model = dropping_model(true, 6);
  auto same = dropping_model(true, 6);  // autocast does something here
  EXPECT_FALSE(at::equal(step_of(model, 6, true).loss, step_of(same, 6, false).loss));
}

TEST(Recomputation, changes_no_bit_where_libtorchs_attention_drops) {
  // Double goes through LibTorch's own attention, with other draws than ours.
  auto kept = dropping_model(false, 0);
  auto recomputed = dropping_model(true, 0);
  kept->to(torch::kFloat64);
  recomputed->to(torch::kFloat64);
  expect_same_step(kept, recomputed, 0, false);
}

TEST(Recomputation, leaves_what_is_frozen_without_a_gradient) {
  auto kept = dropping_model(false, 6);
  auto recomputed = dropping_model(true, 6);
  for (auto* model : {&kept, &recomputed}) {
    for (auto& parameter : (*model)->named_parameters()) {
      const bool frozen = parameter.key().starts_with("bert.embeddings") ||
                          parameter.key().find("layer.0") != std::string::npos ||
                          parameter.key().find("layer.1.output") != std::string::npos;
      parameter.value().set_requires_grad(!frozen);
    }
  }
  expect_same_step(kept, recomputed, 6, false);
  const auto parameters = recomputed->named_parameters();
  EXPECT_FALSE(parameters["bert.encoder.layer.0.intermediate.dense.weight"].grad().defined());
  EXPECT_FALSE(parameters["bert.encoder.layer.1.output.dense.weight"].grad().defined());
  EXPECT_TRUE(parameters["bert.encoder.layer.1.intermediate.dense.weight"].grad().defined());
}

TEST(Recomputation, serves_hidden_states_too) {
  std::vector<torch::Tensor> gradients;
  for (const bool recompute : {false, true}) {
    auto model = dropping_model(recompute, 6);
    torch::manual_seed(8);
    const auto states = model->hidden_states(random_batch({5, 9, 5}, 6, 1), {1, -1});
    (states[0].sin().sum() + states[1].cos().sum()).backward();
    gradients.push_back(model->named_parameters()["bert.embeddings.adapter.weight"].grad());
  }
  EXPECT_GT(gradients[0].abs().max().item<double>(), 1e-4);
  EXPECT_TRUE(at::equal(gradients[0], gradients[1]));
}

/// Nodes of a graph, and how many of them recompute.
std::pair<std::size_t, std::size_t> nodes_of(const torch::Tensor& loss) {
  std::set<torch::autograd::Node*> seen;
  std::vector<torch::autograd::Node*> open;
  if (loss.grad_fn()) open.push_back(loss.grad_fn().get());
  std::size_t recomputing = 0;
  while (!open.empty()) {
    auto* const node = open.back();
    open.pop_back();
    if (!seen.insert(node).second) continue;
    recomputing += node->name().find("Recomputation") != std::string::npos ? 1 : 0;
    for (const auto& edge : node->next_edges())
      if (edge.function) open.push_back(edge.function.get());
  }
  return {seen.size(), recomputing};
}

TEST(Recomputation, keeps_one_node_a_layer_in_training_alone) {
  auto kept = dropping_model(false, 6);
  auto recomputed = dropping_model(true, 6);
  const auto input = random_batch({6, 9, 6}, 6, 2);
  const auto [all, none] = nodes_of(loss_of(kept, input));
  const auto [few, layers] = nodes_of(loss_of(recomputed, input));
  EXPECT_EQ(none, 0U);
  EXPECT_EQ(layers, 2U);
  EXPECT_LT(few + 30, all);
  recomputed->eval();
  EXPECT_EQ(nodes_of(loss_of(recomputed, input)).second, 0U);
}

TEST(Recomputation, notices_a_parameter_that_changed_before_the_backward_pass) {
  auto model = dropping_model(true, 6);
  const auto loss = loss_of(model, random_batch({6, 9, 6}, 6, 2));
  {
    const torch::NoGradGuard no_gradient;
    model->named_parameters()["bert.encoder.layer.0.attention.self.value.bias"].add_(1.0);
  }
  EXPECT_THROW(loss.backward(), std::exception);
}

}  // namespace
}  // namespace biodta::model
