#include "tokenize_inputs.hpp"

#include <biodta/cells/block_encoder.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <utility>

namespace biodta::pipeline {
namespace {

using cells::CountBlock;
using support::with_thousands;

/// The rule that the encoder itself applies, named beside those of the quality filter.
constexpr std::string_view kNoTokens = "no_vocabulary_gene";
/// Inputs up to which each has its line in the summary.
constexpr std::size_t kFilesInSummary = 40;

void check_vocabulary(const TokenizeOptions& options) {
  if (!options.estimate_medians && options.vocabulary.empty()) {
    throw ConfigError("vocabulary: found none, expected a file of genes and medians",
                      "give --vocabulary FILE, or --estimate-medians to take the medians from the counts");
  }
  if (!options.vocabulary_output.empty() && !options.estimate_medians) {
    throw ConfigError("vocabulary_output: found one without estimate_medians, expected both or neither");
  }
  if (options.estimate_medians && !options.shard.empty()) {
    throw ConfigError(
        "shard: found one beside estimate_medians, expected medians that all shards share",
        "estimate them first (--estimate-medians --write-vocabulary genes.tsv, without --output), then "
        "give every shard --vocabulary genes.tsv");
  }
}

/// Nothing may be written over what is read; the count files are checked where folders are looked into.
void check_paths(const TokenizeOptions& options) {
  support::require_not_read("output", options.output, {options.vocabulary, options.gene_symbols});
  if (!options.output.empty() && options.output == options.vocabulary_output)
    throw ConfigError("vocabulary_output: found " + options.output.string() + ", which is the output too");
  support::require_not_read("vocabulary_output", options.vocabulary_output,
                            {options.vocabulary, options.gene_symbols});
  support::require_regular("output", options.output);
  support::require_regular("vocabulary_output", options.vocabulary_output);
  for (const auto* written : {&options.output, &options.vocabulary_output}) {
    if (!written->empty()) support::require_writable(*written);
  }
}

void check(const TokenizeOptions& options) {
  if (options.inputs.empty()) throw ConfigError("inputs: found none, expected at least one count file");
  if (options.output.empty() && options.vocabulary_output.empty())
    throw ConfigError("output: found nothing, expected the corpus file to write");
  check_vocabulary(options);
  static_cast<void>(Shard::parse(options.shard));
  check_paths(options);
}

std::optional<cells::Vocabulary> read_vocabulary(const TokenizeOptions& options) {
  if (options.vocabulary.empty()) return std::nullopt;
  // A vocabulary that says which tokens it begins with must agree with a style that was asked for.
  cells::Vocabulary::ReadOptions read;
  read.specials = options.encoder.style;
  read.without_medians = options.estimate_medians;
  return cells::Vocabulary::read(options.vocabulary, read);
}

/// Which cells of a block pass; 1 = kept.
class Judge {
 public:
  Judge(cells::QualityFilter& filter, const TokenizeInput& file, const OpenInput& open)
      : filter_(filter), file_(file), open_(open), selection_(filter.obs_rules(), *open.source) {}

  /// Columns that it looks at.
  std::vector<std::size_t> fields() const { return selection_.fields(); }
  std::vector<std::uint8_t> operator()(const CellBlock& block) {
    const std::vector<cells::CellQuality> qualities = measure_block(block.counts, open_.is_mitochondrial);
    const std::vector<std::int32_t> broken = selection_.broken(block.obs, qualities.size());
    const cells::SourceStatistics* statistics = file_.statistics ? &*file_.statistics : nullptr;
    std::vector<std::uint8_t> keep(qualities.size());
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = filter_.keep(qualities[i], statistics, broken[i]) ? 1 : 0;
    }
    return keep;
  }

 private:
  cells::QualityFilter& filter_;
  const TokenizeInput& file_;
  const OpenInput& open_;
  cells::ObsSelection selection_;
};

class Tokenizer {
 public:
  Tokenizer(const TokenizeOptions& options, support::Reporter& reporter)
      : options_(options),
        reporter_(reporter),
        vocabulary_(read_vocabulary(options)),
        symbols_(options.gene_symbols.empty() ? cells::GeneSymbols()
                                              : cells::GeneSymbols::read(options.gene_symbols)),
        filter_(options.filters),
        inputs_(options, vocabulary_ ? &*vocabulary_ : nullptr, symbols_, filter_.obs_rules(), reporter) {}

  TokenizeResult run() {
    inputs_.read_through();
    if (options_.estimate_medians) estimate_medians();
    if (!options_.output.empty()) write_corpus();
    result_.skipped = inputs_.skipped();
    return result_;
  }

 private:
  /// Ids under which the estimated medians of a file's columns go: the vocabulary's for genes that it has.
  std::vector<std::string> median_ids(const OpenInput& open) const {
    std::vector<std::string> ids = common_gene_ids(open, symbols_);
    if (options_.vocabulary.empty()) return ids;
    const cells::GeneMatch match =
        cells::match_genes(*vocabulary_, open.names(), symbols_, options_.min_overlap);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (match.tokens[i] != cells::kPadToken) ids[i] = vocabulary_->gene(match.tokens[i]).id;
    }
    return ids;
  }

  /// Tokens of a file's columns; with estimated medians those of the very genes that they were counted under.
  std::vector<cells::TokenId> column_tokens(const OpenInput& open) const {
    if (!options_.estimate_medians) {
      return cells::match_genes(*vocabulary_, open.names(), symbols_, options_.min_overlap).tokens;
    }
    std::vector<cells::TokenId> tokens;
    for (const std::string& id : median_ids(open)) {
      tokens.push_back(vocabulary_->token_of_id(id).value_or(cells::kPadToken));
    }
    return tokens;
  }

  void estimate_medians() {
    cells::MedianEstimator estimator(options_.medians);
    cells::QualityFilter filter(options_.filters);
    {
      const auto progress = reporter_.start("medians", inputs_.cells_to_read(), "cells");
      for (const TokenizeInput& file : inputs_.files()) {
        const OpenInput open = inputs_.open(file);
        const auto genes = estimator.register_genes(median_ids(open), open.symbols);
        Judge judge(filter, file, open);
        TokenizeInputs::for_each_block(file, *open.source, {false, judge.fields()},
                                       [&](const CellBlock& block) {
                                         estimator.add(block.counts, judge(block), genes);
                                         progress->update(filter.seen());
                                       });
      }
    }
    vocabulary_ =
        vocabulary_ ? estimator.medians_of(*vocabulary_) : estimator.vocabulary(options_.encoder.style);
    reporter_.info(std::string("medians (") + (estimator.exact() ? "exact" : "within 0.1 %") + ") of " +
                   with_thousands(vocabulary_->gene_count()) + " genes from " +
                   with_thousands(filter.kept()) + " of " + with_thousands(filter.seen()) + " cells");
    if (options_.vocabulary_output.empty()) return;
    vocabulary_->write(options_.vocabulary_output);
    reporter_.info("wrote " + options_.vocabulary_output.string());
  }

  void write_corpus() {
    cells::CorpusWriter writer(options_.output, *vocabulary_, inputs_.schema().fields());
    {
      const auto progress = reporter_.start("tokenize", inputs_.cells_to_read(), "cells");
      for (TokenizeInput& file : inputs_.files()) add(file, writer, *progress);
    }
    result_.cells = writer.cell_count();
    result_.tokens = writer.token_count();
    if (result_.cells == 0) {
      if (options_.shard.empty()) throw InputError("no cell is left after the filters: " + dropped_words());
      reporter_.warn("no cell of this shard is left after the filters: " + dropped_words());
    }
    writer.finish(provenance());
    summarize();
  }

  void add(TokenizeInput& file, cells::CorpusWriter& writer, support::Progress& progress) {
    const OpenInput open = inputs_.open(file);
    const cells::RankEncoder encoder(*vocabulary_, column_tokens(open), options_.encoder);
    const cells::ObsJoin join(inputs_.schema(), open.source->obs_fields());
    Judge judge(filter_, file, open);
    WantedMetadata wanted{true, join.fields()};
    for (const std::size_t field : judge.fields()) {
      if (std::find(wanted.fields.begin(), wanted.fields.end(), field) == wanted.fields.end())
        wanted.fields.push_back(field);
    }
    TokenizeInputs::for_each_block(file, *open.source, wanted, [&](const CellBlock& block) {
      const cells::EncodedCells encoded = cells::encode_block(block.counts, judge(block), encoder);
      append(encoded, block, join, writer);
      file.kept += encoded.rows.size();
      progress.update(filter_.seen());
    });
    checksums_.push_back(support::files_checksum(open.source->files()));
  }

  void append(const cells::EncodedCells& encoded, const CellBlock& block, const cells::ObsJoin& join,
              cells::CorpusWriter& writer) {
    const std::uint64_t first = block.counts.first_cell;
    const auto read = [&](std::size_t field) {
      const cells::ObsValues& values = block.obs[field];
      return cells::ObsValues{choose(values.codes, encoded.rows, first),
                              choose(values.numbers, encoded.rows, first)};
    };
    writer.append(encoded.tokens, encoded.offsets, choose(block.ids, encoded.rows, first),
                  join.read(encoded.rows.size(), read));
    for (std::size_t i = 1; i < encoded.offsets.size(); ++i) {
      longest_ = std::max(longest_, encoded.offsets[i] - encoded.offsets[i - 1]);
    }
  }

  /// The values of the rows that were kept; `values` begin at row `first`, or are none.
  template <class T>
  static std::vector<T> choose(const std::vector<T>& values, const std::vector<std::uint64_t>& rows,
                               std::uint64_t first) {
    std::vector<T> chosen;
    if (values.empty()) return chosen;
    chosen.reserve(rows.size());
    for (const std::uint64_t row : rows) chosen.push_back(values[row - first]);
    return chosen;
  }

  std::int64_t without_tokens() const { return static_cast<std::int64_t>(filter_.kept() - result_.cells); }

  cells::CorpusProvenance provenance() const {
    cells::CorpusProvenance provenance;
    for (const TokenizeInput& file : inputs_.files()) {
      provenance.sources.push_back(file.path.filename().string());
      provenance.source_indices.push_back(file.index);
      provenance.source_cells.push_back(static_cast<std::int64_t>(file.kept));
    }
    provenance.checksums = checksums_;
    if (!options_.shard.empty()) {
      const Shard shard = Shard::parse(options_.shard);
      provenance.shard = static_cast<std::int64_t>(shard.index);
      provenance.shard_count = static_cast<std::int64_t>(shard.count);
    }
    TokenizeOptions shared = options_;  // what all shards of a job have in common
    shared.output.clear();
    shared.shard.clear();
    provenance.options = support::write_options(shared);
    provenance.cells_read = filter_.seen();
    provenance.filter_names = filter_.names();
    provenance.filter_dropped = filter_.dropped();
    provenance.filter_names.emplace_back(kNoTokens);
    provenance.filter_dropped.push_back(without_tokens());
    return provenance;
  }

  std::string dropped_words() const {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < filter_.names().size(); ++i) {
      if (filter_.dropped()[i] == 0) continue;
      words.push_back(with_thousands(static_cast<std::uint64_t>(filter_.dropped()[i])) + " by " +
                      filter_.names()[i]);
    }
    if (without_tokens() > 0) {
      words.push_back(with_thousands(static_cast<std::uint64_t>(without_tokens())) +
                      " without a gene of the vocabulary");
    }
    return words.empty() ? "none dropped" : "dropped " + support::join_words(words);
  }

  void summarize() const {
    if (inputs_.files().size() > 1 && inputs_.files().size() <= kFilesInSummary) {
      std::vector<std::vector<std::string>> rows = {{"file", "cells", "kept"}};
      for (const TokenizeInput& file : inputs_.files()) {
        rows.push_back(
            {file.path.filename().string(), with_thousands(file.cells_read()), with_thousands(file.kept)});
      }
      for (const std::string& line : support::align_columns(rows)) reporter_.info(line);
    }
    reporter_.info("kept " + with_thousands(result_.cells) + " of " + with_thousands(filter_.seen()) +
                   " cells, " + dropped_words());
    const std::uint64_t mean = result_.cells == 0 ? 0 : (result_.tokens + result_.cells / 2) / result_.cells;
    reporter_.info(with_thousands(result_.tokens) + " tokens of " +
                   with_thousands(vocabulary_->gene_count()) + " genes; a cell has " + with_thousands(mean) +
                   " on average, at most " + with_thousands(longest_));
    reporter_.info("wrote " + options_.output.string());
  }

  const TokenizeOptions& options_;
  support::Reporter& reporter_;
  std::optional<cells::Vocabulary> vocabulary_;
  cells::GeneSymbols symbols_;
  cells::QualityFilter filter_;
  TokenizeInputs inputs_;
  TokenizeResult result_;
  std::vector<std::string> checksums_;  // of the files, in their order
  std::uint64_t longest_ = 0;
};

}  // namespace

TokenizeResult tokenize(const TokenizeOptions& options, support::Reporter& reporter) {
  check(options);
  TokenizeResult result = Tokenizer(options, reporter).run();
  if (!result.skipped.empty()) {
    reporter.warn("inputs that were skipped: " + with_thousands(result.skipped.size()));
    for (const std::string& reason : result.skipped) reporter.warn("  " + reason);
  }
  return result;
}

}  // namespace biodta::pipeline
