#pragma once
/// @file
/// A simulated world on the disk, in the formats that real data comes in.

#include <biodta/simulation/world.hpp>

#include <filesystem>

namespace biodta::simulation {

/// Writes a world into a folder that appears whole or not at all, replacing what stands there:
///
/// | file | what |
/// |---|---|
/// | genome.fa, .fai | the reference |
/// | genes.gtf | genes and transcripts, as GENCODE writes them |
/// | donors.vcf.gz, .tbi | haploid genotypes of all donors |
/// | cells.h5ad | counts; obs: donor, cell_type, split (train, heldout) |
/// | donor_expression.tsv | a line a gene, a column a donor: counts of the gene in 10,000 of the donor's,
/// over all cells of cells.h5ad; donors without a cell are left out | | gene_sets.tsv | set, gene, gene_id |
/// | truth.tsv | source, target, source_id, target_id, sign |
/// | loci.fa, loci_tracks.h5 | other loci (window + 2 × margin bp) and their tracks: `tracks` float32 [loci,
/// bins, tracks], `track_names` | | world.yaml | the options | | README.md | says that all this is simulated
/// |
///
/// Who regulates whom stands in gene_sets.tsv and truth.tsv only. Throws InputError.
void write_world(const World& world, const std::filesystem::path& folder);

}  // namespace biodta::simulation
