#include <biodta/genome/contig_names.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace biodta::genome {
namespace {

constexpr std::string_view kPrefix = "chr";
constexpr std::array<std::string_view, 4> kMitochondrion = {"chrM", "MT", "M", "chrMT"};

/// Other names of the contig `name`, the likeliest first.
std::vector<std::string> other_names(std::string_view name) {
  if (std::find(kMitochondrion.begin(), kMitochondrion.end(), name) != kMitochondrion.end())
    return {kMitochondrion.begin(), kMitochondrion.end()};
  if (!name.starts_with(kPrefix)) return {std::string(kPrefix) + std::string(name)};
  const std::string_view bare = name.substr(kPrefix.size());
  return bare.starts_with(kPrefix) ? std::vector<std::string>() : std::vector<std::string>{std::string(bare)};
}

void check_on_contig(const Genome& genome, const Gene& gene, const std::filesystem::path& annotation,
                     const std::string& place) {
  const std::int64_t length = genome.contig_length(gene.contig);
  std::int64_t furthest = gene.tss;
  for (const TranscriptionStart& start : gene.starts) furthest = std::max(furthest, start.position);
  if (furthest < length) return;
  throw InputError(annotation, place, "a TSS at " + std::to_string(furthest + 1),
                   "a position on " + gene.contig + " of " + genome.path().string() + ", which has " +
                       std::to_string(length) + " bp",
                   "genome and annotation must be of one assembly");
}

}  // namespace

ContigNames::ContigNames(std::filesystem::path source, std::vector<std::string> names)
    : source_(std::move(source)), names_(std::move(names)) {
  for (std::size_t i = 0; i < names_.size(); ++i) index_.emplace(names_[i], i);
}

ContigNames::ContigNames(const Genome& genome) : ContigNames(genome.path(), genome.contigs()) {}

std::optional<std::string_view> ContigNames::find(std::string_view name) const {
  if (const auto own = index_.find(name); own != index_.end()) return own->first;
  for (const std::string& other : other_names(name)) {
    if (const auto own = index_.find(other); own != index_.end()) return own->first;
  }
  return std::nullopt;
}

std::string_view ContigNames::require(std::string_view name, const std::filesystem::path& asker,
                                      std::string_view place) const {
  const auto own = find(name);
  if (own) return *own;
  throw InputError(asker, place, "contig " + std::string(name), shown(),
                   "both files must be of one assembly; only chr and M/MT are told apart by themselves");
}

std::string ContigNames::shown() const {
  constexpr std::size_t kShown = 3;
  if (names_.empty()) return "contigs of " + source_.string() + ", which has none";
  const std::size_t count = std::min(kShown, names_.size());
  const std::vector<std::string> first(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(count));
  return "contigs such as " + support::join_words(first) + " of " + source_.string();
}

void use_contigs_of(const Genome& genome, std::vector<Gene>& genes, const std::filesystem::path& annotation) {
  const ContigNames names(genome);
  for (Gene& gene : genes) {
    const std::string place = "gene " + gene.id + " (" + gene.symbol + ")";
    gene.contig = names.require(gene.contig, annotation, place);
    check_on_contig(genome, gene, annotation, place);
  }
}

}  // namespace biodta::genome
