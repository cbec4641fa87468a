#include "pipeline/embed_record.hpp"

#include "testing.hpp"

#include <gtest/gtest.h>

namespace biodta::pipeline {
namespace {

GeneRecord example_record() {
  GeneRecord record;
  record.known_bases = 0.75F;
  record.embedded = 3;
  record.asked = 5;
  record.contexts = {1, 4};
  record.values = {1, 2, 3, 4, 5, 6};
  record.predictions = {0.5, 0.25, 0.125};
  return record;
}

TEST(EmbedRecord, comes_back_as_it_was) {
  EXPECT_EQ(decode(encode(example_record()), 2, 1), example_record());
  GeneRecord reference;
  reference.values = {7};
  EXPECT_EQ(decode(encode(reference), 1, 0), reference);
  GeneRecord left_out;
  left_out.left_out = "nothing but N";
  EXPECT_EQ(decode(encode(left_out), 2, 1), left_out);
}

TEST(EmbedRecord, of_other_sizes_or_cut_is_refused) {
  const auto bytes = encode(example_record());
  EXPECT_FALSE(decode(bytes, 3, 1));
  EXPECT_FALSE(decode(bytes, 2, 2));
  EXPECT_FALSE(decode(bytes, 2, 0));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode(std::span(bytes).first(size), 2, 1)) << size;
}

}  // namespace
}  // namespace biodta::pipeline
