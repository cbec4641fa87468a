#include "carried_variants.hpp"

#include "variant_file.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace biodta::genome::detail {
namespace {

constexpr auto kUnknown = std::numeric_limits<std::uint32_t>::max();

/// As carried_allele, but a haploid genotype counts for both haplotypes.
int allele_on(const VariantRecord& record, const HaplotypeId& id) {
  if (id == kFirstAlternatives) return record.alleles.size() > 1 ? 1 : 0;
  if (record.ploidy == 0) return 0;
  const bool haploid = record.ploidy == 1 || record.calls[id.sample * record.ploidy + 1] == kNoCall;
  return carried_allele(record, id.sample, haploid ? 0 : id.haplotype);
}

/// Samples with a genotype for which `is_carried` holds of an allele.
template <class Carried>
std::optional<std::uint64_t> count_carriers(const VariantRecord& record, const Carried& is_carried) {
  if (record.ploidy == 0) return std::nullopt;
  std::uint64_t carriers = 0;
  const auto ploidy = static_cast<std::ptrdiff_t>(record.ploidy);
  for (auto call = record.calls.begin(); call != record.calls.end(); call += ploidy)
    carriers += std::any_of(call, call + ploidy, is_carried) ? 1 : 0;
  return carriers;
}

}  // namespace

SingleVariant described(const VariantRecord& record) {
  std::string alt;
  for (std::size_t allele = 1; allele < record.alleles.size(); ++allele)
    alt += (allele > 1 ? "," : "") + record.alleles[allele];
  return {record.id, record.position, record.alleles.front(), alt,
          count_carriers(record, [](std::int16_t call) { return call > 0; })};
}

CarriedVariants::CarriedVariants(const std::vector<VariantRecord>& records, const NearbyGenome& genome)
    : records_(records), genome_(genome) {
  first_.push_back(0);
  for (std::uint32_t record = 0; record < records.size(); ++record) {
    const std::size_t numbers = records[record].alleles.size() + 1;
    record_of_.insert(record_of_.end(), numbers, record);
    first_.push_back(static_cast<std::uint32_t>(record_of_.size()));
  }
  known_index_.assign(record_of_.size(), kUnknown);
}

std::vector<CarriedClass> CarriedVariants::classes(std::span<const HaplotypeId> haplotypes) const {
  std::vector<std::vector<std::uint32_t>> carried(haplotypes.size());
  for (std::size_t record = 0; record < records_.size(); ++record) {
    for (std::size_t i = 0; i < haplotypes.size(); ++i) {
      const int allele = allele_on(records_[record], haplotypes[i]);
      if (allele == 0) continue;
      const std::uint32_t number =
          allele == kUnphased ? first_[record + 1] - 1 : first_[record] + static_cast<std::uint32_t>(allele);
      carried[i].push_back(number);
    }
  }
  std::vector<CarriedClass> classes;
  std::map<std::vector<std::uint32_t>, std::size_t> known;
  for (std::size_t i = 0; i < haplotypes.size(); ++i) {
    const auto [found, fresh] = known.emplace(carried[i], classes.size());
    if (fresh) classes.push_back({std::move(carried[i]), {}});
    classes[found->second].haplotypes.push_back(i);
  }
  return classes;
}

std::vector<std::uint32_t> CarriedVariants::alternatives() const {
  std::vector<std::uint32_t> variants;
  for (std::size_t record = 0; record < records_.size(); ++record)
    for (std::uint32_t number = first_[record] + 1; number + 1 < first_[record + 1]; ++number)
      variants.push_back(number);
  return variants;
}

SingleVariant CarriedVariants::describe(std::uint32_t variant) const {
  const VariantRecord& record = record_of(variant);
  const std::size_t allele = allele_of(variant);
  return {record.id, record.position, record.alleles.front(), record.alleles.at(allele),
          count_carriers(record, [&](std::int16_t call) { return std::cmp_equal(call, allele); })};
}

std::int64_t CarriedVariants::leftmost(const std::vector<CarriedClass>& classes,
                                       std::int64_t otherwise) const {
  for (const CarriedClass& carried : classes) {
    for (const std::uint32_t variant : carried.variants) {
      // In the records' order, so the first that changes something is the leftmost.
      if (!is_unphased(variant) &&
          is_deleted_upstream(records_[record_of_[variant]].alleles[allele_of(variant)]))
        continue;
      otherwise = std::min(otherwise, records_[record_of_[variant]].position);
      break;
    }
  }
  return otherwise;
}

Resolved CarriedVariants::resolve(const CarriedClass& carried) {
  Resolved resolved;
  for (const std::uint32_t variant : carried.variants) {
    if (is_unphased(variant)) {
      resolved.obstacles.push_back({Obstacle::Kind::kUnphased, variant});
      continue;
    }
    const Known& one = known(variant);
    const DecodedAllele::Kind allele = one.allele.kind;
    if (allele == DecodedAllele::Kind::kReference) continue;
    if (allele == DecodedAllele::Kind::kMismatch) {
      resolved.obstacles.push_back({Obstacle::Kind::kMismatch, variant});
    } else if (allele == DecodedAllele::Kind::kUnsupported) {
      resolved.obstacles.push_back({Obstacle::Kind::kUnsupported, variant});
    } else if (const auto other = resolved.replacements.add(pool_, one.replacement)) {
      resolved.obstacles.push_back({Obstacle::Kind::kOverlap, variant, *other});
    }
  }
  return resolved;
}

const VariantRecord& CarriedVariants::record_of(std::uint32_t variant) const {
  return records_[record_of_[variant]];
}

const CarriedVariants::Known& CarriedVariants::known(std::uint32_t variant) {
  if (known_index_[variant] != kUnknown) return known_[known_index_[variant]];
  known_index_[variant] = static_cast<std::uint32_t>(known_.size());
  Known& one = known_.emplace_back();
  one.allele = decode_allele(record_of(variant), allele_of(variant), genome_);
  if (one.allele.replacement) {
    one.replacement = static_cast<std::uint32_t>(pool_.size());
    pool_.push_back(*std::move(one.allele.replacement));
    variants_of_pool_.push_back(variant);
  }
  return one;
}

bool CarriedVariants::touches(std::uint32_t variant, std::int64_t start, std::int64_t end) const {
  const VariantRecord& record = record_of(variant);
  std::int64_t last = record.end();
  if (!is_unphased(variant) && !record.symbolic_ends.empty())
    last = std::max(last, record.symbolic_ends[allele_of(variant)]);
  return record.position < end && last > start;
}

std::size_t CarriedVariants::allele_of(std::uint32_t variant) const {
  return variant - first_[record_of_[variant]];
}

bool CarriedVariants::is_unphased(std::uint32_t variant) const {
  return allele_of(variant) == record_of(variant).alleles.size();
}

}  // namespace biodta::genome::detail
