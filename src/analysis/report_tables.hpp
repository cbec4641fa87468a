#pragma once
/// @file
/// The report's tables, for programs to read.

#include <biodta/analysis/report.hpp>

#include <filesystem>

namespace biodta::analysis {

/// Writes every table that the report has something for (see write_report), and mutants.vcf, into a folder.
void write_tables(const Report& report, const std::filesystem::path& folder);

}  // namespace biodta::analysis
