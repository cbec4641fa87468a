#include <biodta/genome/sequence.hpp>

#include <gtest/gtest.h>

#include <string>

namespace biodta::genome {
namespace {

TEST(Sequence, NormalisingKeepsTheFourBasesInEitherCaseAndTurnsEveryOtherByteIntoN) {
  EXPECT_EQ(normalise_sequence("acgtACGTnNrYu-*. \xff"), "ACGTACGTNNNNNNNNNN");
  EXPECT_EQ(normalise_sequence(""), "");
}

TEST(Sequence, ReverseComplementReversesAndPairsBases) {
  EXPECT_EQ(reverse_complement("AACGTN"), "NACGTT");
  EXPECT_EQ(reverse_complement(""), "");
}

TEST(Sequence, BaseIndexFollowsTheOneHotOrder) {
  const std::string order = "ACGT";
  for (int i = 0; i < 4; ++i) EXPECT_EQ(base_index(order[static_cast<std::size_t>(i)]), i);
  EXPECT_EQ(base_index('N'), -1);
  EXPECT_EQ(base_index('a'), -1);
}

TEST(Sequence, AWindowHasItsTssAtHalfItsLengthAlsoWhenTheLengthIsOddOrTheTssNearZero) {
  EXPECT_EQ(window_around(600, 1024).start, 88);
  EXPECT_EQ(window_around(600, 1024).end, 1112);
  EXPECT_EQ(window_around(10, 5).start, 8);
  EXPECT_EQ(window_around(10, 5).length(), 5);
  EXPECT_EQ(window_around(3, 1024).start, -509);
}

}  // namespace
}  // namespace biodta::genome
