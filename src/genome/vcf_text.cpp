#include "vcf_text.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace biodta::genome::detail {
namespace {

constexpr std::string_view kColumns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 30;
  return "'" + std::string(text.substr(0, kLongest)) + (text.size() > kLongest ? "…'" : "'");
}

void check_column_line(std::string_view line, const support::LineReader& at) {
  if (!line.starts_with(kColumns)) {
    throw InputError(at.path(), at.place(), shown(line),
                     "the columns #CHROM POS ID REF ALT QUAL FILTER INFO, by tabs");
  }
  std::set<std::string_view> names;
  const auto fields = support::split(line, '\t');
  for (std::size_t i = 9; i < fields.size(); ++i) {
    if (!names.insert(fields[i]).second) {
      throw InputError(at.path(), at.place(), "sample " + shown(fields[i]) + " twice", "distinct samples");
    }
  }
}

/// CHROM to ALT of a line that has them.
std::array<std::string_view, 5> first_fields(std::string_view line) {
  std::array<std::string_view, 5> fields;
  for (std::string_view& field : fields) {
    const std::size_t tab = line.find('\t');
    field = line.substr(0, tab);
    line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  }
  return fields;
}

bool is_letters(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
  });
}

}  // namespace

void refuse_vcf_header(const std::filesystem::path& path) {
  support::LineReader reader(path);
  std::string line;
  while (reader.next(line)) {
    if (reader.line_number() == 1 && !line.starts_with("##fileformat=VCF")) {
      throw InputError(path, reader.place(), shown(line), "##fileformat=VCFv4.x");
    }
    if (line.starts_with("##")) continue;
    if (!line.starts_with('#'))
      throw InputError(path, reader.place(), shown(line), "the line of columns, #CHROM …");
    check_column_line(line, reader);
    break;
  }
  throw InputError(path, reader.line_number() == 0 ? "" : reader.place(),
                   "a header that cannot be understood", "VCF or BCF");
}

void check_vcf_line(std::string_view line, std::size_t samples, const std::filesystem::path& path,
                    std::string_view place) {
  // htslib would take it for the line's end.
  if (line.find('\0') != std::string_view::npos) throw InputError(path, place, "a zero byte", "text");
  // An index passes over it.
  if (line.starts_with('#'))
    throw InputError(path, place, shown(line), "a record, after the line of columns");
  // Counted rather than split: a line may have thousands of samples.
  const auto count = static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t')) + 1;
  const std::size_t wanted = samples == 0 ? 8 : 9 + samples;
  if (count < wanted || (samples > 0 && count > wanted)) {
    throw InputError(path, place, std::to_string(count) + " fields",
                     std::to_string(wanted) + " as in the header");
  }
  const auto fields = first_fields(line);
  const std::string_view position = fields[1];
  if (position.empty() || position.size() > 10 ||
      position.find_first_not_of("0123456789") != std::string_view::npos || position == "0") {
    throw InputError(path, place, "POS " + shown(position), "a position from 1");
  }
  if (!is_letters(fields[3])) throw InputError(path, place, "REF " + shown(fields[3]), "bases");
  if (fields[4].empty()) throw InputError(path, place, "no ALT", "bases or '.'");
}

}  // namespace biodta::genome::detail
