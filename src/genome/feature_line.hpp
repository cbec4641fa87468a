#pragma once
/// @file
/// The nine fields that GTF and GFF3 share. Internal to the room.

#include <biodta/support/tsv.hpp>

#include <cstdint>
#include <string_view>

namespace biodta::genome::detail {

/// Views into the line.
struct FeatureLine {
  std::string_view contig;
  std::string_view type;
  std::string_view start;
  std::string_view end;
  std::string_view strand;
  std::string_view attributes;
};
/// Throws InputError unless there are nine fields.
/// @param format  "GTF", for the error.
FeatureLine parse_feature_line(std::string_view line, const support::LineReader& at, std::string_view format);

/// + or -, else InputError.
char parse_strand(std::string_view field, const support::LineReader& at);
/// 0-based position of the 5' end. Throws InputError for an interval or a strand that is none.
std::int64_t five_prime(const FeatureLine& feature, const support::LineReader& at);

}  // namespace biodta::genome::detail
