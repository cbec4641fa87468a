#include "fixtures.hpp"

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>

namespace biodta::enformer {
namespace {

using biodta::testing::expect_error;
using testing::expected;
using testing::fixture;
using testing::relative_difference;
using testing::windows_of;

TEST(SequenceEmbedder, gives_the_peers_embedding_averaged_over_bins) {
  auto embedder = SequenceEmbedder::load(fixture("enformer/small"));
  const auto numbers = expected("small");
  const auto windows = windows_of(numbers.at("bases"));
  for (const std::int64_t batch : {1, 2, 64}) {
    const auto found = embedder.embed(windows, nullptr, batch);
    EXPECT_LT(relative_difference(found.mean_NE, numbers.at("embeddings").mean(1)), 1e-5);
    EXPECT_TRUE(found.expression.empty());
    EXPECT_FALSE(found.mean_NE.is_inference());
  }
}

TEST(SequenceEmbedder, reads_expression_from_the_bins_around_the_tss_averaged_over_tracks) {
  auto embedder = SequenceEmbedder::load(fixture("enformer/small"));
  const auto numbers = expected("small");
  const auto windows = windows_of(numbers.at("bases"));
  const ExpressionReadout readout{"human", {5, 2}, 3};
  const auto found = embedder.embed(windows, &readout, 2);
  // 256 bp in bins of 8: the TSS at 128 is in bin 16 of 32, which is bin 8 of the 16 in the middle.
  const auto tracks = numbers.at("head.human").narrow(1, 7, 3);
  ASSERT_EQ(found.expression.size(), windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto window = tracks[static_cast<std::int64_t>(i)];
    const double wanted = (window.select(1, 5).sum() + window.select(1, 2).sum()).item<double>() / 2;
    EXPECT_NEAR(found.expression[i], wanted, 1e-5 * wanted);
  }
}

TEST(SequenceEmbedder, reads_all_bins_when_asked_for_as_many) {
  auto embedder = SequenceEmbedder::load(fixture("enformer/small"));
  const auto numbers = expected("small");
  const ExpressionReadout readout{"mouse", {0}, 16};
  const auto found = embedder.embed(windows_of(numbers.at("bases")), &readout);
  const double wanted = numbers.at("head.mouse")[0].select(1, 0).sum().item<double>();
  EXPECT_NEAR(found.expression[0], wanted, 1e-5 * wanted);
}

TEST(SequenceEmbedder, refuses_readouts_and_windows_that_do_not_fit) {
  auto embedder = SequenceEmbedder::load(fixture("enformer/small"));
  const std::vector<std::string> windows = {std::string(256, 'A')};
  const auto refused = [&](const ExpressionReadout& readout, std::initializer_list<std::string_view> parts) {
    expect_error<ConfigError>([&] { embedder.embed(windows, &readout); }, parts);
  };
  refused({"rat", {0}, 3}, {"rat"});
  refused({"human", {}, 3}, {"no tracks"});
  refused({"human", {7}, 3}, {"track 7", "human", "7"});
  refused({"human", {0}, 17}, {"17 bins", "16 bins"});
  const std::vector<std::string> shorter = {std::string(255, 'A')};
  expect_error<Error>([&] { embedder.embed(shorter); }, {"255", "256"});
}

TEST(SequenceEmbedder, embeds_nothing_as_nothing_and_names_its_weights) {
  auto embedder = SequenceEmbedder::load(fixture("enformer/small"));
  EXPECT_EQ(embedder.embed({}).mean_NE.sizes(), (std::vector<std::int64_t>{0, 24}));
  EXPECT_EQ(embedder.checksum(), support::file_checksum(fixture("enformer/small/model.safetensors")));
}

}  // namespace
}  // namespace biodta::enformer
