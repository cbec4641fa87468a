#include "vcf_files.hpp"

#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/mutagenesis.hpp>
#include <biodta/genome/mutant_files.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace biodta::genome {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

std::vector<NamedMutant> by_name(std::vector<NamedMutant> mutants) {
  std::sort(mutants.begin(), mutants.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return mutants;
}

TEST(MutantVcf, RandomMutantsAreReadAgainWithTheSameEditsAndTheSameDna) {
  const TemporaryFolder folder;
  support::RandomStream random(31);
  std::string contig(4000, 'A');
  for (char& base : contig) base = "ACGTN"[random.below(20) == 0 ? 4 : random.below(4)];
  const std::vector<VcfContig> contigs = {{"chr2", 5000}, {"chr1", 4000}};
  std::vector<NamedMutant> mutants;
  std::vector<std::string> sequences;
  for (int trial = 0; trial < 30; ++trial) {
    MutagenesisOptions options;
    options.number = trial % 3 == 0 ? 12 : 0;
    options.rate = trial % 3 == 1 ? 0.2 : 1.0;
    const Mutant mutant =
        random_mutant(std::string_view(contig).substr(1500, 1000), 1500, 2000, options, random);
    mutants.push_back({"trial" + std::to_string(trial), trial % 2 == 0 ? "chr1" : "chr2", mutant.edits});
    sequences.push_back(mutant.sequence);
  }
  for (const char* name : {"m.vcf", "m.vcf.gz"}) {
    write_mutant_vcf(folder / name, contigs, mutants);
    const auto read = read_mutant_vcf(folder / name);
    ASSERT_EQ(by_name(read), by_name(mutants));
    for (const NamedMutant& mutant : read) {
      const auto trial = static_cast<std::size_t>(std::stoi(mutant.name.substr(5)));
      EXPECT_EQ(edited_window(contig, 0, 2000, 1000, mutant.edits, mutant.name), sequences[trial]);
    }
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "m.vcf.gz.tbi"));
}

TEST(MutantVcf, EditsOfEveryKindAreReadAgain) {
  const TemporaryFolder folder;
  const std::vector<NamedMutant> mutants = {{"chr1:5:A>C", "chr1", {{4, "A", "C"}}},
                                            {"both", "chr1", {{4, "AC", "A"}, {9, "G", "GTT"}}},
                                            {"mask", "chr1", {{4, "ACGT", "NNNN"}}}};
  write_mutant_vcf(folder / "m.vcf.gz", {{"chr1", 50}}, mutants);
  EXPECT_EQ(read_mutant_vcf(folder / "m.vcf.gz"), mutants);
}

TEST(MutantVcf, WhatCannotBeWrittenOrReadIsRefused) {
  const TemporaryFolder folder;
  const auto refuse_write = [&](const NamedMutant& mutant, std::initializer_list<std::string_view> parts) {
    expect_error<InputError>([&] { write_mutant_vcf(folder / "m.vcf", {{"chr1", 50}}, {mutant}); }, parts);
    EXPECT_FALSE(std::filesystem::exists(folder / "m.vcf"));
  };
  refuse_write({"none", "chr1", {}}, {"mutant none", "no edit"});
  refuse_write({"a b", "chr1", {{4, "A", "C"}}}, {"'a b'"});
  refuse_write({"a;b", "chr1", {{4, "A", "C"}}}, {"'a;b'"});
  refuse_write({".", "chr1", {{4, "A", "C"}}}, {"'.'"});
  refuse_write({"a", "chr9", {{4, "A", "C"}}}, {"'chr9'"});
  const auto refuse_read = [&](const std::string& lines, std::initializer_list<std::string_view> parts) {
    support::write_text_file(folder / "r.vcf", testing_files::vcf_header({}) + lines);
    expect_error<InputError>([&] { read_mutant_vcf(folder / "r.vcf"); }, parts);
  };
  using testing_files::vcf_line;
  refuse_read(vcf_line(5, "A", "C", {}), {"r.vcf: record c1:5", "no ID"});
  refuse_read(vcf_line(5, "A", "C,G", {}, ".", "m"), {"c1:5 (m)", "2 ALT"});
  refuse_read(vcf_line(5, "A", "<DEL>", {}, "END=7", "m"), {"<DEL>"});
  refuse_read(vcf_line(5, "A", "C", {}, ".", "m") + vcf_line(5, "A", "C", {}, ".", "m", "c2"),
              {"mutant m on c2", "c1"});
  refuse_read("", {"no record"});
  support::write_text_file(folder / "s.vcf",
                           testing_files::vcf_header({}) + vcf_line(5, "A", "C", {}, ".", "m;n"));
  EXPECT_EQ(read_mutant_vcf(folder / "s.vcf"),
            (std::vector<NamedMutant>{{"m", "c1", {{4, "A", "C"}}}, {"n", "c1", {{4, "A", "C"}}}}));
}

class MutantTableTest : public ::testing::Test {
 protected:
  std::vector<NamedMutant> read(const std::string& text) {
    support::write_text_file(folder_ / "m.tsv", text);
    return read_mutant_table(folder_ / "m.tsv");
  }
  TemporaryFolder folder_;
};

TEST_F(MutantTableTest, RowsOfOneNameMakeOneMutantAndWithoutNamesEachRowIsOne) {
  EXPECT_EQ(read("mutant\tcontig\tposition\tref\talt\nm1\tchr1\t20\tG\tGTT\nm2\tchr2\t7\tA\tC\nm1\tchr1\t5\ta"
                 "c\tA\n"),
            (std::vector<NamedMutant>{{"m1", "chr1", {{4, "AC", "A"}, {19, "G", "GTT"}}},
                                      {"m2", "chr2", {{6, "A", "C"}}}}));
  EXPECT_EQ(read("contig\tposition\tref\talt\tnote\nchr1\t5\tA\tC\tx\nchr1\t6\tA\tN\ty\n"),
            (std::vector<NamedMutant>{{"chr1:5:A>C", "chr1", {{4, "A", "C"}}},
                                      {"chr1:6:A>N", "chr1", {{5, "A", "N"}}}}));
}

TEST_F(MutantTableTest, MalformedRowsAreRefusedWithTheirNumber) {
  const auto refuse = [&](const std::string& rows, std::initializer_list<std::string_view> parts) {
    expect_error<InputError>([&] { read("contig\tposition\tref\talt\tmutant\n" + rows); }, parts);
  };
  const std::string good = "chr1\t5\tA\tC\tm\n";
  refuse(good + "chr1\t0\tA\tC\tm\n", {"m.tsv: row 2", "position '0'", "from 1"});
  refuse(good + "chr1\t1e3\tA\tC\tm\n", {"row 2", "position '1e3'"});
  refuse(good + "chr1\t7\t-\tC\tm\n", {"row 2", "ref '-'", "base before"});
  refuse(good + "chr1\t7\tA\t\tm\n", {"row 2", "alt ''"});
  refuse(good + "chr1\t7\tA\tR\tm\n", {"row 2", "alt 'R'"});
  refuse(good + "chr1\t7\tA\tC\t\n", {"row 2", "name ''"});
  refuse(good + "chr2\t7\tA\tC\tm\n", {"row 2", "mutant m on chr2", "chr1"});
  refuse(good + "\t7\tA\tC\tm\n", {"row 2", "no contig"});
  refuse("", {"no row"});
  expect_error<InputError>([&] { read("contig\tposition\tref\n"); }, {"alt"});
}

}  // namespace
}  // namespace biodta::genome
