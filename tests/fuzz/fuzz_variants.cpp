// A VCF out of one input: a byte of choices, then the file. It is read by way of memory and of an index, and
// its haplotypes on a small genome are replayed.
#include "fuzz/fuzz_folder.hpp"

#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/mutant_files.hpp>
#include <biodta/support/error.hpp>

#include <htslib/bgzf.h>
#include <htslib/tbx.h>

#include <optional>
#include <vector>

namespace {

using namespace biodta;

constexpr std::int64_t kContigLength = 400;

const genome::Genome& small_genome() {
  static const fuzz::FuzzFolder folder("-genome");
  static const genome::Genome genome = [] {
    std::string letters;
    for (std::int64_t at = 0; at < kContigLength; ++at)
      letters += "ACGTTGCAACCGGTTAGCATC"[(at * at + at / 7) % 21];
    genome::write_fasta(folder.path() / "g.fa", {{"c1", "", letters}, {"c2", "", "ACGTN"}});
    return genome::Genome::open(folder.path() / "g.fa");
  }();
  return genome;
}

/// The windows of everyone, or nothing where the file is refused.
std::optional<std::vector<std::string>> windows_of(const std::filesystem::path& file, unsigned choices) {
  try {
    const auto variants = genome::VariantFile::open(file);
    std::vector<genome::HaplotypeId> ids = {genome::kFirstAlternatives};
    for (std::size_t sample = 0; sample < variants.samples().size() && sample < 4; ++sample) {
      ids.push_back({sample, 0});
      ids.push_back({sample, 1});
    }
    const bool skip = (choices & 1U) != 0;
    const genome::HaplotypeReader reader(small_genome(), variants,
                                         {.skip_mismatches = skip, .skip_unsupported = skip});
    std::vector<std::string> windows;
    for (const auto& [tss, length] : {std::pair(20, 30), std::pair(200, 64), std::pair(399, 1001)}) {
      const auto made = reader.windows("c1", tss, length, ids);
      for (std::size_t i = 0; i < made.distinct(); ++i) {
        const std::string sequence = made.sequence(i);
        fuzz::require(sequence.size() == static_cast<std::size_t>(length), "a window keeps its length");
        fuzz::require(sequence.find_first_not_of("ACGTN") == std::string::npos, "a window is of ACGTN");
        fuzz::require(
            sequence == genome::edited_window(small_genome(), "c1", tss, length, made.edits(i), "edits"),
            "edits replay to the window");
      }
      for (std::size_t i = 0; i < ids.size(); ++i) windows.push_back(made.sequence(made.of(i)));
    }
    return windows;
  } catch (const Error&) {  // files that are refused
    return std::nullopt;
  }
}

/// bgzip with an index; false where tabix makes none.
bool pack(const std::filesystem::path& file, std::string_view bytes) {
  BGZF* const out = bgzf_open(file.c_str(), "w");
  const bool written = bgzf_write(out, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  return bgzf_close(out) == 0 && written && tbx_index_build(file.c_str(), 0, &tbx_conf_vcf) == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::FuzzFolder folder;
  if (size == 0) return 0;
  const unsigned choices = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  folder.clear();
  const auto plain = folder.write("v.vcf", bytes, (choices & 2U) != 0);
  const auto from_memory = windows_of(plain, choices);
  if ((choices & 4U) != 0) {
    hts_set_log_level(HTS_LOG_OFF);
    const auto packed = folder.path() / "v.vcf.gz";
    if (pack(packed, bytes)) {
      // Either may refuse what the other does not see: memory reads every record, an index only those asked
      // for, but htslib goes by an index past no blank line. Where both read, they agree.
      const auto from_index = windows_of(packed, choices);
      fuzz::require(!from_memory || !from_index || *from_index == *from_memory,
                    "an index gives what memory gives");
    }
  }
  try {
    (void)genome::read_mutant_vcf(plain);
  } catch (const Error&) {  // files that are refused
  }
  return 0;
}
