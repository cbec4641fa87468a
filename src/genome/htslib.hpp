#pragma once
/// @file
/// htslib's handles by RAII. Internal to the room: htslib's headers appear only in src/genome.

#include <htslib/bgzf.h>
#include <htslib/faidx.h>
#include <htslib/hts.h>
#include <htslib/kstring.h>
#include <htslib/tbx.h>
#include <htslib/vcf.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace biodta::genome::detail {

struct HtsDelete {
  void operator()(htsFile* file) const noexcept { hts_close(file); }
  void operator()(BGZF* file) const noexcept { bgzf_close(file); }
  void operator()(faidx_t* index) const noexcept { fai_destroy(index); }
  void operator()(bcf_hdr_t* header) const noexcept { bcf_hdr_destroy(header); }
  void operator()(bcf1_t* record) const noexcept { bcf_destroy(record); }
  void operator()(tbx_t* index) const noexcept { tbx_destroy(index); }
  void operator()(hts_idx_t* index) const noexcept { hts_idx_destroy(index); }
  void operator()(hts_itr_t* iterator) const noexcept { hts_itr_destroy(iterator); }
  void operator()(char* text) const noexcept { std::free(text); }
};
template <class T>
using Hts = std::unique_ptr<T, HtsDelete>;

/// htslib's growing text buffer.
class KString {
 public:
  KString() = default;
  ~KString() { std::free(text_.s); }
  KString(const KString&) = delete;
  KString& operator=(const KString&) = delete;
  kstring_t* get() noexcept { return &text_; }

 private:
  kstring_t text_ = KS_INITIALIZE;
};

/// The library never prints, so htslib's own messages are turned off: ours say more. Called before every
/// opening.
void silence_htslib() noexcept;

/// How a file is stored, by its content. Throws InputError when it is missing or unreadable.
enum class Storage { kPlain, kGzip, kBgzip };
Storage storage_of(const std::filesystem::path& path);

/// Text for an error: what the operating system said last, or "an unreadable file".
std::string last_system_error();

/// True when `index` exists and is not older than `file`.
bool is_fresh(const std::filesystem::path& index, const std::filesystem::path& file);

}  // namespace biodta::genome::detail
