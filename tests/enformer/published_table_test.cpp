#include "fixtures.hpp"

#include <biodta/enformer/model_folder.hpp>
#include <biodta/enformer/positional_basis.hpp>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace biodta::enformer {
namespace {

/// The table's values: the one stored (uncompressed) entry of 3071 × 32 float32 in the zip of torch.save.
torch::Tensor read_table(const std::filesystem::path& path) {
  constexpr std::int64_t kRows = 3071, kColumns = 32;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const auto name = bytes.find("/data/0");
  // A local header ends with the name and an extra field, whose length stands two bytes before the name's
  // start.
  const auto header = bytes.rfind("PK\x03\x04", name);
  const auto length_at = [&](std::size_t offset) {
    return static_cast<unsigned char>(bytes[header + offset]) +
           256U * static_cast<unsigned char>(bytes[header + offset + 1]);
  };
  const auto start = header + 30 + length_at(26) + length_at(28);
  const auto table = torch::empty({kRows, kColumns});
  std::memcpy(table.data_ptr<float>(), bytes.data() + start, kRows * kColumns * sizeof(float));
  return table;
}

TEST(PublishedTable, of_gamma_features_is_the_basis_of_1536_bins) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("enformer/tf_gammas.pt");
  const auto table = read_table(*biodta::testing::test_data() / "enformer/tf_gammas.pt");
  ASSERT_TRUE(torch::equal(table.amax(0), torch::ones({32})));
  const auto gamma = positional_basis(1536, 192).narrow(1, 64, 32);
  // The table was computed in float32 with another lgamma.
  EXPECT_LT((gamma - table).abs().max().item<double>(), 3e-3);
  EXPECT_LT((gamma - table).abs().mean().item<double>(), 3e-5);
}

TEST(PublishedTable, is_taken_as_it_is_where_it_lies_beside_the_weights) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("enformer/tf_gammas.pt");
  const auto file = *biodta::testing::test_data() / "enformer/tf_gammas.pt";
  const auto table = read_table(file);
  const auto basis = positional_basis(1536, 192, table);
  EXPECT_TRUE(torch::equal(basis.narrow(1, 64, 32), table));
  const auto signs = torch::cat({-torch::ones({1535, 1}), torch::zeros({1, 1}), torch::ones({1535, 1})});
  EXPECT_TRUE(torch::equal(basis.narrow(1, 160, 32), table * signs));
  const auto computed = positional_basis(1536, 192);
  EXPECT_TRUE(torch::equal(basis.narrow(1, 0, 64), computed.narrow(1, 0, 64)));

  // A network of 1,536 bins moves by the table, and by no more than the table differs.
  const biodta::testing::TemporaryFolder folder;
  EnformerConfig config;
  config.dim = 192 * 2;
  config.depth = 1;
  config.heads = 2;
  config.key_size = 8;
  config.num_downsamples = 3;
  config.dim_divisible_by = 4;
  config.window = 1536 * 8;
  config.heads_out = {{"human", 1}};
  Enformer model(config);
  model->initialise(3);
  const torch::NoGradGuard no_grad;
  for (auto& item : model->named_parameters()) {
    if (item.key().ends_with("to_out.weight")) item.value().normal_(0, 0.5);
  }
  save_enformer(model, folder.path());
  const auto input = one_hot(std::vector<std::string>{std::string(6144, 'A') + std::string(6144, 'C')});
  const auto without = load_enformer(folder.path())->embeddings(input);
  std::filesystem::copy_file(file, folder.path() / "tf_gammas.pt");
  const auto with = load_enformer(folder.path())->embeddings(input);
  const double moved = testing::relative_difference(with, without);
  EXPECT_GT(moved, 0);
  EXPECT_LT(moved, 1e-2);
}

}  // namespace
}  // namespace biodta::enformer
