#include "testing.hpp"

#include <biodta/analysis/mutant.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

namespace biodta::analysis {
namespace {

TEST(GeneWindow, OfAGenomeHasTheStartSiteInItsMiddleAndNBeyondTheContig) {
  const biodta::testing::TemporaryFolder folder;
  genome::write_fasta(folder / "g.fa", {{"c", "", "ACGTACGTAC"}});
  const auto genome = genome::Genome::open(folder / "g.fa");
  const GeneWindow window = gene_window(genome, {"g", "G", "", "protein_coding", "c", '-', 1, {}}, 6);
  EXPECT_EQ(window.sequence, "NNACGT");
  EXPECT_EQ(window.start, -2);
  EXPECT_EQ(window.sequence[static_cast<std::size_t>(window.tss - window.start)], 'C');
  EXPECT_EQ(window.contig_length, 10);
}

TEST(GeneWindow, OfARecordIsItsMiddle) {
  const GeneWindow window = gene_window({"GATA4", "", "AACCGGTT"}, "w.fa", 4);
  EXPECT_EQ(window.sequence, "CCGG");
  EXPECT_EQ(window.start, 2);
  EXPECT_EQ(window.tss, 4);
  EXPECT_EQ(window.contig, "GATA4");
}

TEST(GeneWindow, RefusesARecordThatIsTooShort) {
  biodta::testing::expect_error<InputError>(
      [] {
        gene_window({"GATA4", "", "ACGT"}, "w.fa", 5);
      },
      {"w.fa", "GATA4", "4 bp", "5 bp"});
}

TEST(Nearness, IsKeptOnlyWhereTheOwnGeneIsNearest) {
  EXPECT_TRUE((Nearness{1.0, 1.5, "X"}.kept()));
  EXPECT_FALSE((Nearness{1.5, 1.0, "X"}.kept()));
}

}  // namespace
}  // namespace biodta::analysis
