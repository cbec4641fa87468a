// How much there is to do and how long it takes, in words.
#include "pipeline/work_estimate.hpp"

#include "training/recording_reporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace biodta::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(WorkEstimate, SaysAmountsInThousandsMillionsAndBillions) {
  EXPECT_EQ(amount_text({1000, 2'100'400, 4'249'000'000}),
            "1,000 cells, 2.1 million perturbed cells, 4.2 billion tokens");
  EXPECT_EQ(amount_text({1, 950, 999'999}), "1 cell, 950 perturbed cells, 999,999 tokens");
}

TEST(WorkEstimate, SaysDurationsInTheUnitsThatPeopleUse) {
  EXPECT_EQ(duration_text(0.2), "less than 1 s");
  EXPECT_EQ(duration_text(41.6), "about 42 s");
  EXPECT_EQ(duration_text(151.0), "about 3 min");
  EXPECT_EQ(duration_text(59.6 * 60), "about 1 h 0 min");
  EXPECT_EQ(duration_text(11'400.0), "about 3 h 10 min");
  EXPECT_EQ(duration_text(3 * 86'400.0 + 5 * 3600.0), "about 3 days 5 h");
}

TEST(WorkEstimate, IsToldOnceAndOnlyOfWhatWasSeen) {
  testing::RecordingReporter reporter;
  WorkEstimate estimate(reporter, {10, 100, 5000});
  estimate.tell();
  EXPECT_THAT(reporter.messages, IsEmpty());
  const auto progress = reporter.start("work", 5000, "tokens");
  estimate.begin_part(*progress, 0);
  estimate.update(400, "");
  estimate.begin_part(*progress, 1000);
  estimate.update(250, "");
  estimate.tell();
  estimate.tell();
  EXPECT_THAT(reporter.messages, ElementsAre(StartsWith("10 cells, 100 perturbed cells, 5,000 tokens; ")));
  EXPECT_THAT(reporter.updates, ElementsAre("400 ", "1250 "));
}

TEST(WorkEstimate, MeasuresFromTheFirstPartOn) {
  testing::RecordingReporter reporter;
  WorkEstimate estimate(reporter, {10, 100, 4000});
  std::this_thread::sleep_for(std::chrono::milliseconds(600));  // would make it 2.4 s
  const auto progress = reporter.start("work", 4000, "tokens");
  estimate.begin_part(*progress, 0);
  estimate.update(1000, "");
  estimate.tell();
  EXPECT_THAT(reporter.messages, ElementsAre(EndsWith("; less than 1 s at this speed")));
}

}  // namespace
}  // namespace biodta::pipeline
