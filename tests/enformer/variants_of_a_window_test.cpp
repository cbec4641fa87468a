// Windows recomputed from a reference against windows embedded whole, in a network large enough for it.
#include "fixtures.hpp"

#include <biodta/enformer/model_folder.hpp>
#include <biodta/enformer/sequence_embedder.hpp>

#include <random>
#include <string>

namespace biodta::enformer {
namespace {

using testing::relative_difference;

constexpr std::int64_t kWindow = 98304;

std::string random_window(std::size_t length, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string dna(length, 'N');
  for (char& base : dna) base = "ACGT"[random() % 4];
  return dna;
}

char other_base(char base) {
  return base == 'G' ? 'T' : 'G';
}

class VariantsOfAWindow : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<biodta::testing::TemporaryFolder>();
    EnformerConfig config;
    config.dim = 48;
    config.depth = 1;
    config.heads = 2;
    config.key_size = 8;
    config.dim_divisible_by = 4;
    config.window = kWindow;
    config.target_length = 512;
    config.heads_out = {{"human", 4}};
    Enformer model(config);
    model->initialise(5);
    {
      const torch::NoGradGuard no_grad;
      torch::manual_seed(5);
      for (auto& item : model->named_parameters()) {
        if (item.key().ends_with("to_out.weight")) item.value().normal_(0, 0.1);
      }
      // Small variances, so that what differs between windows is not lost on its way through the norms.
      for (auto& item : model->named_buffers()) {
        if (item.key().ends_with("running_var")) item.value().fill_(0.05);
      }
    }
    save_enformer(model, folder_->path());
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static void expect_as_whole(const SequenceEmbedderOptions& options,
                              const std::vector<std::string>& variants, const std::string& reference) {
    auto embedder = SequenceEmbedder::load(folder_->path(), torch::kCPU, options);
    const ExpressionReadout readout{"human", {0, 3}, 3};
    const auto known = embedder.embed_reference(reference, &readout);
    const auto quick = embedder.embed_variants(known, variants, &readout);
    const auto whole = embedder.embed(variants, &readout);
    EXPECT_LT(relative_difference(quick.rows_NRE, whole.rows_NRE), 1e-5);
    EXPECT_LT(relative_difference(quick.tracks_NT, whole.tracks_NT), 1e-5);
    // Not equal because nothing happened.
    const auto moved = (whole.rows_NRE - known.embeddings().rows_NRE).abs().amax({1, 2});
    EXPECT_GT(moved.min().item<double>(), 0);
    EXPECT_GT(moved.max().item<double>(), 1e-4);
  }

  static std::unique_ptr<biodta::testing::TemporaryFolder> folder_;
};
std::unique_ptr<biodta::testing::TemporaryFolder> VariantsOfAWindow::folder_;

TEST_F(VariantsOfAWindow, by_one_base_anywhere_are_as_embedded_whole) {
  const auto reference = random_window(kWindow, 1);
  std::vector<std::string> variants;
  for (const std::size_t at : {0, 127, 24000, 49151, 49152, 98303}) {
    variants.push_back(reference);
    variants.back()[at] = other_base(reference[at]);
  }
  expect_as_whole({}, variants, reference);
}

TEST_F(VariantsOfAWindow, by_insertions_deletions_and_blocks_are_as_embedded_whole) {
  const auto reference = random_window(kWindow, 2);
  std::vector<std::string> variants;
  // As a haplotype's window: the TSS stays at the centre, the flank moves.
  variants.push_back(reference.substr(0, 20000) + "ACGTT" + reference.substr(20000, kWindow - 20005));
  variants.push_back(reference.substr(3).substr(0, 3000) + reference.substr(3000, kWindow - 3000));
  variants.push_back("ACG" + reference.substr(0, 9000) + reference.substr(9003));
  auto block = reference;
  for (std::size_t i = 48900; i < 49400; ++i) block[i] = 'N';
  variants.push_back(block);
  auto scattered = reference;
  for (std::size_t i = 50; i < scattered.size(); i += 10000) scattered[i] = other_base(scattered[i]);
  variants.push_back(scattered);
  variants.push_back(random_window(kWindow, 3));
  for (const auto& variant : variants) ASSERT_EQ(variant.size(), static_cast<std::size_t>(kWindow));
  expect_as_whole({}, variants, reference);
}

TEST_F(VariantsOfAWindow, in_all_views_and_rows_are_as_embedded_whole) {
  const auto reference = random_window(kWindow + 4, 4);
  auto variant = reference;
  variant[49154] = other_base(variant[49154]);
  expect_as_whole({.tokens_per_gene = 8, .bins_per_token = 2, .reverse_complement = true, .shifts = {-2, 0}},
                  {variant}, reference);
}

TEST_F(VariantsOfAWindow, in_families_are_as_embedded_whole) {
  auto embedder = SequenceEmbedder::load(folder_->path());
  std::vector<std::vector<std::string>> families;
  std::vector<std::string> all;
  for (const std::uint32_t seed : {6, 7}) {
    auto variant = random_window(kWindow, seed);
    families.push_back({variant});
    variant[100] = other_base(variant[100]);
    families.back().push_back(variant);
    variant[20000] = other_base(variant[20000]);
    families.back().push_back(variant);
    all.insert(all.end(), families.back().begin(), families.back().end());
  }
  families.pop_back();
  families.push_back({all[3], all[4], all[5]});
  const ExpressionReadout readout{"human", {1}, 1};
  const auto found = embed_families(embedder, families, &readout), whole = embedder.embed(all, &readout);
  EXPECT_LT(relative_difference(found.rows_NRE, whole.rows_NRE), 1e-5);
  EXPECT_LT(relative_difference(found.tracks_NT, whole.tracks_NT), 1e-5);
  ASSERT_EQ(found.expression.size(), 6U);
  EXPECT_NEAR(found.expression[5], whole.expression[5], 1e-5 * whole.expression[5]);
  EXPECT_EQ(embed_families(embedder, {}).rows_NRE.sizes(), (std::vector<std::int64_t>{0, 1, 96}));
}

}  // namespace
}  // namespace biodta::enformer
