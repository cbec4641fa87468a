#pragma once
/// @file
/// Genes from the records of an annotation, whatever its format. Internal to the room.

#include <biodta/genome/annotation.hpp>
#include <biodta/support/tsv.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace biodta::genome::detail {

[[noreturn]] void refuse_line(const support::LineReader& at, const std::string& found,
                              std::string_view expected, const std::string& hint = {});
std::string in_quotes(std::string_view text);

/// A gene's record. Its place is that of its 5' end.
struct GeneRecord {
  std::string key;  ///< what transcripts call it
  Gene gene;        ///< all but tss and starts
  std::int64_t five_prime = 0;
};

struct TranscriptRecord {
  std::string gene_key;
  std::string id;
  std::string contig;
  char strand = '+';
  std::int64_t five_prime = 0;
  bool canonical = false;  ///< Ensembl_canonical, which goes before MANE_Select
  bool mane = false;
};

/// Collects records in any order and applies the options.
class GeneBuilder {
 public:
  /// Keeps references; `at` is where the records come from, for errors.
  GeneBuilder(const AnnotationOptions& options, const support::LineReader& at) : options_(options), at_(at) {}

  /// Whether the policy asks for transcripts at all.
  bool wants_transcripts() const noexcept { return options_.tss != TssPolicy::kGeneStart; }
  /// Throws InputError for a gene seen before at another place.
  void add(GeneRecord record);
  /// Throws InputError for a second canonical transcript elsewhere.
  void add(TranscriptRecord record);
  /// The genes in the file's order. Throws InputError where none is left and for a gene without the
  /// transcript that the policy asks for.
  /// @param format  "GTF", for errors.
  std::vector<Gene> finish(std::string_view format);

 private:
  struct Known {
    std::size_t index;
    std::uint64_t line;
  };

  bool is_kept(std::string_view biotype) const;
  void set_starts(Gene& gene, const std::string& key) const;
  [[noreturn]] void refuse_empty(std::string_view format) const;

  const AnnotationOptions& options_;
  const support::LineReader& at_;
  std::vector<Gene> genes_;
  std::vector<std::string> keys_;  ///< [genes]
  std::unordered_map<std::string, Known> by_id_;
  std::unordered_map<std::string, std::vector<TranscriptRecord>> transcripts_;  ///< by gene key
  std::set<std::string> dropped_biotypes_;
  bool any_gene_ = false;
};

}  // namespace biodta::genome::detail
