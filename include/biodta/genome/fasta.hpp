#pragma once
/// @file
/// Random access to a genome in FASTA, plain or bgzip, through htslib's index (built when missing).

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::genome {

/// Coordinates are 0-based half-open on the + strand. Letters come as uppercase ACGT, in whichever case the
/// file has them (soft masking is not kept); everything else, IUPAC's ambiguous letters and U among it, comes
/// as N. Not thread-safe: one object a thread.
class Genome {
 public:
  /// Opens a FASTA file; makes the .fai (and .gzi) beside it when missing or older than it. Throws
  /// InputError, naming the line, for what is no FASTA with lines of equal length, or has letters that IUPAC
  /// does not know (seen when the index is made); for one packed by gzip rather than bgzip; and where the
  /// index is missing and cannot be made, as in a folder that is read-only.
  static Genome open(const std::filesystem::path& fasta);
  ~Genome();
  Genome(Genome&&) noexcept;
  Genome& operator=(Genome&&) noexcept;

  const std::filesystem::path& path() const noexcept;
  std::vector<std::string> contigs() const;
  bool has_contig(std::string_view contig) const;
  /// Length in bp. Throws InputError, naming the contigs there are, for an unknown one.
  std::int64_t contig_length(std::string_view contig) const;
  /// Bases [start, end); N where the interval leaves the contig, so that the result always has end - start
  /// letters.
  std::string fetch(std::string_view contig, std::int64_t start, std::int64_t end) const;

 private:
  struct Implementation;
  explicit Genome(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

/// One record of a FASTA file read whole.
struct FastaRecord {
  std::string name;         ///< up to the first blank
  std::string description;  ///< the rest of the header line
  std::string sequence;     ///< uppercase ACGTN
};
std::vector<FastaRecord> read_fasta(const std::filesystem::path& path);
/// Atomically; 60 letters a line.
void write_fasta(const std::filesystem::path& path, const std::vector<FastaRecord>& records);

}  // namespace biodta::genome
