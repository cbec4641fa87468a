#include "tokenize_inputs.hpp"

#include <biodta/cells/block_encoder.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/atomic_file.hpp>
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

/// Nothing may be written over what is read.
void check_paths(const TokenizeOptions& options) {
  for (const auto& path : options.inputs) {
    support::require_not_read("output", options.output, {path});
    support::require_not_read("vocabulary_output", options.vocabulary_output, {path});
  }
  support::require_not_read("output", options.output,
                            {options.vocabulary, options.vocabulary_output, options.gene_symbols});
  support::require_not_read("vocabulary_output", options.vocabulary_output,
                            {options.vocabulary, options.gene_symbols});
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

  std::vector<std::uint8_t> operator()(const CountBlock& block) {
    const std::vector<cells::CellQuality> qualities = measure_block(block, open_.is_mitochondrial);
    std::vector<std::int32_t> broken(qualities.size(), -1);
    if (!filter_.obs_rules().empty()) broken = selection_.broken(block.first_cell, qualities.size());
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

/// Ids in which files agree: the vocabulary's for genes that it has, else the canonical form, or what a table
/// of symbols says.
std::vector<std::string> common_gene_ids(const OpenInput& open, const cells::Vocabulary* vocabulary,
                                         const cells::GeneSymbols& symbols, double min_overlap) {
  std::vector<std::string> ids;
  for (const std::string& id : open.source->gene_ids()) {
    const auto known = cells::looks_like_ensembl(id) ? std::span<const std::string>() : symbols.ids(id);
    ids.push_back(known.empty() ? cells::canonical_gene_id(id) : known.front());
  }
  if (vocabulary == nullptr) return ids;
  const cells::GeneMatch match = cells::match_genes(*vocabulary, open.names(), symbols, min_overlap);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (match.tokens[i] != cells::kPadToken) ids[i] = vocabulary->gene(match.tokens[i]).id;
  }
  return ids;
}

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
  void estimate_medians() {
    cells::MedianEstimator estimator(options_.medians);
    cells::QualityFilter filter(options_.filters);
    {
      const auto progress = reporter_.start("medians", inputs_.cells_to_read(), "cells");
      for (const TokenizeInput& file : inputs_.files()) {
        const OpenInput open = inputs_.open(file);
        const auto ids =
            common_gene_ids(open, vocabulary_ ? &*vocabulary_ : nullptr, symbols_, options_.min_overlap);
        const auto genes = estimator.register_genes(ids, open.symbols);
        Judge judge(filter, file, open);
        TokenizeInputs::for_each_block(file, *open.source, [&](const CountBlock& block) {
          estimator.add(block, judge(block), genes);
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
    const cells::GeneMatch match =
        cells::match_genes(*vocabulary_, open.names(), symbols_, options_.min_overlap);
    const cells::RankEncoder encoder(*vocabulary_, match.tokens, options_.encoder);
    const cells::ObsJoin join(inputs_.schema(), open.source->obs_fields());
    Judge judge(filter_, file, open);
    TokenizeInputs::for_each_block(file, *open.source, [&](const CountBlock& block) {
      const cells::EncodedCells encoded = cells::encode_block(block, judge(block), encoder);
      append(encoded, block, *open.source, join, writer);
      file.kept += encoded.rows.size();
      progress.update(filter_.seen());
    });
  }

  void append(const cells::EncodedCells& encoded, const CountBlock& block, const cells::CountSource& source,
              const cells::ObsJoin& join, cells::CorpusWriter& writer) {
    const std::uint64_t first = block.first_cell;
    const std::size_t count = block.cell_count();
    std::vector<std::string> ids = choose(source.cell_ids(first, count), encoded.rows, first);
    const auto read = [&](std::size_t field) {
      cells::ObsValues values = source.read_obs(field, first, count);
      return cells::ObsValues{choose(std::move(values.codes), encoded.rows, first),
                              choose(std::move(values.numbers), encoded.rows, first)};
    };
    writer.append(encoded.tokens, encoded.offsets, ids, join.read(encoded.rows.size(), read));
    for (std::size_t i = 1; i < encoded.offsets.size(); ++i) {
      longest_ = std::max(longest_, encoded.offsets[i] - encoded.offsets[i - 1]);
    }
  }

  /// The values of the rows that were kept; `values` begin at row `first`, or are none.
  template <class T>
  static std::vector<T> choose(std::vector<T> values, const std::vector<std::uint64_t>& rows,
                               std::uint64_t first) {
    if (values.empty() || values.size() == rows.size()) return values;
    std::vector<T> chosen;
    chosen.reserve(rows.size());
    for (const std::uint64_t row : rows) chosen.push_back(std::move(values[row - first]));
    return chosen;
  }

  std::int64_t without_tokens() const { return static_cast<std::int64_t>(filter_.kept() - result_.cells); }

  cells::CorpusProvenance provenance() const {
    cells::CorpusProvenance provenance;
    for (const TokenizeInput& file : inputs_.files()) {
      provenance.sources.push_back(file.path.filename().string());
      provenance.checksums.push_back(count_file_checksum(file.path));
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
