#include "allele.hpp"

#include "variant_file.hpp"

#include <biodta/genome/sequence.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace biodta::genome::detail {
namespace {

using Kind = DecodedAllele::Kind;

/// Longest stretch, in bp, that a symbolic allele may put in or take out as bases.
constexpr std::int64_t kLongestStretch = 50'000'000;
constexpr std::size_t kMostShown = 30;

std::string shown_bases(std::string_view bases) {
  return std::string(bases.substr(0, kMostShown)) + (bases.size() > kMostShown ? "…" : "");
}

DecodedAllele mismatch(std::string found, std::string expected) {
  return {Kind::kMismatch, std::nullopt, std::move(found), std::move(expected)};
}

DecodedAllele unsupported(std::string found) {
  return {Kind::kUnsupported, std::nullopt, std::move(found),
          "bases, *, <DEL>, <DUP>, <DUP:TANDEM>, <INV> or <CNn>"};
}

DecodedAllele change(Edit edit) {
  auto replacement = replacement_of(std::move(edit));
  if (!replacement) return {};
  return {Kind::kChange, std::move(replacement), {}, {}};
}

/// What a symbolic allele does to its stretch.
struct SymbolicAllele {
  bool inverts = false;
  std::int64_t copies = 1;
};

std::optional<SymbolicAllele> parse_symbolic(std::string_view allele) {
  if (allele == "<INV>") return SymbolicAllele{true, 1};
  if (allele == "<DEL>" || allele.starts_with("<DEL:")) return SymbolicAllele{false, 0};
  if (allele == "<DUP>" || allele == "<DUP:TANDEM>") return SymbolicAllele{false, 2};
  if (!allele.starts_with("<CN") || !allele.ends_with('>')) return std::nullopt;
  const std::string_view digits = allele.substr(3, allele.size() - 4);
  std::int64_t copies = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), copies);
  const bool whole = failure == std::errc() && end == digits.data() + digits.size() && copies >= 0;
  return whole ? std::optional(SymbolicAllele{false, copies}) : std::nullopt;
}

Edit symbolic_edit(const SymbolicAllele& allele, std::int64_t position, std::int64_t end,
                   const NearbyGenome& genome) {
  const std::string stretch = genome.fetch(position + 1, end);
  if (allele.inverts) return {position + 1, stretch, reverse_complement(stretch)};
  const std::string padding = genome.fetch(position, position + 1);
  if (allele.copies == 0) return {position, padding + stretch, padding};
  std::string alt = padding;
  for (std::int64_t copy = 1; copy < allele.copies; ++copy) alt += stretch;
  return {position, padding, std::move(alt)};
}

DecodedAllele decode_symbolic(const VariantRecord& record, std::size_t index, const NearbyGenome& genome) {
  const std::string& name = record.alleles[index];
  const auto allele = parse_symbolic(name);
  if (!allele) return unsupported("the allele " + shown_bases(name));
  const std::int64_t end = record.symbolic_ends[index];
  if (end == kNoEnd) return unsupported("the allele " + name + " with neither END nor SVLEN");
  if (end > genome.contig_length()) {
    return mismatch(
        name + " that ends at " + std::to_string(end),
        "an end on " + genome.contig() + ", which has " + std::to_string(genome.contig_length()) + " bp");
  }
  if (!allele->inverts && allele->copies == 1) return {};
  const std::int64_t size = end - record.position - 1;
  if (size <= 0) return unsupported("the allele " + name + " of no base");
  const std::int64_t copies = std::max<std::int64_t>(1, allele->copies - 1);
  if (size > kLongestStretch / copies) {
    return unsupported("the allele " + name + " of more than " + support::with_thousands(kLongestStretch) +
                       " bp");
  }
  return change(symbolic_edit(*allele, record.position, end, genome));
}

}  // namespace

NearbyGenome::NearbyGenome(const Genome& genome, std::string_view contig)
    : genome_(genome), contig_(contig), length_(genome.contig_length(contig)) {}

void NearbyGenome::keep(std::int64_t start, std::int64_t end) {
  kept_ = genome_.fetch(contig_, start, end);
  start_ = start;
}

std::string NearbyGenome::fetch(std::int64_t start, std::int64_t end) const {
  const bool inside = start >= start_ && end <= start_ + static_cast<std::int64_t>(kept_.size());
  if (!inside) return genome_.fetch(contig_, start, end);
  return kept_.substr(static_cast<std::size_t>(start - start_), static_cast<std::size_t>(end - start));
}

std::string ref_mismatch(const VariantRecord& record, bool symbolic, const NearbyGenome& genome) {
  if (record.end() > genome.contig_length()) {
    return "a position beyond the " + std::to_string(genome.contig_length()) + " bp of " + genome.contig();
  }
  const std::string ref = normalise_sequence(record.alleles.front());
  if (symbolic && ref == "N") return {};
  const std::string there = genome.fetch(record.position, record.end());
  return ref == there ? std::string()
                      : "REF " + shown_bases(ref) + " where the genome has " + shown_bases(there);
}

DecodedAllele decode_allele(const VariantRecord& record, std::size_t allele, const NearbyGenome& genome) {
  const std::string& alt = record.alleles[allele];
  if (allele == 0 || is_deleted_upstream(alt)) return {};
  const bool symbolic = is_symbolic(alt);
  if (std::string found = ref_mismatch(record, symbolic, genome); !found.empty()) {
    return mismatch(std::move(found), "variants called on " + genome.genome().path().string());
  }
  if (symbolic) return decode_symbolic(record, allele, genome);
  if (!is_bases(alt)) return unsupported("the allele " + shown_bases(alt));
  return change({record.position, normalise_sequence(record.alleles.front()), normalise_sequence(alt)});
}

}  // namespace biodta::genome::detail
