#pragma once
/// @file
/// biodta-tokenize: count files in, a corpus of rank-encoded cells out.

#include <biodta/cells/count_source.hpp>
#include <biodta/cells/median_estimator.hpp>
#include <biodta/cells/quality_filter.hpp>
#include <biodta/cells/rank_encoder.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace biodta::pipeline {

struct TokenizeOptions {
  /// Count files, and folders of them (see cells::find_count_files); the corpus has their cells in this
  /// order.
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path output;        ///< corpus file; empty where only medians are wanted
  std::filesystem::path vocabulary;    ///< genes and their medians, TSV
  std::filesystem::path gene_symbols;  ///< symbols and Ensembl ids, TSV, for files that name genes by symbol
  /// Medians from the inputs' own kept cells: of the vocabulary's genes where one is given, else of every
  /// gene seen, sorted by id.
  bool estimate_medians = false;
  std::filesystem::path
      vocabulary_output;           ///< where the estimated vocabulary goes too; empty = only the corpus
  std::string matrix = "auto";     ///< cells::CountSourceOptions::matrix
  bool allow_non_integer = false;  ///< counts may be fractions: estimates, as salmon's or kallisto's
  double min_overlap = 0.3;        ///< least share of a file's genes that the vocabulary must have
  std::vector<std::string> keep_obs = {"*"};  ///< obs columns kept in the corpus; "*" = all, empty = none
  /// "i/n": only the i-th (from 1) of n equal parts of all cells, for job arrays; empty = all cells. The n
  /// corpora merged are the corpus of all.
  std::string shard;
  bool skip_bad_files = false;  ///< leave files out that cannot be read, each being read through before
  cells::QualityFilterOptions filters;
  cells::RankEncoderOptions encoder;
  cells::MedianOptions medians;
};
void describe(support::OptionVisitor& visit, TokenizeOptions& options);

struct TokenizeResult {
  std::uint64_t cells = 0;  ///< in the corpus
  std::uint64_t tokens = 0;
  std::vector<std::string>
      skipped;  ///< what was wrong with each file that was left out: "path: place: found …"
};

/// Reads every input in blocks of bounded memory, filters and encodes its cells on all allowed threads, and
/// writes the corpus; its bytes do not depend on the number of threads. The files are read once; once more
/// each for estimate_medians, for filters.standard_deviations and skip_bad_files together. Throws ConfigError
/// for options that contradict each other, InputError for files that cannot be used; the output then is as it
/// was.
TokenizeResult tokenize(const TokenizeOptions& options, support::Reporter& reporter);

/// Joins corpora, in order, into one. They must have the same vocabulary; their columns of metadata are
/// united. The shards of one job give the very file that the whole job would have written. Throws InputError
/// for corpora that do not fit together; the output then is as it was.
TokenizeResult merge_corpora(const std::vector<std::filesystem::path>& inputs,
                             const std::filesystem::path& output, support::Reporter& reporter);

/// What a count file (or of every one in a folder) is, for people: kind, cells and genes, ids, matrices and
/// whether they look like raw counts, how many genes are in the vocabulary where the options name one, obs
/// columns with their commonest values. Lines of text. Of the options, vocabulary, gene_symbols, matrix and
/// min_overlap count.
std::string describe_counts(const std::filesystem::path& path, const TokenizeOptions& options = {});

}  // namespace biodta::pipeline
