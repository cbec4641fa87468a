#include "vcf_files.hpp"

#include <biodta/genome/haplotypes.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/options.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <optional>
#include <string>
#include <vector>

namespace biodta::genome {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;
using testing_files::vcf_header;
using testing_files::vcf_line;

//                                    0         10        20        30
constexpr const char* kLetters = "ACGTTGCAACCGGTTAGCATCGATTACGGCATGCAATTCG";

class HaplotypesTest : public ::testing::Test {
 protected:
  HaplotypesTest() {
    write_fasta(folder_ / "g.fa", {{"chr1", "", kLetters}, {"chr2", "", "ACGT"}});
    genome_.emplace(Genome::open(folder_ / "g.fa"));
  }
  /// Records of contig c1, which the file calls `contig`; two samples, or none where genotypes are empty.
  void open(const std::string& lines, HaplotypeOptions options = {},
            std::vector<std::string> samples = {"A", "B"}, const std::string& contig = "1") {
    std::string text = lines;
    for (std::size_t at = 0; (at = text.find("c1\t", at)) != std::string::npos;) text.replace(at, 2, contig);
    support::write_text_file(folder_ / "v.vcf", vcf_header(samples, contig) + text);
    reader_.reset();
    file_.emplace(VariantFile::open(folder_ / "v.vcf"));
    reader_.emplace(*genome_, *file_, options);
  }
  std::string window(std::int64_t tss, std::int64_t length, HaplotypeId id = {}) {
    const WindowHaplotypes made = reader_->windows("chr1", tss, length, std::vector<HaplotypeId>{id});
    return made.sequence(made.of(0));
  }
  TemporaryFolder folder_;
  std::optional<Genome> genome_;
  std::optional<VariantFile> file_;
  std::optional<HaplotypeReader> reader_;
};

TEST_F(HaplotypesTest, DeletionsAreRefilledFromTheFlankOnTheirOwnSideAndTheTssStaysInTheMiddle) {
  // Base 20 (0-based) is C; the reference window of 8 around it is [16, 24).
  open(vcf_line(18, "CAT", "C", {"1|0", "0|1"}) + vcf_line(22, "GA", "G", {"0|1", "0|1"}));
  EXPECT_EQ(genome_->fetch("chr1", 16, 24), "GCATCGAT");
  EXPECT_EQ(window(20, 8, {0, 0}), "TAGCCGAT");  // AT of the left goes, TA comes in
  EXPECT_EQ(window(20, 8, {0, 1}), "GCATCGTT");  // A of the right goes, T comes in
  EXPECT_EQ(window(20, 8, {1, 1}), "TAGCCGTT");
  EXPECT_EQ(window(20, 8, {1, 0}), "GCATCGAT");
}

TEST_F(HaplotypesTest, InsertionsPushOutwardAndThoseJustBeforeTheTssLieToItsLeft) {
  open(vcf_line(20, "T", "TGGG", {"1|0", "0|0"}) + vcf_line(21, "C", "CAA", {"0|1", "0|0"}));
  EXPECT_EQ(window(20, 8, {0, 0}), "TGGGCGAT");
  EXPECT_EQ(window(20, 8, {0, 1}), "GCATCAAG");
}

TEST_F(HaplotypesTest, WhereTheTssIsDeletedTheNextKeptBaseDownstreamStandsInItsPlace) {
  open(vcf_line(20, "TCG", "T", {"1|0", "1|0"}) + vcf_line(23, "AT", "A", {"0|0", "1|0"}) +
       vcf_line(23, "ATTACGG", "A", {"0|0", "0|0"}));
  EXPECT_EQ(window(20, 8, {0, 0}), "GCATATTA");
  EXPECT_EQ(window(20, 8, {1, 0}), "GCATATAC");
}

TEST_F(HaplotypesTest, BeyondTheContigIsNAlsoAfterDeletionsAndInsertions) {
  open(vcf_line(2, "CG", "C", {"1|0", "0|0"}) + vcf_line(38, "TCG", "T", {"1|0", "0|0"}) +
       vcf_line(40, "G", "GAA", {"0|1", "0|0"}));
  EXPECT_EQ(window(3, 10, {0, 0}), "NNNACTTGCA");
  EXPECT_EQ(window(37, 6, {0, 0}), "AATTNN");
  EXPECT_EQ(window(37, 12, {0, 1}), "TGCAATTCGAAN");
  EXPECT_EQ(window(39, 2, {0, 0}), "TN");  // the TSS is deleted, and nothing lies downstream
}

TEST_F(HaplotypesTest, SymbolicAllelesTakeTheirStretchFromTheGenomeByEndOrLength) {
  open(vcf_line(10, "C", "<DEL>", {"1|0", "0|0"}, "END=13") +
       vcf_line(10, "C", "<DUP:TANDEM>", {"0|1", "0|0"}, "SVLEN=3") +
       vcf_line(10, "N", "<INV>", {"0|0", "1|0"}, "END=13;SVLEN=99") +
       vcf_line(10, "C", "<CN0>,<CN1>,<CN2>,<CN4>", {"0|0", "0|0"}, "END=13") +
       vcf_line(30, "C", "<CN0>,<CN1>,<CN2>,<CN4>", {"2|0", "0|4"}, "END=32"));
  const std::string letters = kLetters;
  ASSERT_EQ(letters.substr(9, 5), "CCGGT");
  EXPECT_EQ(window(9, 12, {0, 0}), genome_->fetch("chr1", 3, 10) + "TTAGC");
  EXPECT_EQ(window(9, 12, {0, 1}), genome_->fetch("chr1", 3, 10) + "CGGCG");
  EXPECT_EQ(window(9, 12, {1, 0}), genome_->fetch("chr1", 3, 10) + "CCGTT");
  EXPECT_EQ(window(30, 6, {0, 0}), genome_->fetch("chr1", 27, 33));
  // Three copies more of "AT" after base 30, of which those before the TSS at 30 lie to its left.
  EXPECT_EQ(window(30, 12, {1, 1}), "ATATAT" + letters.substr(30, 6));
  const WindowHaplotypes made =
      reader_->windows("chr1", 9, 12, std::vector<HaplotypeId>{{0, 0}, {0, 1}, {1, 0}});
  EXPECT_EQ(made.edits(made.of(0)), (std::vector<Edit>{{9, "CCGG", "C"}}));
  EXPECT_EQ(made.edits(made.of(1)), (std::vector<Edit>{{9, "C", "CCGG"}}));
  EXPECT_EQ(made.edits(made.of(2)), (std::vector<Edit>{{10, "CGG", "CCG"}}));
}

TEST_F(HaplotypesTest, TheLengthsOfSeveralAllelesOfOneRecordAreTheirOwn) {
  open(vcf_line(10, "C", "<DEL>,<DEL>", {"1|2", "0|0"}, "END=14;SVLEN=-1,-4"));
  EXPECT_EQ(window(9, 8, {0, 0}), genome_->fetch("chr1", 5, 10) + "GGT");
  EXPECT_EQ(window(9, 8, {0, 1}), genome_->fetch("chr1", 5, 10) + "TAG");
}

TEST_F(HaplotypesTest, WhatIsNotUnderstoodIsRefusedNamingTheRecordOrLeftOutAndCounted) {
  const std::string lines = vcf_line(19, "A", "<INS:ME:ALU>", {"1|0", "0|0"}, ".", "alu") +
                            vcf_line(20, "T", "T[chr2:5[", {"0|1", "0|0"}) +
                            vcf_line(22, "G", "<DEL>", {"0|0", "1|0"}) +
                            vcf_line(22, "G", "<CN>,<CNV>,G.", {"0|0", "0|1"}, "END=24");
  open(lines);
  expect_error<InputError>(
      [&] {
        window(20, 8, {0, 0});
      },
      {"v.vcf", "chr1:19 (alu)", "<INS:ME:ALU>", "sample A", "skip_unsupported"});
  expect_error<InputError>([&] { window(20, 8, {0, 1}); }, {"chr1:20", "T[chr2:5[", "<DUP:TANDEM>"});
  expect_error<InputError>([&] { window(20, 8, {1, 0}); }, {"chr1:22", "neither END nor SVLEN"});
  expect_error<InputError>([&] { window(20, 8, {1, 1}); }, {"chr1:22", "<CN>"});
  // Nobody asks where the window is made of other bases.
  EXPECT_EQ(window(5, 8, {0, 0}), genome_->fetch("chr1", 1, 9));
  open(lines, {.skip_unsupported = true});
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(window(20, 8, {0, 0}), genome_->fetch("chr1", 16, 24));
    EXPECT_EQ(window(21, 8, {0, 1}), genome_->fetch("chr1", 17, 25));
  }
  EXPECT_EQ(reader_->skipped(), (SkippedVariants{0, 0, 2}));
}

TEST_F(HaplotypesTest, ALengthThatTheHeaderDoesNotDeclareIsReadAndRefusedWhereItIsNone) {
  const auto open_undeclared = [&](const std::string& info) {
    open(vcf_line(22, "G", "<DEL>", {"1|0", "0|0"}, info));
    std::string text = support::read_text_file(folder_ / "v.vcf");
    const auto at = text.find("##INFO=<ID=SVLEN");
    reader_.reset();
    support::write_text_file(folder_ / "v.vcf", text.erase(at, text.find('\n', at) + 1 - at));
    file_.emplace(VariantFile::open(folder_ / "v.vcf"));
    reader_.emplace(*genome_, *file_);
  };
  open_undeclared("SVLEN=-2");
  const auto shortened = window(20, 8, {0, 0});
  open(vcf_line(22, "G", "<DEL>", {"1|0", "0|0"}, "SVLEN=-2"));
  EXPECT_EQ(shortened, window(20, 8, {0, 0}));
  for (const char* length : {"-9223372036854775808", "9999999999999999999", "long", "2.5"}) {
    expect_error<InputError>([&] { open_undeclared(std::string("SVLEN=") + length); },
                             {"v.vcf", "SVLEN", "a whole number"});
  }
}

TEST_F(HaplotypesTest, ARefThatIsNotTheGenomesIsRefusedWithWhatElseDoesNotMatchOrLeftOut) {
  const std::string lines = vcf_line(17, "A", "C", {"0|0", "0|0"}) + vcf_line(18, "T", "C", {"0|0", "0|0"}) +
                            vcf_line(19, "G", "T", {"0|1", "0|0"}, ".", "rs1") +
                            vcf_line(20, "T", "C", {"0|1", "0|0"}) + vcf_line(21, "C", "G", {"1|0", "0|0"});
  open(lines);
  expect_error<InputError>(
      [&] {
        window(20, 8, {0, 1});
      },
      {"v.vcf: record chr1:19 (rs1)", "REF G where the genome has A", "sample A", "g.fa",
       "3 of the first 5 variants", "one assembly", "skip_mismatches"});
  EXPECT_EQ(window(20, 8, {0, 0}), "GCATGGAT");
  open(lines, {.skip_mismatches = true});
  EXPECT_EQ(window(20, 8, {0, 1}), "GCACCGAT");
  EXPECT_EQ(window(21, 8, {0, 1}), "CACCGATT");
  EXPECT_EQ(reader_->skipped(), (SkippedVariants{1, 0, 0}));
  // Two windows, and in each one was taken and one left out.
  EXPECT_EQ(reader_->skipped_text(), "1 whose REF is not the genome's (50 % of what the windows hold)");
  open(lines + vcf_line(22, "C", "G", {"0|1", "0|0"}), {.skip_mismatches = true});
  window(20, 8, {0, 1});
  EXPECT_EQ(
      reader_->skipped_text(),
      "2 whose REF is not the genome's (66.7 % of what the windows hold); genome and variants may be of "
      "two assemblies");
  open(vcf_line(41, "A", "C", {"1|0", "0|0"}) + vcf_line(39, "C", "<DEL>", {"0|1", "0|0"}, "END=41"));
  expect_error<InputError>([&] { window(38, 8, {0, 0}); }, {"chr1:41", "beyond the 40 bp"});
  expect_error<InputError>([&] { window(38, 8, {0, 1}); }, {"chr1:39", "ends at 41", "40 bp"});
}

TEST_F(HaplotypesTest, VariantsThatChangeTheSameBaseOverlapAndOthersAtOnePosDoNot) {
  // An SNV at the padding base of a deletion, and an insertion where a deletion ends.
  open(vcf_line(20, "TCG", "T", {"1|0", "0|0"}) + vcf_line(20, "T", "A", {"1|0", "0|0"}) +
       vcf_line(22, "G", "GTT", {"1|0", "0|0"}));
  EXPECT_EQ(window(18, 8, {0, 0}), "TAGCAATT");
  const std::string lines = vcf_line(20, "TCG", "T", {"1|0", "1|1"}, ".", "del") +
                            vcf_line(22, "G", "C", {"1|0", "1|1"}) + vcf_line(23, "A", "C", {"1|1", "1|1"});
  open(lines);
  expect_error<InputError>(
      [&] {
        window(18, 8, {0, 0});
      },
      {"v.vcf", "record chr1:22", "overlaps record chr1:20 (del)", "sample A", "skip_mismatches"});
  EXPECT_EQ(window(18, 12, {0, 1}), "GTTAGCATCGCT");
  open(lines, {.skip_mismatches = true});
  const std::vector<HaplotypeId> all = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const WindowHaplotypes made = reader_->windows("chr1", 18, 12, all);
  EXPECT_EQ(made.sequence(made.of(0)), "GTTAGCATCTTA");
  EXPECT_EQ(reader_->skipped(), (SkippedVariants{0, 3, 0}));
  // Of the three that carry the deletion two variants are taken, of the fourth one.
  EXPECT_EQ(reader_->skipped_text(), "3 that overlap another (30 % of what the windows hold)");
}

TEST_F(HaplotypesTest, WhatTouchesOnlyOtherWindowsIsNeverAnError) {
  open(vcf_line(3, "G", "C", {"0/1", "0|0"}) + vcf_line(12, "G", "C", {"1|0", "0|0"}));
  expect_error<InputError>([&] { window(4, 6, {0, 0}); }, {"chr1:3", "unphased", "sample A"});
  EXPECT_EQ(window(12, 4, {0, 0}), "CCGT");
}

TEST_F(HaplotypesTest, EqualHaplotypesShareOneWindowAndTheReferenceIsNumberZero) {
  open(vcf_line(18, "C", "G", {"1|0", "1|0"}) + vcf_line(22, "G", "T", {"1|0", "0|0"}) +
       vcf_line(38, "T", "A", {"0|1", "0|1"}));
  const std::vector<HaplotypeId> all = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const WindowHaplotypes wide = reader_->windows("chr1", 20, 8, all);
  EXPECT_EQ(wide.distinct(), 3U);
  EXPECT_EQ(wide.of(1), 0U);
  EXPECT_EQ(wide.of(3), 0U);
  EXPECT_NE(wide.of(0), wide.of(2));
  EXPECT_EQ(wide.sequence(0), "GCATCGAT");
  EXPECT_TRUE(wide.edits(0).empty());
  EXPECT_TRUE(wide.differs(0) && wide.differs(1));
  const WindowHaplotypes narrow = reader_->windows("chr1", 18, 2, all);
  EXPECT_EQ(narrow.distinct(), 2U);
  EXPECT_EQ(narrow.of(0), narrow.of(2));
  const WindowHaplotypes right = reader_->windows("chr1", 21, 2, all);
  EXPECT_TRUE(right.differs(0));
  EXPECT_FALSE(right.differs(1));
}

TEST_F(HaplotypesTest, AHaploidGenotypeCountsForBothHaplotypesAndAMissingOneForNone) {
  open(vcf_line(18, "C", "G", {"1", ".|1"}) + vcf_line(22, "G", "T", {".", "./."}));
  EXPECT_EQ(window(20, 8, {0, 0}), "GGATCGAT");
  EXPECT_EQ(window(20, 8, {0, 1}), "GGATCGAT");
  EXPECT_EQ(window(20, 8, {1, 0}), "GCATCGAT");
  EXPECT_EQ(window(20, 8, {1, 1}), "GGATCGAT");
}

TEST_F(HaplotypesTest, AFileWithoutSamplesGivesTheHaplotypeOfAllFirstAlternatives) {
  open(vcf_line(18, "C", "G,T", {}) + vcf_line(22, "GA", "G", {}) + vcf_line(24, "T", ".", {}), {}, {});
  EXPECT_EQ(window(20, 8, kFirstAlternatives), "GGATCGTT");
  expect_error<InputError>([&] { window(20, 8, {0, 0}); }, {"samples", "found 0"});
}

TEST_F(HaplotypesTest, ContigsGoByTheGenomesNamesAndAFileOfOtherNamesIsRefused) {
  for (const char* name : {"1", "chr1"}) {
    open(vcf_line(18, "C", "G", {"1|1", "0|0"}), {}, {"A", "B"}, name);
    EXPECT_EQ(window(20, 8), "GGATCGAT");
    EXPECT_TRUE(reader_->has_contig("chr1"));
    EXPECT_FALSE(reader_->has_contig("chr2"));
    EXPECT_EQ(reader_->windows("chr2", 2, 4, std::vector<HaplotypeId>{{0, 0}}).sequence(0), "ACGT");
  }
  expect_error<InputError>([&] { (void)reader_->windows("1", 2, 4, {}); }, {"g.fa", "'1'", "chr1"});
  expect_error<InputError>(
      [&] {
        open(vcf_line(18, "C", "G", {"1|1", "0|0"}), {}, {"A", "B"}, "NC_000001.11");
      },
      {"v.vcf: contigs", "NC_000001.11", "chr1 and chr2", "g.fa"});
}

TEST_F(HaplotypesTest, AFileThatNamesOneContigTwiceIsRefused) {
  std::string header = vcf_header({"A"}, "1");
  header.insert(header.find("##INFO"), "##contig=<ID=chr1,length=40>\n");
  support::write_text_file(folder_ / "v.vcf", header + vcf_line(18, "C", "G", {"1|1"}, ".", ".", "1"));
  const VariantFile file = VariantFile::open(folder_ / "v.vcf");
  expect_error<InputError>([&] { HaplotypeReader(*genome_, file); },
                           {"v.vcf: contigs", "1 and chr1", "both chr1", "g.fa"});
}

TEST_F(HaplotypesTest, AHeaderWhoseContigIsALittleLongerIsOfAnotherAssembly) {
  const auto read = [&](const std::string& length, HaplotypeOptions options = {},
                        const char* contig = "chr1") {
    std::string text = vcf_header({}, "1") + vcf_line(21, "C", "G", {}, ".", ".", "1");
    text.replace(text.find("100000"), 6, length);
    support::write_text_file(folder_ / "v.vcf", text);
    const auto file = VariantFile::open(folder_ / "v.vcf");
    const HaplotypeReader reader(*genome_, file, options);
    return reader.windows(contig, 2, 4, std::vector{kFirstAlternatives}).sequence(0);
  };
  expect_error<InputError>([&] { read("41"); }, {"v.vcf", "header, contig 1", "41 bp", "at most the 40 bp",
                                                 "g.fa", "one assembly"});
  EXPECT_EQ(read("41", {}, "chr2"), "ACGT") << "where it is not read it does not matter";
  EXPECT_EQ(read("41", {.skip_mismatches = true}), "ACGT");
  EXPECT_EQ(read("40"), "ACGT");
  EXPECT_EQ(read("39"), "ACGT") << "may be where the last variant is";
  EXPECT_EQ(read("100"), "ACGT") << "the genome may be a piece of it";
}

TEST_F(HaplotypesTest, LongAllelesThatBeginFarOutsideTheWindowAreFoundInEveryContainer) {
  const std::string letters = std::string(3000, 'A') + std::string(3000, 'C') + std::string(3000, 'G');
  write_fasta(folder_ / "long.fa", {{"c1", "", letters}});
  const Genome genome = Genome::open(folder_ / "long.fa");
  for (const char* info : {"END=7000", "SVLEN=-6900"}) {
    std::string text =
        vcf_header({"A"}, "c1", info[0] == 'E' ? "4.2" : "4.4") + vcf_line(100, "A", "<DEL>", {"1|0"}, info);
    for (int position = 200; position < 6000; position += 10)
      text += vcf_line(position, position <= 3000 ? "A" : "C", "T", {"0|1"});
    for (const auto& path : testing_files::vcf_in_every_form(folder_.path(), text)) {
      const VariantFile file = VariantFile::open(path);
      const HaplotypeReader reader(genome, file);
      const WindowHaplotypes made = reader.windows("c1", 6990, 40, std::vector<HaplotypeId>{{0, 0}, {0, 1}});
      EXPECT_EQ(made.sequence(made.of(0)), std::string(20, 'A') + std::string(20, 'G')) << path << info;
      EXPECT_EQ(made.of(1), 0U);
    }
  }
}

TEST(EditedWindow, LengthsAreKeptAndRefsThatAreNotThereAndOverlapsAreRefused) {
  const std::string piece = "ACGTACGTACGT";
  EXPECT_EQ(edited_window(piece, 100, 106, 6, {}, "m"), "TACGTA");
  EXPECT_EQ(edited_window(piece, 100, 106, 6, std::vector<Edit>{{107, "TAC", "T"}, {104, "AC", "A"}}, "m"),
            "GTAGTG");
  EXPECT_EQ(edited_window(piece, 100, 102, 8, std::vector<Edit>{{101, "C", "CTT"}}, "m"), "ACTTGTAC");
  EXPECT_EQ(edited_window(piece, 100, 101, 6, {}, "m"), "NNACGT");
  expect_error<InputError>(
      [&] {
        (void)edited_window(piece, 100, 106, 6, std::vector<Edit>{{107, "G", "T"}}, "m.vcf");
      },
      {"m.vcf: position 108", "REF G", "has T"});
  expect_error<InputError>(
      [&] {
        (void)edited_window(piece, 100, 106, 6, std::vector<Edit>{{107, "TA", "T"}, {108, "A", "C"}},
                            "m.vcf");
      },
      {"m.vcf: position 109", "overlaps", "position 108"});
}

TEST(JoinedEdits, TheFirstStayAndOfTheSecondThoseThatMeetNoneOfThem) {
  const std::vector<Edit> donor = {{10, "ACG", "A"}, {20, "T", "C"}, {30, "G", "GTT"}, {50, "A", "A"}};
  const std::vector<Edit> mutant = {{10, "A", "T"},   // the padding base of the deletion, which it leaves
                                    {11, "C", "G"},   // deleted
                                    {20, "T", "C"},   // already so
                                    {30, "G", "A"},   // before the insertion
                                    {30, "G", "GA"},  // at the same point
                                    {40, "C", "A"}};
  const std::vector<Edit> expected = {{10, "ACG", "A"}, {10, "A", "T"}, {20, "T", "C"},
                                      {30, "G", "GTT"}, {30, "G", "A"}, {40, "C", "A"}};
  EXPECT_EQ(joined_edits(donor, mutant), expected);
  EXPECT_TRUE(joined_edits({}, {}).empty());
}

TEST(HaplotypeOptions, TheirKeysAreRead) {
  HaplotypeOptions options;
  support::read_options(options, {},
                        std::vector<std::string>{"skip_mismatches=true", "skip_unsupported=true"});
  EXPECT_TRUE(options.skip_mismatches && options.skip_unsupported);
}

}  // namespace
}  // namespace biodta::genome
