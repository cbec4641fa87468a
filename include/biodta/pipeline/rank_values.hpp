#pragma once
/// @file
/// Where the counts are that tell the rank of a gene in a cell. Torch-free.

#include <biodta/support/options.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// The counts that tell ranks, read as the corpus was tokenized from them.
struct RankValueOptions {
  std::vector<std::filesystem::path> counts;  ///< files and folders of them, as TokenizeOptions::inputs
  std::string matrix = "auto";                ///< cells::CountSourceOptions::matrix
  std::filesystem::path gene_symbols;         ///< symbols and Ensembl ids, TSV; empty = none
  bool allow_non_integer = false;             ///< counts may be fractions
};
void describe(support::OptionVisitor& visit, RankValueOptions& options);

}  // namespace biodta::pipeline
