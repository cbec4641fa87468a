#pragma once
/// @file
/// Records of a VCF or BCF file, parsed by htslib and checked. Internal to the room.

#include "htslib.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::genome::detail {

/// One record with all its calls.
struct VariantRecord {
  std::int64_t position = 0;         ///< 0-based
  std::string id;                    ///< "." where there is none
  std::vector<std::string> alleles;  ///< REF, then ALT, as the file has them
  std::size_t ploidy = 0;            ///< most alleles of a genotype here; 0 = no genotypes
  std::vector<std::int16_t> calls;   ///< [samples, ploidy] index into alleles
  std::vector<bool> phased;          ///< one a sample; empty = no genotypes

  std::int64_t end() const noexcept { return position + static_cast<std::int64_t>(alleles.front().size()); }
};
constexpr std::int16_t kMissingCall = -1;  ///< "."
constexpr std::int16_t kNoCall = -2;       ///< past the end of a genotype of lower ploidy

/// Access by region: through the index where a fresh one stands beside the file, otherwise from memory.
class VariantRecords {
 public:
  /// Throws InputError, naming the line, for what is no VCF or BCF; for an unindexed file also for any bad
  /// record.
  explicit VariantRecords(const std::filesystem::path& path);

  const std::filesystem::path& path() const noexcept { return path_; }
  const std::vector<std::string>& samples() const noexcept { return samples_; }
  /// Contigs of the header and of the records.
  std::vector<std::string> contigs() const;
  /// Records that touch [start, end), by position. Valid until the next call; asking for the same region
  /// again is free.
  const std::vector<VariantRecord>& in_region(std::string_view contig, std::int64_t start, std::int64_t end);
  /// The first record in which the sample has a genotype that is not missing, or nullptr; valid as above.
  const VariantRecord* first_call(std::size_t sample);

 private:
  struct Sequential {};
  /// Reads record by record from the start, neither index nor memory.
  VariantRecords(const std::filesystem::path& path, Sequential);

  struct Contig {
    std::vector<VariantRecord> records;  ///< by position
    std::int64_t longest = 0;            ///< longest REF, bp
  };

  void open_file();
  void load_index();
  void read_whole();
  /// Reads the next record in file order into record_; false at the end.
  bool next_in_file();
  /// Parses line_ into record_.
  void parse_line(const std::string& place);
  void check_record(const std::string& place) const;
  VariantRecord take_record(const std::string& place);
  void query_text(const std::string& contig, std::int64_t start, std::int64_t end);
  void query_binary(const std::string& contig, std::int64_t start, std::int64_t end);
  void query_memory(const std::string& contig, std::int64_t start, std::int64_t end);
  std::string file_place() const;

  std::filesystem::path path_;
  bool binary_ = false;
  Hts<htsFile> file_;
  Hts<bcf_hdr_t> header_;
  Hts<bcf1_t> record_;
  KString line_;
  Hts<tbx_t> text_index_;
  Hts<hts_idx_t> binary_index_;
  std::vector<std::string> samples_;
  std::uint64_t records_read_ = 0;
  std::map<std::string, Contig, std::less<>> memory_;

  std::string region_contig_;
  std::int64_t region_start_ = 0;
  std::int64_t region_end_ = -1;
  std::vector<VariantRecord> region_;
  VariantRecord first_call_;
};

}  // namespace biodta::genome::detail
