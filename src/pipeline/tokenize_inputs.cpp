#include "tokenize_inputs.hpp"

#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/threads.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <future>
#include <set>
#include <utility>

namespace biodta::pipeline {
namespace {

/// Some megabytes of counts: what the cores next work on is then still in their caches.
constexpr std::size_t kCellsPerBlock = 512;
constexpr std::size_t kCellsPerTask = 64;
constexpr std::uint64_t kMostShards = 1'000'000;

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stopped != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Files in the order in which they are read; none may be there twice.
std::vector<std::filesystem::path> expand_inputs(const std::vector<std::filesystem::path>& inputs) {
  std::vector<std::filesystem::path> paths;
  std::set<std::filesystem::path> seen;
  std::error_code ignored;
  for (const auto& input : inputs) {
    for (const auto& path : cells::find_count_files(input)) {
      if (!seen.insert(std::filesystem::weakly_canonical(path, ignored)).second)
        throw ConfigError("inputs: found " + path.string() + " twice, expected each once");
      paths.push_back(path);
    }
  }
  return paths;
}

}  // namespace

Shard Shard::parse(const std::string& text) {
  if (text.empty()) return {};
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto index = parse_count(std::string_view(text).substr(0, slash));
  const auto count = parse_count(std::string_view(text).substr(std::min(slash + 1, text.size())));
  if (!index || !count || *index < 1 || *count > kMostShards || *index > *count) {
    throw ConfigError("shard: found '" + text + "', expected i/n with i from 1 to n, for example 3/16");
  }
  return {*index, *count};
}

std::uint64_t Shard::part(std::uint64_t i, std::uint64_t total) const {
  // total * i / count without overflow.
  return total / count * i + total % count * i / count;
}

TokenizeInputs::TokenizeInputs(const TokenizeOptions& options, const cells::Vocabulary* vocabulary,
                               const cells::GeneSymbols& symbols, const std::vector<cells::ObsRule>& rules,
                               support::Reporter& reporter)
    : options_(options), reporter_(reporter), schema_(options.keep_obs) {
  for (const auto& path : expand_inputs(options.inputs)) {
    attempt([&] { survey(path, vocabulary, symbols, rules); });
  }
  if (files_.empty()) throw InputError("no input is left: none of the files could be read");
  schema_.require_kept();
  unite_mixed_columns();
  choose_cells();
}

bool TokenizeInputs::attempt(const std::function<void()>& use) {
  if (!options_.skip_bad_files) {
    use();
    return true;
  }
  try {
    use();
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
  }
  const cells::ObsSelection selection(rules, *opened.source);
  report(opened, match ? &*match : nullptr);
  const std::string name = path.filename().string();
  for (const std::string& rule : selection.without_column()) {
    reporter_.warn(name + ": has no such column, so the rule drops nothing there: " + rule);
  }
  if (options_.filters.needs_mitochondrial() &&
      std::count(opened.is_mitochondrial.begin(), opened.is_mitochondrial.end(), 1) == 0) {
    reporter_.warn(name + ": no mitochondrial gene is known among its genes, so every fraction is 0");
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

void TokenizeInputs::unite_mixed_columns() {
  const std::vector<std::string> mixed = schema_.mixed();
  if (mixed.empty()) return;
  for (const TokenizeInput& file : files_) {
    const OpenInput opened = open(file);
    const std::vector<cells::ObsField>& fields = opened.source->obs_fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].categorical || std::find(mixed.begin(), mixed.end(), fields[i].name) == mixed.end())
        continue;
      for (std::uint64_t first = 0; first < file.cells; first += kCellsPerBlock) {
        const std::uint64_t count = std::min<std::uint64_t>(kCellsPerBlock, file.cells - first);
        schema_.add_numbers(fields[i].name, opened.source->read_obs(i, first, count).numbers);
      }
    }
  }
}

void TokenizeInputs::choose_cells() {
  std::uint64_t total = 0;
  for (const TokenizeInput& file : files_) total += file.cells;
  const Shard shard = Shard::parse(options_.shard);
  const std::uint64_t begin = shard.begin(total);
  const std::uint64_t end = shard.end(total);
  std::uint64_t at = 0;
  for (TokenizeInput& file : files_) {
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
    return !attempt([&] {
      const OpenInput opened = open(file);
      TokenizeInput whole = file;  // the statistics are of all cells, whatever the shard
      whole.begin = 0;
      whole.end = file.cells;
      cells::SourceStatistics statistics;
      for_each_block(whole, *opened.source, [&](const cells::CountBlock& block) {
        for (const auto& cell : measure_block(block, opened.is_mitochondrial)) statistics.add(cell);
        progress->update(done += block.cell_count());
      });
      file.statistics = statistics;
    });
  });
  if (files_.empty()) throw InputError("no input is left: none of the files could be read");
}

void TokenizeInputs::for_each_block(const TokenizeInput& file, cells::CountSource& source,
                                    const std::function<void(const cells::CountBlock&)>& use) {
  source.seek(file.begin);
  std::uint64_t left = file.cells_read();
  const std::launch policy = support::thread_limit() > 1 ? std::launch::async : std::launch::deferred;
  // Two blocks take turns, so that their memory is touched for the first time only once.
  std::array<cells::CountBlock, 2> blocks;
  std::size_t turn = 0;
  const auto read = [&source, &left](cells::CountBlock& block) {
    if (left == 0 || !source.next(block, std::min<std::uint64_t>(kCellsPerBlock, left))) return false;
    left -= block.cell_count();
    return true;
  };
  std::future<bool> coming = std::async(policy, read, std::ref(blocks[turn]));
  while (coming.get()) {
    const cells::CountBlock& block = blocks[turn];
    turn = 1 - turn;
    coming = std::async(policy, read, std::ref(blocks[turn]));
    use(block);
  }
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

std::string count_file_checksum(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return support::file_checksum(path);
  std::vector<std::filesystem::path> parts;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
    if (has("matrix.mtx") || has("features.tsv") || has("genes.tsv") || has("barcodes.tsv"))
      parts.push_back(entry.path());
  }
  std::sort(parts.begin(), parts.end());
  return support::files_checksum(parts);
}

}  // namespace biodta::pipeline
