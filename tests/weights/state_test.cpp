#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

namespace biodta::weights {
namespace {

using biodta::testing::expect_error;

struct SmallImpl : torch::nn::Module {
  SmallImpl() {
    linear = register_module("linear", torch::nn::Linear(3, 2));
    norm = register_module("norm", torch::nn::BatchNorm1d(2));
  }
  torch::nn::Linear linear{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
};

TEST(State, HoldsParametersAndBuffersByTheirDottedNames) {
  const SmallImpl module;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state_of(module)) {
    names.push_back(name);
    EXPECT_FALSE(tensor.requires_grad()) << name;
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"linear.bias", "linear.weight", "norm.bias", "norm.num_batches_tracked",
                                      "norm.running_mean", "norm.running_var", "norm.weight"}));
}

TEST(State, IsACopyThatTrainingDoesNotChange) {
  SmallImpl module;
  const NamedTensors before = state_of(module);
  const torch::Tensor weight = before.at("linear.weight").clone();
  module.linear->weight.data().add_(1.0);
  EXPECT_TRUE(torch::equal(before.at("linear.weight"), weight));
}

TEST(State, LoadsIntoAnotherModuleWithOtherDtypes) {
  SmallImpl source;
  SmallImpl target;
  NamedTensors state = state_of(source);
  state["linear.weight"] = state["linear.weight"].to(torch::kFloat64);
  load_state(target, state, "model.safetensors");
  for (const auto& [name, tensor] : state_of(target)) {
    EXPECT_TRUE(torch::equal(tensor, state_of(source).at(name))) << name;
    EXPECT_EQ(tensor.scalar_type(), state_of(source).at(name).scalar_type()) << name;
  }
  EXPECT_TRUE(target.linear->weight.requires_grad());
}

TEST(State, IsTakenWithoutACopyWhereTypesAgree) {
  SmallImpl source, target;
  const NamedTensors expected = state_of(source);
  NamedTensors state = state_of(source);
  state["norm.bias"] = state["norm.bias"].to(torch::kFloat64);
  const void* weight = state.at("linear.weight").const_data_ptr();
  take_state(target, std::move(state), "model.safetensors");
  EXPECT_EQ(target.linear->weight.const_data_ptr(), weight);
  EXPECT_TRUE(target.linear->weight.requires_grad());
  EXPECT_EQ(target.norm->bias.scalar_type(), torch::kFloat32);
  for (const auto& [name, tensor] : state_of(target))
    EXPECT_TRUE(torch::equal(tensor, expected.at(name))) << name;
  NamedTensors wrong = expected;
  wrong.erase("linear.bias");
  expect_error<InputError>([&] { take_state(target, std::move(wrong), "some/model.bin"); },
                           {"1 missing (linear.bias)"});
}

TEST(State, NamesEveryKindOfMisfitAndChangesNothing) {
  SmallImpl module;
  const NamedTensors before = state_of(module);
  NamedTensors state = before;
  for (auto& [name, tensor] : state) tensor = tensor + 1;
  state.erase("linear.bias");
  state["norm.weight"] = torch::zeros({3});
  for (const char* name : {"a", "b", "c", "d"}) state[name] = torch::zeros({1});
  expect_error<InputError>([&] { load_state(module, state, "some/model.bin"); },
                           {"some/model.bin", "1 missing (linear.bias)", "4 unexpected (a, b, c, …)",
                            "norm.weight [3] for [2]", "the model's own 7"});
  for (const auto& [name, tensor] : state_of(module))
    EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name;
}

TEST(State, OnlyWhatMayBeMissingMayBeMissing) {
  SmallImpl module;
  NamedTensors state = state_of(module);
  state.erase("norm.num_batches_tracked");
  expect_error<InputError>([&] { load_state(module, state, "m"); }, {"norm.num_batches_tracked"});
  load_state(module, state, "m", {"norm.num_batches_tracked"});
}

}  // namespace
}  // namespace biodta::weights
