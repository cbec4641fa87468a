#pragma once
/// @file
/// Files of donors whose expression follows from their DNA, and a small random Enformer to fine-tune on them.

#include "testing.hpp"

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/model_folder.hpp>
#include <biodta/enformer/tracks.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/pipeline/runtime.hpp>
#include <biodta/pipeline/train_enformer.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/tsv.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace biodta::testing {

/// 24 genes, 200 bp apart, and 16 diploid donors. At each gene stands a motif, which a variant breaks; a
/// donor's expression is e^(1 + the gene's own level + 0.8 × whole copies).
class DonorWorld {
 public:
  static constexpr std::size_t kGenes = 24, kDonors = 16;

  DonorWorld() {
    pipeline::set_threads(1);  // the network is too small to be shared out
    support::RandomStream random(12);
    write_genome(random);
    write_donors(random);
    write_enformer();
    support::write_text_file(folder_ / "donors.yaml", R"(
weights: enformer
output: personal
head: planted
readout: {tracks: [1], bins: 8}
donors: {genome: genome.fa, annotation: genes.gtf, vcf: donors.vcf.gz, expression: expression.tsv}
groups: {genes: 4, donors_per_gene: 6, held_out_donor_share: 0.25, held_out_gene_share: 0.25, max_shift: 2}
training: {max_steps: 80, clip_norm: 0.5, evaluate_every: 40, checkpoint_every: 0, log_every: 10}
optimizer: {learning_rate: 0.005}
schedule: {warmup_fraction: 0.1}
)");
  }

  pipeline::TrainEnformerOptions options(const std::vector<std::string>& set = {}) const {
    pipeline::TrainEnformerOptions options;
    support::read_options(options, folder_ / "donors.yaml", set);
    return options;
  }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return folder_ / name; }

  support::Table expression() const { return support::read_table(folder_ / "expression.tsv"); }
  void write(const support::Table& table) const { support::write_table(table); }

 private:
  static std::int64_t tss(std::size_t gene) { return 200 + 200 * static_cast<std::int64_t>(gene); }
  static std::int64_t motif(std::size_t gene) { return tss(gene) - 4; }

  void write_genome(support::RandomStream& random) {
    contig_.assign(200 * (kGenes + 2), 'A');
    for (char& base : contig_) base = "ACGT"[random.below(4)];
    std::string gtf;
    for (std::size_t gene = 0; gene < kGenes; ++gene) {
      contig_.replace(static_cast<std::size_t>(motif(gene)), 8, "GGCGGCGG");
      gtf += "c1\ttest\tgene\t" + std::to_string(tss(gene) + 1) + "\t" + std::to_string(tss(gene) + 90) +
             "\t.\t+\t.\tgene_id \"ENSG" + std::to_string(gene) + "\"; gene_name \"G" + std::to_string(gene) +
             "\"; gene_type \"protein_coding\";\n";
    }
    genome::write_fasta(folder_ / "genome.fa", {{"c1", "", contig_}});
    support::write_text_file(folder_ / "genes.gtf", gtf);
  }

  void write_donors(support::RandomStream& random) {
    std::vector<std::string> donors;
    for (std::size_t donor = 0; donor < kDonors; ++donor)
      donors.push_back("HG" + std::to_string(100 + donor));
    support::Table table{folder_ / "expression.tsv", {"gene"}, {}};
    table.columns.insert(table.columns.end(), donors.rbegin(), donors.rend());  // not in the order of the VCF
    std::vector<genome::VcfRecord> records;
    for (std::size_t gene = 0; gene < kGenes; ++gene) {
      genome::VcfRecord record{"c1", {motif(gene) + 3, "G", "T"}, "snp" + std::to_string(gene), {}};
      std::vector<std::string> row = {gene % 2 == 0 ? "ENSG" + std::to_string(gene) + ".3"
                                                    : "G" + std::to_string(gene)};
      const double level = random.normal();
      for (std::size_t donor = 0; donor < kDonors; ++donor) {
        const int one = random.bernoulli(0.5) ? 1 : 0, other = random.bernoulli(0.5) ? 1 : 0;
        record.genotypes.push_back(std::to_string(one) + "|" + std::to_string(other));
        row.insert(row.begin() + 1, support::format_double(std::exp(1 + level + 0.8 * (2 - one - other))));
      }
      records.push_back(std::move(record));
      table.rows.push_back(std::move(row));
    }
    genome::write_vcf(folder_ / "donors.vcf.gz", {{"c1", static_cast<std::int64_t>(contig_.size())}}, donors,
                      records);
    support::write_table(table);
  }

  void write_enformer() {
    enformer::EnformerConfig config;
    config.dim = 24;
    config.depth = 1;
    config.heads = 2;
    config.key_size = 8;
    config.num_downsamples = 3;
    config.dim_divisible_by = 4;
    config.target_length = 8;
    config.window = 128;
    config.dropout = config.attention_dropout = config.position_dropout = 0;
    config.heads_out = {{"planted", 2}, {"other", 3}};
    enformer::Enformer model(config);
    model->initialise(7);
    std::filesystem::create_directory(folder_ / "enformer");
    enformer::save_enformer(model, folder_ / "enformer");
    const std::vector<enformer::Track> tracks = {{"planted", 0, "DNase"}, {"planted", 1, "CAGE"}};
    enformer::write_tracks(folder_ / "enformer/tracks.tsv", tracks);
  }

  TemporaryFolder folder_;
  std::string contig_;
};

}  // namespace biodta::testing
