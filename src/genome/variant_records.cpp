#include "variant_records.hpp"

#include "vcf_text.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>
#include <utility>

namespace biodta::genome::detail {
namespace {

/// htslib reads on after these; the first two it mends itself (a contig or tag that the header does not
/// declare).
constexpr int kHarmless = BCF_ERR_CTG_UNDEF | BCF_ERR_TAG_UNDEF;
constexpr std::size_t kMostPloidy = 2;
constexpr std::size_t kMostAlleles = 32767;  // what a call can hold

/// What bcf_get_genotypes fills, freed here.
class GenotypeBuffer {
 public:
  GenotypeBuffer() = default;
  ~GenotypeBuffer() { std::free(values_); }
  GenotypeBuffer(const GenotypeBuffer&) = delete;
  GenotypeBuffer& operator=(const GenotypeBuffer&) = delete;
  /// Values of all samples, or a negative number where there are none.
  int read(const bcf_hdr_t* header, bcf1_t* record) {
    return bcf_get_genotypes(header, record, &values_, &capacity_);
  }
  std::int32_t operator[](std::size_t i) const { return values_[i]; }

 private:
  std::int32_t* values_ = nullptr;
  int capacity_ = 0;
};

/// Index of the allele, or kMissingCall, or kNoCall; not yet checked, so in full width.
std::int32_t call_of(std::int32_t value) {
  if (value == bcf_int32_vector_end) return kNoCall;
  return bcf_gt_is_missing(value) ? kMissingCall : bcf_gt_allele(value);
}

bool is_before(const VariantRecord& a, const VariantRecord& b) {
  return a.position < b.position;
}

bool touches(const VariantRecord& record, std::int64_t start, std::int64_t end) {
  return record.position < end && record.reach() > start;
}

}  // namespace

VariantRecords::VariantRecords(const std::filesystem::path& path) : path_(path) {
  silence_htslib();
  open_file();
  load_index();
  if (!text_index_ && !binary_index_)
    read_whole();
  else if (index_may_miss_ends(header_.get(), binary_))
    find_unindexed();
}

VariantRecords::VariantRecords(const std::filesystem::path& path, Sequential) : path_(path) {
  open_file();
}

void VariantRecords::open_file() {
  storage_of(path_);  // refuses what is missing or unreadable
  errno = 0;
  file_.reset(hts_open(path_.c_str(), "r"));
  if (!file_) throw InputError(path_, "", last_system_error(), "VCF or BCF");
  const htsExactFormat format = hts_get_format(file_.get())->format;
  binary_ = format == bcf;
  if (format != vcf && format != bcf) refuse_vcf_header(path_);
  header_.reset(bcf_hdr_read(file_.get()));
  if (!header_ && binary_) throw InputError(path_, "header", "one that cannot be read", "BCF");
  if (!header_) refuse_vcf_header(path_);
  record_.reset(bcf_init());
  samples_.assign(header_->samples, header_->samples + bcf_hdr_nsamples(header_.get()));
}

void VariantRecords::load_index() {
  for (const char* suffix : {".tbi", ".csi"}) {
    std::filesystem::path index = path_;
    index += suffix;
    // An index older than its file may point anywhere; the file is then read whole, which is never wrong.
    if (!is_fresh(index, path_)) continue;
    if (binary_) {
      binary_index_.reset(bcf_index_load3(path_.c_str(), index.c_str(), HTS_IDX_SILENT_FAIL));
    } else {
      text_index_.reset(tbx_index_load3(path_.c_str(), index.c_str(), HTS_IDX_SILENT_FAIL));
    }
    if (!binary_index_ && !text_index_)
      throw InputError(index, "", "a damaged index", "one made by tabix or bcftools");
    return;
  }
}

void VariantRecords::for_each(const std::filesystem::path& path,
                              const std::function<void(const std::string&, const VariantRecord&)>& visit) {
  silence_htslib();
  VariantRecords sequential(path, Sequential{});
  while (sequential.next_in_file()) {
    visit(bcf_seqname(sequential.header_.get(), sequential.record_.get()),
          sequential.take_record(sequential.file_place()));
  }
}

std::string VariantRecords::file_place() const {
  return binary_ ? "record " + std::to_string(records_read_ + 1) : "line " + std::to_string(file_->lineno);
}

void VariantRecords::check_record(const std::string& place) const {
  if ((record_->errcode & ~kHarmless) != 0 || record_->n_allele == 0) {
    throw InputError(path_, place, "a record that does not follow the header",
                     "CHROM POS ID REF ALT QUAL FILTER INFO …");
  }
}

void VariantRecords::parse_line(const std::string& place) {
  kstring_t* text = line_.get();
  check_vcf_line({text->s, text->l}, samples_.size(), path_, place);
  if (vcf_parse(text, header_.get(), record_.get()) < 0) {
    throw InputError(path_, place, "a record that cannot be understood",
                     "CHROM POS ID REF ALT QUAL FILTER INFO …");
  }
  check_record(place);
}

bool VariantRecords::next_in_file() {
  if (binary_) {
    const int status = bcf_read(file_.get(), header_.get(), record_.get());
    if (status < -1) throw InputError(path_, file_place(), "a damaged or cut file", "BCF records");
    if (status == 0) check_record(file_place());
    if (status == 0) ++records_read_;
    return status == 0;
  }
  int status = 0;
  do {
    status = hts_getline(file_.get(), '\n', line_.get());
    if (status < -1) throw InputError(path_, file_place(), "a damaged or cut file", "VCF records");
    if (status < 0) return false;
  } while (line_.get()->l == 0);
  parse_line(file_place());
  return true;
}

VariantRecord VariantRecords::take_record(const std::string& place) {
  bcf1_t* raw = record_.get();
  bcf_unpack(raw, BCF_UN_ALL);
  VariantRecord record;
  record.position = raw->pos;
  record.id = raw->d.id == nullptr ? "." : raw->d.id;
  record.alleles.assign(raw->d.allele, raw->d.allele + raw->n_allele);
  record.symbolic_ends = symbolic_ends(header_.get(), raw, path_, place);
  if (samples_.empty()) return record;
  GenotypeBuffer values;
  const int count = values.read(header_.get(), raw);
  if (count <= 0) return record;
  record.ploidy = static_cast<std::size_t>(count) / samples_.size();
  if (record.ploidy > kMostPloidy) {
    throw InputError(path_, place, "genotypes of " + std::to_string(record.ploidy) + " alleles",
                     "one or two");
  }
  record.phased.resize(samples_.size());
  record.calls.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < record.calls.size(); ++i) {
    const std::int32_t call = call_of(values[i]);
    if (call >= static_cast<std::int32_t>(std::min<std::size_t>(record.alleles.size(), kMostAlleles))) {
      throw InputError(path_, place, "genotype allele " + std::to_string(call),
                       "0 to " + std::to_string(record.alleles.size() - 1));
    }
    record.calls[i] = static_cast<std::int16_t>(call);
  }
  for (std::size_t sample = 0; sample < samples_.size(); ++sample) {
    // In a genotype the separator before an allele carries the phase, so the last allele knows.
    record.phased[sample] = bcf_gt_is_phased(values[(sample + 1) * record.ploidy - 1]) != 0;
  }
  return record;
}

void VariantRecords::read_whole() {
  while (next_in_file()) {
    Contig& contig = memory_[bcf_seqname(header_.get(), record_.get())];
    contig.records.push_back(take_record(file_place()));
  }
  for (auto& [name, contig] : memory_) {
    std::stable_sort(contig.records.begin(), contig.records.end(), is_before);
    std::int64_t furthest = 0;
    for (const VariantRecord& record : contig.records)
      contig.reach.push_back(furthest = std::max(furthest, record.reach()));
  }
}

void VariantRecords::find_unindexed() {
  knows_symbolic_ = true;
  // On a handle of its own: regions will be asked of this one.
  VariantRecords sequential(path_, Sequential{});
  while (sequential.next_in_file()) {
    bcf1_t* raw = sequential.record_.get();
    bcf_unpack(raw, BCF_UN_STR);
    if (std::none_of(raw->d.allele, raw->d.allele + raw->n_allele, is_symbolic)) continue;
    unindexed_[bcf_seqname(sequential.header_.get(), raw)].push_back(
        sequential.take_record(sequential.file_place()));
  }
}

void VariantRecords::add_unindexed(const std::string& contig, std::int64_t start,
                                   std::vector<VariantRecord>& found) const {
  if (!knows_symbolic_) return;
  std::erase_if(found, [start](const VariantRecord& record) {
    return record.position < start && !record.symbolic_ends.empty();
  });
  const auto own = unindexed_.find(contig);
  if (own == unindexed_.end()) return;
  for (const VariantRecord& record : own->second) {
    if (record.position < start && record.reach() > start) found.push_back(record);
  }
  std::stable_sort(found.begin(), found.end(), is_before);
}

std::vector<std::string> VariantRecords::contigs() const {
  std::set<std::string> names;
  int count = 0;
  const char** declared = bcf_hdr_seqnames(header_.get(), &count);
  for (int i = 0; i < count; ++i) names.insert(declared[i]);
  std::free(declared);
  if (text_index_) {
    const char** indexed = tbx_seqnames(text_index_.get(), &count);
    for (int i = 0; i < count; ++i) names.insert(indexed[i]);
    std::free(indexed);
  }
  for (const auto& [name, contig] : memory_) names.insert(name);
  return {names.begin(), names.end()};
}

std::int64_t VariantRecords::declared_length(const std::string& contig) const {
  const int id = bcf_hdr_name2id(header_.get(), contig.c_str());
  return id < 0 ? 0 : static_cast<std::int64_t>(header_->id[BCF_DT_CTG][id].val->info[0]);
}

void VariantRecords::query_text(const std::string& contig, std::int64_t start, std::int64_t end,
                                std::vector<VariantRecord>& found) {
  const int index = tbx_name2id(text_index_.get(), contig.c_str());
  if (index < 0) return;
  const Hts<hts_itr_t> records(tbx_itr_queryi(text_index_.get(), index, start, end));
  const std::string place = "region " + contig + ":" + std::to_string(start + 1) + "-" + std::to_string(end);
  int status = -1;
  while (records &&
         (status = tbx_itr_next(file_.get(), text_index_.get(), records.get(), line_.get())) >= 0) {
    parse_line(place);
    found.push_back(take_record(place));
  }
  if (status < -1) throw InputError(path_, place, "a damaged or cut file", "VCF records");
}

void VariantRecords::query_binary(const std::string& contig, std::int64_t start, std::int64_t end,
                                  std::vector<VariantRecord>& found) {
  const int index = bcf_hdr_name2id(header_.get(), contig.c_str());
  if (index < 0) return;
  const Hts<hts_itr_t> records(bcf_itr_queryi(binary_index_.get(), index, start, end));
  const std::string place = "region " + contig + ":" + std::to_string(start + 1) + "-" + std::to_string(end);
  int status = -1;
  while (records && (status = bcf_itr_next(file_.get(), records.get(), record_.get())) >= 0) {
    check_record(place);
    found.push_back(take_record(place));
  }
  if (status < -1) throw InputError(path_, place, "a damaged or cut file", "BCF records");
}

void VariantRecords::query_memory(const std::string& contig, std::int64_t start, std::int64_t end,
                                  std::vector<VariantRecord>& found) const {
  const auto own = memory_.find(contig);
  if (own == memory_.end()) return;
  const auto& [records, reach] = own->second;
  const auto first = std::upper_bound(reach.begin(), reach.end(), start) - reach.begin();
  for (auto record = records.begin() + first; record != records.end() && record->position < end; ++record) {
    if (touches(*record, start, end)) found.push_back(*record);
  }
}

std::vector<VariantRecord> VariantRecords::query(const std::string& contig, std::int64_t start,
                                                 std::int64_t end) {
  std::vector<VariantRecord> found;
  const std::int64_t first = std::max<std::int64_t>(start, 0);
  if (first >= end) return found;
  if (text_index_)
    query_text(contig, first, end, found);
  else if (binary_index_)
    query_binary(contig, first, end, found);
  else
    query_memory(contig, first, end, found);
  add_unindexed(contig, first, found);
  std::erase_if(found, [&](const VariantRecord& record) { return !touches(record, start, end); });
  return found;
}

std::vector<VariantRecord> VariantRecords::widened(std::vector<VariantRecord> known, const Region& from,
                                                   const Region& to) {
  // The file's order is kept among records at one position: those that begin before `from` are asked for anew
  // together, those that begin behind it are appended.
  std::vector<VariantRecord> all;
  if (to.start < from.start) {
    all = query(to.contig, to.start, from.start);
    std::erase_if(known, [&](const VariantRecord& record) { return record.position < from.start; });
  }
  all.insert(all.end(), std::make_move_iterator(known.begin()), std::make_move_iterator(known.end()));
  if (to.end > from.end) {
    std::vector<VariantRecord> behind = query(to.contig, from.end, to.end);
    std::erase_if(behind, [&](const VariantRecord& record) { return record.position < from.end; });
    all.insert(all.end(), std::make_move_iterator(behind.begin()), std::make_move_iterator(behind.end()));
  }
  std::erase_if(all, [&](const VariantRecord& record) { return !touches(record, to.start, to.end); });
  return all;
}

const std::vector<VariantRecord>& VariantRecords::in_region(std::string_view contig, std::int64_t start,
                                                            std::int64_t end) {
  const Region asked{std::string(contig), start, end};
  if (asked == region_) return records_;
  // Taken out first, so that nothing half-read stays where reading fails.
  const Region before = std::exchange(region_, {});
  std::vector<VariantRecord> known = std::exchange(records_, {});
  const bool overlaps = before.contig == asked.contig && start < before.end && end > before.start;
  records_ = overlaps ? widened(std::move(known), before, asked) : query(asked.contig, start, end);
  region_ = asked;
  return records_;
}

const VariantRecord* VariantRecords::first_call(std::size_t sample) {
  const auto is_called = [sample](const VariantRecord& record) {
    return record.ploidy > 0 && record.calls[sample * record.ploidy] >= 0;
  };
  for (const auto& [name, contig] : memory_) {
    const auto found = std::find_if(contig.records.begin(), contig.records.end(), is_called);
    if (found != contig.records.end()) return &*found;
  }
  if (!text_index_ && !binary_index_) return nullptr;
  // From the start of the file, on a handle of its own: regions may be asked for later.
  VariantRecords sequential(path_, Sequential{});
  while (sequential.next_in_file()) {
    first_call_ = sequential.take_record(sequential.file_place());
    if (is_called(first_call_)) return &first_call_;
  }
  return nullptr;
}

}  // namespace biodta::genome::detail
