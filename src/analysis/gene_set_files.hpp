#pragma once
/// @file
/// The kinds of gene-set files, told apart by what is in them.

#include <filesystem>
#include <string>
#include <vector>

namespace biodta::analysis {

/// A set as a file lists it.
struct ListedSet {
  std::string name;
  std::vector<std::string> genes;  ///< symbols or ids, in the file's order, repeats among them
};

/// The sets of a file, in the order in which it first names them; see read_gene_sets for the kinds. Throws
/// InputError for a file of no known kind.
std::vector<ListedSet> list_gene_sets(const std::filesystem::path& path);

}  // namespace biodta::analysis
