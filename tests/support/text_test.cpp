#include "testing.hpp"

#include <biodta/support/text.hpp>

#include <gmock/gmock.h>

namespace biodta::support {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NearestNames, FindsSlipsOfTheHandBestFirst) {
  const std::vector<std::string> known = {"epochs", "epoch_size", "seed", "batch_size", "GATA4", "GATA1"};
  EXPECT_THAT(nearest_names("epoch", known), ElementsAre("epochs"));
  EXPECT_THAT(nearest_names("sede", known), ElementsAre("seed"));  // neighbours swapped
  EXPECT_THAT(nearest_names("gata4", known, 2), ElementsAre("GATA4", "GATA1"));
  EXPECT_THAT(nearest_names("BATCHSIZE", known), ElementsAre("batch_size"));
}

TEST(NearestNames, IsSilentAboutWhatIsFar) {
  const std::vector<std::string> known = {"epochs", "seed"};
  EXPECT_THAT(nearest_names("learning_rate", known), IsEmpty());
  EXPECT_THAT(nearest_names("", known), IsEmpty());
  EXPECT_THAT(nearest_names("epochs", {}), IsEmpty());
}

TEST(JoinWords, ReadsAsASentence) {
  const std::vector<std::string> words = {"a", "b", "c"};
  EXPECT_EQ(join_words(words), "a, b and c");
  EXPECT_EQ(join_words(std::span(words).first(2)), "a and b");
  EXPECT_EQ(join_words(std::span(words).first(1)), "a");
  EXPECT_EQ(join_words({}), "");
}

TEST(WithThousands, PutsACommaBeforeEveryThreeFigures) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(with_thousands(~std::uint64_t{0}), "18,446,744,073,709,551,615");
}

TEST(PlainText, IsUtf8WithoutControlCharacters) {
  for (const char* good : {"", "GATA4", "M\xc3\xbcller", "\xe2\x82\xac", "\xf0\x9f\xa7\xac", "a b-c_1.2"}) {
    EXPECT_TRUE(is_plain_text(good)) << good;
  }
  // Latin-1, a lone continuation, a cut character, an overlong slash, half a pair, beyond the last, controls.
  for (const char* bad : {"M\xfcller", "\x80", "\xe2\x82", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "a\tb", "a\nb", "\x1b[31m", "\x7f"}) {
    EXPECT_FALSE(is_plain_text(bad)) << bad;
  }
}

}  // namespace
}  // namespace biodta::support
