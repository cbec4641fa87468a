#include "feature_line.hpp"

#include "gene_builder.hpp"

#include <string>

namespace biodta::genome::detail {

FeatureLine parse_feature_line(std::string_view line, const support::LineReader& at,
                               std::string_view format) {
  const auto fields = support::split(line, '\t');
  if (fields.size() != 9) {
    refuse_line(at, std::to_string(fields.size()) + " fields",
                "the 9 tab-separated fields of " + std::string(format));
  }
  return {fields[0], fields[2], fields[3], fields[4], fields[6], fields[8]};
}

char parse_strand(std::string_view field, const support::LineReader& at) {
  if (field != "+" && field != "-") refuse_line(at, "strand " + in_quotes(field), "+ or -");
  return field.front();
}

std::int64_t five_prime(const FeatureLine& feature, const support::LineReader& at) {
  const std::int64_t start = support::parse_integer(feature.start, at);
  const std::int64_t end = support::parse_integer(feature.end, at);
  if (start < 1 || end < start)
    refuse_line(at, "interval " + std::to_string(start) + "-" + std::to_string(end), "1 <= start <= end");
  return (parse_strand(feature.strand, at) == '+' ? start : end) - 1;
}

}  // namespace biodta::genome::detail
