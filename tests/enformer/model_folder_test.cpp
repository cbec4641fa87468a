#include "fixtures.hpp"

#include <biodta/enformer/model_folder.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <filesystem>

namespace biodta::enformer {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using testing::fixture;

/// A copy of the small fixture's folder with one of its two weight files.
void copy_small(const TemporaryFolder& folder, const char* weights) {
  for (const char* name : {"config.json", weights}) {
    std::filesystem::copy_file(fixture("enformer/small") / name, folder / name);
  }
}

TEST(ModelFolder, reads_pytorch_model_bin_with_its_aliases_and_safetensors_alike) {
  const TemporaryFolder pickled, safe;
  copy_small(pickled, "pytorch_model.bin");
  copy_small(safe, "model.safetensors");
  EXPECT_EQ(weights_file(pickled.path()).filename(), "pytorch_model.bin");
  const auto one = load_enformer(pickled.path()), other = load_enformer(safe.path());
  EXPECT_FALSE(one->is_training());
  const auto state = weights::state_of(*one), same = weights::state_of(*other);
  ASSERT_EQ(state.size(), same.size());
  for (const auto& [name, tensor] : state) EXPECT_TRUE(torch::equal(tensor, same.at(name))) << name;
  EXPECT_EQ(state.at("stem.1.fn.0.num_batches_tracked").item<std::int64_t>(), 3);
}

TEST(ModelFolder, saves_what_it_loads) {
  const TemporaryFolder folder;
  const auto model = load_enformer(fixture("enformer/small"));
  save_enformer(model, folder.path());
  const auto again = load_enformer(folder.path());
  EXPECT_EQ(again->config().heads_out, model->config().heads_out);
  const auto windows = testing::windows_of(testing::expected("small").at("bases"));
  auto first = model, second = again;
  EXPECT_TRUE(torch::equal(first->embeddings(one_hot(windows)), second->embeddings(one_hot(windows))));
}

/// Loads the small model after `change` was made to its tensors.
template <class Change>
void load_changed(Change change) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(fixture("enformer/small/config.json"), folder / "config.json");
  auto tensors = weights::read_tensors(fixture("enformer/small/model.safetensors")).tensors;
  change(tensors);
  weights::write_safetensors(folder / "model.safetensors", tensors);
  load_enformer(folder.path());
}

TEST(ModelFolder, refuses_every_missing_unexpected_and_misshaped_tensor) {
  const std::string key = "transformer.1.0.fn.1.to_q.weight";
  expect_error<InputError>([&] { load_changed([&](auto& tensors) { tensors.erase(key); }); },
                           {"model.safetensors", key});
  expect_error<InputError>(
      [&] { load_changed([&](auto& tensors) { tensors["surplus.weight"] = torch::ones({2}); }); },
      {"model.safetensors", "surplus.weight"});
  expect_error<InputError>([&] { load_changed([&](auto& tensors) {
                                   tensors[key] = torch::ones({3, 12});
                                 }); },
                           {key});
  EXPECT_NO_THROW(load_changed([](auto& tensors) { tensors.erase("stem.1.fn.0.num_batches_tracked"); }));
}

TEST(ModelFolder, says_what_a_folder_lacks) {
  const TemporaryFolder folder;
  expect_error<InputError>([&] { load_enformer(folder.path()); }, {"config.json"});
  std::filesystem::copy_file(fixture("enformer/small/config.json"), folder / "config.json");
  expect_error<InputError>([&] { load_enformer(folder.path()); }, {"model.safetensors", "pytorch_model.bin"});
}

TEST(ModelFolder, keeps_the_gamma_table_of_what_it_loaded) {
  const TemporaryFolder folder;
  auto model = load_enformer(fixture("enformer/small"));
  const auto table = torch::rand({63, 1});
  model->set_gamma_table(table);
  save_enformer(model, folder.path());
  EXPECT_TRUE(torch::equal(load_enformer(folder.path())->gamma_table(), table));
}

TEST(ModelFolder, refuses_a_gamma_table_of_another_shape) {
  const TemporaryFolder folder;
  copy_small(folder, "model.safetensors");
  std::filesystem::copy_file(fixture("weights/tensor.pt"), folder / "tf_gammas.pt");
  expect_error<InputError>([&] { load_enformer(folder.path()); },
                           {"tf_gammas.pt", "shape", "[2 × bins - 1, 1]"});
}

}  // namespace
}  // namespace biodta::enformer
