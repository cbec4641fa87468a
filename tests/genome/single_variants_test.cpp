#include "vcf_files.hpp"

#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace biodta::genome {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;
using testing_files::vcf_header;
using testing_files::vcf_line;

constexpr std::int64_t kContig = 40000;
constexpr std::int64_t kStart = 20000;  // the TSS
constexpr std::int64_t kLength = 200;

/// Made of the whole contig by hand: [from, to) of it becomes `by`, then a window is cut where the base at
/// the TSS came to lie.
std::string cut_by_hand(const std::string& contig, std::int64_t from, std::int64_t to,
                        const std::string& by) {
  const auto at = [](std::int64_t value) { return static_cast<std::size_t>(value); };
  const std::string changed = contig.substr(0, at(from)) + by + contig.substr(at(to));
  const std::int64_t moved = to <= kStart ? static_cast<std::int64_t>(by.size()) - (to - from) : 0;
  return changed.substr(at(kStart + moved - kLength / 2), at(kLength));
}

class SingleVariantsTest : public ::testing::Test {
 protected:
  SingleVariantsTest() {
    support::RandomStream random(3);
    while (contig_.size() < kContig) contig_ += "ACGT"[random.below(4)];
    write_fasta(folder_ / "g.fa", {{"c1", "", contig_}, {"c2", "", "ACGTACGT"}});
    genome_.emplace(Genome::open(folder_ / "g.fa"));
  }
  void open(const std::string& lines, HaplotypeOptions options = {},
            const std::vector<std::string>& samples = {"A", "B", "C"}) {
    support::write_text_file(folder_ / "v.vcf", vcf_header(samples) + lines);
    reader_.reset();
    file_.emplace(VariantFile::open(folder_ / "v.vcf"));
    reader_.emplace(*genome_, *file_, options);
  }
  std::string bases(std::int64_t first, std::int64_t count) const {
    return contig_.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  }
  std::string other(std::int64_t position) const { return bases(position, 1) == "A" ? "C" : "A"; }
  SingleVariants read(std::int64_t distance = 0) {
    return reader_->single_variants("c1", kStart, kLength, distance);
  }

  std::string contig_;
  TemporaryFolder folder_;
  std::optional<Genome> genome_;
  std::optional<VariantFile> file_;
  std::optional<HaplotypeReader> reader_;
};

TEST_F(SingleVariantsTest, EachAlleleAloneMakesTheWindowThatIsCutFromTheWholeContig) {
  // 1-based positions; a site of two alleles, an insertion, a deletion, a long symbolic one, a duplication.
  open(vcf_line(19950, bases(19949, 1), other(19949) + ",G" + bases(19949, 1), {"0/1", "2|2", "0|0"}, ".",
                "rs1") +
       vcf_line(19970, bases(19969, 3), bases(19969, 1), {"0|1", "0|1", "./."}) +
       vcf_line(19972, bases(19971, 1), bases(19971, 1) + "TTTT", {"0|0", "0|0", "0|0"}) +
       vcf_line(19990, bases(19989, 1), "<DEL>", {"0|1", "0|0", "1|1"}, "END=19995", "sv1") +
       vcf_line(20010, bases(20009, 1), "<DUP>", {"0|1", "0|0", "0|0"}, "END=20014") +
       vcf_line(20050, bases(20049, 1), other(20049), {"1|1", "1|0", "0|1"}));
  const SingleVariants found = read();
  ASSERT_EQ(found.variants.size(), 7U);
  const std::vector<std::string> windows = {cut_by_hand(contig_, 19949, 19950, other(19949)),
                                            cut_by_hand(contig_, 19949, 19950, "G" + bases(19949, 1)),
                                            cut_by_hand(contig_, 19970, 19972, ""),
                                            cut_by_hand(contig_, 19972, 19972, "TTTT"),
                                            cut_by_hand(contig_, 19990, 19995, ""),
                                            cut_by_hand(contig_, 20010, 20010, bases(20010, 4)),
                                            cut_by_hand(contig_, 20049, 20050, other(20049))};
  for (std::size_t i = 0; i < windows.size(); ++i)
    EXPECT_EQ(found.windows.sequence(found.windows.of(i)), windows[i]) << i;
  const std::vector<std::uint64_t> carriers = {1, 1, 2, 0, 2, 1, 3};
  for (std::size_t i = 0; i < carriers.size(); ++i) EXPECT_EQ(found.variants[i].carriers, carriers[i]) << i;
  EXPECT_EQ(found.variants[0].id, "rs1");
  EXPECT_EQ(found.variants[4].alt, "<DEL>");
  EXPECT_EQ(found.variants[4].position, 19989);
  EXPECT_EQ(found.windows.edits(found.windows.of(6)),
            (std::vector<Edit>{{20049, bases(20049, 1), other(20049)}}));
}

TEST_F(SingleVariantsTest, WhatDoesNotTouchTheWindowOrTheDistanceIsNotAmongThem) {
  const auto snv = [&](std::int64_t position) {
    return vcf_line(position + 1, bases(position, 1), other(position), {"0|1", "0|0", "0|0"});
  };
  open(snv(19000) + snv(19899) + snv(19900) + snv(19989) + snv(19990) + snv(20009) + snv(20010) + snv(20099) +
       snv(20100));
  const auto positions = [&](std::int64_t distance) {
    std::vector<std::int64_t> found;
    for (const auto& variant : read(distance).variants) found.push_back(variant.position);
    return found;
  };
  EXPECT_EQ(positions(0), (std::vector<std::int64_t>{19900, 19989, 19990, 20009, 20010, 20099}));
  EXPECT_EQ(positions(10), (std::vector<std::int64_t>{19990, 20009}));
}

TEST_F(SingleVariantsTest, WhereNobodysGenotypesAreKnownNeitherAreCarriers) {
  const std::string snv = vcf_line(19950, bases(19949, 1), other(19949), {});
  open(snv, {}, {});
  EXPECT_EQ(read().variants.at(0).carriers, std::nullopt);
  open(snv.substr(0, snv.size() - 1) + "\tDP\t5\t7\t9\n");
  EXPECT_EQ(read().variants.at(0).carriers, std::nullopt);
}

TEST_F(SingleVariantsTest, ADeletionThatBeginsFarBeforeTheWindowIsMade) {
  open(vcf_line(15000, bases(14999, 1), "<DEL>", {"0|1", "0|0", "0|0"}, "END=19950"));
  const SingleVariants found = read();
  ASSERT_EQ(found.variants.size(), 1U);
  EXPECT_EQ(found.windows.sequence(found.windows.of(0)), cut_by_hand(contig_, 15000, 19950, ""));
}

TEST_F(SingleVariantsTest, OverlappingOnesAndUnphasedOnesAreNoErrorSinceEachStandsAlone) {
  open(vcf_line(19981, bases(19980, 1), other(19980), {"0/1", "0|0", "0|0"}) +
       vcf_line(19981, bases(19980, 2), bases(19980, 1), {"0/1", "0|0", "0|0"}));
  EXPECT_EQ(read().variants.size(), 2U);
}

TEST_F(SingleVariantsTest, ARefOfAnotherGenomeIsRefusedWithCountsOrLeftOutAndCounted) {
  std::string lines;
  for (std::int64_t position = 19980; position < 19990; ++position)
    lines += vcf_line(position + 1, other(position), bases(position, 1), {"0|1", "0|0", "0|0"});
  lines += vcf_line(20001, bases(20000, 1), other(20000), {"0|1", "0|0", "0|0"}) +
           vcf_line(20003, bases(20002, 1), "<INS:ME:ALU>", {"0|1", "0|0", "0|0"});
  open(lines);
  const std::string message =
      expect_error<InputError>([&] { read(); }, {"v.vcf", "c1:19981", "10 of the first 12", "one assembly"});
  EXPECT_EQ(message.find("sample"), std::string::npos);
  open(lines, {.skip_mismatches = true, .skip_unsupported = true});
  EXPECT_EQ(read().variants.size(), 1U);
  EXPECT_EQ(reader_->skipped(), (SkippedVariants{10, 0, 1}));
}

TEST_F(SingleVariantsTest, TheNearestRecordIsFoundOnEitherSideHoweverFar) {
  const auto snv = [&](std::int64_t position) {
    return vcf_line(position + 1, bases(position, 1), other(position), {"0|1", "0|0", "0|0"});
  };
  const std::vector<std::int64_t> positions = {100, 12000, 25000, 39000};
  std::string lines;
  for (const auto position : positions) lines += snv(position);
  open(lines);
  for (const std::int64_t asked : {0, 99, 6000, 7000, 18000, 19000, 30000, 39999}) {
    std::int64_t nearest = positions.front();
    for (const auto position : positions)
      if (std::abs(position - asked) < std::abs(nearest - asked)) nearest = position;
    const auto found = reader_->nearest_record("c1", asked);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->position, nearest) << asked;
  }
  EXPECT_FALSE(reader_->nearest_record("c2", 3).has_value());
}

}  // namespace
}  // namespace biodta::genome
