// The attribute styles of Ensembl, GENCODE and RefSeq, in GTF and GFF3; every file holds the same two genes:
// HEARTY on the + strand with transcripts that start at 1001, 1051 (twice) and 1301 (1-based), the canonical
// one at 1051, and MIRROR on the - strand with starts at 9000 (canonical) and 8900.
#include <biodta/genome/annotation.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>
#include <zlib.h>

#include <string>
#include <vector>

namespace biodta::genome {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

struct StyleLine {
  const char* contig;
  const char* type;
  int start;
  int end;
  char strand;
  std::string attributes;
};

std::string feature_text(const std::vector<StyleLine>& lines) {
  std::string text;
  for (const StyleLine& line : lines) {
    text += std::string(line.contig) + "\tmade\t" + line.type + "\t" + std::to_string(line.start) + "\t" +
            std::to_string(line.end) + "\t.\t" + line.strand + "\t.\t" + line.attributes + "\n";
  }
  return text;
}

std::string ensembl_gff3() {
  return "##gff-version 3\n##sequence-region   8 1 20000\n" +
         feature_text({
             {"8", "chromosome", 1, 20000, '.', "ID=chromosome:8;Alias=NC_000008.11"},
             {"8", "gene", 1001, 2000, '+',
              "ID=gene:ENSG01;Name=HEARTY;biotype=protein_coding;description=Heart%2C made up%3B 5%25 "
              "[%zz];gene_id=ENSG01;version=3"},
             {"8", "mRNA", 1001, 2000, '+',
              "ID=transcript:ENST1;Parent=gene:ENSG01;biotype=protein_coding;transcript_id=ENST1;version=2"},
             {"8", "exon", 1001, 2000, '+', "Parent=transcript:ENST1"},
             {"8", "mRNA", 1051, 2000, '+',
              "ID=transcript:ENST2;Parent=gene:ENSG01;tag=basic,Ensembl_canonical,MANE_Select;transcript_id="
              "ENST2"},
             {"8", "lnc_RNA", 1301, 1900, '+', "ID=transcript:ENST3;Parent=gene:ENSG01;transcript_id=ENST3"},
             {"8", "mRNA", 1051, 1800, '+', "ID=transcript:ENST4;Parent=gene:ENSG01;transcript_id=ENST4"},
         }) +
         "###\n" +
         feature_text({
             {"8", "ncRNA_gene", 3000, 4000, '+', "ID=gene:ENSG77;biotype=lncRNA;gene_id=ENSG77"},
             {"8", "pseudogene", 5000, 6000, '+',
              "ID=gene:ENSG78;biotype=processed_pseudogene;gene_id=ENSG78"},
             {"8", "mRNA", 8000, 9000, '-',
              "ID=transcript:ENST5;Parent=gene:ENSG02;tag=basic,Ensembl_canonical;transcript_id=ENST5"},
             {"8", "mRNA", 8000, 8900, '-', "ID=transcript:ENST6;Parent=gene:ENSG02;transcript_id=ENST6"},
             {"8", "gene", 8000, 9000, '-',
              "ID=gene:ENSG02;Name=MIRROR;biotype=protein_coding;gene_id=ENSG02"},
         });
}

std::string gencode_gff3() {
  return "##gff-version 3\n" +
         feature_text({
             {"chr8", "gene", 1001, 2000, '+',
              "ID=ENSG01.3;gene_id=ENSG01.3;gene_type=protein_coding;gene_name=HEARTY;level=2"},
             {"chr8", "transcript", 1001, 2000, '+',
              "ID=ENST1.2;Parent=ENSG01.3;gene_id=ENSG01.3;transcript_id=ENST1.2;tag=basic"},
             {"chr8", "transcript", 1051, 2000, '+',
              "ID=ENST2.1;Parent=ENSG01.3;gene_id=ENSG01.3;transcript_id=ENST2.1;tag=basic,Ensembl_canonical,"
              "MANE_Select"},
             {"chr8", "exon", 1051, 2000, '+', "ID=exon:1;Parent=ENST2.1;gene_id=ENSG01.3"},
             {"chr8", "transcript", 1301, 1900, '+',
              "ID=ENST3.1;Parent=ENSG01.3;gene_id=ENSG01.3;transcript_id=ENST3.1"},
             {"chr8", "transcript", 1051, 1800, '+',
              "ID=ENST4.1;Parent=ENSG01.3;gene_id=ENSG01.3;transcript_id=ENST4.1"},
             {"chr8", "gene", 8000, 9000, '-',
              "ID=ENSG02.1;gene_id=ENSG02.1;gene_type=protein_coding;gene_name=MIRROR"},
             {"chr8", "transcript", 8000, 9000, '-',
              "ID=ENST5.1;Parent=ENSG02.1;transcript_id=ENST5.1;tag=MANE_Select"},
             {"chr8", "transcript", 8000, 8900, '-', "ID=ENST6.1;Parent=ENSG02.1;transcript_id=ENST6.1"},
         });
}

std::string refseq_gff3() {
  return "##gff-version 3\n" +
         feature_text({
             {"NC_000008.11", "region", 1, 20000, '+', "ID=NC_000008.11:1..20000;Dbxref=taxon:9606;Name=8"},
             {"NC_000008.11", "gene", 1001, 2000, '+',
              "ID=gene-HEARTY;Dbxref=GeneID:4321,HGNC:HGNC:99;Name=HEARTY;gbkey=Gene;gene=HEARTY;gene_"
              "biotype=protein_coding"},
             {"NC_000008.11", "mRNA", 1001, 2000, '+',
              "ID=rna-NM_01.2;Parent=gene-HEARTY;Dbxref=GeneID:4321;Name=NM_01.2;gbkey=mRNA;transcript_id=NM_"
              "01.2"},
             {"NC_000008.11", "exon", 1001, 2000, '+', "ID=exon-NM_01.2-1;Parent=rna-NM_01.2;gbkey=mRNA"},
             {"NC_000008.11", "mRNA", 1051, 2000, '+',
              "ID=rna-NM_02.1;Parent=gene-HEARTY;tag=MANE Select;transcript_id=NM_02.1"},
             {"NC_000008.11", "ncRNA", 1301, 1900, '+',
              "ID=rna-NR_03.1;Parent=gene-HEARTY;transcript_id=NR_03.1"},
             {"NC_000008.11", "mRNA", 1051, 1800, '+', "ID=rna-XM_04.1;Parent=gene-HEARTY"},
             {"NC_000008.11", "gene", 8000, 9000, '-',
              "ID=gene-MIRROR;Dbxref=GeneID:8765;Name=MIRROR;gene=MIRROR;gene_biotype=protein_coding"},
             {"NC_000008.11", "mRNA", 8000, 9000, '-',
              "ID=rna-NM_05.1;Parent=gene-MIRROR;tag=MANE Select,RefSeq Select;transcript_id=NM_05.1"},
             {"NC_000008.11", "mRNA", 8000, 8900, '-',
              "ID=rna-NM_06.1;Parent=gene-MIRROR;transcript_id=NM_06.1"},
         });
}

std::string refseq_gtf() {
  const auto gene = [](const std::string& name, const std::string& number) {
    return "gene_id \"" + name + "\"; transcript_id \"\"; db_xref \"GeneID:" + number +
           "\"; db_xref \"HGNC:HGNC:9\"; gbkey \"Gene\"; gene \"" + name +
           "\"; gene_biotype \"protein_coding\"; ";
  };
  const auto transcript = [](const std::string& name, const std::string& id, const std::string& more = "") {
    return "gene_id \"" + name + "\"; transcript_id \"" + id + "\"; gbkey \"mRNA\"; gene \"" + name + "\"; " +
           more;
  };
  return "#gtf-version 2.2\n" +
         feature_text({
             {"NC_000008.11", "gene", 1001, 2000, '+', gene("HEARTY", "4321")},
             {"NC_000008.11", "transcript", 1001, 2000, '+', transcript("HEARTY", "NM_01.2")},
             {"NC_000008.11", "transcript", 1051, 2000, '+',
              transcript("HEARTY", "NM_02.1", "tag \"MANE Select\"; ")},
             {"NC_000008.11", "transcript", 1301, 1900, '+', transcript("HEARTY", "NR_03.1")},
             {"NC_000008.11", "transcript", 1051, 1800, '+', transcript("HEARTY", "XM_04.1")},
             {"NC_000008.11", "gene", 8000, 9000, '-', gene("MIRROR", "8765")},
             {"NC_000008.11", "transcript", 8000, 9000, '-',
              transcript("MIRROR", "NM_05.1", "tag \"MANE Select\"; ")},
             {"NC_000008.11", "transcript", 8000, 8900, '-', transcript("MIRROR", "NM_06.1")},
         });
}

std::string ensembl_gtf() {
  const std::string one =
      "gene_id \"ENSG01\"; gene_version \"3\"; gene_name \"HEARTY\"; gene_biotype \"protein_coding\"; ";
  const std::string two =
      "gene_id \"ENSG02\"; gene_version \"1\"; gene_name \"MIRROR\"; gene_biotype \"protein_coding\"; ";
  return "#!genome-build GRCh38.p14\n" +
         feature_text({{"8", "gene", 1001, 2000, '+', one},
                       {"8", "transcript", 1001, 2000, '+', one + "transcript_id \"ENST1\"; tag \"basic\";"},
                       {"8", "transcript", 1051, 2000, '+',
                        one + "transcript_id \"ENST2\"; tag \"Ensembl_canonical\";"},
                       {"8", "transcript", 1301, 1900, '+', one + "transcript_id \"ENST3\";"},
                       {"8", "transcript", 1051, 1800, '+', one + "transcript_id \"ENST4\";"},
                       {"8", "gene", 8000, 9000, '-', two},
                       {"8", "transcript", 8000, 9000, '-',
                        two + "transcript_id \"ENST5\"; tag \"Ensembl_canonical\";"},
                       {"8", "transcript", 8000, 8900, '-', two + "transcript_id \"ENST6\";"}});
}

struct Style {
  const char* name;
  const char* file;
  std::string (*text)();
  const char* contig;
  std::vector<std::string> ids;          ///< of the two genes
  std::vector<std::string> transcripts;  ///< 1 to 6
  std::vector<std::string> ncbi;
};

std::vector<Style> styles() {
  const std::vector<std::string> ensembl = {"ENST1", "ENST2", "ENST3", "ENST4", "ENST5", "ENST6"};
  const std::vector<std::string> refseq = {"NM_01.2", "NM_02.1", "NR_03.1", "XM_04.1", "NM_05.1", "NM_06.1"};
  return {
      {"EnsemblGff3", "e.gff3", ensembl_gff3, "8", {"ENSG01", "ENSG02"}, ensembl, {"", ""}},
      {"GencodeGff3", "g.gff3", gencode_gff3, "chr8", {"ENSG01", "ENSG02"}, ensembl, {"", ""}},
      {"RefseqGff3", "r.gff", refseq_gff3, "NC_000008.11", {"HEARTY", "MIRROR"}, refseq, {"4321", "8765"}},
      {"RefseqGtf", "r.gtf", refseq_gtf, "NC_000008.11", {"HEARTY", "MIRROR"}, refseq, {"4321", "8765"}},
      {"EnsemblGtf", "e.gtf", ensembl_gtf, "8", {"ENSG01", "ENSG02"}, ensembl, {"", ""}}};
}

class AnnotationStyle : public ::testing::TestWithParam<Style> {
 protected:
  std::vector<Gene> read(TssPolicy policy) {
    AnnotationOptions options;
    options.tss = policy;
    support::write_text_file(folder_ / GetParam().file, GetParam().text());
    return read_annotation(folder_ / GetParam().file, options);
  }
  TemporaryFolder folder_;
};

TEST_P(AnnotationStyle, GenesHaveTheirIdsSymbolsAndStrands) {
  const auto genes = read(TssPolicy::kGeneStart);
  ASSERT_EQ(genes.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(genes[i].id, GetParam().ids[i]);
    EXPECT_EQ(genes[i].symbol, i == 0 ? "HEARTY" : "MIRROR");
    EXPECT_EQ(genes[i].ncbi_gene, GetParam().ncbi[i]);
    EXPECT_EQ(genes[i].biotype, "protein_coding");
    EXPECT_EQ(genes[i].contig, GetParam().contig);
    EXPECT_EQ(genes[i].strand, i == 0 ? '+' : '-');
    EXPECT_EQ(genes[i].tss, i == 0 ? 1000 : 8999);
    EXPECT_EQ(genes[i].starts, (std::vector<TranscriptionStart>{{genes[i].tss, {}}}));
  }
}

TEST_P(AnnotationStyle, TheCanonicalPolicyTakesTheTaggedTranscript) {
  const auto genes = read(TssPolicy::kCanonical);
  const auto& ids = GetParam().transcripts;
  ASSERT_EQ(genes.size(), 2U);
  EXPECT_EQ(genes[0].starts, (std::vector<TranscriptionStart>{{1050, {ids[1]}}}));
  EXPECT_EQ(genes[1].starts, (std::vector<TranscriptionStart>{{8999, {ids[4]}}}));
  EXPECT_EQ(genes[0].tss, 1050);
  EXPECT_EQ(genes[1].tss, 8999);
}

TEST_P(AnnotationStyle, AllTranscriptsGiveTheDistinctStartsInTheDirectionOfTranscription) {
  const auto genes = read(TssPolicy::kAllTranscripts);
  const auto& ids = GetParam().transcripts;
  ASSERT_EQ(genes.size(), 2U);
  EXPECT_EQ(genes[0].starts,
            (std::vector<TranscriptionStart>{{1000, {ids[0]}}, {1050, {ids[1], ids[3]}}, {1300, {ids[2]}}}));
  EXPECT_EQ(genes[1].starts, (std::vector<TranscriptionStart>{{8999, {ids[4]}}, {8899, {ids[5]}}}));
  EXPECT_EQ(genes[0].tss, 1000);
  EXPECT_EQ(genes[1].tss, 8999);
}

INSTANTIATE_TEST_SUITE_P(Sources, AnnotationStyle, ::testing::ValuesIn(styles()),
                         [](const auto& style) { return style.param.name; });

class Gff3Test : public ::testing::Test {
 protected:
  std::vector<Gene> read(const std::string& text, TssPolicy policy = TssPolicy::kGeneStart,
                         const std::string& name = "a.gff3") {
    AnnotationOptions options;
    options.tss = policy;
    support::write_text_file(folder_ / name, text);
    return read_annotation(folder_ / name, options);
  }
  void refuse(const std::string& text, std::initializer_list<std::string_view> parts,
              TssPolicy policy = TssPolicy::kGeneStart) {
    expect_error<InputError>([&] { read(text, policy); }, parts);
  }
  TemporaryFolder folder_;
};

const std::string kGff3Gene = "c1\t.\tgene\t5\t9\t.\t+\t.\tID=g1;gene_biotype=protein_coding\n";

TEST_F(Gff3Test, PercentCodesAreDecodedAndAStrayPercentStandsForItself) {
  const auto genes = read(
      "chr%201\t.\tgene\t5\t9\t.\t+\t.\tID=gene-A%3BB;Name=HLA%2cA 100%, "
      "%zz%0Ax;gene_biotype=protein_coding\n");
  ASSERT_EQ(genes.size(), 1U);
  EXPECT_EQ(genes[0].contig, "chr 1");
  EXPECT_EQ(genes[0].id, "A;B");
  EXPECT_EQ(genes[0].symbol, "HLA,A 100%, %zz%0Ax");
}

TEST_F(Gff3Test, TheCopyOnYOfGencodeIsAnotherGeneAlsoWhereOnlyItsIdSaysSo) {
  const auto genes = read(
      "chrX\t.\tgene\t5\t9\t.\t+\t.\tID=ENSG7.10;gene_id=ENSG7.10;gene_type=protein_coding;gene_name=P\n"
      "chrX\t.\ttranscript\t6\t9\t.\t+\t.\tID=ENST7.1;Parent=ENSG7.10;transcript_id=ENST7.1\n"
      "chrY\t.\tgene\t25\t29\t.\t+\t.\tID=ENSG7.10_PAR_Y;gene_id=ENSG7.10;gene_type=protein_coding;gene_name="
      "P\n"
      "chrY\t.\ttranscript\t27\t29\t.\t+\t.\tID=ENST7.1_PAR_Y;Parent=ENSG7.10_PAR_Y;transcript_id=ENST7.1\n",
      TssPolicy::kAllTranscripts);
  ASSERT_EQ(genes.size(), 2U);
  EXPECT_EQ(genes[0].id, "ENSG7");
  EXPECT_EQ(genes[0].tss, 5);
  EXPECT_EQ(genes[1].id, "ENSG7_PAR_Y");
  EXPECT_EQ(genes[1].tss, 26);
}

TEST_F(Gff3Test, GzipIsReadAndASequenceAtTheEndIsNot) {
  const gzFile out = gzopen((folder_ / "a.gff3.gz").c_str(), "wb");
  const std::string text = kGff3Gene + "##FASTA\n>c1\nACGT\n";
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  EXPECT_EQ(read_annotation(folder_ / "a.gff3.gz").front().id, "g1");
}

TEST_F(Gff3Test, MalformedRecordsAreRefusedWithTheirLine) {
  refuse(kGff3Gene + "c1\t.\tgene\t5\n", {"a.gff3: line 2", "4 fields", "GFF3"});
  refuse(kGff3Gene + "c1\t.\tgene\t5\t9\t.\t+\t.\tgene_id \"G\"; gene_name \"A\";\n",
         {"line 2", "gene_id \"G\"", "key=value", ".gtf"});
  refuse(kGff3Gene + "c1\t.\tgene\t5\t9\t.\t+\t.\tName=A\n", {"line 2", "without ID"});
  refuse(kGff3Gene + "c1\t.\tgene\t9\t5\t.\t+\t.\tID=g2;biotype=protein_coding\n", {"line 2", "9-5"});
  refuse(kGff3Gene + "c1\t.\tgene\t7\t9\t.\t+\t.\tID=g1;biotype=protein_coding\n",
         {"line 2", "'g1'", "c1:7 (+)", "line 1"});
  refuse("##gff-version 3\n", {"no gene record", "GFF3"});
  refuse("c1\t.\tgene\t5\t9\t.\t+\t.\tID=g1;biotype=tRNA\n", {"tRNA", "protein_coding", "genes.biotypes"});
}

TEST_F(Gff3Test, AGeneWithoutTheTranscriptsAskedForIsRefused) {
  refuse(kGff3Gene, {"gene 'g1'", "no transcript", "gene_start"}, TssPolicy::kAllTranscripts);
  refuse(kGff3Gene + "c1\t.\texon\t5\t9\t.\t+\t.\tParent=g1\n", {"no transcript"},
         TssPolicy::kAllTranscripts);
  refuse(kGff3Gene + "c1\t.\tmRNA\t5\t9\t.\t+\t.\tID=t;Parent=g1\n", {"no canonical transcript"},
         TssPolicy::kCanonical);
  refuse(kGff3Gene + "c1\t.\tmRNA\t5\t9\t.\t-\t.\tID=t1;Parent=g1\n", {"'g1'", "'t1' on c1 (-)", "c1 (+)"},
         TssPolicy::kAllTranscripts);
}

TEST_F(Gff3Test, ABedGeneHasOneStartWhateverThePolicy) {
  const auto genes = read("chr8\t10\t20\tGATA4\t0\t-\n", TssPolicy::kAllTranscripts, "a.bed");
  EXPECT_EQ(genes.front().starts, (std::vector<TranscriptionStart>{{15, {}}}));
  EXPECT_EQ(to_string(TssPolicy::kAllTranscripts), "all_transcripts");
}

}  // namespace
}  // namespace biodta::genome
