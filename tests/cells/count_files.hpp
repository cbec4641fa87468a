#pragma once
/// @file
/// What is in a count file, in a form that tests compare.

#include "testing.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/tsv.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace biodta::cells::testing {

/// The counts that are not zero, by cell and gene.
using Counts = std::map<std::pair<std::uint64_t, std::uint32_t>, float>;

/// Adds a block, which must be one: as many offsets, genes and counts as belong together.
inline void add_block(Counts& counts, const CountBlock& block) {
  ASSERT_EQ(block.offsets.front(), 0U);
  ASSERT_EQ(block.offsets.back(), block.genes.size());
  ASSERT_EQ(block.counts.size(), block.genes.size());
  for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
    ASSERT_LE(block.offsets[cell], block.offsets[cell + 1]);
    for (std::uint64_t i = block.offsets[cell]; i < block.offsets[cell + 1]; ++i) {
      if (block.counts[i] == 0.0F) continue;
      EXPECT_TRUE(counts.emplace(std::pair(block.first_cell + cell, block.genes[i]), block.counts[i]).second)
          << "cell " << block.first_cell + cell << " has gene " << block.genes[i] << " twice";
    }
  }
}

/// All that a source still has, in blocks of at most `max_cells`, which must follow one another.
inline Counts read_counts(CountSource& source, std::size_t max_cells = 7) {
  Counts counts;
  CountBlock block;
  std::uint64_t next = 0;
  while (source.next(block, max_cells)) {
    EXPECT_EQ(block.first_cell, next);
    EXPECT_GE(block.cell_count(), 1U);
    EXPECT_LE(block.cell_count(), max_cells);
    add_block(counts, block);
    next += block.cell_count();
  }
  EXPECT_EQ(next, source.cell_count());
  return counts;
}

inline Counts read_counts(const std::filesystem::path& path, const CountSourceOptions& options = {},
                          std::size_t max_cells = 7) {
  const auto source = open_counts(path, options);
  return read_counts(*source, max_cells);
}

/// What scripts/fixtures/cells.py says is in a file: tests/data/cells/NAME.
inline Counts expected_counts(const std::string& name) {
  const support::Table table = support::read_table(biodta::testing::fixture("cells/" + name));
  Counts counts;
  for (const std::vector<std::string>& row : table.rows) {
    counts.emplace(std::pair(std::stoull(row[0]), static_cast<std::uint32_t>(std::stoul(row[1]))),
                   std::stof(row[2]));
  }
  EXPECT_FALSE(counts.empty());
  return counts;
}

/// "stem0", "stem1", …: how the fixtures name cells and genes.
inline std::vector<std::string> names_from(const std::string& stem, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(stem + std::to_string(i));
  return names;
}

/// The ids of the fixtures: the stem and 11 digits.
inline std::vector<std::string> ensembl_ids(const std::string& stem, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string digits = std::to_string(i);
    names.push_back(stem + std::string(11 - digits.size(), '0') + digits);
  }
  return names;
}

/// Every cell's id, in ranges of 5.
inline std::vector<std::string> all_cell_ids(const CountSource& source) {
  std::vector<std::string> ids;
  for (std::uint64_t first = 0; first < source.cell_count(); first += 5) {
    const auto some = source.cell_ids(first, std::min<std::uint64_t>(5, source.cell_count() - first));
    ids.insert(ids.end(), some.begin(), some.end());
  }
  return ids;
}

/// A whole column of obs with its field, read in ranges of 5.
struct WholeObs {
  ObsField field;
  std::vector<std::int32_t> codes;
  std::vector<double> numbers;
  /// The category of each cell; "-" where it has none.
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const std::int32_t code : codes) {
      texts.push_back(code < 0 ? "-" : field.categories.at(static_cast<std::size_t>(code)));
    }
    return texts;
  }
};

inline std::vector<WholeObs> all_obs(const CountSource& source) {
  std::vector<WholeObs> columns;
  const std::vector<ObsField>& fields = source.obs_fields();
  for (std::size_t field = 0; field < fields.size(); ++field) {
    WholeObs column{fields[field], {}, {}};
    for (std::uint64_t first = 0; !column.field.identifiers && first < source.cell_count(); first += 5) {
      const std::uint64_t count = std::min<std::uint64_t>(5, source.cell_count() - first);
      const ObsValues values = source.read_obs(field, first, count);
      EXPECT_EQ(column.field.categorical ? values.codes.size() : values.numbers.size(), count);
      column.codes.insert(column.codes.end(), values.codes.begin(), values.codes.end());
      column.numbers.insert(column.numbers.end(), values.numbers.begin(), values.numbers.end());
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

/// The column of that name, which must be there.
inline WholeObs obs_column(const CountSource& source, const std::string& name) {
  for (WholeObs& column : all_obs(source)) {
    if (column.field.name == name) return std::move(column);
  }
  ADD_FAILURE() << "no column " << name;
  return {};
}

}  // namespace biodta::cells::testing
