#pragma once
/// @file
/// Records of a VCF or BCF file, parsed by htslib and checked. Internal to the room.

#include "htslib.hpp"
#include "symbolic_ends.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
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
  /// 0-based end of what each symbolic allele stands for, from END or SVLEN; kNoEnd where neither says it,
  /// and for other alleles. Empty in a record without symbolic alleles.
  std::vector<std::int64_t> symbolic_ends;
  std::size_t ploidy = 0;           ///< most alleles of a genotype here; 0 = no genotypes
  std::vector<std::int16_t> calls;  ///< [samples, ploidy] index into alleles
  std::vector<bool> phased;         ///< one a sample; empty = no genotypes

  /// End of REF.
  std::int64_t end() const noexcept { return position + static_cast<std::int64_t>(alleles.front().size()); }
  /// End of the allele that reaches furthest.
  std::int64_t reach() const noexcept {
    std::int64_t furthest = end();
    for (const std::int64_t other : symbolic_ends) furthest = std::max(furthest, other);
    return furthest;
  }
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
  /// Bases of a contig as the header declares them; 0 = it does not.
  std::int64_t declared_length(const std::string& contig) const;
  /// Records that touch [start, end) with REF or with the stretch of a symbolic allele, by position and then
  /// as in the file. Valid until the next call. Asking for the same region again is free, and of one that
  /// overlaps the last only what is new is read.
  const std::vector<VariantRecord>& in_region(std::string_view contig, std::int64_t start, std::int64_t end);
  /// The first record in which the sample has a genotype that is not missing, or nullptr; valid as above.
  const VariantRecord* first_call(std::size_t sample);

  /// Calls `visit` with every record of a file and its contig, in the file's order.
  static void for_each(const std::filesystem::path& path,
                       const std::function<void(const std::string&, const VariantRecord&)>& visit);

 private:
  struct Sequential {};
  /// Reads record by record from the start, neither index nor memory.
  VariantRecords(const std::filesystem::path& path, Sequential);

  struct Contig {
    std::vector<VariantRecord> records;  ///< by position
    std::vector<std::int64_t> reach;     ///< the furthest reach of the records up to each, ascending
  };

  void open_file();
  void load_index();
  void read_whole();
  /// Keeps the records with symbolic alleles, where the index may not know how far they reach.
  void find_unindexed();
  /// Reads the next record in file order into record_; false at the end.
  bool next_in_file();
  /// Parses line_ into record_.
  void parse_line(const std::string& place);
  void check_record(const std::string& place) const;
  VariantRecord take_record(const std::string& place);
  struct Region {
    std::string contig;
    std::int64_t start = 0;
    std::int64_t end = -1;
    bool operator==(const Region&) const = default;
  };
  /// Records that touch [start, end), by position and then as in the file.
  std::vector<VariantRecord> query(const std::string& contig, std::int64_t start, std::int64_t end);
  /// The same for `to`, by reading only what `known`, the records of the overlapping region `from`, lacks.
  std::vector<VariantRecord> widened(std::vector<VariantRecord> known, const Region& from, const Region& to);
  void query_text(const std::string& contig, std::int64_t start, std::int64_t end,
                  std::vector<VariantRecord>& found);
  void query_binary(const std::string& contig, std::int64_t start, std::int64_t end,
                    std::vector<VariantRecord>& found);
  void query_memory(const std::string& contig, std::int64_t start, std::int64_t end,
                    std::vector<VariantRecord>& found) const;
  /// Puts in place of the indexed records with symbolic alleles before `start` all that there are.
  void add_unindexed(const std::string& contig, std::int64_t start, std::vector<VariantRecord>& found) const;
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
  bool knows_symbolic_ = false;  ///< unindexed_ holds all records with symbolic alleles
  std::map<std::string, std::vector<VariantRecord>, std::less<>> unindexed_;

  Region region_;  ///< of records_
  std::vector<VariantRecord> records_;
  VariantRecord first_call_;
};

}  // namespace biodta::genome::detail
