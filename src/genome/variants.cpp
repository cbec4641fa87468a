#include "variant_file.hpp"

#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <utility>

namespace biodta::genome {
namespace detail {

std::string place_of(std::string_view contig, const VariantRecord& record) {
  std::string place = "record " + std::string(contig) + ":" + std::to_string(record.position + 1);
  return record.id == "." ? place : place + " (" + record.id + ")";
}

int carried_allele(const VariantRecord& record, std::size_t sample, int haplotype) {
  if (static_cast<std::size_t>(haplotype) >= record.ploidy) return 0;
  const std::int16_t* calls = record.calls.data() + sample * record.ploidy;
  const bool diploid = record.ploidy == 2 && calls[1] != kNoCall;
  if (diploid && calls[0] != calls[1] && !record.phased[sample]) return kUnphased;
  return std::max<int>(0, calls[haplotype]);
}

void refuse_unphased(const VariantRecords& records, std::string_view contig, const VariantRecord& record,
                     std::size_t sample) {
  throw InputError(records.path(), place_of(contig, record),
                   "an unphased heterozygous genotype of sample " + records.samples()[sample],
                   "phased genotypes (0|1)", "phase the file first, for example with Beagle or SHAPEIT");
}

bool is_bases(std::string_view allele) {
  return !allele.empty() && std::all_of(allele.begin(), allele.end(), [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
  });
}

}  // namespace detail

using detail::VariantRecord;

void VariantFile::Implementation::check_sample(std::size_t sample) const {
  if (sample < records.samples().size()) return;
  throw InputError(records.path(), "samples", std::to_string(records.samples().size()),
                   "at least " + std::to_string(sample + 1));
}

VariantFile VariantFile::open(const std::filesystem::path& path) {
  return VariantFile(std::make_unique<Implementation>(path));
}

VariantFile::VariantFile(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
VariantFile::~VariantFile() = default;
VariantFile::VariantFile(VariantFile&&) noexcept = default;
VariantFile& VariantFile::operator=(VariantFile&&) noexcept = default;

const std::vector<std::string>& VariantFile::samples() const noexcept {
  return implementation_->records.samples();
}

std::vector<std::string> VariantFile::contigs() const {
  return implementation_->records.contigs();
}

std::vector<Edit> VariantFile::haplotype_edits(std::string_view contig, std::int64_t start, std::int64_t end,
                                               std::size_t sample, int haplotype) const {
  implementation_->check_sample(sample);
  detail::VariantRecords& records = implementation_->records;
  std::vector<Edit> edits;
  for (const VariantRecord& record : records.in_region(contig, start, end)) {
    const int call = detail::carried_allele(record, sample, haplotype);
    if (call == detail::kUnphased) detail::refuse_unphased(records, contig, record, sample);
    const std::string& carried = record.alleles[static_cast<std::size_t>(call)];
    if (call == 0 || detail::is_deleted_upstream(carried)) continue;
    if (!detail::is_bases(carried)) {
      throw InputError(records.path(), detail::place_of(contig, record), "the symbolic allele " + carried,
                       "alleles as bases");
    }
    if (!edits.empty() &&
        record.position < edits.back().position + static_cast<std::int64_t>(edits.back().ref.size())) {
      throw InputError(records.path(), detail::place_of(contig, record),
                       "a variant that overlaps the one at " + std::to_string(edits.back().position + 1) +
                           " on the same haplotype of sample " + records.samples()[sample],
                       "variants apart from each other");
    }
    edits.push_back(
        {record.position, normalise_sequence(record.alleles.front()), normalise_sequence(carried)});
  }
  return edits;
}

int VariantFile::ploidy(std::size_t sample) const {
  implementation_->check_sample(sample);
  const VariantRecord* record = implementation_->records.first_call(sample);
  if (record == nullptr) {
    throw InputError(implementation_->records.path(), "sample " + samples()[sample], "no genotype",
                     "genotypes (GT)");
  }
  const bool diploid = record->ploidy == 2 && record->calls[sample * 2 + 1] != detail::kNoCall;
  return diploid ? 2 : 1;
}

std::string apply_substitutions(std::string_view reference, std::int64_t start, std::span<const Edit> edits,
                                std::string_view place) {
  std::string sequence(reference);
  const std::int64_t end = start + static_cast<std::int64_t>(reference.size());
  for (const Edit& edit : edits) {
    const std::string where = "position " + std::to_string(edit.position + 1);
    if (edit.ref.size() != edit.alt.size()) {
      throw InputError(place, where, edit.ref + " > " + edit.alt, "a substitution, which keeps the length");
    }
    // A longer substitution may lie across an end of the window; what is outside is not ours to change.
    const std::int64_t first = std::max(edit.position, start);
    const std::int64_t last = std::min(edit.position + static_cast<std::int64_t>(edit.ref.size()), end);
    if (first >= last) continue;
    const auto offset = static_cast<std::size_t>(first - start);
    const auto skipped = static_cast<std::size_t>(first - edit.position);
    const auto length = static_cast<std::size_t>(last - first);
    if (reference.substr(offset, length) != std::string_view(edit.ref).substr(skipped, length)) {
      throw InputError(
          place, where,
          "REF " + edit.ref + " where the genome has " + std::string(reference.substr(offset, length)),
          "variants called on this genome");
    }
    sequence.replace(offset, length, edit.alt, skipped, length);
  }
  return sequence;
}

}  // namespace biodta::genome
