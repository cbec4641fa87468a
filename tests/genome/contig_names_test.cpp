#include <biodta/genome/contig_names.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <string>
#include <vector>

namespace biodta::genome {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

TEST(ContigNames, AnExactNameGoesFirstThenThePrefixIsPutBeforeOrTakenOff) {
  const ContigNames ucsc("g.fa", {"chr8", "chrX", "chr1_KI270706v1_random"});
  EXPECT_EQ(ucsc.find("chr8"), "chr8");
  EXPECT_EQ(ucsc.find("8"), "chr8");
  EXPECT_EQ(ucsc.find("X"), "chrX");
  EXPECT_EQ(ucsc.find("1_KI270706v1_random"), "chr1_KI270706v1_random");
  const ContigNames ensembl("g.fa", {"8", "X"});
  EXPECT_EQ(ensembl.find("chr8"), "8");
  const ContigNames both("g.fa", {"8", "chr8"});
  EXPECT_EQ(both.find("8"), "8");
  EXPECT_EQ(both.find("chr8"), "chr8");
}

TEST(ContigNames, TheMitochondrionIsFoundUnderItsFourNames) {
  const std::vector<std::string> all = {"M", "MT", "chrM", "chrMT"};
  for (const std::string& own : all) {
    const ContigNames names("g.fa", {"chr1", own});
    for (const std::string& asked : all) EXPECT_EQ(names.find(asked), own) << asked;
  }
  EXPECT_EQ(ContigNames("g.fa", {"chr1", "1"}).find("MT"), std::nullopt);
}

TEST(ContigNames, NothingElsePassesForTheSameContig) {
  const ContigNames names("g.fa", {"chr8", "chr18"});
  for (const char* other : {"NC_000008.11", "Chr8", "CHR8", "chrchr8", "08", "", "chr", "hr8", "chr80"})
    EXPECT_EQ(names.find(other), std::nullopt) << other;
}

TEST(ContigNames, AContigThatIsMissingIsRefusedShowingBothFilesNames) {
  const ContigNames names("genome.fa", {"chr1", "chr2", "chr3", "chr4"});
  EXPECT_EQ(names.require("2", "v.vcf", "record"), "chr2");
  expect_error<InputError>(
      [&] { (void)names.require("NC_000008.11", "v.vcf", "line 7"); },
      {"v.vcf: line 7", "NC_000008.11", "chr1, chr2 and chr3", "genome.fa", "one assembly"});
  expect_error<InputError>([] { (void)ContigNames("empty.fa", {}).require("1", "v.vcf", ""); },
                           {"empty.fa", "none"});
}

TEST(ContigNames, GenesTakeTheGenomesNamesOrAreRefusedWithTheirOwn) {
  const TemporaryFolder folder;
  write_fasta(folder / "g.fa", {{"chr1", "", "ACGTACGT"}, {"chrM", "", "ACGT"}});
  const Genome genome = Genome::open(folder / "g.fa");
  Gene one;
  one.id = "ENSG1";
  one.symbol = "ONE";
  one.contig = "1";
  one.tss = 7;
  Gene two = one;
  two.contig = "MT";
  two.tss = 3;
  std::vector<Gene> genes = {one, two};
  use_contigs_of(genome, genes, "a.gtf");
  EXPECT_EQ(genes[0].contig, "chr1");
  EXPECT_EQ(genes[1].contig, "chrM");

  std::vector<Gene> accession = {one};
  accession[0].contig = "NC_000001.11";
  expect_error<InputError>([&] { use_contigs_of(genome, accession, "a.gtf"); },
                           {"a.gtf: gene ENSG1 (ONE)", "NC_000001.11", "chr1 and chrM", "g.fa"});
  std::vector<Gene> beyond = {one};
  beyond[0].tss = 8;
  expect_error<InputError>([&] { use_contigs_of(genome, beyond, "a.gtf"); },
                           {"a TSS at 9", "8 bp", "assembly"});
}

}  // namespace
}  // namespace biodta::genome
