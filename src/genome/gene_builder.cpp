#include "gene_builder.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <utility>

namespace biodta::genome::detail {
namespace {

using support::LineReader;

std::string place_of_gene(const Gene& gene) {
  return gene.contig + ":" + std::to_string(gene.tss + 1) + " (" + gene.strand + ")";
}

/// Adds a start, or a transcript to the start that is there already.
void add_start(std::vector<TranscriptionStart>& starts, const TranscriptRecord& transcript) {
  const auto known = std::find_if(starts.begin(), starts.end(), [&](const TranscriptionStart& start) {
    return start.position == transcript.five_prime;
  });
  if (known == starts.end())
    starts.push_back({transcript.five_prime, {transcript.id}});
  else
    known->transcripts.push_back(transcript.id);
}

/// From the outermost start on, in the direction of transcription.
void sort_starts(std::vector<TranscriptionStart>& starts, char strand) {
  std::sort(starts.begin(), starts.end(), [strand](const TranscriptionStart& a, const TranscriptionStart& b) {
    return strand == '+' ? a.position < b.position : a.position > b.position;
  });
}

void check_same_strand(const Gene& gene, const TranscriptRecord& transcript,
                       const std::filesystem::path& path) {
  if (transcript.contig == gene.contig && transcript.strand == gene.strand) return;
  throw InputError(
      path, "gene '" + gene.id + "'",
      "its transcript '" + transcript.id + "' on " + transcript.contig + " (" + transcript.strand + ")",
      "one on " + gene.contig + " (" + gene.strand + ")");
}

}  // namespace

void refuse_line(const LineReader& at, const std::string& found, std::string_view expected,
                 const std::string& hint) {
  throw InputError(at.path(), at.place(), found, expected, hint);
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string(text) + "'";
}

void GeneBuilder::add(GeneRecord record) {
  any_gene_ = true;
  if (!is_kept(record.gene.biotype)) {
    dropped_biotypes_.insert(record.gene.biotype);
    return;
  }
  record.gene.tss = record.five_prime;
  const auto [seen, fresh] = by_id_.emplace(record.gene.id, Known{genes_.size(), at_.line_number()});
  if (fresh) {
    genes_.push_back(std::move(record.gene));
    keys_.push_back(std::move(record.key));
    return;
  }
  const Gene& first = genes_[seen->second.index];
  if (place_of_gene(first) == place_of_gene(record.gene)) return;
  refuse_line(at_, "gene " + in_quotes(record.gene.id) + " at " + place_of_gene(record.gene),
              "the place of line " + std::to_string(seen->second.line) + ", " + place_of_gene(first));
}

void GeneBuilder::add(TranscriptRecord record) {
  std::vector<TranscriptRecord>& known = transcripts_[record.gene_key];
  if (options_.tss == TssPolicy::kAllTranscripts) {
    known.push_back(std::move(record));
    return;
  }
  if (!record.canonical && !record.mane) return;
  if (known.empty()) {
    known.push_back(std::move(record));
    return;
  }
  TranscriptRecord& earlier = known.front();
  if (earlier.canonical == record.canonical && earlier.five_prime != record.five_prime)
    refuse_line(at_, "a second canonical transcript of gene " + in_quotes(record.gene_key), "one a gene");
  if (record.canonical && !earlier.canonical) earlier = std::move(record);
}

std::vector<Gene> GeneBuilder::finish(std::string_view format) {
  if (genes_.empty()) refuse_empty(format);
  for (std::size_t i = 0; i < genes_.size(); ++i) set_starts(genes_[i], keys_[i]);
  return std::move(genes_);
}

void GeneBuilder::set_starts(Gene& gene, const std::string& key) const {
  if (options_.tss == TssPolicy::kGeneStart) {
    gene.starts = {{gene.tss, {}}};
    return;
  }
  const auto own = transcripts_.find(key);
  if (own == transcripts_.end() || own->second.empty()) {
    const bool canonical = options_.tss == TssPolicy::kCanonical;
    throw InputError(at_.path(), "gene '" + gene.id + "' (" + gene.symbol + ")",
                     canonical ? "no canonical transcript" : "no transcript",
                     canonical ? "one tagged Ensembl_canonical or MANE_Select" : "at least one",
                     canonical ? "use the other TSS policy, gene_start, or a newer GENCODE annotation"
                               : "use the TSS policy gene_start");
  }
  for (const TranscriptRecord& transcript : own->second) {
    check_same_strand(gene, transcript, at_.path());
    add_start(gene.starts, transcript);
  }
  sort_starts(gene.starts, gene.strand);
  gene.tss = gene.starts.front().position;
}

bool GeneBuilder::is_kept(std::string_view biotype) const {
  return options_.biotypes.empty() ||
         std::find(options_.biotypes.begin(), options_.biotypes.end(), biotype) != options_.biotypes.end();
}

void GeneBuilder::refuse_empty(std::string_view format) const {
  if (!any_gene_)
    throw InputError(at_.path(), "", "no gene record", std::string(format) + " with 'gene' lines");
  std::vector<std::string> found;
  for (const std::string& biotype : dropped_biotypes_) found.push_back(biotype.empty() ? "none" : biotype);
  throw InputError(at_.path(), "", "genes of biotype " + support::join_words(found),
                   support::join_words(options_.biotypes), "set genes.biotypes; an empty list keeps all");
}

}  // namespace biodta::genome::detail
