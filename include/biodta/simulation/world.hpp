#pragma once
/// @file
/// A small simulated world whose truth is known: genome, donors, regulatory network, cells, and loci for the
/// DNA model.
///
/// Names are real symbols for readability only: nothing here is a finding about the genes so called.

#include <biodta/cells/count_source.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/simulation/world_options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::simulation {

enum class GeneKind { kFactor, kHousekeeping, kPool };

struct SimulatedGene {
  std::string id;      ///< "SIMG00000000001"
  std::string symbol;  ///< a transcription factor's real symbol, else "HOUSE001", "POOL001"
  GeneKind kind = GeneKind::kPool;
  std::size_t contig = 0;     ///< index into World::contigs
  std::int64_t tss = 0;       ///< 0-based on the contig; all genes are on the + strand
  double log_strength = 0.0;  ///< of the reference promoter
};

/// A single-nucleotide variant in the window of one gene.
struct SimulatedVariant {
  std::size_t gene = 0;
  genome::Edit edit;           ///< position on the gene's contig
  double frequency = 0.0;      ///< with which each donor carries it, independently
  std::vector<bool> carriers;  ///< one a donor
};

/// A transcription factor regulates a gene.
struct Regulation {
  std::size_t factor = 0;  ///< indices into World::genes
  std::size_t target = 0;
  int sign = 1;  ///< +1 activates, -1 represses
};

struct GeneSet {
  std::string name;
  std::vector<std::size_t> genes;  ///< ascending indices into World::genes
};

/// What is written into the DNA, for those who want to count it again.
struct MotifSet {
  std::vector<std::string> promoter;  ///< as PromoterOptions::motif_weights
  std::string tata;
  std::vector<std::string> factors;  ///< one a transcription factor
};

struct SimulatedCells {
  std::vector<std::int32_t> type;   ///< index into World::cell_types
  std::vector<std::int32_t> donor;  ///< index into World::donors
  cells::CountBlock counts;         ///< columns are World::genes, ascending within a cell
};

/// Random loci, other than the genes', and their tracks with noise.
struct TrainingLoci {
  std::vector<genome::FastaRecord> sequences;  ///< window + 2 × margin bp each
  std::vector<std::string> track_names;        ///< "CAGE", then "ChIP:<factor>"
  std::vector<float> tracks;                   ///< [loci, bins, tracks]
};

struct World {
  WorldOptions options;
  MotifSet motifs;
  std::vector<SimulatedGene> genes;  ///< factors, housekeeping, pool
  std::vector<genome::FastaRecord> contigs;
  std::vector<std::string> donors;
  std::vector<std::string> cell_types;
  std::vector<SimulatedVariant> variants;  ///< by contig and position
  std::vector<double> donor_log_strength;  ///< [donors, genes]
  std::vector<Regulation> regulation;      ///< by factor, then target; empty without regulation
  /// "<factor> direct", "<factor> indirect" (targets of its targets that are not its own; where there are
  /// any), "housekeeping".
  std::vector<GeneSet> gene_sets;
  SimulatedCells cells;
  TrainingLoci loci;
};

/// Symbols of the transcription factors, in the order of World::genes.
const std::vector<std::string>& factor_symbols();

/// Makes a world in memory. The same options give the same world on every machine, whatever its threads.
/// Throws ConfigError for options that contradict each other.
World simulate_world(const WorldOptions& options);

/// The last `DonorOptions::held_out` donors are for evaluation only.
bool is_held_out(const WorldOptions& options, std::size_t donor) noexcept;

}  // namespace biodta::simulation
