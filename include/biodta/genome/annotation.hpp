#pragma once
/// @file
/// Genes and their transcription start sites from GTF, GFF3 or BED.

#include <biodta/support/options.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::genome {

/// Which position stands for a gene. The paper does not say; the choice is written into every output.
enum class TssPolicy {
  kGeneStart,  ///< 5' end of the `gene` record (its end on the - strand)
  kCanonical,  ///< 5' end of the transcript tagged Ensembl_canonical or MANE_Select; a gene without one is an
               ///< error
  kAllTranscripts  ///< the distinct 5' ends of all its transcripts; a gene without any is an error
};
std::string to_string(TssPolicy policy);

struct AnnotationOptions {
  TssPolicy tss = TssPolicy::kGeneStart;
  /// Biotypes kept (gene_biotype or gene_type); empty = all.
  std::vector<std::string> biotypes = {"protein_coding"};
};
void describe(support::OptionVisitor& visit, AnnotationOptions& options);

/// A place where transcription starts, and what starts there.
struct TranscriptionStart {
  std::int64_t position = 0;             ///< 0-based, on the + strand
  std::vector<std::string> transcripts;  ///< ids in file order, Ensembl's without version; empty where the
                                         ///< policy asks the gene's record, and for BED
  bool operator==(const TranscriptionStart&) const = default;
};

/// "ENSG00000136574" of "ENSG00000136574.18". What GENCODE adds after the version (_PAR_Y) stays, and so do
/// ids that are not Ensembl's.
std::string without_version(std::string_view id);

struct Gene {
  std::string id;      ///< Ensembl id without version (GENCODE's _PAR_Y after it stays: it is another gene);
                       ///< RefSeq's gene_id or, in GFF3, its ID without "gene-"
  std::string symbol;  ///< gene_name, Name or gene; the id where there is none
  std::string ncbi_gene;  ///< NCBI's GeneID, where RefSeq says it; otherwise empty
  std::string biotype;
  std::string contig;
  char strand = '+';
  std::int64_t tss = 0;  ///< 0-based position of the first transcribed base, on the + strand; starts.front()
  /// The distinct starts in the direction of transcription, the outermost first: one under gene_start and
  /// canonical, all under all_transcripts.
  std::vector<TranscriptionStart> starts;
};

/// Reads GTF (.gtf), GFF3 (.gff3, .gff) or BED6 (.bed: name = symbol or id, TSS = middle of the interval),
/// each plain or gzip (.gz), in file order. The attributes of Ensembl, GENCODE and RefSeq are known. BED
/// knows neither biotypes nor transcripts, so the options do not touch it. Throws InputError, naming the
/// line, on a record that cannot be understood and on a gene seen twice at different places; and when no gene
/// is left.
std::vector<Gene> read_annotation(const std::filesystem::path& path, const AnnotationOptions& options = {});

}  // namespace biodta::genome
