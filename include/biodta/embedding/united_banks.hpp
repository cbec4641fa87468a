#pragma once
/// @file
/// Several embedding banks as one: donors that were embedded apart, or genes of different files.

#include <biodta/embedding/bank.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace biodta::embedding {

/// Reads banks into one, with every gene and every context of any of them. Genes keep the order in which they
/// come first, contexts that of their names. A gene that a bank has no row of in its context is read by its
/// reference row, as ever.
///
/// Rows must be of one size and one origin (see disagreement()). What two banks both say of a (gene, context)
/// must be the same row, but for rounding: the first bank's is taken. Throws InputError where they differ.
/// Known bases are kept where all banks tell them, provenance where all agree.
/// @param paths  at least one.
EmbeddingBank read_banks(std::span<const std::filesystem::path> paths);

/// Banks of several kinds (DNA, protein, isoforms) as one whose rows are theirs, one after the other: see
/// EmbeddingBank::parts(). Its genes are those that all of them have, in the first one's order, its contexts
/// those of any: where a kind has no row of a gene in a context, that part is its reference row. Provenance,
/// symbols, known bases and genes left out are the first bank's; checksums of the others' reference rows
/// (further_rows_1, …) join the provenance.
/// @param banks  at least one.
EmbeddingBank join_banks(std::vector<EmbeddingBank> banks);

/// How far two rows of one gene are apart: the length of their difference as a share of the expected row's.
/// Rows of the same DNA by the same model differ by rounding alone, which in float16 is 5e-4.
double relative_difference(std::span<const float> found, std::span<const float> expected);

/// The first attribute on how reference rows are made (model_checksum, readout, window, genome_checksum,
/// sequences_checksum, tss_policy; further_rows_N) that both tell and tell differently.
std::optional<std::string> disagreement(const Provenance& a, const Provenance& b);
/// Those attributes of a provenance.
Provenance origin_of(const Provenance& provenance);

}  // namespace biodta::embedding
