#pragma once
/// @file
/// Counts from a text table of genes x cells, as R's write.table and write.csv, pandas and most GEO entries
/// give them.

#include "scattered_matrix.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/tsv.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

/// Whether the first KiB of a file, after gzip, holds no NUL. Throws InputError for a file that cannot be
/// read.
bool looks_like_text(const std::filesystem::path& path);

/// @param max_values  how many counts are held in memory at most, but for one cell's.
/// Throws InputError for a file whose first lines are no such table, and for one of cells x genes.
std::unique_ptr<CountSource> open_text_table(const std::filesystem::path& path,
                                             const CountSourceOptions& options,
                                             std::uint64_t max_values = ScatteredMatrix::kMaxValues);

/// How the columns of a table lie, out of its first two lines.
struct TextTableLayout {
  char separator = '\t';
  bool has_symbols = false;        ///< in the second column
  std::vector<std::string> cells;  ///< names of the columns behind
  std::size_t first_cell() const noexcept { return has_symbols ? 2 : 1; }
  std::size_t width() const noexcept { return cells.size() + first_cell(); }
};

/// Opening reads the names of the genes; the first read goes through the whole file and checks it.
class TextTableSource final : public CountSource {
 public:
  TextTableSource(std::filesystem::path path, const CountSourceOptions& options, std::uint64_t max_values);
  TextTableSource(const TextTableSource&) = delete;
  TextTableSource& operator=(const TextTableSource&) = delete;

  std::string format() const override { return "text table"; }
  const std::filesystem::path& path() const override { return path_; }
  std::uint64_t cell_count() const override { return layout_.cells.size(); }
  const std::vector<std::string>& gene_ids() const override { return gene_ids_; }
  std::vector<std::string> gene_symbols() const override { return gene_symbols_; }
  std::string matrix_name() const override { return "table"; }
  std::vector<std::string> cell_ids(std::uint64_t first, std::uint64_t count) const override;

 protected:
  void read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) override;

 private:
  void read_genes();
  void refuse_cells_by_genes() const;
  void scan(const ScatteredMatrix::Sink& sink) const;

  std::filesystem::path path_;
  TextTableLayout layout_;
  std::vector<std::string> gene_ids_;
  std::vector<std::string> gene_symbols_;
  ScatteredMatrix matrix_;
};

}  // namespace biodta::cells
