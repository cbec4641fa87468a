#include "symbolic_ends.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

namespace biodta::genome::detail {
namespace {

/// What bcf_get_info_values fills, freed here.
class InfoBuffer {
 public:
  InfoBuffer() = default;
  ~InfoBuffer() { std::free(values_); }
  InfoBuffer(const InfoBuffer&) = delete;
  InfoBuffer& operator=(const InfoBuffer&) = delete;
  /// Number of values, negative where there are none of that type.
  int read(const bcf_hdr_t* header, bcf1_t* record, const char* tag, int type) {
    return bcf_get_info_values(header, record, tag, &values_, &capacity_, type);
  }
  const std::int32_t* numbers() const { return static_cast<const std::int32_t*>(values_); }
  const char* text() const { return static_cast<const char*>(values_); }

 private:
  void* values_ = nullptr;
  int capacity_ = 0;
};

using Number = std::optional<std::int64_t>;

Number number_of(std::int32_t value) {
  const bool missing = value == bcf_int32_missing || value == bcf_int32_vector_end;
  return missing ? Number() : Number(value);
}

/// One value of a tag that the header does not declare, which htslib takes for text.
Number number_of(std::string_view field, const char* tag, const std::filesystem::path& path,
                 std::string_view place) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (field == ".") return std::nullopt;
  constexpr std::int64_t kLongest = std::int64_t{1} << 40;  // longer than any contig
  const bool is_whole = failure == std::errc() && end == field.data() + field.size();
  if (is_whole && value >= -kLongest && value <= kLongest) return value;
  throw InputError(path, place, std::string(tag) + " '" + std::string(field.substr(0, 30)) + "'",
                   "a whole number");
}

/// The values of an INFO tag; empty where the record has none.
std::vector<Number> info_numbers(const bcf_hdr_t* header, bcf1_t* record, const char* tag,
                                 const std::filesystem::path& path, std::string_view place) {
  std::vector<Number> numbers;
  InfoBuffer buffer;
  if (const int count = buffer.read(header, record, tag, BCF_HT_INT); count > 0) {
    for (int i = 0; i < count; ++i) numbers.push_back(number_of(buffer.numbers()[i]));
    return numbers;
  }
  InfoBuffer text;
  const int size = text.read(header, record, tag, BCF_HT_STR);
  if (size <= 0) return numbers;
  for (const std::string_view field :
       support::split({text.text(), ::strnlen(text.text(), static_cast<std::size_t>(size))}, ','))
    numbers.push_back(number_of(field, tag, path, place));
  return numbers;
}

/// The length of each allele's stretch, by SVLEN: one value serves all alleles.
Number length_of(const std::vector<Number>& lengths, std::size_t allele) {
  if (lengths.empty()) return std::nullopt;
  const Number length = lengths.size() == 1        ? lengths.front()
                        : allele <= lengths.size() ? lengths[allele - 1]
                                                   : Number();
  return length ? Number(std::abs(*length)) : length;
}

bool is_declared(const bcf_hdr_t* header, const char* tag) {
  return bcf_hdr_idinfo_exists(header, BCF_HL_INFO, bcf_hdr_id2int(header, BCF_DT_ID, tag));
}

bool is_declared_integer(const bcf_hdr_t* header, const char* tag) {
  return is_declared(header, tag) &&
         bcf_hdr_id2type(header, BCF_HL_INFO, bcf_hdr_id2int(header, BCF_DT_ID, tag)) == BCF_HT_INT;
}

}  // namespace

bool is_symbolic(std::string_view allele) {
  return allele.starts_with('<');
}

std::vector<std::int64_t> symbolic_ends(const bcf_hdr_t* header, bcf1_t* record,
                                        const std::filesystem::path& path, std::string_view place) {
  char** const alleles = record->d.allele;
  const std::size_t count = record->n_allele;
  if (std::none_of(alleles, alleles + count, is_symbolic)) return {};
  const std::vector<Number> end = info_numbers(header, record, "END", path, place);
  const std::vector<Number> lengths = info_numbers(header, record, "SVLEN", path, place);
  const Number last = end.empty() ? Number() : end.front();
  if (last && *last < record->pos + 1) {
    throw InputError(path, place, "END " + std::to_string(*last),
                     "one not before POS, " + std::to_string(record->pos + 1));
  }
  bool differ = false;
  for (std::size_t i = 2; i < count; ++i) differ = differ || length_of(lengths, i) != length_of(lengths, 1);
  std::vector<std::int64_t> ends(count, kNoEnd);
  for (std::size_t i = 1; i < count; ++i) {
    if (!is_symbolic(alleles[i])) continue;
    const Number length = length_of(lengths, i);
    if (last && !(differ && length))
      ends[i] = *last;
    else if (length)
      ends[i] = record->pos + 1 + *length;
  }
  return ends;
}

bool index_may_miss_ends(const bcf_hdr_t* header, bool binary) {
  if (binary && !is_declared_integer(header, "END")) return true;
  const char* const version = bcf_hdr_get_version(header);
  // END is dropped from VCF 4.4 on; before it, symbolic alleles must have it.
  const bool newer = version != nullptr && std::strcmp(version, "VCFv4.4") >= 0;
  return newer || (is_declared(header, "SVLEN") && !is_declared(header, "END"));
}

}  // namespace biodta::genome::detail
