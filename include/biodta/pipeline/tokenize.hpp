#pragma once
/// @file
/// biodta-tokenize: count files in, a corpus of rank-encoded cells out.

#include <biodta/cells/count_source.hpp>
#include <biodta/cells/median_estimator.hpp>
#include <biodta/cells/quality_filter.hpp>
#include <biodta/cells/rank_encoder.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace biodta::pipeline {

struct TokenizeOptions {
  std::vector<std::filesystem::path>
      inputs;                        ///< count files (.h5ad); the corpus has their cells in this order
  std::filesystem::path output;      ///< corpus file to write
  std::filesystem::path vocabulary;  ///< genes and medians, TSV; empty where they are estimated
  bool estimate_medians = false;     ///< vocabulary from the inputs' own kept cells, genes sorted by id
  std::filesystem::path
      vocabulary_output;  ///< where the estimated vocabulary goes too; empty = only the corpus
  cells::CountSourceOptions counts;
  double min_overlap = 0.3;                   ///< least share of a file's genes that the vocabulary must have
  std::vector<std::string> keep_obs = {"*"};  ///< obs columns kept in the corpus; "*" = all, empty = none
  cells::QualityFilterOptions filters;
  cells::RankEncoderOptions encoder;
  cells::MedianOptions medians;
};
void describe(support::OptionVisitor& visit, TokenizeOptions& options);

/// Reads every input in blocks of bounded memory (twice with estimate_medians), filters and encodes its cells
/// on all allowed threads, and writes the corpus. Its bytes do not depend on the number of threads. Throws
/// ConfigError for options that contradict each other, InputError for files that cannot be used; the output
/// then is as it was.
void tokenize(const TokenizeOptions& options, support::Reporter& reporter);

}  // namespace biodta::pipeline
