#pragma once
/// @file
/// Mutants in files: a table that a user writes, and VCF that is read again to the same mutants.

#include <biodta/genome/mutants.hpp>
#include <biodta/genome/variants.hpp>

#include <filesystem>
#include <vector>

namespace biodta::genome {

/// Reads a table (tab-separated, plain or gzip) with the columns contig, position (1-based), ref, alt and
/// perhaps mutant: rows of one name make one mutant, and without that column each row is one, named
/// "chr8:11561660:A>C". ref and alt are bases as in VCF, so that an insertion and a deletion have the base
/// before them in both. Mutants stand in the order of their first rows. Throws InputError, naming the row,
/// for anything else; whether ref is in the genome is seen when the edits are made.
std::vector<NamedMutant> read_mutant_table(const std::filesystem::path& path);

/// Writes a VCF without samples, one record an edit, the mutant's name in ID; with a tabix index when the
/// name ends in .gz. Throws InputError for a mutant without edits, which no VCF can hold, and for a name that
/// ID cannot.
void write_mutant_vcf(const std::filesystem::path& path, const std::vector<VcfContig>& contigs,
                      const std::vector<NamedMutant>& mutants);
/// Reads it again, in the order of first appearance. An ID of several names (a;b) stands for an edit of each.
/// Throws InputError for a record without a name, with other than one ALT, or whose ALT is not bases.
std::vector<NamedMutant> read_mutant_vcf(const std::filesystem::path& path);

}  // namespace biodta::genome
