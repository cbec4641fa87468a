#pragma once
/// @file
/// A genome, genes and donors for biodta-embed, with windows made by hand to compare with.

#include "enformer_folder.hpp"
#include "testing.hpp"
#include "training/recording_reporter.hpp"

#include <biodta/embedding/bank.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/pipeline/embed.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/random.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace biodta::testing {

inline std::string random_bases(std::uint64_t seed, std::size_t length) {
  support::RandomStream random(seed);
  std::string bases(length, 'A');
  for (char& base : bases) base = "ACGT"[random.below(4)];
  return bases;
}

inline char other_base(char base) {
  return base == 'A' ? 'C' : 'A';
}

/// Two contigs; genes A (+) and B (−) on the first, C at the start of the second, so that its window begins
/// with N.
class EmbedWorld {
 public:
  EmbedWorld() {
    genome::write_fasta(folder_ / "genome.fa", {{"chr1", "", chr1_}, {"chr2", "", chr2_}});
    write_genes("");
    options.genome = folder_ / "genome.fa";
    options.annotation = folder_ / "genes.gtf";
    options.weights = small_enformer();
    options.output = folder_ / "embeddings.h5";
    options.batch = 3;
    options.overwrite = true;  // most tests run several times
  }

  void write_genes(const std::string& more) const {
    const auto record = [](const char* contig, int start, int end, char strand, const std::string& name) {
      return std::string(contig) + "\ttest\tgene\t" + std::to_string(start) + "\t" + std::to_string(end) +
             "\t.\t" + strand + "\t.\tgene_id \"ENSG_" + name + "\"; gene_name \"" + name +
             "\"; gene_type \"protein_coding\";\n";
    };
    support::write_text_file(folder_ / "genes.gtf", record("chr1", 1001, 1500, '+', "A") +
                                                        record("chr1", 1200, 2001, '-', "B") +
                                                        record("chr2", 51, 400, '+', "C") + more);
  }

  /// Substitutions at 0-based positions of chr1, with one genotype for each of `samples`.
  void write_variants(const std::vector<std::string>& samples,
                      const std::vector<std::pair<std::int64_t, std::vector<std::string>>>& records) {
    std::vector<genome::VcfRecord> lines;
    for (const auto& [position, genotypes] : records) {
      const char ref = chr1_[static_cast<std::size_t>(position)];
      lines.push_back({"chr1", {position, {ref}, {other_base(ref)}}, ".", genotypes});
    }
    genome::write_vcf(folder_ / "donors.vcf.gz", {{"chr1", 3000}, {"chr2", 900}}, samples, lines);
    options.vcf = folder_ / "donors.vcf.gz";
  }

  /// Window of a TSS on chr1 with bases changed by hand.
  std::string window(std::int64_t tss, std::initializer_list<std::int64_t> changed = {}) const {
    std::string contig = chr1_;
    for (const auto position : changed) {
      char& base = contig[static_cast<std::size_t>(position)];
      base = other_base(base);
    }
    return contig.substr(static_cast<std::size_t>(tss - kSmallWindow / 2), kSmallWindow);
  }
  std::string window_of_c() const { return std::string(78, 'N') + chr2_.substr(0, 178); }

  embedding::EmbeddingBank run() {
    pipeline::embed(options, reporter, "cpu");
    return embedding::EmbeddingBank::read(options.output);
  }

  pipeline::EmbedOptions options;
  RecordingReporter reporter;
  std::filesystem::path operator/(const std::filesystem::path& name) const { return folder_ / name; }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  std::string chr1_ = random_bases(1, 3000);
  std::string chr2_ = random_bases(2, 900);
};

}  // namespace biodta::testing
