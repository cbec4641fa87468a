#include "tokenize_inputs.hpp"

#include "distinct_inputs.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/threads.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <future>
#include <new>
#include <stdexcept>
#include <utility>

namespace biodta::pipeline {
namespace {

/// Some megabytes of counts: what the cores next work on is then still in their caches.
constexpr std::size_t kCellsPerBlock = 512;
constexpr std::size_t kCellsPerTask = 64;

/// Names go into the corpus, which every reader must be able to read.
void require_plain_text(const std::filesystem::path& path, const std::string& what, std::uint64_t first,
                        std::span<const std::string> names) {
  const auto odd = std::find_if_not(names.begin(), names.end(), support::is_plain_text);
  if (odd == names.end()) return;
  throw InputError(path, what + " " + std::to_string(first + static_cast<std::uint64_t>(odd - names.begin())),
                   "'" + *odd + "'", "text in UTF-8 without control characters");
}

/// A path whose last part is a name: "folder/" means "folder".
std::filesystem::path named(const std::filesystem::path& path) {
  const std::filesystem::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

/// Throws what `use` throws; a want of memory as an InputError that names the file.
void naming_file(const std::filesystem::path& path, const std::function<void()>& use) {
  const auto fail = [&path] {
    throw InputError(path, "", "more values than memory holds",
                     "blocks of cells that fit, or a file that is whole");
  };
  try {
    use();
  } catch (const std::bad_alloc&) {
    fail();
  } catch (const std::length_error&) {
    fail();
  }
}

}  // namespace

TokenizeInputs::TokenizeInputs(const TokenizeOptions& options, const cells::Vocabulary* vocabulary,
                               const cells::GeneSymbols& symbols, const std::vector<cells::ObsRule>& rules,
                               support::Reporter& reporter)
    : options_(options), reporter_(reporter), schema_(options.keep_obs) {
  DistinctInputs distinct;
  for (const auto& input : options.inputs) {
    std::vector<std::filesystem::path> paths;
    attempt(input, [&] { paths = cells::find_count_files(named(input)); });
    for (const auto& path : paths) {
      distinct.add(path);
      support::require_not_read("output", options.output, {path});
      support::require_not_read("vocabulary_output", options.vocabulary_output, {path});
      attempt(path, [&] { survey(path, vocabulary, symbols, rules); });
    }
  }
  if (!files_.empty()) {
    schema_.require_kept();
    unite_mixed_columns();
  }
  if (files_.empty()) throw InputError("no input is left: none of the files could be read");
  choose_cells();
}

bool TokenizeInputs::attempt(const std::filesystem::path& path, const std::function<void()>& use) {
  if (!options_.skip_bad_files) {
    naming_file(path, use);
    return true;
  }
  try {
    naming_file(path, use);
    return true;
  } catch (const InputError& error) {
    reporter_.warn("skipped: " + std::string(error.what()));
    skipped_.emplace_back(error.what());
    return false;
  }
}

OpenInput TokenizeInputs::open(const TokenizeInput& file) const {
  OpenInput open;
  const auto values =
      options_.allow_non_integer ? cells::CountValues::kNotNegative : cells::CountValues::kWhole;
  open.source = cells::open_counts(file.path, {options_.matrix, values});
  open.symbols = open.source->gene_symbols();
  if (options_.filters.needs_mitochondrial()) {
    open.is_mitochondrial = cells::find_mitochondrial(open.source->gene_ids(), open.symbols);
  }
  return open;
}

void TokenizeInputs::survey(const std::filesystem::path& path, const cells::Vocabulary* vocabulary,
                            const cells::GeneSymbols& symbols, const std::vector<cells::ObsRule>& rules) {
  TokenizeInput file;
  file.path = path;
  const OpenInput opened = open(file);
  file.cells = opened.source->cell_count();
  if (file.cells > 0) opened.source->cell_ids(0, 1);  // refuses a table of another length
  std::optional<cells::GeneMatch> match;
  if (vocabulary != nullptr) {
    match = cells::match_genes(*vocabulary, opened.names(), symbols, options_.min_overlap);
    cells::require_overlap(*match, *vocabulary, opened.names(), options_.min_overlap, path);
  } else {
    require_same_kind(opened, symbols);
  }
  const cells::ObsSelection selection(rules, *opened.source);
  report(opened, match ? &*match : nullptr);
  const std::string name = path.filename().string();
  if (!selection.without_column().empty()) {
    reporter_.warn(name + ": has no column for these rules, which drop nothing there: " +
                   support::join_words(selection.without_column()));
  }
  if (options_.filters.needs_mitochondrial() &&
      std::count(opened.is_mitochondrial.begin(), opened.is_mitochondrial.end(), 1) == 0) {
    reporter_.warn(name + ": no mitochondrial gene is known among its genes, so every fraction is 0");
  }
  require_plain_text(path, "gene", 0, opened.source->gene_ids());
  for (const cells::ObsField& field : opened.source->obs_fields()) {
    if (!schema_.keeps(field)) continue;
    require_plain_text(path, "obs column", 0, {&field.name, 1});
    require_plain_text(path, "obs/" + field.name + ", category", 0, field.categories);
  }
  schema_.add(opened.source->obs_fields(), path);
  files_.push_back(std::move(file));
}

void TokenizeInputs::report(const OpenInput& open, const cells::GeneMatch* match) {
  const cells::CountSource& source = *open.source;
  const std::string name = source.path().filename().string();
  std::string text = name + ": " + source.format() + ", " + support::with_thousands(source.cell_count()) +
                     " cells in " + source.matrix_name();
  if (match == nullptr) return reporter_.info(text);
  text += ", " + support::with_thousands(match->matched) + " of " +
          support::with_thousands(match->tokens.size()) + " genes are in the vocabulary (" +
          std::to_string(std::lround(match->overlap() * 100.0)) + " %)";
  if (match->by_symbol) text += ", matched by symbol";
  reporter_.info(text);
  if (match->repeated > 0) {
    reporter_.warn(name + ": " + support::with_thousands(match->repeated) +
                   " columns are a gene that an earlier column is too; their counts are summed");
  }
}

void TokenizeInputs::require_same_kind(const OpenInput& open, const cells::GeneSymbols& symbols) {
  const std::string kind = cells::kind_of_gene_ids(common_gene_ids(open, symbols));
  if (kind_of_ids_.empty()) {
    kind_of_ids_ = kind;
    first_of_kind_ = open.source->path();
  }
  if (kind.empty() || kind == kind_of_ids_) return;
  throw InputError(
      open.source->path(), "genes", kind, kind_of_ids_ + " as in " + first_of_kind_.string(),
      "medians are of genes that the files have in common; symbols become Ensembl ids by a table "
      "(gene_symbols, or --gene-symbols)");
}

void TokenizeInputs::unite_mixed_columns() {
  if (schema_.mixed().empty()) return;
  std::erase_if(files_, [&](const TokenizeInput& file) {
    return !attempt(file.path, [&] {
      const OpenInput opened = open(file);
      schema_.add_mixed_numbers(opened.source->obs_fields(), file.cells,
                                [&](std::size_t field, std::uint64_t first, std::uint64_t count) {
                                  return opened.source->read_obs(field, first, count);
                                });
    });
  });
}

void TokenizeInputs::choose_cells() {
  std::uint64_t total = 0;
  for (const TokenizeInput& file : files_) total += file.cells;
  const Shard shard = Shard::parse(options_.shard);
  const std::uint64_t begin = shard.begin(total);
  const std::uint64_t end = shard.end(total);
  std::uint64_t at = 0;
  for (TokenizeInput& file : files_) {
    file.index = &file - files_.data();
    const auto inside = [&](std::uint64_t cell) { return std::clamp(cell, at, at + file.cells) - at; };
    file.begin = inside(begin);
    file.end = inside(end);
    at += file.cells;
  }
  std::erase_if(files_, [](const TokenizeInput& file) { return file.cells_read() == 0; });
}

std::uint64_t TokenizeInputs::cells_to_read() const {
  std::uint64_t cells = 0;
  for (const TokenizeInput& file : files_) cells += file.cells_read();
  return cells;
}

void TokenizeInputs::read_through() {
  if (!options_.filters.needs_statistics() && !options_.skip_bad_files) return;
  std::uint64_t total = 0;
  for (const TokenizeInput& file : files_) total += file.cells;
  const auto progress = reporter_.start("check", total, "cells");
  std::uint64_t done = 0;
  std::erase_if(files_, [&](TokenizeInput& file) {
    return !attempt(file.path, [&] {
      const OpenInput opened = open(file);
      WantedMetadata wanted{true, {}};
      const std::vector<cells::ObsField>& fields = opened.source->obs_fields();
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (schema_.keeps(fields[i])) wanted.fields.push_back(i);
      }
      TokenizeInput whole = file;  // the statistics are of all cells, whatever the shard
      whole.begin = 0;
      whole.end = file.cells;
      cells::SourceStatistics statistics;
      for_each_block(whole, *opened.source, wanted, [&](const CellBlock& block) {
        for (const auto& cell : measure_block(block.counts, opened.is_mitochondrial)) statistics.add(cell);
        progress->update(done += block.counts.cell_count());
      });
      file.statistics = statistics;
    });
  });
  if (files_.empty() && !skipped_.empty() && options_.shard.empty())
    throw InputError("no input is left: none of the files could be read");
}

void TokenizeInputs::for_each_block(const TokenizeInput& file, cells::CountSource& source,
                                    const WantedMetadata& wanted,
                                    const std::function<void(const CellBlock&)>& use) {
  source.seek(file.begin);
  std::uint64_t left = file.cells_read();
  const std::launch policy = support::thread_limit() > 1 ? std::launch::async : std::launch::deferred;
  // Two blocks take turns, so that their memory is touched for the first time only once.
  std::array<CellBlock, 2> blocks;
  for (CellBlock& block : blocks) block.obs.resize(source.obs_fields().size());
  std::size_t turn = 0;
  // A source is not for two threads at once: all that is wanted of its cells is read here.
  const auto read = [&](CellBlock& block) {
    if (left == 0 || !source.next(block.counts, std::min<std::uint64_t>(kCellsPerBlock, left))) return false;
    const std::uint64_t first = block.counts.first_cell;
    const std::uint64_t count = block.counts.cell_count();
    if (wanted.ids) {
      block.ids = source.cell_ids(first, count);
      require_plain_text(file.path, "cell", first, block.ids);
    }
    for (const std::size_t field : wanted.fields) block.obs[field] = source.read_obs(field, first, count);
    left -= count;
    return true;
  };
  naming_file(file.path, [&] {
    std::future<bool> coming = std::async(policy, read, std::ref(blocks[turn]));
    while (coming.get()) {
      const CellBlock& block = blocks[turn];
      turn = 1 - turn;
      coming = std::async(policy, read, std::ref(blocks[turn]));
      use(block);
    }
  });
}

std::vector<cells::CellQuality> measure_block(const cells::CountBlock& block,
                                              std::span<const std::uint8_t> is_mitochondrial) {
  std::vector<cells::CellQuality> qualities(block.cell_count());
  support::parallel_ranges(qualities.size(), kCellsPerTask, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t first = block.offsets[i];
      const std::uint64_t count = block.offsets[i + 1] - first;
      qualities[i] = cells::measure(std::span(block.genes).subspan(first, count),
                                    std::span(block.counts).subspan(first, count), is_mitochondrial);
    }
  });
  return qualities;
}

std::vector<std::string> common_gene_ids(const OpenInput& open, const cells::GeneSymbols& symbols) {
  std::vector<std::string> ids;
  for (const std::string& id : open.source->gene_ids()) {
    const auto known = cells::looks_like_ensembl(id) ? std::span<const std::string>() : symbols.ids(id);
    ids.push_back(known.empty() ? cells::canonical_gene_id(id) : known.front());
  }
  return ids;
}

}  // namespace biodta::pipeline
