#pragma once
/// @file
/// Windows of DNA as donors carry it: the reference with the variants of one haplotype, refilled from its
/// flanks so that every window keeps its length and its TSS in the middle.
///
/// **Window.** Index length / 2 holds the base at the TSS. From there the haplotype is read outward on both
/// sides, variants included, until length / 2 letters stand to the left and length - length / 2 from the TSS
/// on to the right; what lies beyond the contig is N. Where the base at the TSS is deleted, the next kept
/// base downstream (on the + strand) stands in its place. Bases inserted just before the TSS lie to its left.
/// A replacement that covers the TSS keeps coordinates from its left end (an inversion of the TSS thus leaves
/// the TSS's index to the base that comes to lie there); where it is too short for that, the TSS counts as
/// deleted.
///
/// **What a variant changes.** Shared bases at the ends of REF and ALT are not changed by it. Two variants of
/// one haplotype overlap when they change the same base, insert at the same point, or when one inserts inside
/// what the other replaces. Of two that overlap, the one that stands later in the file is the one in the
/// wrong. So an SNV at the padding base of a deletion is no overlap. (bcftools consensus, whose rule this
/// follows, calls that an overlap unless the SNV comes first, and skips the second of an insertion and
/// another indel at one POS.)
///
/// **Symbolic alleles**, from the base after POS to END (or of |SVLEN| bp, where END is missing or the
/// alleles of one record differ in SVLEN): <DEL> deletes; <DUP> and <DUP:TANDEM> put a copy before it; <INV>
/// replaces it by its reverse complement; <CNn> is n copies on this haplotype, so <CN0> deletes and <CN1>
/// changes nothing. Variants inside a duplicated stretch change the copy that stood there before. `*` and a
/// missing call are the reference here. Others, and breakends, are not understood.
///
/// **Ploidy.** A haploid genotype counts for both haplotypes of a sample: a gene on a man's X has two equal
/// ones.

#include <biodta/genome/contig_names.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/options.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::genome {

struct HaplotypeOptions {
  /// Leave out, and count, variants whose REF is not in the genome and those that overlap an earlier one of
  /// the same haplotype; otherwise they are errors, as is a header whose contig is longer than the genome's.
  bool skip_mismatches = false;
  /// The same for alleles that are not understood (<INS:ME:ALU>, breakends).
  bool skip_unsupported = false;
};
void describe(support::OptionVisitor& visit, HaplotypeOptions& options);

/// One haplotype of one sample of a VariantFile.
struct HaplotypeId {
  std::size_t sample = 0;
  int haplotype = 0;  ///< 0 or 1
  bool operator==(const HaplotypeId&) const = default;
};
/// No sample's: the haplotype that carries the first ALT of every record. For files without samples.
constexpr HaplotypeId kFirstAlternatives{std::numeric_limits<std::size_t>::max(), 0};

/// Variants left out, each counted once a haplotype, however many windows it lies in.
struct SkippedVariants {
  std::uint64_t mismatches = 0;   ///< REF (or END) is not the genome's
  std::uint64_t overlaps = 0;     ///< with an earlier variant of the same haplotype
  std::uint64_t unsupported = 0;  ///< alleles that are not understood
  bool operator==(const SkippedVariants&) const = default;
};
/// The distinct windows of many haplotypes around one TSS. Holds everything it needs: neither the genome nor
/// the file must outlive it. Sequences are made when asked for, so that hundreds of donors cost little
/// memory.
class WindowHaplotypes {
 public:
  WindowHaplotypes(WindowHaplotypes&&) noexcept;
  WindowHaplotypes& operator=(WindowHaplotypes&&) noexcept;
  ~WindowHaplotypes();

  /// Distinct windows, at least 1: number 0 is the reference window, whether or not someone carries it. Two
  /// are the same when the same variants change them.
  std::size_t distinct() const noexcept;
  /// Uppercase ACGTN of the length asked for, + strand.
  std::string sequence(std::size_t distinct) const;
  /// The variants that change that window, by position, as bases of the genome with VCF's padding; a long one
  /// may reach beyond the window.
  std::vector<Edit> edits(std::size_t distinct) const;

  /// Which distinct window the i-th haplotype asked for has.
  std::size_t of(std::size_t i) const noexcept;
  /// Whether any haplotype asked for of this sample differs from the reference window.
  bool differs(std::size_t sample) const noexcept;

 private:
  friend class HaplotypeReader;
  struct Implementation;
  explicit WindowHaplotypes(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

/// One ALT allele of one record.
struct SingleVariant {
  std::string id;             ///< "." where the file has none
  std::int64_t position = 0;  ///< 0-based
  std::string ref;            ///< as the file has them, symbolic alleles too
  std::string alt;
  /// Samples with it, on one haplotype at least; nothing where the record has no genotypes.
  std::optional<std::uint64_t> carriers;
};
/// Variants with the windows that they make, each alone on the reference.
struct SingleVariants {
  std::vector<SingleVariant> variants;  ///< in the file's order
  WindowHaplotypes windows;             ///< windows.of(i) is that of variants[i]
};

/// Reads haplotypes of a VCF on a genome. Contigs go by the genome's names; the file may name them otherwise
/// (see ContigNames). Not thread-safe: one object, with a Genome and a VariantFile of its own, a thread.
class HaplotypeReader {
 public:
  /// Keeps references to both, which must outlive it. Throws InputError when none of the file's contigs is
  /// the genome's.
  HaplotypeReader(const Genome& genome, const VariantFile& variants, HaplotypeOptions options = {});
  HaplotypeReader(HaplotypeReader&&) noexcept;
  HaplotypeReader& operator=(HaplotypeReader&&) noexcept;
  ~HaplotypeReader();

  /// False for a contig of the genome that the file knows nothing of: its windows are the reference for
  /// everyone. Worth a word to the user.
  bool has_contig(std::string_view contig) const;

  /// The windows of `length` bp around `tss` of all haplotypes at once, each distinct one made once.
  /// @param contig  the genome's name of it;  @param tss  0-based.
  /// Throws InputError, naming file, record and sample, for an unphased heterozygous genotype, and as the
  /// options say for a contig that the header makes longer than the genome's (by up to a tenth: by more, the
  /// genome may be a piece of it), a REF that is not the genome's, overlapping variants and alleles that are
  /// not understood
  /// - always for variants that touch what the haplotype's window is made of, and never for others.
  WindowHaplotypes windows(std::string_view contig, std::int64_t tss, std::int64_t length,
                           std::span<const HaplotypeId> haplotypes) const;

  /// The windows of `length` bp around `tss` that each allele of each record makes alone, whoever carries it;
  /// alleles that do not change the window are not among them. Genotypes need not be phased. Throws as above.
  /// @param distance  0 = all; else only those that touch [tss - distance, tss + distance).
  SingleVariants single_variants(std::string_view contig, std::int64_t tss, std::int64_t length,
                                 std::int64_t distance = 0) const;
  /// The record whose REF begins nearest to a position, with its alleles joined by commas in `alt`; nothing
  /// where the contig has none. Reads no more of the file than twice as far.
  std::optional<SingleVariant> nearest_record(std::string_view contig, std::int64_t position) const;

  /// What was left out in all windows so far.
  SkippedVariants skipped() const noexcept;
  /// The same as people read it: "2 whose REF is not the genome's and 1 that overlap another (0.4 % of what
  /// the windows hold)", and what it speaks for where it is most of them. Empty where none was left out.
  std::string skipped_text() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// The window of `length` bp around `tss` with `edits` made in the genome, by the same rules. Edits need not
/// be sorted. Throws InputError for a ref that is not there and for edits that overlap.
/// @param place  what to call the edits in an error.
std::string edited_window(const Genome& genome, std::string_view contig, std::int64_t tss,
                          std::int64_t length, std::span<const Edit> edits, std::string_view place);
/// The same where only a piece of a contig is known, beginning at `start`: outside is N.
std::string edited_window(std::string_view piece, std::int64_t start, std::int64_t tss, std::int64_t length,
                          std::span<const Edit> edits, std::string_view place);

/// All of `first` that change something, and those of `second` that overlap none of them, by position: for
/// edited_window.
/// Either must be free of overlaps.
std::vector<Edit> joined_edits(std::span<const Edit> first, std::span<const Edit> second);

}  // namespace biodta::genome
