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
    EXPECT_LT(relative_difference(found.rows_NRE.squeeze(1), numbers.at("embeddings").mean(1)), 1e-5);
    EXPECT_TRUE(found.expression.empty());
    EXPECT_FALSE(found.rows_NRE.is_inference());
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

TEST(SequenceEmbedder, gives_several_rows_a_window_from_the_bins_around_the_tss) {
  const auto numbers = expected("small");
  const auto windows = windows_of(numbers.at("bases"));
  const auto bins = numbers.at("embeddings");  // 16 bins, the TSS the first base of bin 8
  const auto rows = [&](std::int64_t tokens, std::int64_t bins_per_token) {
    SequenceEmbedderOptions options;
    options.tokens_per_gene = tokens;
    options.bins_per_token = bins_per_token;
    return SequenceEmbedder::load(fixture("enformer/small"), torch::kCPU, options).embed(windows).rows_NRE;
  };
  EXPECT_LT(relative_difference(rows(16, 1), bins), 1e-5);
  EXPECT_LT(relative_difference(rows(4, 0),
                                torch::stack({bins.narrow(1, 0, 4).mean(1), bins.narrow(1, 4, 4).mean(1),
                                              bins.narrow(1, 8, 4).mean(1), bins.narrow(1, 12, 4).mean(1)},
                                             1)),
            1e-5);
  EXPECT_LT(relative_difference(rows(1, 3), bins.narrow(1, 7, 3).mean(1, true)), 1e-5);
  EXPECT_LT(relative_difference(
                rows(2, 3), torch::stack({bins.narrow(1, 5, 3).mean(1), bins.narrow(1, 8, 3).mean(1)}, 1)),
            1e-5);
}

TEST(SequenceEmbedder, averages_over_strands_and_shifts) {
  const auto numbers = expected("small");
  const auto windows = windows_of(numbers.at("bases"));
  SequenceEmbedderOptions options;
  options.tokens_per_gene = 16;
  options.reverse_complement = true;
  options.shifts = {0, -2, 3};
  auto embedder = SequenceEmbedder::load(fixture("enformer/small"), torch::kCPU, options);
  ASSERT_EQ(embedder.input_length(), 256 + 2 * 3);
  const ExpressionReadout readout{"human", {1, 4}, 2};
  std::vector<std::string> inputs;
  for (const auto& window : windows) inputs.push_back("ACG" + window + "TTN");
  const auto found = embedder.embed(inputs, &readout);

  // Each view by hand: a text turned round or moved, its bins turned back.
  auto plain = SequenceEmbedder::load(fixture("enformer/small"), torch::kCPU, {.tokens_per_gene = 16});
  const auto complement = [](std::string dna) {
    std::reverse(dna.begin(), dna.end());
    for (char& base : dna) base = std::string_view("TGCAN")[std::string_view("ACGTN").find(base)];
    return dna;
  };
  torch::Tensor rows, tracks;
  for (const int shift : {0, -2, 3}) {
    for (const bool turned : {false, true}) {
      std::vector<std::string> moved;
      for (const auto& input : inputs) {
        const auto window = input.substr(static_cast<std::size_t>(3 + shift), 256);
        moved.push_back(turned ? complement(window) : window);
      }
      auto view = plain.embed(moved).rows_NRE;
      if (turned) view = view.flip(1);
      rows = rows.defined() ? rows + view : view;
      // Bins 7 and 8, on either side of the TSS, are each other's when the window is turned.
      const auto read = plain.embed(moved, &readout).tracks_NT;
      tracks = tracks.defined() ? tracks + read : read;
    }
  }
  EXPECT_LT(relative_difference(found.rows_NRE, rows / 6), 1e-5);
  EXPECT_LT(relative_difference(found.tracks_NT, tracks / 6), 1e-5);
  EXPECT_NEAR(found.expression[0], found.tracks_NT[0].mean().item<double>(), 1e-9);
}

TEST(SequenceEmbedder, predicts_each_bin_as_the_peer_does) {
  auto embedder = SequenceEmbedder::load(fixture("enformer/small"));
  const auto numbers = expected("small");
  const ExpressionReadout readout{"human", {5, 2}, 3};
  const auto found = embedder.predict(windows_of(numbers.at("bases")), readout, 2);
  const auto& tracks_NBT = numbers.at("head.human");
  EXPECT_LT(relative_difference(found.bins_NB, (tracks_NBT.select(2, 5) + tracks_NBT.select(2, 2)) / 2),
            1e-5);
  EXPECT_EQ(found.bins_NB.scalar_type(), torch::kFloat64);
  // 16 bins of 8 bp, the TSS the first base of bin 8; three bins around it.
  EXPECT_EQ(found.first_bp, -64);
  EXPECT_EQ(found.bin_size, 8);
  EXPECT_EQ(found.summed, (Interval{7, 10}));
}

TEST(SequenceEmbedder, predicts_bins_whose_sum_is_the_expression_on_all_strands_and_shifts) {
  const auto windows = windows_of(expected("small").at("bases"));
  std::vector<std::string> inputs;
  for (const auto& window : windows) inputs.push_back("ACG" + window + "TTN");
  SequenceEmbedderOptions options;
  options.reverse_complement = true;
  options.shifts = {0, -2, 3};
  auto embedder = SequenceEmbedder::load(fixture("enformer/small"), torch::kCPU, options);
  for (const std::int64_t bins : {1, 2, 5, 16}) {
    const ExpressionReadout readout{"human", {1, 4, 6}, bins};
    const auto found = embedder.predict(inputs, readout);
    const auto expression = embedder.embed(inputs, &readout).expression;
    ASSERT_EQ(found.summed.size(), bins);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto row = found.bins_NB[static_cast<std::int64_t>(i)];
      EXPECT_NEAR(row.narrow(0, found.summed.first, bins).sum().item<double>(), expression[i],
                  1e-6 * expression[i]);
    }
  }
  // On the other strand the same bins come in the other order.
  options.shifts = {};
  auto both = SequenceEmbedder::load(fixture("enformer/small"), torch::kCPU, options);
  const ExpressionReadout readout{"human", {1}, 1};
  std::string turned = windows[0];
  std::reverse(turned.begin(), turned.end());
  for (char& base : turned) base = std::string_view("TGCAN")[std::string_view("ACGTN").find(base)];
  const auto found = both.predict(std::vector<std::string>{windows[0], turned}, readout).bins_NB;
  EXPECT_LT(relative_difference(found[0], found[1].flip(0)), 1e-6);
}

TEST(SequenceEmbedder, refuses_rows_that_the_output_does_not_hold) {
  const auto refused = [&](const SequenceEmbedderOptions& options,
                           std::initializer_list<std::string_view> parts) {
    expect_error<ConfigError>(
        [&] { SequenceEmbedder::load(fixture("enformer/small"), torch::kCPU, options); }, parts);
  };
  refused({.tokens_per_gene = 17}, {"tokens_per_gene", "17", "16 bins"});
  refused({.tokens_per_gene = 3}, {"tokens_per_gene", "3", "16"});
  refused({.tokens_per_gene = 4, .bins_per_token = 5}, {"20 bins", "16 bins"});
  refused({.shifts = {1, 2, 1}}, {"shifts", "1 stands twice"});
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
  EXPECT_EQ(embedder.embed({}).rows_NRE.sizes(), (std::vector<std::int64_t>{0, 1, 24}));
  EXPECT_EQ(embedder.checksum(), support::file_checksum(fixture("enformer/small/model.safetensors")));
}

}  // namespace
}  // namespace biodta::enformer
