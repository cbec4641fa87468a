#include "cells/value_histogram.hpp"

#include <biodta/support/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace biodta::cells {
namespace {

double exact_median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2.0;
}

TEST(ValueHistogramTest, TheMedianIsWithinAThousandthWhateverTheScale) {
  support::RandomStream random(3);
  for (const double scale : {1e-6, 0.01, 1.0, 333.0, 1e4}) {
    for (const std::size_t count : {1U, 2U, 7U, 1000U}) {
      ValueHistogram histogram;
      std::vector<double> values;
      for (std::size_t i = 0; i < count; ++i) {
        values.push_back(scale * random.gamma(0.7, 2.0) + scale * 1e-3);
        histogram.add(values.back());
      }
      EXPECT_EQ(histogram.count(), count);
      EXPECT_NEAR(histogram.median() / exact_median(values), 1.0, 1e-3) << scale << " " << count;
    }
  }
}

TEST(ValueHistogramTest, MergedPartsAreTheWhole) {
  support::RandomStream random(4);
  ValueHistogram whole;
  ValueHistogram parts[2];
  for (int i = 0; i < 999; ++i) {
    const double value = random.gamma(0.5, 30.0) + 1e-4;
    whole.add(value);
    parts[i % 2].add(value);
  }
  parts[0].merge(parts[1]);
  EXPECT_EQ(parts[0].count(), whole.count());
  EXPECT_EQ(parts[0].median(), whole.median());
}

}  // namespace
}  // namespace biodta::cells
