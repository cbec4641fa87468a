#pragma once
/// @file
/// The report's tables of mutated DNA, for programs to read.

#include <biodta/analysis/report.hpp>
#include <biodta/support/tsv.hpp>

#include <filesystem>

namespace biodta::analysis {

/// Every mutant of every gene, whether it was taken or not.
support::Table expression_table(const Report& report);
/// Of what was put into cells: is it still its own gene. Two rows each, before and after the adapter.
support::Table identity_table(const Report& report);
/// Empty where no scan was made.
support::Table saturation_table(const Report& report);
/// Predicted expression along the windows, a row a bin; empty where it is not known.
support::Table window_track_table(const Report& report);
/// The mutants of every gene that are used.
void write_mutants_vcf(const Report& report, const std::filesystem::path& path);

}  // namespace biodta::analysis
