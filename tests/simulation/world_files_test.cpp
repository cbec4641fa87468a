#include <biodta/cells/count_source.hpp>
#include <biodta/genome/annotation.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/simulation/world_files.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simulation/naive_promoter.hpp>
#include <testing.hpp>

#include <fstream>
#include <set>
#include <string>

namespace biodta::simulation {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

class WorldFilesTest : public ::testing::Test {
 protected:
  WorldFilesTest() : world_(simulate_world(testing::few_cells(41))) {
    write_world(world_, folder_ / "world");
  }
  fs::path at(const std::string& name) const { return folder_ / "world" / name; }
  TemporaryFolder folder_;
  World world_;
};

TEST_F(WorldFilesTest, TheFolderHoldsTheNamedFilesAndNothingElseIsLeft) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_ / "world")) names.insert(entry.path().filename());
  EXPECT_THAT(names, ElementsAre("README.md", "cells.h5ad", "donor_expression.tsv", "donors.vcf.gz",
                                 "donors.vcf.gz.tbi", "gene_sets.tsv", "genes.gtf", "genome.fa",
                                 "genome.fa.fai", "loci.fa", "loci_tracks.h5", "truth.tsv", "world.yaml"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1);
  EXPECT_THAT(support::read_text_file(at("README.md")), HasSubstr("simulated"));
}

TEST_F(WorldFilesTest, WritingTheSameWorldAgainReplacesItWithTheSameBytes) {
  write_world(simulate_world(testing::few_cells(41)), folder_ / "again");
  std::ofstream(folder_ / "again" / "stray.txt") << "old";
  write_world(simulate_world(testing::few_cells(41)), folder_ / "again");
  EXPECT_FALSE(fs::exists(folder_ / "again" / "stray.txt"));
  for (const auto& entry : fs::directory_iterator(folder_ / "world")) {
    const fs::path name = entry.path().filename();
    EXPECT_EQ(support::read_text_file(entry.path()), support::read_text_file(folder_ / "again" / name))
        << name;
  }
}

TEST_F(WorldFilesTest, PromoterStrengthsFollowFromTheFilesAlone) {
  const genome::Genome genome = genome::Genome::open(at("genome.fa"));
  const genome::VariantFile variants = genome::VariantFile::open(at("donors.vcf.gz"));
  const auto genes = genome::read_annotation(at("genes.gtf"));
  ASSERT_EQ(variants.samples(), world_.donors);
  ASSERT_EQ(genes.size(), world_.genes.size());
  EXPECT_EQ(variants.ploidy(0), 1);
  for (std::size_t i = 0; i < genes.size(); ++i) {
    EXPECT_EQ(genes[i].id, world_.genes[i].id);
    EXPECT_EQ(genes[i].symbol, world_.genes[i].symbol);
    const genome::Window window = genome::window_around(genes[i].tss, 1024);
    const std::string reference = genome.fetch(genes[i].contig, window.start, window.end);
    EXPECT_NEAR(testing::naive_log_strength(reference, world_.motifs), world_.genes[i].log_strength, 1e-12);
    for (const std::size_t donor : {std::size_t{3}, std::size_t{30}}) {
      const auto edits = variants.haplotype_edits(genes[i].contig, window.start, window.end, donor, 0);
      const std::string own = genome::apply_substitutions(reference, window.start, edits, "donors.vcf.gz");
      EXPECT_NEAR(testing::naive_log_strength(own, world_.motifs),
                  world_.donor_log_strength[donor * genes.size() + i], 1e-12);
    }
  }
}

TEST_F(WorldFilesTest, BothTssPoliciesAgree) {
  genome::AnnotationOptions options;
  options.tss = genome::TssPolicy::kCanonical;
  const auto canonical = genome::read_annotation(at("genes.gtf"), options);
  const auto starts = genome::read_annotation(at("genes.gtf"));
  ASSERT_EQ(canonical.size(), starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) EXPECT_EQ(canonical[i].tss, starts[i].tss);
}

TEST_F(WorldFilesTest, CellsComeBackWithTheirDonorTypeAndSplitAndNoOtherColumn) {
  const auto source = cells::open_counts(at("cells.h5ad"));
  EXPECT_EQ(source->gene_ids().front(), "SIMG00000000001");
  cells::CountBlock block;
  ASSERT_TRUE(source->next(block, 100000));
  EXPECT_EQ(block.offsets, world_.cells.counts.offsets);
  EXPECT_EQ(block.genes, world_.cells.counts.genes);
  EXPECT_EQ(block.counts, world_.cells.counts.counts);
  const auto& fields = source->obs_fields();
  ASSERT_EQ(fields.size(), 3U);
  std::vector<cells::ObsValues> columns;
  for (std::size_t i = 0; i < fields.size(); ++i)
    columns.push_back(source->read_obs(i, 0, block.cell_count()));
  for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
    const auto value = [&](const std::string& name) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name)
          return fields[i].categories[static_cast<std::size_t>(columns[i].codes[cell])];
      }
      return std::string();
    };
    const auto donor = static_cast<std::size_t>(world_.cells.donor[cell]);
    EXPECT_EQ(value("donor"), world_.donors[donor]);
    EXPECT_EQ(value("cell_type"), "type" + std::to_string(world_.cells.type[cell] + 1));
    EXPECT_EQ(value("split"), donor >= 26 ? "heldout" : "train");
  }
}

TEST_F(WorldFilesTest, ADonorsExpressionIsThatOfItsCells) {
  const auto table = support::read_table(at("donor_expression.tsv"));
  const auto source = cells::open_counts(at("cells.h5ad"));
  cells::CountBlock block;
  ASSERT_TRUE(source->next(block, 100000));
  ASSERT_EQ(table.rows.size(), world_.genes.size());
  std::set<std::string> seen;
  for (const auto donor : world_.cells.donor) seen.insert(world_.donors[static_cast<std::size_t>(donor)]);
  EXPECT_EQ(std::set<std::string>(table.columns.begin() + 1, table.columns.end()), seen);
  for (const std::size_t gene : {std::size_t{0}, std::size_t{20}, std::size_t{100}}) {
    EXPECT_EQ(table.rows[gene][0], world_.genes[gene].id);
    for (std::size_t column = 1; column < table.columns.size(); ++column) {
      double of_gene = 0, all = 0;
      for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
        if (world_.donors[static_cast<std::size_t>(world_.cells.donor[cell])] != table.columns[column])
          continue;
        for (std::size_t i = block.offsets[cell]; i < block.offsets[cell + 1]; ++i) {
          all += block.counts[i];
          if (block.genes[i] == gene) of_gene += block.counts[i];
        }
      }
      EXPECT_NEAR(std::stod(table.rows[gene][column]), of_gene / all * 10000, 1e-9);
    }
  }
}

TEST_F(WorldFilesTest, TruthAndGeneSetsNameGenesBySymbolAndId) {
  const auto truth = support::read_table(at("truth.tsv"));
  EXPECT_EQ(truth.columns, (std::vector<std::string>{"source", "target", "source_id", "target_id", "sign"}));
  ASSERT_EQ(truth.rows.size(), 12U * 15U + 7U);
  for (std::size_t i = 0; i < truth.rows.size(); ++i) {
    const Regulation& edge = world_.regulation[i];
    EXPECT_THAT(truth.rows[i], ElementsAre(world_.genes[edge.factor].symbol, world_.genes[edge.target].symbol,
                                           world_.genes[edge.factor].id, world_.genes[edge.target].id,
                                           edge.sign > 0 ? "1" : "-1"));
  }
  const auto sets = support::read_table(at("gene_sets.tsv"));
  EXPECT_EQ(sets.columns, (std::vector<std::string>{"set", "gene", "gene_id"}));
  std::size_t rows = 0;
  for (const GeneSet& set : world_.gene_sets) rows += set.genes.size();
  EXPECT_EQ(sets.rows.size(), rows);
  EXPECT_EQ(sets.rows.front()[0], "GATA4 direct");
}

TEST_F(WorldFilesTest, TracksAndTheirLociComeBack) {
  const auto records = genome::read_fasta(at("loci.fa"));
  ASSERT_EQ(records.size(), world_.loci.sequences.size());
  EXPECT_EQ(records[2].sequence, world_.loci.sequences[2].sequence);
  const auto file = support::hdf5::File::open(at("loci_tracks.h5"));
  const auto tracks = file.dataset("tracks");
  EXPECT_THAT(tracks.shape(), ElementsAre(4, 16, 13));
  EXPECT_EQ(tracks.read_all<float>(), world_.loci.tracks);
  EXPECT_EQ(file.dataset("track_names").read_strings(), world_.loci.track_names);
  EXPECT_EQ(file.integer_attribute("window"), 1024);
  EXPECT_EQ(file.integer_attribute("margin"), 6);
  EXPECT_EQ(file.integer_attribute("bin_size"), 32);
}

TEST_F(WorldFilesTest, TheOptionsWrittenGiveTheSameWorldAgain) {
  WorldOptions options;
  support::read_options(options, at("world.yaml"));
  EXPECT_EQ(support::write_options(options), support::read_text_file(at("world.yaml")));
  EXPECT_EQ(simulate_world(options).contigs[0].sequence, world_.contigs[0].sequence);
}

TEST(WorldFiles, AFolderThatCannotBeMadeIsRefusedAndNothingIsLeft) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "in the way";
  testing::expect_error<InputError>(
      [&] { write_world(simulate_world(testing::few_cells(1)), folder / "file" / "world"); }, {"file"});
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace biodta::simulation
