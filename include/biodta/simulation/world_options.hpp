#pragma once
/// @file
/// What can be chosen about a simulated world. The defaults are the recipe on which the quickstart's settings
/// were tuned.
///
/// A world is DNA whose motifs decide how strongly each gene is expressed and which transcription factor
/// binds it, donors whose variants make and break such motifs, and cells in which the factors switch their
/// targets.

#include <biodta/support/options.hpp>

#include <cstdint>
#include <vector>

namespace biodta::simulation {

/// The DNA around a transcription start site (TSS). A promoter's log strength is the sum over its motifs of
/// weight × exp(-|distance to the TSS| / decay), plus a penalty where the TATA box is imperfect.
struct PromoterOptions {
  std::int64_t window = 1024;  ///< bp around a TSS that decide about a gene; even
  std::int64_t spacer = 200;   ///< bp of random DNA between two windows on a contig
  std::int64_t contigs = 4;    ///< contigs over which the genes are spread
  /// Weight of each promoter motif; negative = a repressor's.
  std::vector<double> motif_weights = {1.0, 0.8, 0.6, -0.8};
  double decay = 150.0;              ///< bp over which a motif's weight falls to 1/e
  std::int64_t reach = 240;          ///< motifs are centred within this distance of the TSS (bp)
  std::int64_t fewest_motifs = 1;    ///< promoter motifs of a gene, from
  std::int64_t most_motifs = 6;      ///< to, each of a random kind
  std::int64_t factor_motifs = 3;    ///< up to so many more of the first motif for transcription factors
  std::int64_t fewest_binding = 1;   ///< copies of a regulator's motif at its target, from
  std::int64_t most_binding = 2;     ///< to
  std::int64_t tata_offset = -30;    ///< start of the TATA box from the TSS (bp)
  double tata_damaged_share = 0.35;  ///< promoters in which one base of the TATA box is another
  double tata_damaged = -0.7;        ///< log strength with one base wrong
  double tata_missing = -2.0;        ///< log strength with more bases wrong
};
void describe(support::OptionVisitor& visit, PromoterOptions& options);

/// Haploid donors and their single-nucleotide variants.
struct DonorOptions {
  std::int64_t count = 32;
  std::int64_t held_out = 6;        ///< the last so many, whose cells are marked `heldout`
  double breaking_share = 0.4;      ///< promoter motifs that carry a variant that breaks them
  double making_share = 0.5;        ///< genes with a variant that makes a promoter motif
  std::int64_t neutral = 6;         ///< further variants a gene, outside of planted motifs
  double least_frequency = 0.1;     ///< allele frequency, uniform from
  double greatest_frequency = 0.5;  ///< to
};
void describe(support::OptionVisitor& visit, DonorOptions& options);

/// Genes besides the 12 transcription factors, and who regulates whom.
struct NetworkOptions {
  std::int64_t housekeeping = 30;  ///< genes that no factor regulates
  std::int64_t pool = 118;         ///< genes of which the factors' targets are drawn
  std::int64_t targets = 15;       ///< targets of each factor
  std::int64_t shared = 4;         ///< targets that TBX5 shares with GATA4
  double repressed_share = 0.15;   ///< targets that are repressed rather than activated
};
void describe(support::OptionVisitor& visit, NetworkOptions& options);

/// Counts: log means by gene, cell type, donor's promoter and the factors' activity; gamma-Poisson noise.
struct CellOptions {
  std::int64_t count = 6000;
  /// Mean depth of each cell type; there are as many types as values.
  std::vector<double> type_depths = {0.7, 0.9, 1.0, 1.1, 1.3, 1.5};
  double depth_spread = 0.25;      ///< standard deviation of a cell's log depth
  double dispersion = 0.15;        ///< of the gamma noise (squared coefficient of variation)
  double factor_on_share = 0.6;    ///< cells of a factor's type in which it is on
  double factor_on = 8.0;          ///< mean count of a factor that is on
  double factor_off = 0.005;       ///< and that is off
  double factor_spread = 0.5;      ///< standard deviation of a factor's log mean between cells
  double factor_response = 1.8;    ///< gain of log mean by the full activity of an upstream factor
  double factor_least = -6.0;      ///< log mean of a factor, at least
  double factor_greatest = 3.2;    ///< and at most
  double half_activity = 3.0;      ///< mean at which a factor is half active: activity = mean / (mean + this)
  double log_mean = 0.2;           ///< of all other genes
  double gene_spread = 0.4;        ///< standard deviation of log mean between genes
  double type_spread = 0.3;        ///< and between cell types of a gene
  double effect = 6.0;             ///< change of a target's log mean by the full activity of a regulator
  double greatest_gain = 4.8;      ///< ceiling of all activation together
  double activated_offset = -4.0;  ///< log mean of a gene with activators, before they act
  double repressed_offset = 0.5;   ///< of a gene with repressors only
  double least = -6.0;             ///< log mean of a gene, at least
  double greatest = 3.0;           ///< and at most
};
void describe(support::OptionVisitor& visit, CellOptions& options);

/// Other random loci with the tracks that an assay would show there: what the DNA model learns from.
struct LociOptions {
  std::int64_t count = 4000;
  std::int64_t margin = 6;           ///< bp beyond the window on either side, for shifts in training
  double without_tata_share = 0.15;  ///< loci without a TATA box
  std::int64_t binding_motifs = 8;   ///< up to so many motifs of random factors
  std::int64_t bins = 16;            ///< bins of a track, in the middle of the window
  std::int64_t bin_size = 32;        ///< bp of a bin
  double background = 0.05;          ///< signal where nothing is
  double expression_height = 2.0;    ///< height of the CAGE peak at the TSS, times the promoter's strength
  double expression_width = 48.0;    ///< its standard deviation (bp)
  double binding_height = 3.0;       ///< height of a ChIP peak at each motif
  double binding_width = 40.0;       ///< its standard deviation (bp)
  double noise_depth = 4.0;          ///< tracks are Poisson(signal × this) / this
};
void describe(support::OptionVisitor& visit, LociOptions& options);

struct WorldOptions {
  std::int64_t seed = 0;
  /// false: the same sets of genes are drawn, but no factor regulates or binds its set. For calibration under
  /// the null.
  bool regulation = true;
  PromoterOptions promoters;
  DonorOptions donors;
  NetworkOptions network;
  CellOptions cells;
  LociOptions loci;
};
void describe(support::OptionVisitor& visit, WorldOptions& options);

/// Throws ConfigError, naming the setting, where settings contradict each other.
void validate(const WorldOptions& options);

}  // namespace biodta::simulation
