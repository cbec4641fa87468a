// Windows of random haplotypes against a model that holds the whole contig base by base.
#include "vcf_files.hpp"

#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace biodta::genome {
namespace {

using testing::TemporaryFolder;

constexpr std::int64_t kContigLength = 3000;

std::string random_letters_of(support::RandomStream& random, std::size_t count) {
  std::string letters(count, 'A');
  for (char& letter : letters) letter = "ACGT"[random.below(4)];
  return letters;
}

char another(support::RandomStream& random, char letter) {
  const auto index = static_cast<std::uint64_t>(base_index(letter));
  return "ACGT"[(index + 1 + random.below(3)) % 4];
}

/// [start, end) becomes `letters`, before what a record adds around it.
struct PlainChange {
  std::int64_t start;
  std::int64_t end;
  std::string letters;
};

struct PlainRecord {
  std::int64_t position;  // 0-based POS
  std::vector<PlainChange> alternatives;
  std::vector<int> carried;  // [haplotypes] allele
  std::string line;
};

/// A contig as letters that each know the reference base they stand for, or none.
class BaseByBase {
 public:
  explicit BaseByBase(const std::string& reference)
      : inserted_(reference.size() + 1), closed_(reference.size() + 1) {
    for (const char base : reference) kept_.emplace_back(1, base);
    touched_.resize(reference.size());
  }
  /// False, and nothing done, where it overlaps what was made before.
  bool make(const PlainChange& change) {
    const auto start = static_cast<std::size_t>(change.start);
    const auto end = static_cast<std::size_t>(change.end);
    if (start == end) {
      if (closed_[start] || !inserted_[start].empty()) return false;
      inserted_[start] = change.letters;
      return true;
    }
    for (std::size_t at = start; at < end; ++at) {
      if (touched_[at] || (at > start && !inserted_[at].empty())) return false;
    }
    for (std::size_t at = start; at < end; ++at) {
      touched_[at] = true;
      if (at > start) closed_[at] = true;
      kept_[at] = at - start < change.letters.size() ? change.letters.substr(at - start, 1) : "";
    }
    if (change.letters.size() > end - start) kept_[end - 1] += change.letters.substr(end - start);
    return true;
  }
  std::string window(std::int64_t tss, std::int64_t length) const {
    std::string left;
    std::string right;
    for (std::size_t at = 0; at <= kept_.size(); ++at) {
      // What is inserted before a base goes with the base before it, so before the TSS it lies to the left.
      const bool before = static_cast<std::int64_t>(at) <= tss || right.empty();
      (before ? left : right) += inserted_[at];
      if (at == kept_.size()) break;
      (static_cast<std::int64_t>(at) < tss ? left : right) += kept_[at];
    }
    const auto wanted_left = static_cast<std::size_t>(length / 2);
    const auto wanted_right = static_cast<std::size_t>(length - length / 2);
    left.insert(0, wanted_left, 'N');
    right.append(wanted_right, 'N');
    return left.substr(left.size() - wanted_left) + right.substr(0, wanted_right);
  }

 private:
  std::vector<std::string> kept_;      // what stands for each base
  std::vector<std::string> inserted_;  // before each base, and at the end
  std::vector<bool> closed_;           // points inside a replacement
  std::vector<bool> touched_;
};

/// Makes records with one or two alternatives of many kinds.
class RandomRecords {
 public:
  RandomRecords(const std::string& reference, std::uint64_t seed) : reference_(reference), random_(seed) {}

  std::vector<PlainRecord> make(std::size_t samples) {
    std::vector<PlainRecord> records;
    for (std::int64_t at = 5; at < kContigLength - 60; at += static_cast<std::int64_t>(random_.below(14)))
      records.push_back(random_.bernoulli(0.04) ? symbolic(at) : bases(at));
    for (PlainRecord& record : records) carry(record, samples);
    return records;
  }

 private:
  std::string slice(std::int64_t start, std::int64_t end) const {
    return reference_.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start));
  }

  PlainChange change(std::int64_t at) {
    const auto size = 1 + static_cast<std::int64_t>(random_.below(6));
    const std::string old = slice(at + 1, at + 1 + size);
    switch (random_.below(4)) {
      case 0:
        return {at + 1, at + 2, std::string(1, another(random_, old[0]))};
      case 1:
        return {at + 1, at + 1 + size, ""};
      case 2:
        return {at + 1, at + 1, random_letters_of(random_, static_cast<std::size_t>(size))};
      default: {
        // Its ends differ from the reference's, so that nothing is shared.
        std::string letters = random_letters_of(random_, 1 + random_.below(5));
        letters.back() = another(random_, old.back());
        letters.front() =
            letters.size() == 1 && old.size() > 1 ? letters.front() : another(random_, old.front());
        const bool shared = letters.front() == old.front() || letters.back() == old.back();
        return shared ? PlainChange{at + 1, at + 1 + size, ""} : PlainChange{at + 1, at + 1 + size, letters};
      }
    }
  }

  PlainRecord bases(std::int64_t at) {
    PlainRecord record{at, {}, {}, {}};
    std::int64_t end = at + 1;
    for (std::uint64_t i = 0; i <= random_.below(2); ++i) {
      record.alternatives.push_back(change(at));
      end = std::max(end, record.alternatives.back().end);
    }
    end += static_cast<std::int64_t>(random_.below(2));  // a shared base behind
    std::string alt;
    for (const PlainChange& one : record.alternatives)
      alt += (alt.empty() ? "" : ",") + slice(at, one.start) + one.letters + slice(one.end, end);
    record.line = std::to_string(at + 1) + "\t.\t" + slice(at, end) + "\t" + alt + "\t.\t.\t.";
    return record;
  }

  PlainRecord symbolic(std::int64_t at) {
    const std::int64_t end = at + 2 + static_cast<std::int64_t>(random_.below(55));
    const std::string stretch = slice(at + 1, end);
    const std::vector<std::pair<std::string, PlainChange>> kinds = {
        {"<DEL>", {at + 1, end, ""}},
        {"<DUP>", {at + 1, at + 1, stretch}},
        {"<DUP:TANDEM>", {at + 1, at + 1, stretch}},
        {"<CN0>", {at + 1, end, ""}},
        {"<CN3>", {at + 1, at + 1, stretch + stretch}},
        {"<INV>", {at + 1, end, reverse_complement(stretch)}}};
    const auto& [name, change] = kinds[random_.below(kinds.size())];
    PlainRecord record{at, {change}, {}, {}};
    // An inversion's ends may pair with each other; then the bases that stay are not changed.
    PlainChange& own = record.alternatives.front();
    while (name == "<INV>" && own.start < own.end && own.letters.back() == slice(own.end - 1, own.end)[0]) {
      own = {own.start + 1, own.end - 1,
             own.letters.substr(1, own.letters.size() < 2 ? 0 : own.letters.size() - 2)};
    }
    const std::string where =
        random_.bernoulli(0.5) ? "END=" + std::to_string(end) : "SVLEN=-" + std::to_string(end - at - 1);
    record.line = std::to_string(at + 1) + "\t.\t" + slice(at, at + 1) + "\t" + name + "\t.\t.\t" + where;
    return record;
  }

  void carry(PlainRecord& record, std::size_t samples) {
    record.line = "c1\t" + record.line + "\tGT";
    const auto alleles = record.alternatives.size() + 1;
    for (std::size_t sample = 0; sample < samples; ++sample) {
      for (int haplotype = 0; haplotype < 2; ++haplotype) {
        const auto allele = random_.bernoulli(0.6) ? 0 : random_.below(alleles);
        record.carried.push_back(static_cast<int>(allele));
        record.line += (haplotype == 0 ? "\t" : "|") + std::to_string(allele);
      }
    }
    record.line += '\n';
  }

  const std::string& reference_;
  support::RandomStream random_;
};

struct ExpectedHaplotype {
  BaseByBase contig;
  std::uint64_t overlaps = 0;
};

ExpectedHaplotype expected_haplotype(const std::string& reference, const std::vector<PlainRecord>& records,
                                     std::size_t haplotype) {
  ExpectedHaplotype made{BaseByBase(reference)};
  for (const PlainRecord& record : records) {
    const int allele = record.carried[haplotype];
    if (allele == 0) continue;
    const PlainChange& change = record.alternatives[static_cast<std::size_t>(allele) - 1];
    if (change.start == change.end && change.letters.empty()) continue;  // a palindrome inverted
    if (!made.contig.make(change)) ++made.overlaps;
  }
  return made;
}

class BruteForce : public ::testing::TestWithParam<int> {};

TEST_P(BruteForce, EveryWindowOfEveryHaplotypeEqualsTheOneCutFromTheWholeHaplotype) {
  const TemporaryFolder folder;
  support::RandomStream random(static_cast<std::uint64_t>(GetParam()));
  const std::string reference = random_letters_of(random, kContigLength);
  write_fasta(folder / "g.fa", {{"c1", "", reference}});
  const Genome genome = Genome::open(folder / "g.fa");
  constexpr std::size_t kSamples = 3;
  const auto records = RandomRecords(reference, random()).make(kSamples);
  // VCF 4.4, where SVLEN alone is enough, so that the index does not know how long alleles are.
  std::string text = testing_files::vcf_header({"A", "B", "C"}, "c1", "4.4");
  for (const PlainRecord& record : records) text += record.line;
  std::vector<HaplotypeId> ids;
  std::vector<ExpectedHaplotype> expected;
  for (std::size_t i = 0; i < 2 * kSamples; ++i) {
    ids.push_back({i / 2, static_cast<int>(i % 2)});
    expected.push_back(expected_haplotype(reference, records, i));
  }
  for (const auto& path : testing_files::vcf_in_every_form(folder.path(), text)) {
    const VariantFile file = VariantFile::open(path);
    const HaplotypeReader reader(genome, file, {.skip_mismatches = true});
    std::set<std::string> distinct;
    for (int trial = 0; trial < 60; ++trial) {
      const auto tss = static_cast<std::int64_t>(random.below(kContigLength));
      const auto length = 1 + static_cast<std::int64_t>(random.below(600));
      const WindowHaplotypes windows = reader.windows("c1", tss, length, ids);
      const Window window = window_around(tss, length);
      ASSERT_EQ(windows.sequence(0), genome.fetch("c1", window.start, window.end));
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::string found = windows.sequence(windows.of(i));
        ASSERT_EQ(found, expected[i].contig.window(tss, length))
            << path.filename() << " haplotype " << i << " TSS " << tss << " length " << length;
        // Replaying its edits on the genome gives it again.
        ASSERT_EQ(found, edited_window(genome, "c1", tss, length, windows.edits(windows.of(i)), "edits"));
      }
    }
    // The whole contig, so that every variant has been met; each counts once all the same.
    (void)reader.windows("c1", kContigLength / 2, 2 * kContigLength, ids);
    std::uint64_t overlaps = 0;
    for (const ExpectedHaplotype& one : expected) overlaps += one.overlaps;
    EXPECT_GT(overlaps, 0U);
    EXPECT_EQ(reader.skipped(), (SkippedVariants{.mismatches = 0, .overlaps = overlaps, .unsupported = 0}));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BruteForce, ::testing::Range(1, 9));

}  // namespace
}  // namespace biodta::genome
