#pragma once
/// @file
/// The count files of a tokenizing run, opened one at a time.

#include "shard.hpp"

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

/// A file of the run, and what is known of it without its counts.
struct TokenizeInput {
  std::filesystem::path path;
  std::uint64_t cells = 0;
  std::int64_t index = 0;   ///< among all files of the job
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

/// Some cells with what a stage needs of them.
struct CellBlock {
  cells::CountBlock counts;
  std::vector<std::string> ids;
  std::vector<cells::ObsValues> obs;  ///< by field of the file; those not asked for are empty
};
/// What of the cells is read beside their counts.
struct WantedMetadata {
  bool ids = false;
  std::vector<std::size_t> fields;  ///< indices into CountSource::obs_fields()
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
  /// Reads every file of this run through, all that the corpus will need of it, where a filter needs its
  /// statistics or bad files are to be left out. The columns of a file that is left out here stay, so that
  /// the shards of a job have the same ones.
  void read_through();
  /// Hands the cells of a file in blocks to `use`, reading the next ones meanwhile where threads allow it.
  /// `use` must not touch the source.
  static void for_each_block(const TokenizeInput& file, cells::CountSource& source,
                             const WantedMetadata& wanted, const std::function<void(const CellBlock&)>& use);

 private:
  void survey(const std::filesystem::path& path, const cells::Vocabulary* vocabulary,
              const cells::GeneSymbols& symbols, const std::vector<cells::ObsRule>& rules);
  void require_same_kind(const OpenInput& open, const cells::GeneSymbols& symbols);
  void unite_mixed_columns();
  void choose_cells();
  void report(const OpenInput& open, const cells::GeneMatch* match);
  /// Whether the file could be used; throws what `use` throws unless bad files are skipped.
  /// @param path  for what says no path itself
  bool attempt(const std::filesystem::path& path, const std::function<void()>& use);

  const TokenizeOptions& options_;
  support::Reporter& reporter_;
  std::vector<TokenizeInput> files_;
  cells::ObsSchema schema_;
  std::vector<std::string> skipped_;  // what was wrong with each
  std::string kind_of_ids_;           // of the files so far, where there is no vocabulary
  std::filesystem::path first_of_kind_;
};

/// The quality of every cell of a block.
std::vector<cells::CellQuality> measure_block(const cells::CountBlock& block,
                                              std::span<const std::uint8_t> is_mitochondrial);

/// Ids in which files agree, one a column: what a table of symbols says of a symbol, else the canonical form.
std::vector<std::string> common_gene_ids(const OpenInput& open, const cells::GeneSymbols& symbols);

}  // namespace biodta::pipeline
