#include "testing.hpp"

#include <biodta/analysis/window_track.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <numeric>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

GeneWindow random_track_window() {
  support::RandomStream random(9);
  GeneWindow window{"c", 1000, 300, 428, ""};
  while (window.sequence.size() < 256) window.sequence += "ACGT"[random.below(4)];
  return window;
}

std::string other_than(char base) {
  return base == 'A' ? "C" : "A";
}

TEST(WindowTrack, sums_to_the_expression_of_reference_and_mutant_over_the_bins_that_are_read) {
  auto embedder = enformer::SequenceEmbedder::load(biodta::testing::fixture("enformer/small"));
  const enformer::ExpressionReadout readout{"human", {1, 3}, 3};
  const GeneWindow window = random_track_window();
  std::vector<genome::Edit> edits;
  std::string mutant = window.sequence;
  for (const std::size_t at : {100, 128, 140}) {
    edits.push_back(
        {300 + static_cast<std::int64_t>(at), std::string(1, mutant[at]), other_than(mutant[at])});
    mutant[at] = edits.back().alt.front();
  }
  const WindowTrack track = window_track(embedder, readout, window, edits);
  ASSERT_EQ(track.reference.size(), 16U);
  ASSERT_EQ(track.mutant.size(), 16U);
  // 256 bp in bins of 8, of which the middle 16 are predicted; three around the TSS are summed.
  EXPECT_EQ(track.first, -64);
  EXPECT_EQ(track.bin_size, 8);
  EXPECT_EQ(track.summed_first, -8);
  EXPECT_EQ(track.summed_end, 16);
  const auto expression =
      embedder.embed(std::vector<std::string>{window.sequence, mutant}, &readout).expression;
  const auto sum = [](const std::vector<double>& bins) {
    return std::accumulate(bins.begin() + 7, bins.begin() + 10, 0.0);
  };
  EXPECT_NEAR(sum(track.reference), expression[0], 1e-6 * expression[0]);
  EXPECT_NEAR(sum(track.mutant), expression[1], 1e-6 * expression[1]);
  EXPECT_NE(expression[0], expression[1]);
}

TEST(WindowTrack, of_edits_that_are_not_there_or_of_another_length_is_refused) {
  auto embedder = enformer::SequenceEmbedder::load(biodta::testing::fixture("enformer/small"));
  const enformer::ExpressionReadout readout{"human", {1}, 3};
  const GeneWindow window = random_track_window();
  const std::vector<genome::Edit> wrong = {{400, other_than(window.sequence[100]), "T"}};
  biodta::testing::expect_error<InputError>([&] { window_track(embedder, readout, window, wrong); });
  biodta::testing::expect_error<Error>(
      [&] { window_track(embedder, readout, window, window.sequence + "A"); }, {"257", "256"});
}

}  // namespace
}  // namespace biodta::analysis
