// The room on real files: RefSeq's GATA4 locus, GENCODE, 1000 Genomes. Files are linked into a temporary
// folder, so that indexes are made there.
#include <biodta/genome/annotation.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/mutagenesis.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <algorithm>
#include <map>
#include <string>

namespace biodta::genome {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TemporaryFolder;

fs::path linked(const TemporaryFolder& folder, const std::string& name) {
  fs::create_symlink(*testing::test_data() / "genome" / name, folder / name);
  return folder / name;
}

TEST(RealGenome, TheGata4LocusReadWholeEqualsTheLocusFetchedInPieces) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/gata4_hg19.fa");
  const TemporaryFolder folder;
  const fs::path path = linked(folder, "gata4_hg19.fa");
  const auto records = read_fasta(path);
  ASSERT_EQ(records.size(), 1U);
  ASSERT_EQ(records[0].sequence.size(), 131072U);
  const Genome genome = Genome::open(path);
  std::string joined;
  for (std::int64_t at = 0; at < 131072; at += 1000) {
    joined += genome.fetch(records[0].name, at, std::min<std::int64_t>(at + 1000, 131072));
  }
  EXPECT_EQ(joined, records[0].sequence);
  // An Enformer window of 196,608 bp around its TSS leaves the record on both sides.
  const Window window = window_around(65536, 196608);
  const std::string fetched = genome.fetch(records[0].name, window.start, window.end);
  EXPECT_EQ(fetched.substr(0, 32768), std::string(32768, 'N'));
  EXPECT_EQ(fetched.substr(32768, 131072), records[0].sequence);
  EXPECT_EQ(fetched.substr(163840), std::string(32768, 'N'));
}

TEST(RealGenome, WindowsFetchedFromAFullLengthChromosomeEqualThePublishedWindows) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/chr20_hg19_masked_9995000_11095000.fa.gz");
  const TemporaryFolder folder;
  const Genome genome = Genome::open(linked(folder, "chr20_hg19_masked_9995000_11095000.fa.gz"));
  EXPECT_EQ(genome.contig_length("chr20"), 63025520);
  const auto table = support::read_table(*testing::test_data() / "genome/tss_windows_196608.tsv");
  std::map<std::string, std::string> windows;
  for (const FastaRecord& record : read_fasta(*testing::test_data() / "genome/tss_windows_196608.fa.gz")) {
    windows[record.name] = record.sequence;
  }
  EXPECT_EQ(windows.size(), 39U);
  int compared = 0;
  for (const auto& row : table.rows) {
    const std::int64_t tss = std::stoll(row[table.column("tss0")]);
    const bool inside = row[table.column("build")] == "hg19" && row[table.column("chrom")] == "chr20" &&
                        tss - 98304 >= 9995000 && tss + 98304 <= 11095000;
    if (!inside) continue;
    const Window window = window_around(tss, 196608);
    EXPECT_EQ(window.start, std::stoll(row[table.column("win_start0")]));
    EXPECT_EQ(genome.fetch("chr20", window.start, window.end), windows.at(row[table.column("ensembl_id")]));
    ++compared;
  }
  EXPECT_GE(compared, 2);  // JAG1 and SNAP25 at the least
}

/// Compares a published window with the one cut from a piece that begins at `piece_start` of its contig.
void expect_window(const std::string& symbol, const Genome& piece, std::int64_t piece_start,
                   std::size_t unknown) {
  const fs::path data = *testing::test_data() / "genome";
  const auto table = support::read_table(data / "tss_windows_196608.tsv");
  const auto row = std::find_if(table.rows.begin(), table.rows.end(),
                                [&](const auto& one) { return one[table.column("symbol")] == symbol; });
  ASSERT_NE(row, table.rows.end()) << symbol;
  const auto records = read_fasta(data / "tss_windows_196608.fa.gz");
  const auto published = std::find_if(records.begin(), records.end(), [&](const FastaRecord& record) {
    return record.name == (*row)[table.column("ensembl_id")];
  });
  ASSERT_NE(published, records.end()) << symbol;
  const Window window = window_around(std::stoll((*row)[table.column("tss0")]) - piece_start, 196608);
  const std::string cut = piece.fetch(piece.contigs().front(), window.start, window.end);
  EXPECT_TRUE(cut == published->sequence) << symbol;
  EXPECT_EQ(static_cast<std::size_t>(std::count(cut.begin(), cut.end(), 'N')), unknown) << symbol;
}

TEST(RealGenome, TheWindowsOfGata4Jag1AndFkbp1aCutFromTheirPiecesEqualThePublishedOnes) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/tss_windows_196608.fa.gz");
  const TemporaryFolder folder;
  // 131,072 bp are known around GATA4: the rest of its window is N.
  expect_window("GATA4", Genome::open(linked(folder, "gata4_hg19.fa")), 11496144, 65536);
  expect_window("JAG1", Genome::open(linked(folder, "chr20_hg19_masked_9995000_11095000.fa.gz")), 0, 0);
  expect_window("FKBP1A", Genome::open(linked(folder, "chr20_hg19_1000000_2000000.fa")), 1000000, 0);
}

TEST(RealGenome, GencodesTssEqualThePublishedOnes) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/gencode_v19_chr20_250k.gtf");
  const fs::path data = *testing::test_data() / "genome";
  const auto genes = read_annotation(data / "gencode_v19_chr20_250k.gtf");
  EXPECT_EQ(genes.size(), 6U);  // of 8, one is a pseudogene and one a lincRNA
  const auto table = support::read_table(data / "tss_windows_196608.tsv");
  int compared = 0;
  for (const auto& row : table.rows) {
    const auto gene = std::find_if(genes.begin(), genes.end(), [&](const Gene& one) {
      return one.id == row[table.column("ensembl_id")] && row[table.column("build")] == "hg19";
    });
    if (gene == genes.end()) continue;
    EXPECT_EQ(gene->symbol, row[table.column("symbol")]);
    EXPECT_EQ(gene->strand, row[table.column("strand")].front());
    EXPECT_NEAR(static_cast<double>(gene->tss), std::stod(row[table.column("tss0")]), 1.0) << gene->symbol;
    ++compared;
  }
  EXPECT_GE(compared, 3);
}

TEST(RealGenome, TheCanonicalTranscriptOfScn5aIsTakenAndOlderGencodeHasNone) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/gencode_v43_excerpt.gtf");
  const fs::path data = *testing::test_data() / "genome";
  AnnotationOptions options;
  options.tss = TssPolicy::kCanonical;
  const auto genes = read_annotation(data / "gencode_v43_excerpt.gtf", options);
  ASSERT_EQ(genes.size(), 1U);
  EXPECT_EQ(genes[0].id, "ENSG00000183873");
  EXPECT_EQ(genes[0].symbol, "SCN5A");
  EXPECT_EQ(genes[0].tss, 38649686);
  expect_error<InputError>([&] { read_annotation(data / "gencode_v19_chr20_250k.gtf", options); },
                           {"no canonical transcript", "ENSG"});
}

TEST(RealGenome, TheTssOfABedOfTwentyThousandGenesEqualThoseOfThePublishedWindows) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/tss500bp_hg19.bed");
  const fs::path data = *testing::test_data() / "genome";
  const auto genes = read_annotation(data / "tss500bp_hg19.bed");
  EXPECT_EQ(genes.size(), 20629U);
  std::map<std::string, Gene> by_symbol;
  for (const Gene& gene : genes) by_symbol[gene.symbol] = gene;
  const auto table = support::read_table(data / "tss_windows_196608.tsv");
  int compared = 0;
  for (const auto& row : table.rows) {
    const std::string& symbol = row[table.column("symbol")];
    // GATA4 has several promoters, and the two sources choose differently.
    if (row[table.column("build")] != "hg19" || symbol == "GATA4" || !by_symbol.contains(symbol)) continue;
    EXPECT_EQ(by_symbol.at(symbol).tss, std::stoll(row[table.column("tss0")])) << symbol;
    EXPECT_EQ(by_symbol.at(symbol).contig, row[table.column("chrom")]) << symbol;
    EXPECT_EQ(by_symbol.at(symbol).strand, row[table.column("strand")].front()) << symbol;
    ++compared;
  }
  EXPECT_EQ(compared, 36);
  EXPECT_EQ(by_symbol.at("GATA4").contig, "chr8");
}

TEST(RealGenome, EveryRefOf1000GenomesStandsInTheReference) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/chr20_hg19_1000000_2000000.1000g.vcf.gz");
  const TemporaryFolder folder;
  const Genome genome = Genome::open(linked(folder, "chr20_hg19_1000000_2000000.fa"));
  const fs::path sites = linked(folder, "chr20_hg19_1000000_2000000.1000g.vcf.gz");
  const VariantFile file = VariantFile::open(sites);
  EXPECT_TRUE(file.samples().empty());
  expect_error<InputError>([&] { (void)file.haplotype_edits("z", 0, 100, 0, 0); }, {"samples", "found 0"});

  // Its biallelic SNPs become the genotypes of one made-up sample, all carried, so that they can be applied.
  support::LineReader reader(sites);
  std::vector<VcfRecord> records;
  std::string line;
  while (reader.next(line)) {
    if (line.front() == '#') continue;
    const auto fields = support::split(line, '\t');
    if (fields[3].size() != 1 || fields[4].size() != 1) continue;
    VcfRecord record;
    record.contig = fields[0];
    record.edit = {std::stoll(std::string(fields[1])) - 1, std::string(fields[3]), std::string(fields[4])};
    if (!records.empty() && records.back().edit.position == record.edit.position) continue;
    record.genotypes = {"1"};
    records.push_back(std::move(record));
  }
  EXPECT_GT(records.size(), 25000U);
  write_vcf(folder / "carried.vcf.gz", {{"z", genome.contig_length("z")}}, {"all"}, records);
  const VariantFile carried = VariantFile::open(folder / "carried.vcf.gz");
  std::size_t applied = 0;
  for (std::int64_t start = 0; start < 1000000; start += 10000) {
    const std::string reference = genome.fetch("z", start, start + 10000);
    const auto edits = carried.haplotype_edits("z", start, start + 10000, 0, 0);
    const std::string changed = apply_substitutions(reference, start, edits, "carried.vcf.gz");
    std::size_t differences = 0;
    for (std::size_t i = 0; i < changed.size(); ++i) differences += changed[i] != reference[i] ? 1 : 0;
    EXPECT_EQ(differences, edits.size());
    applied += edits.size();
  }
  EXPECT_EQ(applied, records.size());
}

TEST(RealGenome, AVcfWithoutItsLineOfColumnsIsRefusedWithTheLine) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/chr1_hg38_eqtl.vcf");
  expect_error<InputError>([] { VariantFile::open(*testing::test_data() / "genome/chr1_hg38_eqtl.vcf"); },
                           {"chr1_hg38_eqtl.vcf: line 2", "#CHROM"});
}

TEST(RealGenome, MutantsOfGata4sPromoterReplayOnTheReference) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genome/gata4_hg19.fa");
  const TemporaryFolder folder;
  const Genome genome = Genome::open(linked(folder, "gata4_hg19.fa"));
  const std::string contig = genome.contigs().front();
  const Window window = window_around(65536, 4096);
  const std::string reference = genome.fetch(contig, window.start, window.end);
  support::RandomStream random(4);
  const Mutant mutant = random_mutant(reference, window.start, 65536, {}, random);
  EXPECT_GT(mutant.edits.size(), 150U);
  EXPECT_EQ(apply_substitutions(reference, window.start, mutant.edits, "mutant"), mutant.sequence);
}

}  // namespace
}  // namespace biodta::genome
