#pragma once
/// @file
/// The three files of a 10x mtx folder, and the two of them that hold names.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

struct MtxFiles {
  std::filesystem::path matrix;
  std::filesystem::path features;
  std::filesystem::path barcodes;
};

/// Whether a folder holds a file `matrix.mtx` or `<prefix>matrix.mtx`, plain or .gz; false for anything else.
bool is_mtx_folder(const std::filesystem::path& path);

/// The files of a folder (`[prefix]matrix.mtx`, `[prefix]features.tsv` or `genes.tsv`,
/// `[prefix]barcodes.tsv`), or those that belong to a matrix file; each plain or .gz. Throws InputError where
/// one is missing, and for a folder of several matrices.
MtxFiles find_mtx_files(const std::filesystem::path& path);

/// features.tsv: id [TAB symbol [TAB type …]]. Rows of a type other than "Gene Expression" (antibodies,
/// guides, …) are no genes.
struct MtxFeatures {
  static constexpr std::uint32_t kNoGene = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::string> ids;                ///< of the genes
  std::vector<std::string> symbols;            ///< of the genes; empty where the file has none
  std::vector<std::uint32_t> gene_of_feature;  ///< [rows of the file] index into ids, or kNoGene
};
/// Throws InputError for rows without an id or of another width than the first, and where no row is a gene.
MtxFeatures read_mtx_features(const std::filesystem::path& path);

/// Names of millions of cells in one piece of memory.
class CellNames {
 public:
  void add(std::string_view name);
  std::uint64_t size() const noexcept { return ends_.size() - 1; }
  std::vector<std::string> slice(std::uint64_t first, std::uint64_t count) const;

 private:
  std::string text_;
  std::vector<std::uint64_t> ends_ = {0};
};
/// barcodes.tsv: the first field of each line. Throws InputError for an empty one.
CellNames read_mtx_barcodes(const std::filesystem::path& path);

}  // namespace biodta::cells
