#include <biodta/cells/count_source.hpp>
#include <biodta/cells/gene_matching.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace biodta::pipeline {
namespace {

using support::with_thousands;

/// Cells that are looked at for values, and for the commonest entries of obs columns.
constexpr std::uint64_t kCellsSampled = 1000;
constexpr std::uint64_t kRowsPerRead = 65'536;
constexpr std::size_t kCommonest = 5;
constexpr std::size_t kExampleGenes = 3;

std::string line(const std::string& name, const std::string& text) {
  constexpr std::size_t kWidth = 10;
  return name + std::string(name.size() < kWidth ? kWidth - name.size() : 1, ' ') + text + "\n";
}

/// Least and largest value of the first cells, and the first value that is no whole number.
struct ValueRange {
  float least = std::numeric_limits<float>::infinity();
  float largest = -std::numeric_limits<float>::infinity();
  std::uint64_t values = 0;
  std::optional<float> fraction;

  void add(float value) {
    if (value == 0.0F) return;
    least = std::min(least, value);
    largest = std::max(largest, value);
    if (!fraction && value != std::floor(value)) fraction = value;
    ++values;
  }
  std::string text() const {
    if (values == 0) return "only zeros";
    const auto number = [](float value) { return support::format_double(static_cast<double>(value)); };
    if (least < 0.0F) return "no raw counts: values from " + number(least) + " to " + number(largest);
    if (fraction)
      return "no raw counts: fractions such as " + number(*fraction) + ", up to " + number(largest);
    return "whole numbers from " + number(least) + " to " + number(largest) + ", as raw counts are";
  }
};

std::string describe_matrix(const std::filesystem::path& path, const std::string& name) {
  try {
    const auto source = cells::open_counts(path, {name, cells::CountValues::kAny});
    ValueRange range;
    cells::CountBlock block;
    std::uint64_t seen = 0;
    while (seen < kCellsSampled && source->next(block, kCellsSampled - seen)) {
      for (const float value : block.counts) range.add(value);
      seen += block.cell_count();
    }
    return range.text() +
           (seen < source->cell_count() ? " (in the first " + with_thousands(seen) + " cells)" : "");
  } catch (const InputError& error) {
    return std::string("cannot be read: ") + error.what();
  }
}

std::string describe_genes(const cells::CountSource& source) {
  const std::vector<std::string>& ids = source.gene_ids();
  const std::string kind = cells::kind_of_gene_ids(ids);
  std::string text = kind.empty() ? "ids of no known kind" : kind;
  const std::vector<std::string> symbols = source.gene_symbols();
  for (std::size_t i = 0; i < std::min(kExampleGenes, ids.size()); ++i) {
    text += (i == 0 ? ": " : ", ") + ids[i];
    if (!symbols.empty() && symbols[i] != ids[i]) text += " (" + symbols[i] + ")";
  }
  return text + (symbols.empty() ? "; no symbols" : "");
}

/// "epithelial 40 %, T cell 12 %, … (37 categories)".
std::string describe_categories(const std::vector<std::uint64_t>& counts, std::uint64_t missing,
                                const std::vector<std::string>& categories) {
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
  const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), missing);
  const auto share = [&](std::uint64_t count) {
    return " " + std::to_string(total == 0 ? 0 : count * 100 / total) + " %";
  };
  std::string text;
  for (std::size_t i = 0; i < std::min(kCommonest, order.size()); ++i) {
    if (counts[order[i]] == 0) break;
    text += (i == 0 ? "" : ", ") + categories[order[i]] + share(counts[order[i]]);
  }
  if (order.size() > kCommonest) text += ", … (" + with_thousands(order.size()) + " categories)";
  if (missing > 0) text += (text.empty() ? "" : ", ") + std::string("missing") + share(missing);
  return text.empty() ? "no values" : text;
}

std::string describe_numbers(double least, double largest, std::uint64_t missing) {
  if (least > largest) return "no values";
  std::string text =
      "numbers from " + support::format_double(least) + " to " + support::format_double(largest);
  if (missing > 0) text += ", " + with_thousands(missing) + " missing";
  return text;
}

std::string describe_column(const cells::CountSource& source, std::size_t index) {
  const cells::ObsField& field = source.obs_fields()[index];
  if (field.identifiers) return "text, most values different (not kept in a corpus)";
  std::vector<std::uint64_t> counts(field.categories.size());
  double least = std::numeric_limits<double>::infinity();
  double largest = -least;
  std::uint64_t missing = 0;
  for (std::uint64_t first = 0; first < source.cell_count(); first += kRowsPerRead) {
    const auto values = source.read_obs(index, first, std::min(kRowsPerRead, source.cell_count() - first));
    for (const std::int32_t code : values.codes)
      code < 0 ? ++missing : ++counts[static_cast<std::size_t>(code)];
    for (const double number : values.numbers) {
      if (std::isnan(number)) {
        ++missing;
        continue;
      }
      least = std::min(least, number);
      largest = std::max(largest, number);
    }
  }
  return field.categorical ? describe_categories(counts, missing, field.categories)
                           : describe_numbers(least, largest, missing);
}

/// What the genes are held against; nothing where the options name no vocabulary.
struct KnownGenes {
  explicit KnownGenes(const TokenizeOptions& options) : min_overlap(options.min_overlap) {
    cells::Vocabulary::ReadOptions read;
    read.without_medians = true;
    if (!options.vocabulary.empty()) vocabulary = cells::Vocabulary::read(options.vocabulary, read);
    if (!options.gene_symbols.empty()) symbols = cells::GeneSymbols::read(options.gene_symbols);
  }
  std::optional<cells::Vocabulary> vocabulary;
  cells::GeneSymbols symbols;
  double min_overlap;
};

std::string describe_overlap(const cells::CountSource& source, const KnownGenes& known) {
  const std::vector<std::string> symbols = source.gene_symbols();
  const cells::GeneMatch match =
      cells::match_genes(*known.vocabulary, {source.gene_ids(), symbols}, known.symbols, known.min_overlap);
  return with_thousands(match.matched) + " of the " + with_thousands(match.tokens.size()) +
         " genes are in the vocabulary (" + std::to_string(std::lround(match.overlap() * 100.0)) + " %)" +
         (match.by_symbol ? ", matched by symbol" : "");
}

std::string describe_source(const std::filesystem::path& path, const std::string& matrix,
                            const KnownGenes& known) {
  const auto source = cells::open_counts(path, {matrix, cells::CountValues::kAny});
  std::string text = line("file", path.string());
  text += line("format", source->format());
  text += line("size", with_thousands(source->cell_count()) + " cells x " +
                           with_thousands(source->gene_ids().size()) + " genes");
  text += line("genes", describe_genes(*source));
  if (known.vocabulary) text += line("overlap", describe_overlap(*source, known));
  text += "matrices\n";
  for (const std::string& name : source->matrix_names()) {
    const bool taken = name == source->matrix_name();
    text += "  " + name + (taken ? " (read): " : ": ") + describe_matrix(path, name) + "\n";
  }
  text += source->obs_fields().empty() ? "obs       no columns\n" : "obs\n";
  for (std::size_t i = 0; i < source->obs_fields().size(); ++i) {
    text += "  " + source->obs_fields()[i].name + ": " + describe_column(*source, i) + "\n";
  }
  return text;
}

}  // namespace

std::string describe_counts(const std::filesystem::path& path, const TokenizeOptions& options) {
  const KnownGenes known(options);
  const std::vector<std::filesystem::path> files = cells::find_count_files(path);
  if (files.size() == 1) return describe_source(files.front(), options.matrix, known);
  std::string text;
  for (const auto& file : files) {
    if (!text.empty()) text += "\n";
    try {
      text += describe_source(file, options.matrix, known);
    } catch (const InputError& error) {  // the others are described all the same
      text += line("file", file.string()) + line("error", error.what());
    }
  }
  return text;
}

}  // namespace biodta::pipeline
