#include "testing.hpp"

#include <biodta/analysis/donor_mutants.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

constexpr std::size_t kDonorTss = 1500;
constexpr std::size_t kDonorWindow = 256;  // of the small Enformer

/// A contig with a site changed; `removed` bases after it are taken out.
struct Change {
  std::size_t position;
  char base;
  std::size_t removed = 0;
};

/// The window around what the TSS became, with changes made from right to left on the whole contig.
std::string changed_window(std::string contig, std::vector<Change> changes) {
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.position > b.position; });
  std::size_t tss = kDonorTss;
  for (const auto& change : changes) {
    contig[change.position] = change.base;
    contig.erase(change.position + 1, change.removed);
    if (change.position < kDonorTss) tss -= change.removed;
  }
  return contig.substr(tss - kDonorWindow / 2, kDonorWindow);
}

TEST(DonorMutants, AreTheMeanOverBothHaplotypesWithWhatTheDonorCarries) {
  const biodta::testing::TemporaryFolder folder;
  support::RandomStream random(31);
  std::string contig;
  while (contig.size() < 3000) contig += "ACGT"[random.below(4)];
  for (const std::size_t position : {1450U, 1480U, 1481U, 1482U, 1490U, 1510U}) contig[position] = 'A';
  genome::write_fasta(folder / "g.fa", {{"c", "", contig}});
  const auto genome = genome::Genome::open(folder / "g.fa");
  // D1: an SNV on one haplotype, a deletion of two bases on the other; D2: nothing; D3: the SNV twice.
  support::write_text_file(folder / "d.vcf",
                           "##fileformat=VCFv4.3\n##contig=<ID=c>\n"
                           "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"g\">\n"
                           "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tD1\tD2\tD3\n"
                           "c\t1451\t.\tA\tG\t.\t.\t.\tGT\t1|0\t0|0\t1|1\n"
                           "c\t1481\t.\tAAA\tA\t.\t.\t.\tGT\t0|1\t0|0\t0|0\n");
  const auto file = genome::VariantFile::open(folder / "d.vcf");
  const genome::HaplotypeReader reader(genome, file);

  auto embedder = enformer::SequenceEmbedder::load(biodta::testing::fixture("enformer/small"));
  const enformer::ExpressionReadout readout{"human", {1}, 3};
  const auto first = static_cast<std::int64_t>(kDonorTss - kDonorWindow / 2);
  const GeneWindow window{"c", 3000, first, static_cast<std::int64_t>(kDonorTss),
                          contig.substr(kDonorTss - kDonorWindow / 2, kDonorWindow)};
  MutantSearch search;
  search.trials.resize(3);
  search.trials[0].edits = {{1450, "A", "C"}, {1482, "A", "T"}, {1510, "A", "G"}};
  search.trials[2].edits = {{1490, "A", "T"}};
  search.used = {0, 2};
  const std::vector<std::size_t> samples = {2, 0, 1};
  const auto found =
      mutants_in_donors({embedder, readout, window, 0, {}}, search, genome, reader, samples, /*batch=*/4);
  ASSERT_EQ(found.size(), 3U);

  const Change snv{1450, 'G'}, deletion{1480, 'A', 2};
  const Change a{1450, 'C'}, b{1482, 'T'}, c{1510, 'G'}, other{1490, 'T'};
  // By donor: what each haplotype is before, after the first mutant, after the second.
  using Haplotype = std::vector<std::vector<Change>>;
  const Haplotype plain = {{}, {a, b, c}, {other}};
  const Haplotype with_snv = {{snv}, {snv, b, c}, {snv, other}};
  const Haplotype with_deletion = {{deletion}, {a, deletion, c}, {deletion, other}};
  const std::vector<std::pair<Haplotype, Haplotype>> expected = {
      {with_snv, with_snv}, {with_snv, with_deletion}, {plain, plain}};
  for (std::size_t donor = 0; donor < 3; ++donor) {
    ASSERT_EQ(found[donor].rows.size(), 2U);
    for (std::size_t state = 0; state < 3; ++state) {
      const std::vector<std::string> windows = {changed_window(contig, expected[donor].first[state]),
                                                changed_window(contig, expected[donor].second[state])};
      const auto embedded = embedder.embed(windows, &readout);
      const auto mean = embedded.rows_NRE.mean(0).flatten().contiguous();
      const auto& row = state == 0 ? found[donor].reference_row : found[donor].rows[state - 1];
      const double expression =
          state == 0 ? found[donor].reference_expression : found[donor].expression[state - 1];
      EXPECT_NEAR(expression, 0.5 * (embedded.expression[0] + embedded.expression[1]), 1e-5 * expression);
      ASSERT_EQ(row.size(), static_cast<std::size_t>(mean.numel()));
      for (std::size_t e = 0; e < row.size(); ++e)
        EXPECT_NEAR(row[e], mean.data_ptr<float>()[e], 1e-5) << donor << ' ' << state;
    }
  }
}

}  // namespace
}  // namespace biodta::analysis
