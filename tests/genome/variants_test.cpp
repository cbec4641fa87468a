#include <biodta/genome/variants.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <htslib/vcf.h>
#include <testing.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace biodta::genome {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;
using testing::TemporaryFolder;

constexpr const char* kHeader =
    "##fileformat=VCFv4.3\n##contig=<ID=c1,length=1000>\n"
    "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\n";

std::string record(int position, const std::string& ref, const std::string& alt, const std::string& a,
                   const std::string& b, const std::string& id = ".") {
  return "c1\t" + std::to_string(position) + "\t" + id + "\t" + ref + "\t" + alt + "\t.\t.\t.\tGT\t" + a +
         "\t" + b + "\n";
}

/// The same records as BCF with a .csi index.
void convert_to_bcf(const fs::path& vcf, const fs::path& bcf_path) {
  htsFile* in = hts_open(vcf.c_str(), "r");
  htsFile* out = hts_open(bcf_path.c_str(), "wb");
  bcf_hdr_t* header = bcf_hdr_read(in);
  ASSERT_EQ(bcf_hdr_write(out, header), 0);
  bcf1_t* one = bcf_init();
  while (bcf_read(in, header, one) == 0) ASSERT_EQ(bcf_write(out, header, one), 0);
  bcf_destroy(one);
  bcf_hdr_destroy(header);
  hts_close(in);
  ASSERT_EQ(hts_close(out), 0);
  ASSERT_EQ(bcf_index_build(bcf_path.c_str(), 14), 0);
}

class VariantFileTest : public ::testing::Test {
 protected:
  VariantFile open(const std::string& records) {
    support::write_text_file(folder_ / "v.vcf", kHeader + records);
    return VariantFile::open(folder_ / "v.vcf");
  }
  TemporaryFolder folder_;
};

TEST_F(VariantFileTest, EachHaplotypeCarriesItsOwnAllelesZeroBased) {
  const VariantFile file = open(record(10, "A", "C,g", "0|1", "2|1") + record(20, "AC", "A", "1/1", ".|1"));
  EXPECT_THAT(file.samples(), ElementsAre("A", "B"));
  EXPECT_THAT(file.contigs(), ElementsAre("c1"));
  EXPECT_THAT(file.haplotype_edits("c1", 0, 100, 0, 0), ElementsAre(Edit{19, "AC", "A"}));
  EXPECT_THAT(file.haplotype_edits("c1", 0, 100, 0, 1), ElementsAre(Edit{9, "A", "C"}, Edit{19, "AC", "A"}));
  EXPECT_THAT(file.haplotype_edits("c1", 0, 100, 1, 0), ElementsAre(Edit{9, "A", "G"}));
  EXPECT_THAT(file.haplotype_edits("c1", 0, 100, 1, 1), ElementsAre(Edit{9, "A", "C"}, Edit{19, "AC", "A"}));
}

TEST_F(VariantFileTest, ARegionTakesWhatTouchesItAndAnUnknownContigNothing) {
  const VariantFile file = open(record(10, "ACGTA", "A", "1|1", "1|1") + record(30, "A", "T", "1|1", "1|1"));
  EXPECT_THAT(file.haplotype_edits("c1", 13, 29, 0, 0), ElementsAre(Edit{9, "ACGTA", "A"}));
  EXPECT_THAT(file.haplotype_edits("c1", 14, 29, 0, 0), IsEmpty());
  EXPECT_THAT(file.haplotype_edits("c1", 14, 30, 0, 0), ElementsAre(Edit{29, "A", "T"}));
  EXPECT_THAT(file.haplotype_edits("c1", -50, 10, 0, 0), ElementsAre(Edit{9, "ACGTA", "A"}));
  EXPECT_THAT(file.haplotype_edits("c1", 50, 50, 0, 0), IsEmpty());
  EXPECT_THAT(file.haplotype_edits("c2", 0, 100, 0, 0), IsEmpty());
}

TEST_F(VariantFileTest, PloidyIsThatOfTheFirstGenotypeThatIsNotMissing) {
  const VariantFile file = open(record(10, "A", "C", ".", "./.") + record(20, "A", "C", "1", "0|1"));
  EXPECT_EQ(file.ploidy(0), 1);
  EXPECT_EQ(file.ploidy(1), 2);
  EXPECT_THAT(file.haplotype_edits("c1", 0, 100, 0, 0), ElementsAre(Edit{19, "A", "C"}));
  EXPECT_THAT(file.haplotype_edits("c1", 0, 100, 0, 1), IsEmpty());
  const VariantFile missing = open(record(10, "A", "C", ".", "1"));
  expect_error<InputError>([&] { (void)missing.ploidy(0); }, {"sample A", "no genotype"});
}

TEST_F(VariantFileTest, WhatCannotBeUsedIsRefusedOnlyWhereItIsCarriedAndNamesTheRecord) {
  const VariantFile file =
      open(record(10, "A", "C", "0/1", "1/1", "rs10") + record(40, "A", "<DEL>", "0|0", "0|1") +
           record(50, "ACC", "A", "0|0", "1|0") + record(52, "C", "*,T", "0|0", "1|2"));
  expect_error<InputError>([&] { (void)file.haplotype_edits("c1", 0, 20, 0, 0); },
                           {"v.vcf", "record c1:10 (rs10)", "unphased", "sample A"});
  EXPECT_THAT(file.haplotype_edits("c1", 0, 20, 1, 0), ElementsAre(Edit{9, "A", "C"}));
  EXPECT_THAT(file.haplotype_edits("c1", 30, 45, 1, 0), IsEmpty());
  expect_error<InputError>([&] { (void)file.haplotype_edits("c1", 30, 45, 1, 1); }, {"c1:40", "<DEL>"});
  // `*` is the deletion at 50, said once more.
  EXPECT_THAT(file.haplotype_edits("c1", 45, 60, 1, 0), ElementsAre(Edit{49, "ACC", "A"}));
  EXPECT_THAT(file.haplotype_edits("c1", 45, 60, 1, 1), ElementsAre(Edit{51, "C", "T"}));
}

TEST_F(VariantFileTest, OverlappingEditsOnOneHaplotypeAreRefused) {
  const VariantFile file = open(record(10, "ACG", "A", "1|0", "0|1") + record(12, "G", "T", "1|1", "1|0"));
  expect_error<InputError>([&] { (void)file.haplotype_edits("c1", 0, 20, 0, 0); },
                           {"c1:12", "overlaps the one at 10"});
  EXPECT_THAT(file.haplotype_edits("c1", 0, 20, 0, 1), ElementsAre(Edit{11, "G", "T"}));
  EXPECT_EQ(file.haplotype_edits("c1", 0, 20, 1, 0).size(), 1U);
}

TEST_F(VariantFileTest, MalformedVcfIsRefusedWithItsLine) {
  const auto refuse = [&](const std::string& text, std::initializer_list<std::string_view> parts) {
    support::write_text_file(folder_ / "bad.vcf", text);
    expect_error<InputError>([&] { VariantFile::open(folder_ / "bad.vcf"); }, parts);
  };
  const std::string good = record(10, "A", "C", "0|1", "0|0");
  refuse("hello\n", {"bad.vcf: line 1", "'hello'", "##fileformat"});
  refuse("##fileformat=VCFv4.2\nc1\t14\t.\tG\tA\n", {"line 2", "#CHROM"});
  refuse("##fileformat=VCFv4.2\n#CHROM POS ID\n", {"line 2", "by tabs"});
  refuse("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tA\n",
         {"line 2", "'A' twice"});
  refuse(kHeader + good + "c1\t12\t.\tA\n", {"line 6", "4 fields", "11"});
  refuse(kHeader + good + "#1\t12\t.\tA\tC\t.\t.\t.\tGT\t0\t0\n", {"line 6", "'#1", "a record"});
  refuse(kHeader + good + record(-4, "A", "C", "0", "0"), {"line 6", "POS '-4'"});
  refuse(kHeader + good + "c1\tten\t.\tA\tC\t.\t.\t.\tGT\t0\t0\n", {"line 6", "POS 'ten'"});
  refuse(kHeader + good + record(12, "A7", "C", "0", "0"), {"line 6", "REF 'A7'"});
  refuse(kHeader + good + record(12, "A", "C", "0|2", "0|0"), {"line 6", "allele 2", "0 to 1"});
  refuse(kHeader + good + record(12, "A", "C", "0|1|1", "0|0"), {"line 6", "3 alleles"});
  refuse(kHeader + good + "c1\t12\trs" + std::string(1, '\0') + "\tA\tC\t.\t.\t.\tGT\t0\t0\n",
         {"line 6", "zero byte"});
  refuse("", {"bad.vcf"});
  expect_error<InputError>([&] { VariantFile::open(folder_ / "none.vcf"); }, {"none.vcf", "no such file"});
}

TEST_F(VariantFileTest, ASampleThatIsNotThereIsRefused) {
  const VariantFile file = open(record(10, "A", "C", "0|1", "0|0"));
  expect_error<InputError>([&] { (void)file.haplotype_edits("c1", 0, 9, 2, 0); },
                           {"samples", "found 2", "at least 3"});
}

// ---- writing, and the three ways of reading

struct RandomVariants {
  std::vector<VcfContig> contigs = {{"c1", 40000}, {"c2", 300000}};
  std::vector<std::string> samples = {"s1", "s2", "s3"};
  std::vector<VcfRecord> records;
};

RandomVariants random_variants() {
  RandomVariants made;
  support::RandomStream random(21);
  for (const VcfContig& contig : made.contigs) {
    for (std::int64_t at = 5; at < contig.length - 20;
         at += 8 + static_cast<std::int64_t>(random.below(300))) {
      VcfRecord one;
      one.contig = contig.name;
      const bool deletion = random.bernoulli(0.2);
      one.edit = {at, deletion ? "ACGTA" : "A", deletion ? "A" : "T"};
      for (std::size_t i = 0; i < made.samples.size(); ++i) {
        one.genotypes.push_back(std::to_string(random.below(2)) + "|" + std::to_string(random.below(2)));
      }
      made.records.push_back(one);
    }
  }
  return made;
}

std::vector<Edit> expected_edits(const RandomVariants& made, const std::string& contig, std::int64_t start,
                                 std::int64_t end, std::size_t sample, int haplotype) {
  std::vector<Edit> edits;
  for (const VcfRecord& one : made.records) {
    const bool touched = one.contig == contig && one.edit.position < end &&
                         one.edit.position + static_cast<std::int64_t>(one.edit.ref.size()) > start;
    if (touched && one.genotypes[sample][static_cast<std::size_t>(2 * haplotype)] == '1')
      edits.push_back(one.edit);
  }
  return edits;
}

void expect_regions_match(const fs::path& path, const RandomVariants& made) {
  const VariantFile file = VariantFile::open(path);
  EXPECT_EQ(file.samples(), made.samples);
  EXPECT_EQ(file.contigs(), (std::vector<std::string>{"c1", "c2"}));
  EXPECT_EQ(file.ploidy(2), 2);
  support::RandomStream random(22);
  VcfContig contig;
  std::int64_t start = 0;
  for (int trial = 0; trial < 300; ++trial) {
    // Half of the regions overlap the one before, of which what was read is kept.
    const bool is_near = trial % 2 == 1;
    if (!is_near) contig = made.contigs[random.below(2)];
    start = is_near
                ? start + static_cast<std::int64_t>(random.below(1600)) - 800
                : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(contig.length))) - 500;
    const std::int64_t end = start + 200 + static_cast<std::int64_t>(random.below(1600));
    for (std::size_t sample = 0; sample < 3; ++sample) {
      const int haplotype = static_cast<int>(random.below(2));
      ASSERT_EQ(file.haplotype_edits(contig.name, start, end, sample, haplotype),
                expected_edits(made, contig.name, start, end, sample, haplotype))
          << path << " " << contig.name << ":" << start << "-" << end;
    }
  }
}

TEST(WriteVcf, EveryRegionIsReadBackWithAndWithoutAnIndexAndFromBcf) {
  const TemporaryFolder folder;
  const RandomVariants made = random_variants();
  write_vcf(folder / "v.vcf", made.contigs, made.samples, made.records);
  write_vcf(folder / "v.vcf.gz", made.contigs, made.samples, made.records);
  ASSERT_TRUE(fs::exists(folder / "v.vcf.gz.tbi"));
  convert_to_bcf(folder / "v.vcf", folder / "v.bcf");
  fs::copy_file(folder / "v.vcf.gz", folder / "bare.vcf.gz");
  for (const char* name : {"v.vcf", "v.vcf.gz", "v.bcf", "bare.vcf.gz"})
    expect_regions_match(folder / name, made);
}

TEST(WriteVcf, AnIndexOlderThanItsFileIsNotTrusted) {
  const TemporaryFolder folder;
  RandomVariants made = random_variants();
  write_vcf(folder / "v.vcf.gz", made.contigs, made.samples, {made.records.front()});
  fs::copy_file(folder / "v.vcf.gz.tbi", folder / "old.tbi");
  write_vcf(folder / "v.vcf.gz", made.contigs, made.samples, made.records);
  fs::rename(folder / "old.tbi", folder / "v.vcf.gz.tbi");
  fs::last_write_time(folder / "v.vcf.gz.tbi",
                      fs::last_write_time(folder / "v.vcf.gz") - std::chrono::seconds(5));
  expect_regions_match(folder / "v.vcf.gz", made);
}

TEST(WriteVcf, TheTextIsVcfWithOneBasedPositions) {
  const TemporaryFolder folder;
  write_vcf(folder / "v.vcf", {{"c1", 100}}, {"d1"}, {{"c1", {9, "A", "G"}, "snp1", {"1"}}});
  EXPECT_EQ(
      support::read_text_file(folder / "v.vcf"),
      "##fileformat=VCFv4.3\n##source=biodta\n##contig=<ID=c1,length=100>\n"
      "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n"
      "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\td1\nc1\t10\tsnp1\tA\tG\t.\tPASS\t.\tGT\t1\n");
}

TEST(WriteVcf, RecordsThatNoReaderCouldUseAreRefusedAndNothingIsWritten) {
  const TemporaryFolder folder;
  const auto refuse = [&](const std::vector<VcfRecord>& records,
                          std::initializer_list<std::string_view> parts) {
    expect_error<InputError>([&] { write_vcf(folder / "v.vcf.gz", {{"c1", 100}}, {}, records); }, parts);
    EXPECT_TRUE(fs::is_empty(folder.path()));
  };
  refuse({{"c1", {9, "A", "G"}, ".", {}}, {"c1", {8, "A", "G"}, ".", {}}},
         {"record 2", "position 9", "sorted"});
  refuse({{"c2", {9, "A", "G"}, ".", {}}}, {"record 1", "'c2'"});
  refuse({{"c1", {99, "AC", "G"}, ".", {}}}, {"record 1", "inside"});
  refuse({{"c1", {9, "A", "G"}, ".", {"0"}}}, {"record 1", "1 genotypes"});
}

// ---- applying

TEST(ApplySubstitutions, AltReplacesRefWhereItLiesAlsoAcrossTheWindowsEnds) {
  const std::vector<Edit> edits = {{98, "GGAC", "TTTT"}, {103, "T", "G"}, {107, "TAA", "CCC"}};
  EXPECT_EQ(apply_substitutions("ACGTACGT", 100, edits, "v"), "TTGGACGC");
  EXPECT_EQ(apply_substitutions("ACGTACGT", 100, {}, "v"), "ACGTACGT");
}

TEST(ApplySubstitutions, ARefThatIsNotThereAndAChangeOfLengthAreRefused) {
  expect_error<InputError>(
      [] {
        apply_substitutions("ACGT", 100, std::vector<Edit>{{101, "A", "G"}}, "d.vcf");
      },
      {"d.vcf", "position 102", "REF A", "has C"});
  expect_error<InputError>(
      [] {
        apply_substitutions("ACGT", 100, std::vector<Edit>{{101, "C", "GG"}}, "d.vcf");
      },
      {"position 102", "C > GG", "keeps the length"});
}

}  // namespace
}  // namespace biodta::genome
