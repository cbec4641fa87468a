// In silico deletion and overexpression against scripts/fixtures/perturbation.py: transformers, one cell a
// forward pass, tokens matched by a dictionary.
#include "fixtures.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

using biodta::testing::fixture;
using GeneOfCell = std::pair<std::uint32_t, cells::TokenId>;

std::vector<std::int64_t> integers(const torch::Tensor& tensor) {
  return {tensor.const_data_ptr<std::int64_t>(), tensor.const_data_ptr<std::int64_t>() + tensor.numel()};
}

class PerturbationParity : public ::testing::Test {
 protected:
  PerturbationParity() {
    auto token = peer_.at("tokens").const_data_ptr<std::int64_t>();
    for (const std::int64_t length : integers(peer_.at("lengths"))) {
      cells_.emplace_back(token, token + length);
      token += length;
    }
    corpus_.emplace(testing::corpus_of(folder_ / "corpus.h5", testing::vocabulary_of(38), cells_));
    builder_.emplace(*corpus_, nullptr, std::vector<embedding::ContextIndex>(),
                     static_cast<std::size_t>(peer_.at("max_length").item<std::int64_t>()));
  }

  /// Every (cell, gene) of the peer's, and none else, to 1e-5.
  void expect_the_peers_similarities(const std::string& name, PerturbationKind kind,
                                     std::int64_t batch_tokens) {
    JointPerturbation joint;
    for (const std::int64_t gene : integers(peer_.at(name + ".genes")))
      joint.genes.push_back({kind, static_cast<cells::TokenId>(gene), {}, {}});
    std::map<GeneOfCell, double> found;
    std::vector<std::uint32_t> all(cells_.size());
    std::iota(all.begin(), all.end(), 0U);
    measure_shifts(
        model_, torch::kCPU, {*builder_}, all, std::vector{joint}, {-2, batch_tokens}, nullptr,
        [&](const CellShift& shift) {
          EXPECT_TRUE(found.emplace(GeneOfCell(shift.cell, shift.token), 1.0 - shift.shift).second);
        });
    const auto cell = integers(peer_.at(name + ".cell"));
    const auto token = integers(peer_.at(name + ".token"));
    const double* similarity = peer_.at(name + ".similarity").const_data_ptr<double>();
    ASSERT_EQ(found.size(), cell.size());
    for (std::size_t i = 0; i < cell.size(); ++i) {
      const GeneOfCell key(static_cast<std::uint32_t>(cell[i]), static_cast<cells::TokenId>(token[i]));
      ASSERT_TRUE(found.contains(key)) << name << ": cell " << key.first << ", token " << key.second;
      EXPECT_NEAR(found.at(key), similarity[i], 1e-5) << name << ": " << key.first << ", " << key.second;
    }
  }

  const weights::NamedTensors peer_ =
      weights::read_tensors(fixture("analysis") / "perturbation.safetensors").tensors;
  testing::TemporaryFolder folder_;
  std::vector<std::vector<cells::TokenId>> cells_;
  std::optional<cells::Corpus> corpus_;
  std::optional<data::BatchBuilder> builder_;
  model::MaskedLanguageModel model_ = model::load_model(fixture("bert") / "table");
};

TEST_F(PerturbationParity, OfADeletionWithTransformersForEveryGeneOfEveryCell) {
  expect_the_peers_similarities("delete", PerturbationKind::kDelete, 1 << 14);
  expect_the_peers_similarities("delete", PerturbationKind::kDelete, 20);
}

TEST_F(PerturbationParity, OfAnOverexpressionWithAbsentGenesAndCutCells) {
  expect_the_peers_similarities("overexpress", PerturbationKind::kOverexpress, 1 << 14);
  expect_the_peers_similarities("overexpress", PerturbationKind::kOverexpress, 20);
}

TEST_F(PerturbationParity, OfTwoGenesAtOnce) {
  expect_the_peers_similarities("delete_jointly", PerturbationKind::kDelete, 1 << 14);
  expect_the_peers_similarities("overexpress_jointly", PerturbationKind::kOverexpress, 1 << 14);
}

}  // namespace
}  // namespace biodta::analysis
