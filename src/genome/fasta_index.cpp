#include "fasta_index.hpp"

#include "fasta_text.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <string>
#include <unordered_map>

namespace biodta::genome::detail {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(fs::path path, const char* suffix) {
  return path += suffix;
}

/// What random access by line arithmetic needs: within a record all lines but the last are equally long.
/// htslib checks it too, but does not say where, and skips a repeated name.
class LayoutCheck {
 public:
  explicit LayoutCheck(const support::LineReader& at) : at_(at) {}

  void header(std::string_view line) {
    end_of_record();
    const std::string name = parse_fasta_header(line, at_).name;
    const auto [seen, fresh] = lines_.emplace(name, at_.line_number());
    if (!fresh) {
      throw InputError(at_.path(), at_.place(),
                       "'" + name + "' again, as on line " + std::to_string(seen->second), "distinct names");
    }
    name_ = name;
    width_ = 0;
    ended_ = false;
  }

  void end_of_record() const {
    if (lines_.empty() || width_ > 0) return;
    throw InputError(at_.path(), "line " + std::to_string(lines_.at(name_)),
                     "'" + name_ + "' without a sequence", "bases under every name");
  }

  void sequence(std::string_view line) {
    if (lines_.empty()) refuse_headless(line, at_);
    check_sequence_line(line, at_);
    if (ended_) {
      throw InputError(at_.path(), at_.place(), "more sequence after a short or blank line",
                       "lines of equal length but the last of a record",
                       "write it again with equal lines, for example: seqkit seq -w 60");
    }
    if (width_ == 0) width_ = line.size();
    if (line.size() > width_) {
      throw InputError(at_.path(), at_.place(), "a line of " + std::to_string(line.size()) + " letters",
                       std::to_string(width_) + " as in the record's first line");
    }
    ended_ = line.size() < width_;
  }

  void blank() { ended_ = true; }
  bool empty() const noexcept { return lines_.empty(); }

 private:
  const support::LineReader& at_;
  std::unordered_map<std::string, std::uint64_t> lines_;
  std::string name_;  // of the record
  std::size_t width_ = 0;
  bool ended_ = false;
};

void check_layout(const fs::path& fasta) {
  support::LineReader reader(fasta);
  LayoutCheck check(reader);
  std::string line;
  while (reader.next(line)) {
    if (line.empty()) {
      check.blank();
    } else if (line.front() == '>') {
      check.header(line);
    } else {
      check.sequence(line);
    }
  }
  if (check.empty()) throw InputError(fasta, "", "no sequence", "FASTA records");
  check.end_of_record();
}

[[noreturn]] void refuse_index(const fs::path& fasta, const std::string& reason) {
  throw InputError(
      fasta.string() + ": its index cannot be made beside it: " + reason,
      "link the file into a folder that can be written, or run: samtools faidx " + fasta.string());
}

void make_index(const fs::path& fasta, Storage storage) {
  check_layout(fasta);
  try {
    support::require_writable(with_suffix(fasta, ".fai"));
  } catch (const InputError& error) {
    refuse_index(fasta, error.what());
  }
  support::AtomicPath fai(with_suffix(fasta, ".fai"));
  support::AtomicPath gzi(with_suffix(fasta, ".gzi"));
  errno = 0;
  if (fai_build3(fasta.c_str(), fai.temporary().c_str(), gzi.temporary().c_str()) != 0)
    refuse_index(fasta, last_system_error());
  if (storage == Storage::kBgzip) gzi.commit();
  fai.commit();
}

}  // namespace

Hts<faidx_t> open_fasta_index(const fs::path& fasta) {
  const Storage storage = storage_of(fasta);
  if (storage == Storage::kGzip) {
    throw InputError(fasta, "", "gzip", "plain text or bgzip, which can be read anywhere",
                     "pack it again: zcat " + fasta.string() + " | bgzip > genome.fa.gz");
  }
  const fs::path fai = with_suffix(fasta, ".fai");
  const fs::path gzi = with_suffix(fasta, ".gzi");
  const bool ready = is_fresh(fai, fasta) && (storage == Storage::kPlain || is_fresh(gzi, fasta));
  if (!ready) make_index(fasta, storage);
  Hts<faidx_t> index(fai_load3(fasta.c_str(), fai.c_str(), gzi.c_str(), 0));
  if (!index)
    throw InputError(fai, "", "an index that does not fit", "the index of " + fasta.string(), "remove it");
  return index;
}

}  // namespace biodta::genome::detail
