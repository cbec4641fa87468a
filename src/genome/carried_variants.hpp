#pragma once
/// @file
/// Which variants of a region which haplotypes carry, and what becomes of them. Internal to the room.

#include "allele.hpp"
#include "variant_records.hpp"

#include <biodta/genome/haplotypes.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace biodta::genome::detail {

/// Haplotypes of a region that carry the same alleles.
struct CarriedClass {
  std::vector<std::uint32_t> variants;  ///< numbers of CarriedVariants, in the records' order
  std::vector<std::size_t> haplotypes;  ///< of those asked for
};

/// Why a variant that is carried is not made.
struct Obstacle {
  enum class Kind { kUnphased, kMismatch, kUnsupported, kOverlap };
  Kind kind;
  std::uint32_t variant;
  std::uint32_t other = 0;  ///< the replacement that it overlaps
};

/// A class's variants after the rules.
struct Resolved {
  ReplacementList replacements;  ///< of pool()
  std::vector<Obstacle> obstacles;
};

/// A record as one variant, its ALT alleles joined by commas.
SingleVariant described(const VariantRecord& record);

/// A variant is one allele of one record; there is one number more a record for "unphased".
class CarriedVariants {
 public:
  /// Keeps references: valid while `records` and `genome` are.
  CarriedVariants(const std::vector<VariantRecord>& records, const NearbyGenome& genome);

  /// Haplotypes by what they carry, in the order of their first one. Needs `sample < samples` of all but
  /// kFirstAlternatives.
  std::vector<CarriedClass> classes(std::span<const HaplotypeId> haplotypes) const;
  /// Every allele of every record but the reference, in the records' order.
  std::vector<std::uint32_t> alternatives() const;
  /// What the file says of a variant that is not kUnphased.
  SingleVariant describe(std::uint32_t variant) const;
  /// The leftmost position of a variant that someone carries and that changes something; `otherwise` where
  /// none is further left.
  std::int64_t leftmost(const std::vector<CarriedClass>& classes, std::int64_t otherwise) const;
  Resolved resolve(const CarriedClass& carried);

  const std::vector<VariantRecord>& records() const noexcept { return records_; }
  const std::vector<Replacement>& pool() const noexcept { return pool_; }
  std::vector<Replacement> take_pool() { return std::move(pool_); }
  const VariantRecord& record_of(std::uint32_t variant) const;
  const DecodedAllele& decoded(std::uint32_t variant) { return known(variant).allele; }
  /// The record of a replacement of pool().
  const VariantRecord& record_of_replacement(std::uint32_t replacement) const {
    return record_of(variants_of_pool_[replacement]);
  }
  /// Whether a variant touches [start, end).
  bool touches(std::uint32_t variant, std::int64_t start, std::int64_t end) const;

 private:
  std::size_t allele_of(std::uint32_t variant) const;
  bool is_unphased(std::uint32_t variant) const;

  const std::vector<VariantRecord>& records_;
  const NearbyGenome& genome_;
  std::vector<std::uint32_t> first_;      ///< [records + 1] number of each record's reference allele
  std::vector<std::uint32_t> record_of_;  ///< [variants]
  struct Known {
    DecodedAllele allele;
    std::uint32_t replacement = 0;  ///< of pool_, where it is a change
  };
  const Known& known(std::uint32_t variant);

  std::vector<std::uint32_t> known_index_;  ///< [variants] of known_, or kUnknown
  std::vector<Known> known_;
  std::vector<Replacement> pool_;
  std::vector<std::uint32_t> variants_of_pool_;
};

}  // namespace biodta::genome::detail
