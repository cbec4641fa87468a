#include <biodta/cells/block_encoder.hpp>
#include <biodta/cells/corpus.hpp>
#include <biodta/cells/gene_matching.hpp>
#include <biodta/cells/obs_table.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/threads.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace biodta::pipeline {
namespace {

using cells::CountBlock;
using cells::CountSource;
using support::with_thousands;

constexpr std::size_t kCellsPerBlock = 4096;
/// The rule that the encoder itself applies, named beside those of the quality filter.
constexpr std::string_view kNoTokens = "no_vocabulary_gene";

using Sources = std::vector<std::unique_ptr<CountSource>>;

/// No file may be read twice, nor written over what is read.
void check_paths(const TokenizeOptions& options) {
  std::error_code ignored;
  std::set<std::filesystem::path> seen;
  for (const auto& path : options.inputs) {
    const std::filesystem::path whole = std::filesystem::weakly_canonical(path, ignored);
    if (!seen.insert(whole).second)
      throw ConfigError("inputs: found " + path.string() + " twice, expected each once");
  }
  for (const auto& path : options.inputs) {
    support::require_not_read("output", options.output, {path});
    support::require_not_read("vocabulary_output", options.vocabulary_output, {path});
  }
  support::require_not_read("output", options.output, {options.vocabulary, options.vocabulary_output});
  for (const auto* written : {&options.output, &options.vocabulary_output}) {
    if (!written->empty()) support::require_writable(*written);
  }
}

void check(const TokenizeOptions& options) {
  if (options.inputs.empty()) throw ConfigError("inputs: found none, expected at least one count file");
  if (options.output.empty()) throw ConfigError("output: found nothing, expected the corpus file to write");
  if (options.estimate_medians == !options.vocabulary.empty()) {
    throw ConfigError(options.estimate_medians
                          ? "vocabulary: found one beside estimate_medians, expected one of the two"
                          : "vocabulary: found none, expected a file of genes and medians",
                      "give --vocabulary FILE, or --estimate-medians to make one from the counts");
  }
  check_paths(options);
  if (!options.vocabulary_output.empty() && !options.estimate_medians) {
    throw ConfigError("vocabulary_output: found one without estimate_medians, expected both or neither");
  }
}

/// Hands the blocks of a source to `use`, reading the next one meanwhile where threads allow it.
void for_each_block(CountSource& source, const std::function<void(const CountBlock&)>& use) {
  source.rewind();
  const std::launch policy = support::thread_limit() > 1 ? std::launch::async : std::launch::deferred;
  const auto read = [&source] {
    std::optional<CountBlock> block(std::in_place);
    if (!source.next(*block, kCellsPerBlock)) block.reset();
    return block;
  };
  std::future<std::optional<CountBlock>> coming = std::async(policy, read);
  while (const std::optional<CountBlock> block = coming.get()) {
    coming = std::async(policy, read);
    use(*block);
  }
}

/// Which cells of a block pass; 1 = kept.
std::vector<std::uint8_t> judge(const CountBlock& block, cells::QualityFilter& filter) {
  std::vector<std::uint8_t> keep(block.cell_count());
  for (std::size_t i = 0; i < keep.size(); ++i) {
    const std::uint64_t first = block.offsets[i];
    const auto counts = std::span(block.counts).subspan(first, block.offsets[i + 1] - first);
    keep[i] = filter.keep(cells::measure(counts)) ? 1 : 0;
  }
  return keep;
}

Sources open_all(const TokenizeOptions& options) {
  Sources sources;
  for (const auto& path : options.inputs) sources.push_back(cells::open_counts(path, options.matrix));
  return sources;
}

std::uint64_t count_cells(const Sources& sources) {
  std::uint64_t cells = 0;
  for (const auto& source : sources) cells += source->cell_count();
  return cells;
}

/// Every column that is to be kept must be in some file.
void check_columns(const Sources& sources, const TokenizeOptions& options) {
  std::set<std::string> known;
  for (const auto& source : sources) {
    for (std::string& name : source->obs_names()) known.insert(std::move(name));
  }
  for (const std::string& name : options.keep_obs) {
    if (name == "*" || known.contains(name)) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    throw ConfigError("keep_obs: found '" + name + "', expected columns of the inputs: " +
                      (names.empty() ? "there are none" : support::join_words(names)));
  }
}

cells::Vocabulary estimate_vocabulary(const Sources& sources, const TokenizeOptions& options,
                                      support::Reporter& reporter) {
  cells::MedianEstimator estimator;
  cells::QualityFilter filter(options.filters);
  auto progress = reporter.start("medians", count_cells(sources), "cells");
  for (const auto& source : sources) {
    const auto genes = estimator.register_genes(source->gene_ids(), source->gene_symbols());
    for_each_block(*source, [&](const CountBlock& block) {
      const std::vector<std::uint8_t> keep = judge(block, filter);
      for (std::size_t i = 0; i < keep.size(); ++i) {
        if (keep[i] == 0) continue;
        const std::uint64_t first = block.offsets[i];
        const std::uint64_t count = block.offsets[i + 1] - first;
        estimator.add(std::span(block.genes).subspan(first, count),
                      std::span(block.counts).subspan(first, count), genes);
      }
      progress->update(filter.seen());
    });
  }
  progress.reset();
  cells::Vocabulary vocabulary = estimator.vocabulary(options.medians);
  reporter.info("medians of " + with_thousands(vocabulary.gene_count()) + " genes from " +
                with_thousands(filter.kept()) + " of " + with_thousands(filter.seen()) + " cells");
  if (!options.vocabulary_output.empty()) {
    vocabulary.write(options.vocabulary_output);
    reporter.info("wrote " + options.vocabulary_output.string());
  }
  return vocabulary;
}

void report_match(const CountSource& source, const cells::GeneMatch& match, support::Reporter& reporter) {
  const std::string file = source.path().filename().string();
  reporter.info(file + ": " + with_thousands(source.cell_count()) + " cells in " + source.matrix_name() +
                ", " + with_thousands(match.matched) + " of " + with_thousands(match.tokens.size()) +
                " genes are in the vocabulary (" + std::to_string(std::lround(match.overlap() * 100.0)) +
                " %)");
  if (match.repeated > 0) {
    reporter.warn(file + ": " + with_thousands(match.repeated) +
                  " columns are a gene that an earlier column is too; their counts are summed");
  }
}

std::vector<cells::GeneMatch> match_all(const Sources& sources, const cells::Vocabulary& vocabulary,
                                        const TokenizeOptions& options, support::Reporter& reporter) {
  // A vocabulary of the files' own expressed genes may rightly lack most columns of a file.
  const double min_overlap = options.estimate_medians ? 0.0 : options.min_overlap;
  std::vector<cells::GeneMatch> matches;
  for (const auto& source : sources) {
    matches.push_back(cells::match_genes(vocabulary, source->gene_ids()));
    report_match(*source, matches.back(), reporter);
    cells::require_overlap(matches.back(), vocabulary, min_overlap, source->path());
  }
  return matches;
}

/// Columns that are asked for, in the file's order.
std::vector<cells::ObsColumn> choose_columns(std::vector<cells::ObsColumn> columns,
                                             const std::vector<std::string>& names) {
  const std::set<std::string> wanted(names.begin(), names.end());
  if (!wanted.contains("*"))
    std::erase_if(columns, [&](const auto& column) { return !wanted.contains(column.name); });
  return columns;
}

/// What is known of the corpus beside its tokens.
struct Written {
  std::vector<std::string> cell_ids;
  cells::ObsTable obs;
  std::uint64_t tokens = 0;
  std::uint64_t longest = 0;
};

class Tokenizer {
 public:
  Tokenizer(const TokenizeOptions& options, const cells::Vocabulary& vocabulary)
      : options_(options),
        vocabulary_(vocabulary),
        filter_(options.filters),
        writer_(options.output, vocabulary) {}

  void add(CountSource& source, const cells::GeneMatch& match, support::Progress& progress) {
    const cells::RankEncoder encoder(vocabulary_, match.tokens, options_.encoder);
    std::vector<std::uint64_t> rows;
    for_each_block(source, [&](const CountBlock& block) {
      const cells::EncodedCells encoded = cells::encode_block(block, judge(block, filter_), encoder);
      writer_.append(encoded.tokens, encoded.offsets);
      rows.insert(rows.end(), encoded.rows.begin(), encoded.rows.end());
      note_lengths(encoded);
      progress.update(filter_.seen());
    });
    const std::vector<std::string> ids = source.cell_ids();
    for (const std::uint64_t row : rows) written_.cell_ids.push_back(ids[row]);
    written_.obs.append(choose_columns(source.obs(), options_.keep_obs), rows);
  }

  void finish(support::Reporter& reporter) {
    if (written_.cell_ids.empty()) throw InputError("no cell is left after the filters: " + dropped_words());
    writer_.finish(written_.cell_ids, written_.obs.columns(), provenance());
    summarize(reporter);
  }

 private:
  void note_lengths(const cells::EncodedCells& encoded) {
    written_.tokens += encoded.tokens.size();
    for (std::size_t i = 1; i < encoded.offsets.size(); ++i) {
      written_.longest = std::max(written_.longest, encoded.offsets[i] - encoded.offsets[i - 1]);
    }
  }

  cells::CorpusProvenance provenance() const {
    cells::CorpusProvenance provenance;
    for (const auto& path : options_.inputs) {
      provenance.sources.push_back(path.filename().string());
      provenance.checksums.push_back(support::file_checksum(path));
    }
    provenance.filters = support::write_options(options_);
    provenance.cells_read = filter_.seen();
    provenance.filter_names = filter_.names();
    provenance.filter_dropped = filter_.dropped();
    provenance.filter_names.emplace_back(kNoTokens);
    provenance.filter_dropped.push_back(static_cast<std::int64_t>(filter_.kept() - written_.cell_ids.size()));
    return provenance;
  }

  std::string dropped_words() const {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < filter_.names().size(); ++i) {
      if (filter_.dropped()[i] == 0) continue;
      words.push_back(with_thousands(static_cast<std::uint64_t>(filter_.dropped()[i])) + " by " +
                      filter_.names()[i]);
    }
    const std::uint64_t empty = filter_.kept() - written_.cell_ids.size();
    if (empty > 0) words.push_back(with_thousands(empty) + " without a gene of the vocabulary");
    return words.empty() ? "none dropped" : "dropped " + support::join_words(words);
  }

  void summarize(support::Reporter& reporter) const {
    const std::uint64_t kept = written_.cell_ids.size();
    reporter.info("kept " + with_thousands(kept) + " of " + with_thousands(filter_.seen()) + " cells, " +
                  dropped_words());
    reporter.info(with_thousands(written_.tokens) + " tokens of " + with_thousands(vocabulary_.gene_count()) +
                  " genes; a cell has " + with_thousands((written_.tokens + kept / 2) / kept) +
                  " on average, at most " + with_thousands(written_.longest));
    reporter.info("wrote " + options_.output.string());
  }

  const TokenizeOptions& options_;
  const cells::Vocabulary& vocabulary_;
  cells::QualityFilter filter_;
  cells::CorpusWriter writer_;
  Written written_;
};

}  // namespace

void describe(support::OptionVisitor& visit, TokenizeOptions& options) {
  using cells::CountMatrix;
  visit.field("inputs", options.inputs, "count files (.h5ad); the corpus has their cells in this order");
  visit.field("output", options.output, "corpus file to write");
  visit.field("vocabulary", options.vocabulary,
              "genes and their medians, TSV; empty where they are estimated");
  visit.field("estimate_medians", options.estimate_medians,
              "make the vocabulary from the inputs' kept cells, genes sorted by id");
  visit.field("vocabulary_output", options.vocabulary_output,
              "file for the estimated vocabulary; empty = none");
  visit.choice("matrix", options.matrix,
               {{"auto", CountMatrix::kAuto}, {"X", CountMatrix::kX}, {"raw/X", CountMatrix::kRawX}},
               "which matrix holds the raw counts; auto = raw/X where there is one, else X");
  visit.field("min_overlap", options.min_overlap,
              "least share of a file's genes that the vocabulary must have", support::between(0.0, 1.0));
  visit.field("keep_obs", options.keep_obs, "obs columns kept in the corpus; \"*\" = all, [] = none");
  visit.section("filters", options.filters, "which cells are kept");
  visit.section("encoder", options.encoder, "rank value encoding");
  visit.section("medians", options.medians, "estimated vocabulary");
}

void tokenize(const TokenizeOptions& options, support::Reporter& reporter) {
  check(options);
  const Sources sources = open_all(options);
  check_columns(sources, options);
  const cells::Vocabulary vocabulary = options.estimate_medians
                                           ? estimate_vocabulary(sources, options, reporter)
                                           : cells::Vocabulary::read(options.vocabulary);
  const std::vector<cells::GeneMatch> matches = match_all(sources, vocabulary, options, reporter);
  Tokenizer tokenizer(options, vocabulary);
  {
    const auto progress = reporter.start("tokenize", count_cells(sources), "cells");
    for (std::size_t i = 0; i < sources.size(); ++i) tokenizer.add(*sources[i], matches[i], *progress);
  }
  tokenizer.finish(reporter);
}

}  // namespace biodta::pipeline
