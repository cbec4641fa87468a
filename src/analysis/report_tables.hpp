#pragma once
/// @file
/// The report's tables, for programs to read.

#include <biodta/analysis/report.hpp>

#include <filesystem>

namespace biodta::analysis {

/// Writes genes.tsv, gene_sets.tsv and precision_recall.tsv into a folder; where DNA was mutated also
/// expression.tsv, identity.tsv and mutants.vcf, one sample a chosen mutant.
void write_tables(const Report& report, const std::filesystem::path& folder);

}  // namespace biodta::analysis
