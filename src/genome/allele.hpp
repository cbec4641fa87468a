#pragma once
/// @file
/// What an allele of a VCF record does to the genome. Internal to the room.

#include "replacement.hpp"
#include "variant_records.hpp"

#include <biodta/genome/fasta.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace biodta::genome::detail {

/// A stretch of a contig kept at hand, so that most questions need no reading.
class NearbyGenome {
 public:
  NearbyGenome(const Genome& genome, std::string_view contig);
  /// Keeps [start, end).
  void keep(std::int64_t start, std::int64_t end);
  /// Letters of [start, end); N outside the contig.
  std::string fetch(std::int64_t start, std::int64_t end) const;
  std::int64_t contig_length() const noexcept { return length_; }
  const std::string& contig() const noexcept { return contig_; }
  const Genome& genome() const noexcept { return genome_; }

 private:
  const Genome& genome_;
  std::string contig_;
  std::int64_t length_ = 0;
  std::int64_t start_ = 0;
  std::string kept_;
};

struct DecodedAllele {
  enum class Kind {
    kReference,   ///< changes nothing
    kChange,      ///< does `replacement`
    kMismatch,    ///< does not belong to this genome: `found`
    kUnsupported  ///< is not understood: `found`
  };
  Kind kind = Kind::kReference;
  std::optional<Replacement> replacement;
  std::string found;     ///< for an error
  std::string expected;  ///< for an error
};

/// Nothing where REF (but N before a symbolic allele) is what the genome has; else what an error says.
std::string ref_mismatch(const VariantRecord& record, bool symbolic, const NearbyGenome& genome);
/// Never throws for what the record says; the caller decides.
DecodedAllele decode_allele(const VariantRecord& record, std::size_t allele, const NearbyGenome& genome);

}  // namespace biodta::genome::detail
