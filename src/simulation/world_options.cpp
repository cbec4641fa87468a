#include "dna.hpp"

#include <biodta/simulation/world.hpp>
#include <biodta/simulation/world_options.hpp>
#include <biodta/support/error.hpp>

#include <string>

namespace biodta::simulation {
namespace {

using support::at_least;
using support::greater_than;

support::Check share() {
  return support::between(0.0, 1.0);
}

void require(bool holds, const std::string& setting, const std::string& found, const std::string& expected) {
  if (!holds) throw ConfigError(setting + ": found " + found + ", expected " + expected);
}

void validate_promoters(const PromoterOptions& options) {
  const auto motif = static_cast<std::int64_t>(detail::kMotifLength);
  const std::int64_t half = options.window / 2;
  require(options.window % 2 == 0, "promoters.window", std::to_string(options.window), "an even number");
  require(options.reach + motif <= half, "promoters.reach", std::to_string(options.reach),
          "at most half the window less " + std::to_string(motif));
  require(options.tata_offset >= -half && options.tata_offset + motif <= half, "promoters.tata_offset",
          std::to_string(options.tata_offset), "a place inside the window");
  require(!options.motif_weights.empty() && options.motif_weights.size() <= 32, "promoters.motif_weights",
          std::to_string(options.motif_weights.size()) + " weights", "1 to 32");
  require(options.fewest_motifs <= options.most_motifs, "promoters.most_motifs",
          std::to_string(options.most_motifs), "at least promoters.fewest_motifs");
  require(options.fewest_binding <= options.most_binding, "promoters.most_binding",
          std::to_string(options.most_binding), "at least promoters.fewest_binding");
}

void validate_network(const NetworkOptions& options) {
  require(options.shared <= options.targets, "network.shared", std::to_string(options.shared),
          "at most network.targets");
  require(2 * options.targets - options.shared <= options.pool, "network.pool", std::to_string(options.pool),
          "room for the targets of GATA4 and TBX5, " + std::to_string(2 * options.targets - options.shared));
}

}  // namespace

void describe(support::OptionVisitor& visit, PromoterOptions& options) {
  visit.field("window", options.window, "bp around a TSS that decide about a gene; even", at_least(64));
  visit.field("spacer", options.spacer, "bp of random DNA between two windows on a contig", at_least(0));
  visit.field("contigs", options.contigs, "contigs over which the genes are spread", at_least(1));
  visit.field("motif_weights", options.motif_weights,
              "weight of each promoter motif; negative = a repressor's");
  visit.field("decay", options.decay, "bp over which a motif's weight falls to 1/e", greater_than(0));
  visit.field("reach", options.reach, "motifs are centred within this distance of the TSS (bp)", at_least(1));
  visit.field("fewest_motifs", options.fewest_motifs, "promoter motifs of a gene, from", at_least(0));
  visit.field("most_motifs", options.most_motifs, "promoter motifs of a gene, to", at_least(0));
  visit.field("factor_motifs", options.factor_motifs,
              "up to so many more of the first motif for transcription factors", at_least(0));
  visit.field("fewest_binding", options.fewest_binding, "copies of a regulator's motif at its target, from",
              at_least(0));
  visit.field("most_binding", options.most_binding, "copies of a regulator's motif at its target, to",
              at_least(0));
  visit.field("tata_offset", options.tata_offset, "start of the TATA box from the TSS (bp)");
  visit.field("tata_damaged_share", options.tata_damaged_share,
              "promoters with one base of the TATA box changed", share());
  visit.field("tata_damaged", options.tata_damaged, "log strength with one base of the TATA box wrong");
  visit.field("tata_missing", options.tata_missing, "log strength with more bases of the TATA box wrong");
}

void describe(support::OptionVisitor& visit, DonorOptions& options) {
  visit.field("count", options.count, "haploid donors", at_least(1));
  visit.field("held_out", options.held_out, "the last so many donors are for evaluation", at_least(0));
  visit.field("breaking_share", options.breaking_share, "promoter motifs with a variant that breaks them",
              share());
  visit.field("making_share", options.making_share, "genes with a variant that makes a promoter motif",
              share());
  visit.field("neutral", options.neutral, "further variants a gene, outside of planted motifs",
              support::between(0, 50));
  visit.field("least_frequency", options.least_frequency, "allele frequency, uniform from", share());
  visit.field("greatest_frequency", options.greatest_frequency, "allele frequency, to", share());
}

void describe(support::OptionVisitor& visit, NetworkOptions& options) {
  visit.field("housekeeping", options.housekeeping, "genes that no factor regulates", at_least(0));
  visit.field("pool", options.pool, "genes of which the factors' targets are drawn", at_least(1));
  visit.field("targets", options.targets, "targets of each transcription factor", at_least(1));
  visit.field("shared", options.shared, "targets that TBX5 shares with GATA4", at_least(0));
  visit.field("repressed_share", options.repressed_share, "targets that are repressed rather than activated",
              share());
}

void describe(support::OptionVisitor& visit, CellOptions& options) {
  visit.field("count", options.count, "cells", at_least(1));
  visit.field("type_depths", options.type_depths, "mean depth of each cell type, as many as there are",
              greater_than(0));
  visit.field("depth_spread", options.depth_spread, "standard deviation of a cell's log depth", at_least(0));
  visit.field("dispersion", options.dispersion, "squared coefficient of variation of the gamma noise",
              at_least(0));
  visit.field("factor_on_share", options.factor_on_share, "cells of a factor's type in which it is on",
              share());
  visit.field("factor_on", options.factor_on, "mean count of a factor that is on", greater_than(0));
  visit.field("factor_off", options.factor_off, "mean count of a factor that is off", greater_than(0));
  visit.field("factor_spread", options.factor_spread,
              "standard deviation of a factor's log mean between cells", at_least(0));
  visit.field("factor_response", options.factor_response,
              "gain of log mean by the full activity of an upstream factor");
  visit.field("factor_least", options.factor_least, "log mean of a factor, at least");
  visit.field("factor_greatest", options.factor_greatest, "log mean of a factor, at most");
  visit.field("half_activity", options.half_activity, "mean at which a factor is half active",
              greater_than(0));
  visit.field("log_mean", options.log_mean, "log mean of all genes but the factors");
  visit.field("gene_spread", options.gene_spread, "standard deviation of log mean between genes",
              at_least(0));
  visit.field("type_spread", options.type_spread,
              "standard deviation of log mean between cell types of a gene", at_least(0));
  visit.field("effect", options.effect, "change of a target's log mean by the full activity of a regulator",
              at_least(0));
  visit.field("greatest_gain", options.greatest_gain, "ceiling of all activation together", at_least(0));
  visit.field("activated_offset", options.activated_offset,
              "log mean of a gene with activators, before they act");
  visit.field("repressed_offset", options.repressed_offset, "log mean of a gene with repressors only");
  visit.field("least", options.least, "log mean of a gene, at least");
  visit.field("greatest", options.greatest, "log mean of a gene, at most");
}

void describe(support::OptionVisitor& visit, LociOptions& options) {
  visit.field("count", options.count, "loci", at_least(1));
  visit.field("margin", options.margin, "bp beyond the window on either side, for shifts in training",
              at_least(0));
  visit.field("without_tata_share", options.without_tata_share, "loci without a TATA box", share());
  visit.field("binding_motifs", options.binding_motifs, "up to so many motifs of random factors",
              at_least(0));
  visit.field("bins", options.bins, "bins of a track, in the middle of the window", at_least(1));
  visit.field("bin_size", options.bin_size, "bp of a bin", at_least(1));
  visit.field("background", options.background, "signal where nothing is", at_least(0));
  visit.field("expression_height", options.expression_height,
              "height of the CAGE peak, times the promoter's strength", at_least(0));
  visit.field("expression_width", options.expression_width, "standard deviation of the CAGE peak (bp)",
              greater_than(0));
  visit.field("binding_height", options.binding_height, "height of a ChIP peak at each motif", at_least(0));
  visit.field("binding_width", options.binding_width, "standard deviation of a ChIP peak (bp)",
              greater_than(0));
  visit.field("noise_depth", options.noise_depth, "tracks are Poisson(signal × this) / this",
              greater_than(0));
}

void describe(support::OptionVisitor& visit, WorldOptions& options) {
  visit.field("seed", options.seed, "seed of the whole world", at_least(0));
  visit.field(
      "regulation", options.regulation,
      "whether factors regulate their targets; false = the gene sets are random labels, for calibration");
  visit.section("promoters", options.promoters, "DNA around a transcription start site");
  visit.section("donors", options.donors, "donors and their variants");
  visit.section("network", options.network, "genes and who regulates whom");
  visit.section("cells", options.cells, "counts");
  visit.section("loci", options.loci, "other loci with their tracks, for training the DNA model");
}

void validate(const WorldOptions& options) {
  validate_promoters(options.promoters);
  validate_network(options.network);
  const DonorOptions& donors = options.donors;
  require(donors.held_out < donors.count, "donors.held_out", std::to_string(donors.held_out),
          "fewer than donors.count");
  require(donors.least_frequency <= donors.greatest_frequency, "donors.greatest_frequency",
          std::to_string(donors.greatest_frequency), "at least donors.least_frequency");
  require(!options.cells.type_depths.empty(), "cells.type_depths", "none", "one a cell type");
  require(options.cells.factor_least <= options.cells.factor_greatest, "cells.factor_greatest",
          std::to_string(options.cells.factor_greatest), "at least cells.factor_least");
  require(options.cells.least <= options.cells.greatest, "cells.greatest",
          std::to_string(options.cells.greatest), "at least cells.least");
  require(options.loci.bins * options.loci.bin_size <= options.promoters.window, "loci.bins",
          std::to_string(options.loci.bins), "bins that fit into promoters.window");
}

}  // namespace biodta::simulation
