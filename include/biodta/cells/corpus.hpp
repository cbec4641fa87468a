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
  std::vector<std::string> sources;    ///< file names
  std::vector<std::string> checksums;  ///< one a source
  std::string filters;                 ///< the tokenizer's resolved options, YAML
  std::uint64_t cells_read = 0;
  std::vector<std::string> filter_names;     ///< filters that dropped cells …
  std::vector<std::int64_t> filter_dropped;  ///< … and how many each dropped
};

/// Writes a corpus in order. The file appears under its name only by finish().
class CorpusWriter {
 public:
  CorpusWriter(const std::filesystem::path& path, const Vocabulary& vocabulary);
  ~CorpusWriter();
  /// Adds cells: tokens of cell i are tokens[offsets[i] .. offsets[i + 1]).
  void append(std::span<const TokenId> tokens, std::span<const std::uint64_t> offsets);
  /// Writes obs (one row a cell appended, in order), cell ids and provenance, and gives the file its name.
  void finish(const std::vector<std::string>& cell_ids, const std::vector<ObsColumn>& obs,
              const CorpusProvenance& provenance);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Reads a corpus. Offsets are held in memory (8 bytes a cell); tokens are read on demand. Reading is
/// thread-safe.
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
  /// All tokens in memory from now on (2 or 4 bytes each): for corpora that fit.
  void load_tokens();
  std::vector<std::string> obs_names() const;
  /// Throws InputError, listing the columns there are, for an unknown name.
  ObsColumn obs(std::string_view name) const;
  std::vector<std::string> cell_ids() const;
  CorpusProvenance provenance() const;

 private:
  struct Implementation;
  explicit Corpus(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace biodta::cells
