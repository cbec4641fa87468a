#pragma once
/// @file
/// One contig under the names that different sources give it: chr8 and 8, chrM, M and MT.

#include <biodta/genome/annotation.hpp>
#include <biodta/genome/fasta.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::genome {

/// The contigs of one file, found by the name that another file uses: by that name itself, else with "chr"
/// put before it or taken off, where the mitochondrion is M, MT, chrM or chrMT. Nothing else passes for the
/// same: not accessions (NC_000008.11), not another case. Names do not tell assemblies apart; comparing REF
/// does.
class ContigNames {
 public:
  /// @param source  the file whose contigs these are, for errors.
  ContigNames(std::filesystem::path source, std::vector<std::string> names);
  explicit ContigNames(const Genome& genome);

  /// The file's own name for `name`; nothing where it has no such contig. Valid as long as this object.
  std::optional<std::string_view> find(std::string_view name) const;
  /// The same, or an InputError that shows how both files name their contigs.
  /// @param asker  the file that uses `name`;  @param place  where in it.
  std::string_view require(std::string_view name, const std::filesystem::path& asker,
                           std::string_view place) const;
  /// "contigs such as chr1, chr2 and chr3 of g.fa", for an error.
  std::string shown() const;

 private:
  std::filesystem::path source_;
  std::vector<std::string> names_;  ///< in the file's order
  std::map<std::string, std::size_t, std::less<>> index_;
};

/// Gives each gene its contig's name in the genome. Throws InputError for the first gene whose contig the
/// genome does not have, or whose TSS lies beyond its end.
void use_contigs_of(const Genome& genome, std::vector<Gene>& genes, const std::filesystem::path& annotation);

}  // namespace biodta::genome
