#include <biodta/genome/fasta.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>
#include <htslib/bgzf.h>
#include <testing.hpp>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <string>
#include <vector>

namespace biodta::genome {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TemporaryFolder;

std::string random_letters(std::size_t length, std::uint64_t seed, std::string_view letters) {
  support::RandomStream random(seed);
  std::string text(length, 'A');
  for (char& letter : text) letter = letters[random.below(letters.size())];
  return text;
}

/// FASTA text with lines of `width` letters, written without the library.
std::string fasta_text(const std::string& name, const std::string& sequence, std::size_t width,
                       const std::string& line_end = "\n") {
  std::string text = ">" + name + line_end;
  for (std::size_t at = 0; at < sequence.size(); at += width) text += sequence.substr(at, width) + line_end;
  return text;
}

void put_bgzip(const fs::path& path, const std::string& text) {
  BGZF* out = bgzf_open(path.c_str(), "w");
  ASSERT_NE(out, nullptr);
  ASSERT_EQ(bgzf_write(out, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ASSERT_EQ(bgzf_close(out), 0);
}

void put_gzip(const fs::path& path, const std::string& text) {
  gzFile out = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(out, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
  ASSERT_EQ(gzclose(out), Z_OK);
}

/// What fetch must give, letter by letter.
std::string slice(const std::string& contig, std::int64_t start, std::int64_t end) {
  std::string bases;
  for (std::int64_t at = start; at < end; ++at) {
    const bool inside = at >= 0 && at < static_cast<std::int64_t>(contig.size());
    const char letter = inside ? static_cast<char>(std::toupper(contig[static_cast<std::size_t>(at)])) : 'N';
    bases += std::string("ACGT").find(letter) == std::string::npos ? 'N' : letter;
  }
  return bases;
}

void expect_random_fetches_match(const Genome& genome, const std::string& name, const std::string& contig) {
  support::RandomStream random(7);
  const auto length = static_cast<std::int64_t>(contig.size());
  for (int trial = 0; trial < 200; ++trial) {
    const auto start =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * length))) - length / 2;
    const auto end = start + static_cast<std::int64_t>(random.below(500));
    ASSERT_EQ(genome.fetch(name, start, end), slice(contig, start, end)) << start << "-" << end;
  }
}

TEST(Genome, FetchesFromPlainAndBgzipEqualSlicesOfTheSequenceWithNOutside) {
  const TemporaryFolder folder;
  const std::string first = random_letters(1003, 1, "ACGTacgtNRy");
  const std::string second = random_letters(70000, 2, "ACGT");
  const std::string text = fasta_text("c1 words", first, 50) + fasta_text("c2", second, 61);
  support::write_text_file(folder / "plain.fa", text);
  put_bgzip(folder / "packed.fa.gz", text);
  for (const char* name : {"plain.fa", "packed.fa.gz"}) {
    const Genome genome = Genome::open(folder / name);
    EXPECT_EQ(genome.contigs(), (std::vector<std::string>{"c1", "c2"}));
    EXPECT_EQ(genome.contig_length("c1"), 1003);
    EXPECT_EQ(genome.contig_length("c2"), 70000);
    EXPECT_TRUE(genome.has_contig("c2"));
    EXPECT_FALSE(genome.has_contig("c3"));
    expect_random_fetches_match(genome, "c1", first);
    expect_random_fetches_match(genome, "c2", second);
    EXPECT_TRUE(fs::exists(folder / (std::string(name) + ".fai")));
  }
  EXPECT_TRUE(fs::exists(folder / "packed.fa.gz.gzi"));
  EXPECT_FALSE(fs::exists(folder / "plain.fa.gzi"));
}

TEST(Genome, ReadsFilesWithWindowsLineEnds) {
  const TemporaryFolder folder;
  const std::string sequence = random_letters(333, 3, "ACGT");
  support::write_text_file(folder / "g.fa", fasta_text("c", sequence, 40, "\r\n"));
  EXPECT_EQ(Genome::open(folder / "g.fa").fetch("c", 0, 333), sequence);
}

TEST(Genome, AnIndexOlderThanTheFastaIsMadeAgain) {
  const TemporaryFolder folder;
  support::write_text_file(folder / "g.fa", fasta_text("old", "ACGTACGT", 4));
  Genome::open(folder / "g.fa");
  support::write_text_file(folder / "g.fa", fasta_text("new", "GGGGTTTTCC", 10));
  fs::last_write_time(folder / "g.fa", fs::last_write_time(folder / "g.fa.fai") + std::chrono::seconds(2));
  EXPECT_EQ(Genome::open(folder / "g.fa").fetch("new", 0, 10), "GGGGTTTTCC");
}

TEST(Genome, AnUnknownContigIsRefusedWithTheNamesThatAreNear) {
  const TemporaryFolder folder;
  support::write_text_file(folder / "g.fa", fasta_text("chr8", "ACGT", 4) + fasta_text("chr9", "ACGT", 4));
  const Genome genome = Genome::open(folder / "g.fa");
  expect_error<InputError>([&] { (void)genome.fetch("8", 0, 2); }, {"g.fa", "'8'", "2 contigs", "chr8"});
}

TEST(Genome, AnIndexOfABgzipFileThatMissesItsSecondHalfIsMadeAgain) {
  const TemporaryFolder folder;
  const std::string sequence = random_letters(200000, 8, "ACGT");
  put_bgzip(folder / "g.fa.gz", fasta_text("c", sequence, 60, "\r\n"));
  Genome::open(folder / "g.fa.gz");
  fs::remove(folder / "g.fa.gz.gzi");
  EXPECT_EQ(Genome::open(folder / "g.fa.gz").fetch("c", 150000, 150010), sequence.substr(150000, 10));
  EXPECT_TRUE(fs::exists(folder / "g.fa.gz.gzi"));
}

/// Takes the right to write into a folder for as long as it lives; from root, by being somebody else.
class ReadOnlyFolder {
 public:
  explicit ReadOnlyFolder(fs::path folder) : folder_(std::move(folder)) {
    fs::permissions(folder_, static_cast<fs::perms>(0555));
    if (is_root_) EXPECT_EQ(::seteuid(65534), 0);
  }
  ~ReadOnlyFolder() {
    if (is_root_) EXPECT_EQ(::seteuid(0), 0);
    fs::permissions(folder_, fs::perms::owner_all);
  }
  ReadOnlyFolder(const ReadOnlyFolder&) = delete;
  ReadOnlyFolder& operator=(const ReadOnlyFolder&) = delete;

 private:
  fs::path folder_;
  bool is_root_ = ::geteuid() == 0;
};

TEST(Genome, InAFolderThatIsReadOnlyAnIndexThatIsThereServesAndOneThatIsMissingIsAnError) {
  const TemporaryFolder folder;
  support::write_text_file(folder / "ready.fa", fasta_text("c", "ACGT", 4));
  support::write_text_file(folder / "bare.fa", fasta_text("c", "ACGT", 4));
  Genome::open(folder / "ready.fa");
  const ReadOnlyFolder locked(folder.path());
  EXPECT_EQ(Genome::open(folder / "ready.fa").fetch("c", 0, 4), "ACGT");
  expect_error<InputError>(
      [&] { Genome::open(folder / "bare.fa"); },
      {"bare.fa: its index cannot be made beside it", "Permission denied", "samtools faidx"});
}

TEST(Genome, AWindowLargerThanItsContigIsNOnBothSides) {
  const TemporaryFolder folder;
  support::write_text_file(folder / "g.fa", fasta_text("c", "ACgt", 4));
  const Genome genome = Genome::open(folder / "g.fa");
  EXPECT_EQ(genome.fetch("c", -3, 6), "NNNACGTNN");
  EXPECT_EQ(genome.fetch("c", 4, 6), "NN");
  EXPECT_EQ(genome.fetch("c", -6, -4), "NN");
  EXPECT_EQ(genome.fetch("c", 2, 2), "");
}

TEST(Genome, LettersOfIupacBecomeNAndOthersAreRefusedWithTheirLine) {
  const TemporaryFolder folder;
  support::write_text_file(folder / "g.fa", fasta_text("c", "ACGTRYSWKMBDHVNUXrysw", 7));
  EXPECT_EQ(Genome::open(folder / "g.fa").fetch("c", 0, 21), "ACGT" + std::string(17, 'N'));
  support::write_text_file(folder / "protein.fa", ">p\nACDG\nMKVLE\n");
  expect_error<InputError>([&] { Genome::open(folder / "protein.fa"); },
                           {"line 3", "'L' at column 4", "DNA"});
  expect_error<InputError>([&] { read_fasta(folder / "protein.fa"); }, {"line 3", "'L' at column 4"});
}

TEST(Genome, AFileCutAfterItsIndexWasMadeIsRefused) {
  const TemporaryFolder folder;
  support::write_text_file(folder / "g.fa", fasta_text("c", random_letters(1000, 4, "ACGT"), 50));
  Genome::open(folder / "g.fa");
  fs::resize_file(folder / "g.fa", 300);
  fs::last_write_time(folder / "g.fa.fai", fs::last_write_time(folder / "g.fa") + std::chrono::seconds(2));
  const Genome genome = Genome::open(folder / "g.fa");
  expect_error<InputError>([&] { (void)genome.fetch("c", 500, 600); }, {"g.fa", "c:501-600", "expected 100"});
}

TEST(Genome, GzipThatIsNoBgzipIsRefusedWithTheWayToRepackIt) {
  const TemporaryFolder folder;
  put_gzip(folder / "g.fa.gz", fasta_text("c", "ACGT", 4));
  expect_error<InputError>([&] { Genome::open(folder / "g.fa.gz"); }, {"g.fa.gz", "found gzip", "bgzip"});
}

TEST(Genome, MalformedFastaIsRefusedWithItsLine) {
  const TemporaryFolder folder;
  const auto refuse = [&](const std::string& text, std::initializer_list<std::string_view> parts) {
    support::write_text_file(folder / "bad.fa", text);
    expect_error<InputError>([&] { Genome::open(folder / "bad.fa"); }, parts);
    EXPECT_FALSE(fs::exists(folder / "bad.fa.fai"));
  };
  refuse("ACGT\n>c\nACGT\n", {"bad.fa: line 1", "'ACGT'", ">name"});
  refuse(">c\nACGT\nAC\nACGT\n", {"line 4", "after a short"});
  refuse(">c\nACGT\n\nACGT\n", {"line 4", "blank line"});
  refuse(">c\nACGT\nACGTA\n", {"line 3", "5 letters", "expected 4"});
  refuse(">c\nACGT\n>d\nACGT\n>c\nAC\n", {"line 5", "'c' again", "line 1"});
  refuse(">c\nAC7T\n", {"line 2", "'7' at column 3"});
  refuse("> words\nACGT\n", {"line 1", "without a name"});
  refuse(">c\nACGT\n>d\n>e\nACGT\n", {"line 3", "'d' without a sequence"});
  refuse(">c\nACGT\n>d\n", {"line 3", "'d' without a sequence"});
  refuse("", {"no sequence"});
  expect_error<InputError>([&] { Genome::open(folder / "none.fa"); }, {"none.fa", "no such file"});
  expect_error<InputError>([&] { Genome::open(folder.path()); }, {"a folder"});
}

TEST(Fasta, WhatIsWrittenIsReadBackAndStandsInLinesOfSixty) {
  const TemporaryFolder folder;
  const std::vector<FastaRecord> records = {{"a", "some words", random_letters(125, 5, "ACGTN")},
                                            {"b", "", random_letters(60, 6, "ACGT")},
                                            {"empty", "", ""}};
  write_fasta(folder / "w.fa", records);
  const auto read = read_fasta(folder / "w.fa");
  ASSERT_EQ(read.size(), records.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].name, records[i].name);
    EXPECT_EQ(read[i].description, records[i].description);
    EXPECT_EQ(read[i].sequence, records[i].sequence);
  }
  const std::string text = support::read_text_file(folder / "w.fa");
  EXPECT_EQ(text, ">a some words\n" + records[0].sequence.substr(0, 60) + "\n" +
                      records[0].sequence.substr(60, 60) + "\n" + records[0].sequence.substr(120) + "\n>b\n" +
                      records[1].sequence + "\n>empty\n");
}

TEST(Fasta, ReadingWholeTakesUnevenLinesAndGzipAndRefusesTheRestWithItsLine) {
  const TemporaryFolder folder;
  put_gzip(folder / "u.fa.gz", ">a\nac\nGTR\n\nA\n");
  EXPECT_EQ(read_fasta(folder / "u.fa.gz").front().sequence, "ACGTNA");
  support::write_text_file(folder / "bad.fa", ">a\nAC\n>b\nAC\nA>C\n");
  expect_error<InputError>([&] { read_fasta(folder / "bad.fa"); }, {"line 5", "'>' at column 2"});
  support::write_text_file(folder / "twice.fa", ">a\nAC\n>a\nAC\n");
  expect_error<InputError>([&] { read_fasta(folder / "twice.fa"); }, {"line 3", "'a' again"});
  support::write_text_file(folder / "text.fa", "hello\n");
  expect_error<InputError>([&] { read_fasta(folder / "text.fa"); }, {"line 1", "'hello'"});
}

}  // namespace
}  // namespace biodta::genome
