#include "genome_layout.hpp"

#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/simulation/world_files.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace biodta::simulation {
namespace {

namespace fs = std::filesystem;

std::string gtf_line(const World& world, const SimulatedGene& gene, const std::string& feature,
                     const std::string& more) {
  const std::int64_t end = gene.tss + world.options.promoters.window / 2;
  return world.contigs[gene.contig].name + "\tSIMULATED\t" + feature + '\t' + std::to_string(gene.tss + 1) +
         '\t' + std::to_string(end) + "\t.\t+\t.\tgene_id \"" + gene.id + "\"; " + more +
         "gene_type \"protein_coding\"; gene_name \"" + gene.symbol + "\";";
}

void write_gtf(const World& world, const fs::path& path) {
  std::string text =
      "##description: simulated by Bio-DTA; the factors bear real symbols for readability only\n##format: "
      "gtf\n";
  for (const SimulatedGene& gene : world.genes) {
    std::string transcript = gene.id;
    transcript[3] = 'T';  // SIMG… is the gene, SIMT… its transcript
    text += gtf_line(world, gene, "gene", "") + '\n';
    text += gtf_line(world, gene, "transcript", "transcript_id \"" + transcript + "\"; ") +
            " tag \"basic\"; tag \"Ensembl_canonical\";\n";
  }
  support::write_text_file(path, text);
}

void write_variants(const World& world, const fs::path& path) {
  std::vector<genome::VcfContig> contigs;
  for (const genome::FastaRecord& contig : world.contigs) {
    contigs.push_back({contig.name, static_cast<std::int64_t>(contig.sequence.size())});
  }
  const auto names = detail::numbered_names("simsnp", world.variants.size());
  std::vector<genome::VcfRecord> records;
  for (std::size_t i = 0; i < world.variants.size(); ++i) {
    const SimulatedVariant& variant = world.variants[i];
    genome::VcfRecord record{
        world.contigs[world.genes[variant.gene].contig].name, variant.edit, names[i], {}};
    for (const bool carried : variant.carriers) record.genotypes.emplace_back(carried ? "1" : "0");
    records.push_back(std::move(record));
  }
  genome::write_vcf(path, contigs, world.donors, records);
}

void write_cells(const World& world, const fs::path& path) {
  cells::H5adContents contents;
  contents.cell_ids = detail::numbered_names("cell", world.cells.type.size());
  for (const SimulatedGene& gene : world.genes) {
    contents.gene_ids.push_back(gene.id);
    contents.gene_symbols.push_back(gene.symbol);
  }
  cells::ObsColumn split{"split", {}, {"train", "heldout"}, {}};
  for (const std::int32_t donor : world.cells.donor) {
    split.codes.push_back(is_held_out(world.options, static_cast<std::size_t>(donor)) ? 1 : 0);
  }
  contents.obs.push_back({"donor", world.cells.donor, world.donors, {}});
  contents.obs.push_back({"cell_type", world.cells.type, world.cell_types, {}});
  contents.obs.push_back(std::move(split));
  contents.counts = world.cells.counts;
  cells::write_h5ad(path, contents);
}

/// Pseudo-bulk of the counts as they were drawn: of 10,000 counts of a donor, so many are of the gene.
void write_donor_expression(const World& world, const fs::path& path) {
  const std::size_t donors = world.donors.size(), genes = world.genes.size();
  std::vector<double> sums(genes * donors, 0.0), totals(donors, 0.0);
  const cells::CountBlock& counts = world.cells.counts;
  for (std::size_t cell = 0; cell < counts.cell_count(); ++cell) {
    const auto donor = static_cast<std::size_t>(world.cells.donor[cell]);
    for (std::size_t i = counts.offsets[cell]; i < counts.offsets[cell + 1]; ++i) {
      sums[counts.genes[i] * donors + donor] += counts.counts[i];
      totals[donor] += counts.counts[i];
    }
  }
  support::Table table{path, {"gene_id"}, {}};
  for (std::size_t donor = 0; donor < donors; ++donor) {
    if (totals[donor] > 0) table.columns.push_back(world.donors[donor]);
  }
  for (std::size_t gene = 0; gene < genes; ++gene) {
    std::vector<std::string> row = {world.genes[gene].id};
    for (std::size_t donor = 0; donor < donors; ++donor) {
      if (totals[donor] > 0)
        row.push_back(support::format_double(1e4 * sums[gene * donors + donor] / totals[donor]));
    }
    table.rows.push_back(std::move(row));
  }
  support::write_table(table);
}

void write_gene_sets(const World& world, const fs::path& path) {
  support::Table table{path, {"set", "gene", "gene_id"}, {}};
  for (const GeneSet& set : world.gene_sets) {
    for (const std::size_t gene : set.genes) {
      table.rows.push_back({set.name, world.genes[gene].symbol, world.genes[gene].id});
    }
  }
  support::write_table(table);
}

void write_truth(const World& world, const fs::path& path) {
  support::Table table{path, {"source", "target", "source_id", "target_id", "sign"}, {}};
  for (const Regulation& edge : world.regulation) {
    const SimulatedGene& source = world.genes[edge.factor];
    const SimulatedGene& target = world.genes[edge.target];
    table.rows.push_back({source.symbol, target.symbol, source.id, target.id, std::to_string(edge.sign)});
  }
  support::write_table(table);
}

void write_tracks(const World& world, const fs::path& path) {
  constexpr std::uint64_t kChunkLoci = 256;
  const TrainingLoci& loci = world.loci;
  const LociOptions& options = world.options.loci;
  const std::array<std::uint64_t, 3> shape = {loci.sequences.size(), static_cast<std::uint64_t>(options.bins),
                                              loci.track_names.size()};
  support::AtomicPath target(path);
  auto file = support::hdf5::File::create(target.temporary());
  file.set_attribute("format", "biodta-tracks");
  file.set_attribute("version", std::int64_t{1});
  file.set_attribute("simulated", true);
  file.set_attribute("window", world.options.promoters.window);
  file.set_attribute("margin", options.margin);
  file.set_attribute("bin_size", options.bin_size);
  support::hdf5::DatasetLayout layout;
  layout.chunk = {std::min(kChunkLoci, shape[0]), shape[1], shape[2]};
  layout.gzip_level = 1;
  layout.shuffle = true;
  file.create_dataset("tracks", support::hdf5::ElementType::kFloat32, shape, layout)
      .write_all(std::span<const float>(loci.tracks));
  file.create_strings("track_names", loci.track_names);
  file.close();
  target.commit();
}

void write_readme(const World& world, const fs::path& path) {
  support::write_text_file(
      path,
      "# A simulated world\n\nEverything in this folder is simulated by biodta-simulate (seed " +
          std::to_string(world.options.seed) +
          "; all settings: world.yaml). The transcription factors bear real symbols for readability "
          "only:\nno gene, variant, "
          "cell or "
          "regulation here says anything about the gene so called. The truth, who regulates whom, stands in\n"
          "gene_sets.tsv and truth.tsv and nowhere else.\n");
}

}  // namespace

void write_world(const World& world, const fs::path& folder) {
  support::AtomicPath target(folder);
  const fs::path& at = target.temporary();
  fs::create_directory(at);
  genome::write_fasta(at / "genome.fa", world.contigs);
  genome::Genome::open(at / "genome.fa");  // makes the index
  write_gtf(world, at / "genes.gtf");
  write_variants(world, at / "donors.vcf.gz");
  write_cells(world, at / "cells.h5ad");
  write_donor_expression(world, at / "donor_expression.tsv");
  write_gene_sets(world, at / "gene_sets.tsv");
  write_truth(world, at / "truth.tsv");
  genome::write_fasta(at / "loci.fa", world.loci.sequences);
  write_tracks(world, at / "loci_tracks.h5");
  support::write_text_file(at / "world.yaml", support::write_options(world.options));
  write_readme(world, at / "README.md");
  target.commit();
}

}  // namespace biodta::simulation
