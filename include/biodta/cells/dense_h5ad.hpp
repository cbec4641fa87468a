#pragma once
/// @file
/// Writes a table of numbers, such as embeddings, as AnnData .h5ad (encoding 0.8+) in bounded memory.

#include <biodta/cells/count_source.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace biodta::cells {

/// A text column of obs, one value a row.
struct TextColumn {
  std::string name;
  std::vector<std::string> values;
};

/// X [rows, columns] float32, dense, written row by row; obs beside it. The file appears under its name only
/// by finish().
class DenseH5adWriter {
 public:
  /// @param columns  names of X's columns, the index of var
  /// @param obs      columns of obs that every row comes with
  DenseH5adWriter(const std::filesystem::path& path, std::span<const std::string> columns,
                  std::span<const ObsField> obs = {});
  ~DenseH5adWriter();
  DenseH5adWriter(DenseH5adWriter&&) noexcept;
  DenseH5adWriter& operator=(DenseH5adWriter&&) noexcept;

  /// Adds rows. Throws Error where the numbers of ids, values and obs do not fit together.
  /// @param ids     one a row, the index of obs
  /// @param obs     one for each column, each with one value a row
  /// @param values  [rows, columns], row-major
  void append(std::span<const std::string> ids, std::span<const ObsValues> obs,
              std::span<const float> values);
  std::uint64_t row_count() const noexcept;
  /// Gives the file its name.
  /// @param text        further columns of obs, in front of the others
  /// @param provenance  texts by name, `uns["biodta"]`
  void finish(std::span<const TextColumn> text = {},
              const std::map<std::string, std::string>& provenance = {});

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace biodta::cells
