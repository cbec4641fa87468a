#include "testing.hpp"

#include <biodta/support/error.hpp>

namespace biodta {
namespace {

TEST(Error, KeepsMessageAndHint) {
  const Error error("what went wrong", "what to do");
  EXPECT_STREQ(error.what(), "what went wrong");
  EXPECT_EQ(error.hint(), "what to do");
  EXPECT_EQ(Error("alone").hint(), "");
}

TEST(Error, InputErrorsReadPathPlaceFoundExpected) {
  EXPECT_STREQ(InputError("genes.tsv", "line 3", "'x'", "a number").what(),
               "genes.tsv: line 3: found 'x', expected a number");
  EXPECT_STREQ(InputError("genes.tsv", "", "no such file", "a text file").what(),
               "genes.tsv: found no such file, expected a text file");
  EXPECT_STREQ(InputError("genes.tsv", "header", "", "a column 'median'").what(),
               "genes.tsv: header: expected a column 'median'");
}

TEST(Error, AllKindsAreCaughtAsError) {
  EXPECT_THROW(throw ConfigError("a"), Error);
  EXPECT_THROW(throw InputError("a"), Error);
  EXPECT_THROW(throw CheckpointError("a"), Error);
}

}  // namespace
}  // namespace biodta
