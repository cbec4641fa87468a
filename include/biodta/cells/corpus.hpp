#pragma once
/// @file
/// The corpus file (`corpus.h5`): rank-encoded cells, ready for training. Format in docs/formats.md.

#include <biodta/cells/count_source.hpp>
#include <biodta/cells/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

/// Where a corpus comes from; written as attributes and shown by programs.
struct CorpusProvenance {
  std::vector<std::string> sources;        ///< file names
  std::vector<std::string> checksums;      ///< one a source
  std::vector<std::int64_t> source_cells;  ///< cells of the corpus that come from each, in this order
  std::string options;                     ///< the tokenizer's settings but for output and shard, YAML
  std::uint64_t cells_read = 0;
  /// Of a corpus that is part i of n of a job, from 1: what merging needs. A whole corpus has 0 of 0 and no
  /// indices.
  std::int64_t shard = 0;
  std::int64_t shard_count = 0;
  std::vector<std::int64_t> source_indices;  ///< of the sources among all files of the job
  std::vector<std::string> filter_names;     ///< filters that dropped cells …
  std::vector<std::int64_t> filter_dropped;  ///< … and how many each dropped
};

/// Writes a corpus in order, in bounded memory. The file appears under its name only by finish(). Its bytes
/// depend on the cells alone, not on how they were divided between calls of append.
class CorpusWriter {
 public:
  /// @param obs  the columns of metadata that every cell comes with
  CorpusWriter(const std::filesystem::path& path, const Vocabulary& vocabulary,
               std::span<const ObsField> obs = {});
  ~CorpusWriter();
  CorpusWriter(CorpusWriter&&) noexcept;
  CorpusWriter& operator=(CorpusWriter&&) noexcept;

  /// Adds cells: tokens of cell i are tokens[offsets[i] .. offsets[i + 1]).
  /// @param cell_ids  one a cell
  /// @param obs       one for each column, each with one value a cell
  void append(std::span<const TokenId> tokens, std::span<const std::uint64_t> offsets,
              std::span<const std::string> cell_ids, std::span<const ObsValues> obs = {});
  std::uint64_t cell_count() const noexcept;
  std::uint64_t token_count() const noexcept;
  /// Writes what is left and the provenance, and gives the file its name.
  void finish(const CorpusProvenance& provenance);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// A whole corpus at once.
/// @param obs  each column with one value a cell
void write_corpus(const std::filesystem::path& path, const Vocabulary& vocabulary,
                  std::span<const TokenId> tokens, std::span<const std::uint64_t> offsets,
                  std::span<const std::string> cell_ids, std::span<const ObsColumn> obs = {},
                  const CorpusProvenance& provenance = {});

/// Reads a corpus, on demand: opening takes the vocabulary alone, whatever the number of cells. Reading is
/// thread-safe but for obs.
class Corpus {
 public:
  static Corpus open(const std::filesystem::path& path);
  ~Corpus();
  Corpus(Corpus&&) noexcept;
  Corpus& operator=(Corpus&&) noexcept;

  const std::filesystem::path& path() const noexcept;
  std::uint64_t cell_count() const noexcept;
  std::uint64_t token_count() const noexcept;
  const Vocabulary& vocabulary() const noexcept;
  std::uint32_t length(std::uint64_t cell) const;
  /// Tokens a cell, for every cell.
  std::vector<std::uint32_t> lengths() const;
  /// Appends the cell's tokens, highest rank first, to `out`.
  void read_cell(std::uint64_t cell, std::vector<TokenId>& out) const;
  /// Tokens of the cells [first, first + count): those of cell first + i are tokens[offsets[i] .. offsets[i +
  /// 1]).
  struct Cells {
    std::vector<TokenId> tokens;
    std::vector<std::uint64_t> offsets;  ///< [count + 1], from 0
  };
  Cells read_cells(std::uint64_t first, std::uint64_t count) const;
  /// All tokens (2 or 4 bytes each) and offsets in memory from now on: for corpora that fit.
  void load_tokens();
  std::vector<std::string> obs_names() const;
  /// Throws InputError, listing the columns there are, for an unknown name.
  ObsColumn obs(std::string_view name) const;
  std::vector<std::string> cell_ids() const;
  /// Metadata in pieces, as of a CountSource.
  const std::vector<ObsField>& obs_fields() const;
  ObsValues read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const;
  std::vector<std::string> cell_ids(std::uint64_t first, std::uint64_t count) const;
  CorpusProvenance provenance() const;

 private:
  struct Implementation;
  explicit Corpus(std::unique_ptr<Implementation> implementation);
  void require_rows(std::uint64_t rows) const;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace biodta::cells
