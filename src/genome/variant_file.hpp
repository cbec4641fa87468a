#pragma once
/// @file
/// What a VariantFile is inside, for the room's other readers of variants.

#include "variant_records.hpp"

#include <biodta/genome/variants.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace biodta::genome {

struct VariantFile::Implementation {
  explicit Implementation(const std::filesystem::path& path) : records(path) {}
  /// Reading moves the file's position and fills caches, which is no change that a caller sees.
  mutable detail::VariantRecords records;

  void check_sample(std::size_t sample) const;
};

namespace detail {

/// "record chr1:100 (rs5)".
std::string place_of(std::string_view contig, const VariantRecord& record);

/// Instead of an allele: the genotype is heterozygous and unphased, so that nobody knows.
constexpr int kUnphased = -1;
/// Index of the allele that a haplotype carries, or kUnphased; 0 (the reference) where the call is missing or
/// has no such haplotype.
int carried_allele(const VariantRecord& record, std::size_t sample, int haplotype);
[[noreturn]] void refuse_unphased(const VariantRecords& records, std::string_view contig,
                                  const VariantRecord& record, std::size_t sample);

/// `*`: the base is deleted by another record, which is an edit of its own.
inline bool is_deleted_upstream(std::string_view allele) {
  return allele == "*";
}
/// ACGTN and IUPAC letters, unlike symbolic alleles and breakends.
bool is_bases(std::string_view allele);

}  // namespace detail
}  // namespace biodta::genome
