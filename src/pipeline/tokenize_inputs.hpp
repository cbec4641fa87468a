#pragma once
/// @file
/// The count files of a tokenizing run, opened one at a time.

#include <biodta/cells/corpus.hpp>
#include <biodta/cells/count_source.hpp>
#include <biodta/cells/gene_matching.hpp>
#include <biodta/cells/obs_schema.hpp>
#include <biodta/cells/quality_filter.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// Part i of n of a job, both from 1. Throws ConfigError for text that is no shard.
struct Shard {
  std::uint64_t index = 1;
  std::uint64_t count = 1;
  static Shard parse(const std::string& text);
  /// Where the part begins that ends before `end(total)`, in cells.
  std::uint64_t begin(std::uint64_t total) const { return part(index - 1, total); }
  std::uint64_t end(std::uint64_t total) const { return part(index, total); }

 private:
  std::uint64_t part(std::uint64_t i, std::uint64_t total) const;
};

/// A file of the run, and what is known of it without its counts.
struct TokenizeInput {
  std::filesystem::path path;
  std::uint64_t cells = 0;
  std::uint64_t begin = 0;  ///< the cells of this run are [begin, end) of the file's
  std::uint64_t end = 0;
  std::optional<cells::SourceStatistics> statistics;
  std::uint64_t kept = 0;  ///< of them, cells in the corpus

  std::uint64_t cells_read() const noexcept { return end - begin; }
};

/// A file while it is read.
struct OpenInput {
  std::unique_ptr<cells::CountSource> source;
  std::vector<std::string> symbols;            ///< [genes] or none
  std::vector<std::uint8_t> is_mitochondrial;  ///< [genes] where a filter asks, else none

  cells::GeneNames names() const { return {source->gene_ids(), symbols}; }
};

/// The files that a run reads, checked for all that can be known without their counts.
class TokenizeInputs {
 public:
  /// Opens every file once. Throws as tokenize does, or leaves bad files out where the options say so.
  /// @param vocabulary  null = there is none yet
  TokenizeInputs(const TokenizeOptions& options, const cells::Vocabulary* vocabulary,
                 const cells::GeneSymbols& symbols, const std::vector<cells::ObsRule>& rules,
                 support::Reporter& reporter);

  std::vector<TokenizeInput>& files() noexcept { return files_; }
  const std::vector<TokenizeInput>& files() const noexcept { return files_; }
  const cells::ObsSchema& schema() const noexcept { return schema_; }
  const std::vector<std::string>& skipped() const noexcept { return skipped_; }
  std::uint64_t cells_to_read() const;

  OpenInput open(const TokenizeInput& file) const;
  /// Reads every file of this run through where a filter needs its statistics or bad files are to be left
  /// out.
  void read_through();
  /// Hands the blocks of a file's cells to `use`, reading the next one meanwhile where threads allow it.
  static void for_each_block(const TokenizeInput& file, cells::CountSource& source,
                             const std::function<void(const cells::CountBlock&)>& use);

 private:
  void survey(const std::filesystem::path& path, const cells::Vocabulary* vocabulary,
              const cells::GeneSymbols& symbols, const std::vector<cells::ObsRule>& rules);
  void unite_mixed_columns();
  void choose_cells();
  void report(const OpenInput& open, const cells::GeneMatch* match);
  /// Whether the file could be used; throws what `use` throws unless bad files are skipped.
  bool attempt(const std::function<void()>& use);

  const TokenizeOptions& options_;
  support::Reporter& reporter_;
  std::vector<TokenizeInput> files_;
  cells::ObsSchema schema_;
  std::vector<std::string> skipped_;  // what was wrong with each
};

/// The quality of every cell of a block.
std::vector<cells::CellQuality> measure_block(const cells::CountBlock& block,
                                              std::span<const std::uint8_t> is_mitochondrial);

/// CRC-32 of a count file, or of the files of an mtx folder one after another.
std::string count_file_checksum(const std::filesystem::path& path);

}  // namespace biodta::pipeline
