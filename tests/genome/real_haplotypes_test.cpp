// Haplotypes of 1000 Genomes' variants of chr20:1,000,000-2,000,000 (contig z), by themselves and against
// bcftools consensus.
#include "vcf_files.hpp"

#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/tsv.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

namespace biodta::genome {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TemporaryFolder;

constexpr const char* kSites = "genome/chr20_hg19_1000000_2000000.1000g.vcf.gz";
constexpr std::int64_t kShift = 1'000'000;  // contig z begins here on chr20

/// A line of the sites, whose END was left in chr20's coordinates.
struct SiteLine {
  std::int64_t position;  ///< 1-based
  std::string id;
  std::string ref;
  std::string alt;
  std::string end;  ///< "END=…", or "."

  bool symbolic() const { return alt.find('<') != std::string::npos; }
  std::vector<std::string_view> alternatives() const { return support::split(alt, ','); }
};

std::vector<SiteLine> read_sites() {
  support::LineReader reader(*testing::test_data() / kSites);
  std::vector<SiteLine> sites;
  std::string line;
  while (reader.next(line)) {
    if (line.front() == '#') continue;
    const auto fields = support::split(line, '\t');
    SiteLine site{std::stoll(std::string(fields[1])), std::string(fields[2]), std::string(fields[3]),
                  std::string(fields[4]), "."};
    for (const std::string_view info : support::split(fields[7], ';')) {
      if (info.starts_with("END="))
        site.end = "END=" + std::to_string(std::stoll(std::string(info.substr(4))) - kShift);
    }
    sites.push_back(std::move(site));
  }
  return sites;
}

class RealHaplotypes : public ::testing::Test {
 protected:
  void SetUp() override {
    BIODTA_SKIP_WITHOUT_TEST_DATA(kSites);
    fs::create_symlink(*testing::test_data() / "genome/chr20_hg19_1000000_2000000.fa", folder_ / "z.fa");
    genome_.emplace(Genome::open(folder_ / "z.fa"));
    sites_ = read_sites();
  }
  std::int64_t contig_length() const { return genome_->contig_length("z"); }

  TemporaryFolder folder_;
  std::optional<Genome> genome_;
  std::vector<SiteLine> sites_;
};

TEST_F(RealHaplotypes, AllVariantsOf1000GenomesApplyToTheReferenceWithoutAMismatch) {
  ASSERT_EQ(sites_.size(), 28998U);
  std::string text = testing_files::vcf_header({}, "z");
  std::size_t alu = 0;
  for (const SiteLine& site : sites_) {
    text += testing_files::vcf_line(site.position, site.ref, site.alt, {}, site.end, site.id, "z");
    alu += site.alt == "<INS:ME:ALU>" ? 1 : 0;
  }
  testing_files::write_packed_vcf(folder_ / "sites.vcf.gz", text);
  const VariantFile file = VariantFile::open(folder_ / "sites.vcf.gz");
  const HaplotypeReader reader(*genome_, file, {.skip_mismatches = true, .skip_unsupported = true});
  const std::vector<HaplotypeId> all = {kFirstAlternatives};
  const std::int64_t length = 3 * contig_length();
  const WindowHaplotypes whole = reader.windows("z", contig_length() / 2, length, all);
  const SkippedVariants skipped = reader.skipped();
  EXPECT_EQ(skipped.mismatches, 0U);
  EXPECT_EQ(skipped.unsupported, alu);
  const std::size_t made = whole.edits(1).size();
  EXPECT_EQ(made + skipped.overlaps + skipped.unsupported, sites_.size());
  EXPECT_LT(skipped.overlaps, 4000U);  // what lies in the 17 deletions of up to 33 kb and by other variants
  RecordProperty("made", static_cast<int>(made));
  RecordProperty("overlaps", static_cast<int>(skipped.overlaps));
  // The same haplotype read in windows of 20 kb holds the same variants, and each skipped one counts once.
  const HaplotypeReader again(*genome_, file, {.skip_mismatches = true, .skip_unsupported = true});
  std::vector<Edit> joined;
  for (std::int64_t tss = 0; tss < contig_length(); tss += 9000) {
    const WindowHaplotypes piece = again.windows("z", tss, 20000, all);
    if (piece.distinct() < 2) continue;
    for (const Edit& edit : piece.edits(1)) joined.push_back(edit);
  }
  std::sort(joined.begin(), joined.end(), [](const Edit& a, const Edit& b) {
    return std::tie(a.position, a.ref, a.alt) < std::tie(b.position, b.ref, b.alt);
  });
  joined.erase(std::unique(joined.begin(), joined.end()), joined.end());
  EXPECT_EQ(joined.size(), made);
  EXPECT_EQ(again.skipped(), skipped);
}

TEST_F(RealHaplotypes, EachVariantAloneMakesTheWindowThatSplicingTheContigMakes) {
  std::string text = testing_files::vcf_header({}, "z");
  for (const SiteLine& site : sites_)
    text += testing_files::vcf_line(site.position, site.ref, site.alt, {}, site.end, site.id, "z");
  testing_files::write_packed_vcf(folder_ / "sites.vcf.gz", text);
  const VariantFile file = VariantFile::open(folder_ / "sites.vcf.gz");
  const HaplotypeReader reader(*genome_, file, {.skip_unsupported = true});
  const std::string contig = genome_->fetch("z", 0, contig_length());
  constexpr std::int64_t kLength = 20000;
  std::size_t compared = 0;
  for (const std::int64_t tss : {100'000, 345'678, 600'000, 871'234}) {
    const SingleVariants found = reader.single_variants("z", tss, kLength);
    std::map<std::tuple<std::int64_t, std::string, std::string>, std::size_t> place;
    for (std::size_t i = 0; i < found.variants.size(); ++i)
      place.emplace(std::tuple(found.variants[i].position, found.variants[i].ref, found.variants[i].alt), i);
    const auto cut = [&](const std::string& letters, std::int64_t middle) {
      return letters.substr(static_cast<std::size_t>(middle - kLength / 2), kLength);
    };
    const std::string reference = cut(contig, tss);
    for (const SiteLine& site : sites_) {
      const std::int64_t first = site.position - 1;
      const auto last = first + static_cast<std::int64_t>(site.ref.size());
      const bool covers_the_tss = first < tss && last > tss;
      if (site.symbolic() || covers_the_tss || std::abs(first - tss) > kLength) continue;
      for (const std::string_view alt : site.alternatives()) {
        // Spliced in a stretch that no indel here is longer than.
        const std::int64_t from = tss - 2 * kLength;
        std::string letters = contig.substr(static_cast<std::size_t>(from), 4 * kLength);
        letters.replace(static_cast<std::size_t>(first - from), site.ref.size(), alt);
        const auto moved = last <= tss ? static_cast<std::int64_t>(alt.size()) - (last - first) : 0;
        const std::string expected = cut(letters, tss - from + moved);
        const auto known = place.find(std::tuple(first, site.ref, std::string(alt)));
        const bool listed = known != place.end();
        EXPECT_EQ(listed ? found.windows.sequence(found.windows.of(known->second)) : reference, expected)
            << site.position << ' ' << site.ref << '>' << alt;
        compared += listed ? 1 : 0;
      }
    }
  }
  EXPECT_GT(compared, 1500U);
  RecordProperty("compared", static_cast<int>(compared));
}

TEST_F(RealHaplotypes, OnAnotherPieceOfTheGenomeTheErrorSaysHowManyDoNotMatch) {
  std::string text = testing_files::vcf_header({}, "z");
  for (const SiteLine& site : sites_) {
    if (site.position > 5000) break;
    text += testing_files::vcf_line(site.position + 7, site.ref, site.alt, {}, site.end, site.id, "z");
  }
  testing_files::write_packed_vcf(folder_ / "other.vcf.gz", text);
  const VariantFile file = VariantFile::open(folder_ / "other.vcf.gz");
  const HaplotypeReader reader(*genome_, file);
  const std::string message = expect_error<InputError>(
      [&] { (void)reader.windows("z", 2500, 4000, std::vector<HaplotypeId>{kFirstAlternatives}); },
      {"other.vcf.gz: record z:", "REF", "of one assembly"});
  // By chance a quarter of the bases agree.
  const std::size_t at = message.find(" of the first ");
  ASSERT_NE(at, std::string::npos) << message;
  EXPECT_GT(std::stoi(message.substr(message.rfind(' ', at - 1) + 1)), 50) << message;
}

// ---- bcftools

bool has_bcftools() {
  return std::system("bcftools --version > /dev/null 2>&1") == 0;
}

/// What bcftools consensus would skip of the variants carried so far, by its rule: one that begins before the
/// end of the last one, or at its last base, unless it is an indel there and the last one no insertion.
class BcftoolsRule {
 public:
  bool takes(const SiteLine& site, std::string_view alt) {
    const auto last = site.position + static_cast<std::int64_t>(site.ref.size()) - 1;
    const bool indel = alt.size() != site.ref.size() && alt.front() == site.ref.front();
    const bool free = site.position > frozen_ || (site.position == frozen_ && indel && !was_insertion_);
    if (!free) return false;
    frozen_ = last;
    was_insertion_ = alt.size() > site.ref.size();
    return true;
  }

 private:
  std::int64_t frozen_ = 0;
  bool was_insertion_ = false;
};

/// Random phased genotypes of samples S1, S2, …, such that bcftools skips nothing. <CN0> is written as <DEL>,
/// which it knows; other symbolic alleles are carried by nobody.
std::string random_genotypes(const std::vector<SiteLine>& sites, std::size_t samples, double frequency) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < samples; ++i) names.push_back("S" + std::to_string(i + 1));
  support::RandomStream random(20);
  std::vector<BcftoolsRule> rules(2 * samples);
  std::string text = testing_files::vcf_header(names, "z");
  for (const SiteLine& site : sites) {
    if (site.symbolic() && site.alt != "<CN0>") continue;
    const auto alternatives = site.alternatives();
    std::vector<std::string> genotypes(samples);
    for (std::size_t i = 0; i < 2 * samples; ++i) {
      std::uint64_t allele = random.bernoulli(frequency) ? 1 + random.below(alternatives.size()) : 0;
      if (allele > 0 && site.symbolic()) {
        // Once in a while, so that not half of the contig is gone; spelled out, for the rule.
        const auto size = static_cast<std::size_t>(std::stoll(site.end.substr(4)) - site.position + 1);
        SiteLine spelled = site;
        spelled.ref = site.ref + std::string(size - 1, 'N');
        allele = random.bernoulli(0.5) && rules[i].takes(spelled, site.ref) ? 1 : 0;
      } else if (allele > 0 && !rules[i].takes(site, alternatives[allele - 1])) {
        allele = 0;
      }
      genotypes[i / 2] += (i % 2 == 0 ? "" : "|") + std::to_string(allele);
    }
    text += testing_files::vcf_line(site.position, site.ref, site.symbolic() ? "<DEL>" : site.alt, genotypes,
                                    site.end, site.id, "z");
  }
  return text;
}

/// Where bases of the reference lie on a haplotype, from a UCSC chain file.
class Chain {
 public:
  explicit Chain(const fs::path& path) {
    std::ifstream stream(path);
    std::string line;
    std::getline(stream, line);
    std::istringstream header(line);
    std::string word;
    for (int i = 0; i < 5; ++i) header >> word;
    std::int64_t reference = 0;
    std::int64_t haplotype = 0;
    header >> reference >> word >> word >> word >> word >> haplotype;
    while (std::getline(stream, line) && !line.empty()) {
      std::istringstream fields(line);
      std::int64_t size = 0;
      std::int64_t reference_gap = 0;
      std::int64_t haplotype_gap = 0;
      fields >> size >> reference_gap >> haplotype_gap;
      blocks_.push_back({reference, haplotype, size});
      reference += size + reference_gap;
      haplotype += size + haplotype_gap;
    }
  }
  std::optional<std::int64_t> haplotype_position(std::int64_t reference) const {
    for (const Block& block : blocks_) {
      const std::int64_t inside = reference - block.reference;
      if (inside >= 0 && inside < block.size) return block.haplotype + inside;
    }
    return std::nullopt;
  }
  std::size_t blocks() const { return blocks_.size(); }

 private:
  struct Block {
    std::int64_t reference;
    std::int64_t haplotype;
    std::int64_t size;
  };
  std::vector<Block> blocks_;
};

struct Consensus {
  std::string sequence;
  Chain chain;
};

Consensus bcftools_consensus(const TemporaryFolder& folder, const HaplotypeId& id) {
  const fs::path out = folder / "consensus.fa";
  const fs::path chain = folder / "consensus.chain";
  const std::string command =
      "bcftools consensus -s S" + std::to_string(id.sample + 1) + " -H " + std::to_string(id.haplotype + 1) +
      " -f '" + (folder / "z.fa").string() + "' -c '" + chain.string() + "' -o '" + out.string() + "' '" +
      (folder / "donors.vcf.gz").string() + "' > '" + (folder / "log").string() + "' 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::ostringstream log;
  log << std::ifstream(folder / "log").rdbuf();
  EXPECT_EQ(log.str().find("overlaps"), std::string::npos) << log.str();
  return {read_fasta(out).front().sequence, Chain(chain)};
}

std::string padded_slice(const std::string& sequence, std::int64_t start, std::int64_t length) {
  std::string slice;
  for (std::int64_t at = start; at < start + length; ++at) {
    const bool inside = at >= 0 && at < static_cast<std::int64_t>(sequence.size());
    slice += inside ? sequence[static_cast<std::size_t>(at)] : 'N';
  }
  return slice;
}

TEST_F(RealHaplotypes, WindowsWithIndelsAndDeletionsEqualThoseOfBcftoolsConsensus) {
  if (!has_bcftools()) GTEST_SKIP() << "bcftools is not on PATH (scripts/setup --tests installs it)";
  constexpr std::size_t kSamples = 3;
  testing_files::write_packed_vcf(folder_ / "donors.vcf.gz", random_genotypes(sites_, kSamples, 0.3));
  const VariantFile file = VariantFile::open(folder_ / "donors.vcf.gz");
  const HaplotypeReader reader(*genome_, file);
  std::vector<HaplotypeId> ids;
  std::vector<Consensus> consensus;
  for (std::size_t i = 0; i < 2 * kSamples; ++i) {
    ids.push_back({i / 2, static_cast<int>(i % 2)});
    consensus.push_back(bcftools_consensus(folder_, ids.back()));
    EXPECT_GT(consensus.back().chain.blocks(), 150U);
    EXPECT_NE(static_cast<std::int64_t>(consensus.back().sequence.size()), contig_length());
  }
  support::RandomStream random(21);
  int compared = 0;
  int changed = 0;
  for (int trial = 0; trial < 80; ++trial) {
    const auto tss = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(contig_length())));
    const std::int64_t length = trial < 8 ? 196608 : 4096 + static_cast<std::int64_t>(random.below(2));
    const WindowHaplotypes windows = reader.windows("z", tss, length, ids);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto at = consensus[i].chain.haplotype_position(tss);
      if (!at) continue;  // the base is deleted, and bcftools has no window to compare with
      const std::string found = windows.sequence(windows.of(i));
      const std::string expected = padded_slice(consensus[i].sequence, *at - length / 2, length);
      const auto differs = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
      ASSERT_TRUE(found == expected) << "haplotype " << i << " TSS " << tss << " length " << length
                                     << " from index " << differs.first - found.begin();
      ++compared;
      changed += windows.of(i) != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 400);
  EXPECT_GT(changed, compared * 9 / 10);
  EXPECT_EQ(reader.skipped(), SkippedVariants{});
  RecordProperty("compared", compared);
}

}  // namespace
}  // namespace biodta::genome
