#include <biodta/genome/annotation.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>
#include <zlib.h>

#include <fstream>
#include <string>
#include <vector>

namespace biodta::genome {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TemporaryFolder;

std::string line(const std::string& contig, const std::string& feature, int start, int end, char strand,
                 const std::string& attributes) {
  return contig + "\tTEST\t" + feature + "\t" + std::to_string(start) + "\t" + std::to_string(end) + "\t.\t" +
         strand + "\t.\t" + attributes + "\n";
}

std::string gene_line(const std::string& id, int start, int end, char strand, const std::string& more = "") {
  return line("chr1", "gene", start, end, strand,
              "gene_id \"" + id + "\"; gene_type \"protein_coding\"; " + more);
}

std::string transcript_line(const std::string& id, int start, int end, char strand, const std::string& tag) {
  return line("chr1", "transcript", start, end, strand,
              "gene_id \"" + id + "\"; tag \"basic\"; tag \"" + tag + "\";");
}

class AnnotationTest : public ::testing::Test {
 protected:
  std::vector<Gene> read(const std::string& text, const AnnotationOptions& options = {},
                         const std::string& name = "genes.gtf") {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return read_annotation(folder_ / name, options);
  }
  void refuse(const std::string& text, std::initializer_list<std::string_view> parts,
              const AnnotationOptions& options = {}, const std::string& name = "genes.gtf") {
    expect_error<InputError>([&] { read(text, options, name); }, parts);
  }
  TemporaryFolder folder_;
};

TEST_F(AnnotationTest, TheTssIsTheGenesStartOnThePlusAndItsEndOnTheMinusStrandZeroBased) {
  const auto genes = read("##a comment\n" + gene_line("ENSG01.4", 101, 200, '+', "gene_name \"ONE\";") +
                          gene_line("ENSG02.12", 301, 400, '-'));
  ASSERT_EQ(genes.size(), 2U);
  EXPECT_EQ(genes[0].tss, 100);
  EXPECT_EQ(genes[0].symbol, "ONE");
  EXPECT_EQ(genes[0].id, "ENSG01");
  EXPECT_EQ(genes[0].contig, "chr1");
  EXPECT_EQ(genes[0].strand, '+');
  EXPECT_EQ(genes[0].biotype, "protein_coding");
  EXPECT_EQ(genes[1].tss, 399);
  EXPECT_EQ(genes[1].symbol, "ENSG02");
}

TEST_F(AnnotationTest, TheCanonicalPolicyTakesTheTaggedTranscriptAndPrefersEnsembls) {
  AnnotationOptions options;
  options.tss = TssPolicy::kCanonical;
  const auto genes =
      read(gene_line("ENSG01.1", 101, 900, '+') + transcript_line("ENSG01.1", 150, 900, '+', "MANE_Select") +
               transcript_line("ENSG01.1", 160, 900, '+', "Ensembl_canonical") +
               transcript_line("ENSG01.1", 170, 900, '+', "CCDS") + gene_line("ENSG02.1", 10, 90, '-') +
               transcript_line("ENSG02.1", 20, 80, '-', "MANE_Select"),
           options);
  ASSERT_EQ(genes.size(), 2U);
  EXPECT_EQ(genes[0].tss, 159);
  EXPECT_EQ(genes[1].tss, 79);
}

TEST_F(AnnotationTest, ACanonicalTranscriptThatIsMissingOrDoubtfulIsAnError) {
  AnnotationOptions options;
  options.tss = TssPolicy::kCanonical;
  refuse(gene_line("ENSG01", 1, 9, '+', "gene_name \"ONE\";"),
         {"ENSG01", "ONE", "Ensembl_canonical", "gene_start"}, options);
  refuse(gene_line("ENSG01", 1, 9, '+') + transcript_line("ENSG01", 1, 9, '+', "Ensembl_canonical") +
             transcript_line("ENSG01", 2, 9, '+', "Ensembl_canonical"),
         {"line 3", "second canonical", "ENSG01"}, options);
}

TEST_F(AnnotationTest, BiotypesAreFilteredUnderBothOfTheirNamesAndAnEmptyListKeepsAll) {
  const std::string text = gene_line("G1", 1, 9, '+') +
                           line("chr1", "gene", 20, 30, '+', "gene_id \"G2\"; gene_biotype \"lncRNA\";") +
                           line("chr1", "gene", 40, 50, '+', "gene_id \"G3\";");
  EXPECT_EQ(read(text).size(), 1U);
  AnnotationOptions options;
  options.biotypes = {"lncRNA", "protein_coding"};
  EXPECT_EQ(read(text, options).size(), 2U);
  options.biotypes = {};
  EXPECT_EQ(read(text, options).size(), 3U);
  options.biotypes = {"snoRNA"};
  refuse(text, {"lncRNA", "none", "protein_coding", "expected snoRNA", "genes.biotypes"}, options);
}

TEST_F(AnnotationTest, AttributesMayHoldSemicolonsInQuotesNumbersWithoutThemAndNoLastSemicolon) {
  const auto genes =
      read(line("chr1", "gene", 5, 9, '+',
                "level 2; note \"a; b\"; gene_type \"protein_coding\"; gene_id \"G1\"; gene_name X"));
  ASSERT_EQ(genes.size(), 1U);
  EXPECT_EQ(genes[0].id, "G1");
  EXPECT_EQ(genes[0].symbol, "X");
}

TEST_F(AnnotationTest, OnlyEnsemblVersionsAreCutAndTheOtherPseudoautosomalCopyIsAnotherGene) {
  const auto genes = read(gene_line("ENSG7.15", 1, 9, '+') + gene_line("ENSG7.15_PAR_Y", 21, 29, '+') +
                          gene_line("AC0123.1", 31, 39, '+') + gene_line("AC0123.2", 41, 49, '+'));
  std::vector<std::string> ids;
  for (const Gene& gene : genes) ids.push_back(gene.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"ENSG7", "ENSG7_PAR_Y", "AC0123.1", "AC0123.2"}));
}

TEST_F(AnnotationTest, AGeneTwiceAtOnePlaceCountsOnceAndAtTwoPlacesIsAnErrorThatNamesBoth) {
  EXPECT_EQ(read(gene_line("G1", 5, 9, '+') + gene_line("G1", 5, 20, '+')).size(), 1U);
  refuse(gene_line("G1", 5, 9, '+') + gene_line("G2", 5, 9, '+') + gene_line("G1", 6, 9, '+'),
         {"line 3", "'G1'", "chr1:6 (+)", "line 1", "chr1:5 (+)"});
}

TEST_F(AnnotationTest, MalformedGtfIsRefusedWithItsLine) {
  const std::string good = gene_line("G1", 5, 9, '+');
  refuse(good + "chr1\tTEST\tgene\t5\n", {"genes.gtf: line 2", "4 fields", "9 tab-separated"});
  refuse(good + line("chr1", "gene", 9, 5, '+', "gene_id \"G2\";"), {"line 2", "9-5", "start <= end"});
  refuse(good + line("chr1", "gene", 0, 5, '+', "gene_id \"G2\";"), {"line 2", "0-5"});
  refuse(good + "chr1\tTEST\tgene\tx\t9\t.\t+\t.\tgene_id \"G2\";\n", {"line 2", "'x'", "whole number"});
  refuse(good + line("chr1", "gene", 5, 9, '.', "gene_id \"G2\";"), {"line 2", "strand '.'"});
  refuse(good + line("chr1", "gene", 5, 9, '+', "gene_name \"A\";"), {"line 2", "no gene_id"});
  refuse(good + line("chr1", "gene", 5, 9, '+', "gene_id \"G2; level 2;"), {"line 2", "closing quote"});
  refuse(good + line("chr1", "gene", 5, 9, '+', "gene_id \"G2\" level 2;"),
         {"line 2", "'gene_id'", "semicolon"});
  refuse(good + line("chr1", "gene", 5, 9, '+', "gene_id"), {"line 2", "attribute 'gene_id'"});
  refuse(line("chr1", "exon", 5, 9, '+', "gene_id \"G2\";"), {"no gene record"});
  refuse("", {"no gene record"});
  refuse("x", {"'.gff2'", ".gff3", ".gz"}, {}, "genes.gff2");
  expect_error<InputError>([&] { read_annotation(folder_ / "none.gtf"); }, {"none.gtf", "no such file"});
}

TEST_F(AnnotationTest, GzipIsReadAsPlainText) {
  gzFile out = gzopen((folder_ / "g.GTF.gz").c_str(), "wb");
  const std::string text = gene_line("G1", 5, 9, '+');
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  EXPECT_EQ(read_annotation(folder_ / "g.GTF.gz").front().tss, 4);
}

TEST_F(AnnotationTest, ABedLinesTssIsTheMiddleOfItsIntervalWhateverTheStrand) {
  const auto genes =
      read("#chr\tstart\ttrack\nchr8\t11565114\t11565614\tGATA4\t0\t+\nchr9\t7\t8\tENSG01.3\t0\t-\textra\n",
           {}, "tss.bed");
  ASSERT_EQ(genes.size(), 2U);
  EXPECT_EQ(genes[0].symbol, "GATA4");
  EXPECT_EQ(genes[0].id, "GATA4");
  EXPECT_EQ(genes[0].tss, 11565364);
  EXPECT_EQ(genes[1].id, "ENSG01");
  EXPECT_EQ(genes[1].tss, 7);
  EXPECT_EQ(genes[1].strand, '-');
}

TEST_F(AnnotationTest, MalformedBedIsRefusedWithItsLine) {
  refuse("chr8\t1\t2\n", {"tss.bed: line 1", "3 fields", "BED6"}, {}, "tss.bed");
  refuse("chr8\t5\t5\tA\t0\t+\n", {"line 1", "5-5", "start < end"}, {}, "tss.bed");
  refuse("chr8\t5\t9\t\t0\t+\n", {"line 1", "no name"}, {}, "tss.bed");
  refuse("chr8\t5\t9\tA\t0\t*\n", {"line 1", "strand '*'"}, {}, "tss.bed");
  refuse("chr8\t5\t9\tA\t0\t+\nchr9\t5\t9\tA\t0\t+\n", {"line 2", "'A'", "line 1"}, {}, "tss.bed");
  refuse("# nothing\n", {"no record"}, {}, "tss.bed");
}

TEST(TssPolicy, NamesAreThoseOfTheConfig) {
  EXPECT_EQ(to_string(TssPolicy::kGeneStart), "gene_start");
  EXPECT_EQ(to_string(TssPolicy::kCanonical), "canonical");
}

}  // namespace
}  // namespace biodta::genome
