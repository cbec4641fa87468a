#include "fixtures.hpp"

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

}  // namespace
}  // namespace biodta::enformer
