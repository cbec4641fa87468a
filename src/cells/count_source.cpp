#include "h5_sources.hpp"
#include "mtx_source.hpp"
#include "text_table_source.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <fstream>
#include <span>
#include <string_view>
#include <utility>

namespace biodta::cells {
namespace {

constexpr std::string_view kExpected =
    "a count file: AnnData .h5ad, 10x .h5, loom, a 10x mtx folder or a text table";

/// Whatever the case of the letters.
bool has_extension(const std::filesystem::path& path, std::initializer_list<std::string_view> extensions) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(extensions.begin(), extensions.end(),
                     [&](std::string_view extension) { return name.ends_with(extension); });
}

bool named_as_hdf5(const std::filesystem::path& path) {
  return has_extension(path, {".h5ad", ".h5", ".hdf5", ".loom"});
}

bool begins_as_hdf5(const std::filesystem::path& path) {
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
  std::array<char, kSignature.size()> begin{};
  std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
  return std::string_view(begin.data(), begin.size()) == kSignature;
}

/// Written without branches and with numbers instead of truth values, so that compilers vectorise it. What is
/// out of bounds (NaN fails every comparison) becomes 0.5, which is no whole number and not the value either.
bool all_counts(std::span<const float> values) {
  std::uint32_t bad = 0;
  for (const float value : values) {
    const float bounded = value >= 0.0F && value <= kLargestCount ? value : 0.5F;
    bad |= static_cast<float>(static_cast<std::int32_t>(bounded)) == value ? 0U : 1U;
  }
  return bad == 0;
}

bool all_not_negative(std::span<const float> values) {
  bool good = true;
  for (const float value : values) good &= value >= 0.0F && value <= kLargestCount;
  return good;
}

bool all_finite(std::span<const float> values) {
  bool good = true;
  for (const float value : values) good &= std::isfinite(value);
  return good;
}

using AllGood = bool (*)(std::span<const float>);

AllGood rule_of(CountValues values) {
  switch (values) {
    case CountValues::kWhole:
      return all_counts;
    case CountValues::kNotNegative:
      return all_not_negative;
    case CountValues::kAny:
      break;
  }
  return all_finite;
}

std::string expected_values(CountValues values) {
  const std::string most = support::with_thousands(static_cast<std::uint64_t>(kLargestCount));
  if (values == CountValues::kWhole) return "a raw count, a whole number from 0 to " + most;
  if (values == CountValues::kNotNegative) return "a count from 0 to " + most;
  return "a finite number";
}

/// What may be wrong with a matrix that holds such a value.
std::string hint_for(float value, CountValues values) {
  if (values == CountValues::kAny || !std::isfinite(value)) return "the matrix is damaged";
  if (value < 0.0F)
    return "this matrix is scaled or centred; raw counts may be in another one (matrix, or --matrix)";
  if (value > kLargestCount) return {};
  return "this matrix is normalised or log-scaled, and raw counts may be in another one (matrix, or "
         "--matrix); "
         "estimated counts are read with allow_non_integer (--allow-non-integer)";
}

}  // namespace

const std::vector<ObsField>& CountSource::obs_fields() const {
  static const std::vector<ObsField> kNone;
  return kNone;
}

ObsValues CountSource::read_obs(std::size_t, std::uint64_t, std::uint64_t) const {
  throw Error(path().string() + ": has no obs columns");
}

bool CountSource::next(CountBlock& block, std::size_t max_cells) {
  if (next_cell_ >= cell_count() || max_cells == 0) return false;
  read_cells(next_cell_, std::min<std::uint64_t>(max_cells, cell_count() - next_cell_), block);
  check_values(block);
  next_cell_ += block.cell_count();
  return true;
}

void CountSource::seek(std::uint64_t cell) {
  if (cell > cell_count()) throw Error(path().string() + ": has no cell " + std::to_string(cell));
  next_cell_ = cell;
}

void CountSource::check_values(const CountBlock& block) const {
  const AllGood good = rule_of(values_);
  const std::span<const float> counts(block.counts);
  if (good(counts)) return;
  std::size_t at = 0;
  while (good(counts.subspan(at, 1))) ++at;
  const auto next = std::upper_bound(block.offsets.begin(), block.offsets.end(), at);
  const auto row = static_cast<std::uint64_t>(next - block.offsets.begin()) - 1;
  const std::uint64_t cell = block.first_cell + row;
  const std::string place = matrix_name() + ", cell " + std::to_string(cell) + " (" +
                            cell_ids(cell, 1).front() + "), gene " + std::to_string(block.genes[at]) + " (" +
                            gene_ids()[block.genes[at]] + ")";
  throw InputError(path(), place, support::format_double(static_cast<double>(counts[at])),
                   expected_values(values_), hint_for(counts[at], values_));
}

std::unique_ptr<CountSource> open_counts(const std::filesystem::path& path,
                                         const CountSourceOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw InputError(path, "", "no such file", kExpected);
  if (std::filesystem::is_directory(path, ignored)) {
    if (is_mtx_folder(path)) return open_mtx(path, options);
    throw InputError(path, "", "a folder without matrix.mtx or matrix.mtx.gz", kExpected);
  }
  if (!std::filesystem::is_regular_file(path, ignored)) {  // reading goes back and forth
    throw InputError(path, "", "a device or pipe", kExpected);
  }
  if (std::filesystem::file_size(path, ignored) == 0) {
    throw InputError(path, "", "an empty file", kExpected);
  }
  if (named_as_hdf5(path) || begins_as_hdf5(path)) return open_h5(support::hdf5::File::open(path), options);
  if (has_extension(path, {".mtx", ".mtx.gz"})) return open_mtx(path, options);
  if (looks_like_text(path)) return open_text_table(path, options);
  throw InputError(path, "", "neither HDF5 nor text", kExpected);
}

std::vector<std::filesystem::path> find_count_files(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error) || is_mtx_folder(path)) return {path};
  std::vector<std::filesystem::path> found;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;  // of a link to nowhere
    if (entry->path().filename().string().starts_with('.')) continue;
    const bool is_folder = entry->is_directory(ignored);
    if (is_folder ? is_mtx_folder(entry->path()) : has_extension(entry->path(), {".h5ad", ".h5", ".loom"})) {
      found.push_back(entry->path());
    }
  }
  if (error) throw InputError(path, "", error.message(), "a folder that can be read");
  if (found.empty())
    throw InputError(path, "", "a folder without count files", "files .h5ad, .h5 or .loom, or mtx folders");
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace biodta::cells
