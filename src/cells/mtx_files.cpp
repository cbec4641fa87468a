#include "mtx_files.hpp"

#include "gene_columns.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <system_error>

namespace biodta::cells {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostListed = 10;

/// `name` without ".gz" and then without `ending`; nothing where it does not end so.
std::optional<std::string> without_mtx_ending(std::string_view name, std::string_view ending) {
  if (name.ends_with(".gz")) name.remove_suffix(3);
  if (!name.ends_with(ending)) return std::nullopt;
  return std::string(name.substr(0, name.size() - ending.size()));
}

/// What stands before "matrix.mtx" in the names of a folder's files.
std::set<std::string> mtx_prefixes(const fs::path& folder) {
  std::set<std::string> prefixes;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (auto prefix = without_mtx_ending(at->path().filename().string(), "matrix.mtx"))
      prefixes.insert(*prefix);
  }
  if (failed)
    throw InputError(folder, "", "a folder that cannot be read (" + failed.message() + ")", "10x mtx files");
  return prefixes;
}

/// The first of `folder / (prefix + name)`, plain or .gz, that exists.
std::optional<fs::path> find_named(const fs::path& folder, std::span<const std::string> prefixes,
                                   std::initializer_list<std::string_view> names) {
  std::error_code ignored;
  for (const std::string& prefix : prefixes) {
    for (const std::string_view name : names) {
      for (const char* const packed : {"", ".gz"}) {
        fs::path file = folder / (prefix + std::string(name) + packed);
        if (fs::exists(file, ignored)) return file;
      }
    }
  }
  return std::nullopt;
}

MtxFiles find_companions(fs::path matrix, const fs::path& folder, std::span<const std::string> prefixes) {
  const auto features = find_named(folder, prefixes, {"features.tsv", "genes.tsv", "genes.txt"});
  const auto barcodes = find_named(folder, prefixes, {"barcodes.tsv", "barcodes.txt"});
  if (features && barcodes) return {std::move(matrix), *features, *barcodes};
  const std::string& prefix = prefixes.front();
  const std::string missing =
      features ? prefix + "barcodes.tsv" : prefix + "features.tsv and no " + prefix + "genes.tsv";
  throw InputError(matrix, "", "no " + missing + " beside it",
                   "the three files of a 10x mtx folder, plain or .gz");
}

MtxFiles find_in_folder(const fs::path& folder) {
  const std::set<std::string> prefixes = mtx_prefixes(folder);
  if (prefixes.empty()) throw InputError(folder, "", "no matrix.mtx or matrix.mtx.gz", "a 10x mtx folder");
  if (prefixes.size() > 1) {
    std::vector<std::string> names;
    for (const std::string& prefix : prefixes) {
      if (names.size() < kMostListed) names.push_back(prefix + "matrix.mtx");
    }
    if (prefixes.size() > kMostListed)
      names.push_back(std::to_string(prefixes.size() - kMostListed) + " more");
    throw InputError(folder, "",
                     std::to_string(prefixes.size()) + " matrices (" + support::join_words(names) + ")",
                     "one", "give the path of a matrix file, or each sample a folder of its own");
  }
  const std::string prefix = *prefixes.begin();
  const auto matrix = find_named(folder, {&prefix, 1}, {"matrix.mtx"});
  if (!matrix) throw InputError(folder, "", "no matrix.mtx or matrix.mtx.gz", "a 10x mtx folder");
  return find_companions(*matrix, folder, {&prefix, 1});
}

MtxFiles find_beside(const fs::path& matrix) {
  const std::string name = matrix.filename().string();
  if (const auto prefix = without_mtx_ending(name, "matrix.mtx")) {
    return find_companions(matrix, matrix.parent_path(), {&*prefix, 1});
  }
  const std::string stem = without_mtx_ending(name, ".mtx").value_or(name);
  const std::vector<std::string> prefixes = {stem + "_", stem + ".", ""};
  return find_companions(matrix, matrix.parent_path(), prefixes);
}

/// The lines of a file of names; empty ones may only follow the last.
class NameLines {
 public:
  explicit NameLines(const fs::path& path) : lines_(path) {}
  bool next(std::string& line) {
    const bool found = lines_.next(line);
    if (!found || !line.empty()) return found;
    const std::string place = lines_.place();
    while (lines_.next(line)) {
      if (!line.empty()) throw InputError(lines_.path(), place, "an empty line", "a name");
    }
    return false;
  }
  const support::LineReader& at() const { return lines_; }

 private:
  support::LineReader lines_;
};

[[noreturn]] void refuse_types(const fs::path& path, const std::set<std::string>& types) {
  if (types.empty()) throw InputError(path, "", "no line", "features, one a line");
  std::vector<std::string> names;
  for (const std::string& type : types) {
    if (names.size() < kMostListed) names.push_back("'" + type + "'");
  }
  throw InputError(path, "third column", "only " + support::join_words(names),
                   "features of type '" + std::string(kGeneExpression) + "'");
}

}  // namespace

bool is_mtx_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) && !mtx_prefixes(path).empty();
}

MtxFiles find_mtx_files(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) throw InputError(path, "", "no such file", "a 10x mtx folder");
  return fs::is_directory(path, ignored) ? find_in_folder(path) : find_beside(path);
}

MtxFeatures read_mtx_features(const fs::path& path) {
  MtxFeatures features;
  std::set<std::string> other_types;
  NameLines lines(path);
  std::string line;
  std::size_t width = 0;
  while (lines.next(line)) {
    const std::vector<std::string_view> fields = support::split(line, '\t');
    if (width == 0) width = fields.size();
    if (fields.size() != width) {
      throw InputError(path, lines.at().place(), std::to_string(fields.size()) + " fields",
                       std::to_string(width) + " as in line 1");
    }
    if (fields[0].empty())
      throw InputError(path, lines.at().place(), "no gene id", "one in the first column");
    if (width > 2 && fields[2] != kGeneExpression) {
      if (other_types.size() <= kMostListed) other_types.emplace(fields[2]);
      features.gene_of_feature.push_back(MtxFeatures::kNoGene);
      continue;
    }
    features.gene_of_feature.push_back(static_cast<std::uint32_t>(features.ids.size()));
    features.ids.emplace_back(fields[0]);
    if (width > 1) features.symbols.emplace_back(fields[1]);
  }
  if (features.ids.empty()) refuse_types(path, other_types);
  return features;
}

void CellNames::add(std::string_view name) {
  text_.append(name);
  ends_.push_back(text_.size());
}

std::vector<std::string> CellNames::slice(std::uint64_t first, std::uint64_t count) const {
  std::vector<std::string> names;
  for (std::uint64_t cell = first; cell < first + count; ++cell) {
    names.push_back(text_.substr(ends_[cell], ends_[cell + 1] - ends_[cell]));
  }
  return names;
}

CellNames read_mtx_barcodes(const fs::path& path) {
  CellNames names;
  NameLines lines(path);
  std::string line;
  while (lines.next(line)) {
    const std::string_view name = support::split(line, '\t').front();
    if (name.empty()) throw InputError(path, lines.at().place(), "no barcode", "one in the first column");
    names.add(name);
  }
  return names;
}

}  // namespace biodta::cells
