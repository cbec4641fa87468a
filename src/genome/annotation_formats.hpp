#pragma once
/// @file
/// The formats of an annotation. Internal to the room.

#include <biodta/genome/annotation.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

namespace biodta::genome::detail {

std::vector<Gene> read_gtf(const std::filesystem::path& path, const AnnotationOptions& options);
std::vector<Gene> read_gff3(const std::filesystem::path& path, const AnnotationOptions& options);

/// Whether a transcript's tag, as any of the sources writes it, says so.
inline bool is_canonical_tag(std::string_view tag) {
  return tag == "Ensembl_canonical";
}
inline bool is_mane_tag(std::string_view tag) {
  return tag == "MANE_Select" || tag == "MANE Select";
}
/// "2626" of "GeneID:2626"; empty for other references.
inline std::string_view ncbi_gene_of(std::string_view reference) {
  constexpr std::string_view kPrefix = "GeneID:";
  return reference.starts_with(kPrefix) ? reference.substr(kPrefix.size()) : std::string_view();
}

}  // namespace biodta::genome::detail
