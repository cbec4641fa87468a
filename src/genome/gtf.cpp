#include "annotation_formats.hpp"
#include "feature_line.hpp"
#include "gene_builder.hpp"

#include <string>
#include <utility>

namespace biodta::genome::detail {
namespace {

using support::LineReader;

/// The attributes that are read. Views into the line.
struct GtfAttributes {
  std::string_view gene_id;
  std::string_view gene_name;
  std::string_view gene;  ///< RefSeq's symbol
  std::string_view transcript_id;
  std::string_view biotype;
  std::string_view ncbi_gene;
  bool canonical = false;
  bool mane = false;
};

void keep(GtfAttributes& attributes, std::string_view key, std::string_view value) {
  if (key == "gene_id") attributes.gene_id = value;
  if (key == "gene_name") attributes.gene_name = value;
  if (key == "gene") attributes.gene = value;
  if (key == "transcript_id") attributes.transcript_id = value;
  if (key == "gene_type" || key == "gene_biotype") attributes.biotype = value;
  if (key == "db_xref" && attributes.ncbi_gene.empty()) attributes.ncbi_gene = ncbi_gene_of(value);
  if (key == "tag") {
    attributes.canonical |= is_canonical_tag(value);
    attributes.mane |= is_mane_tag(value);
  }
}

/// Takes a value and its semicolon off the front of `text`. A semicolon inside quotes belongs to the value.
std::string_view take_value(std::string_view& text, std::string_view key, const LineReader& at) {
  const bool is_quoted = text.starts_with('"');
  if (is_quoted) text.remove_prefix(1);
  const std::size_t end = text.find(is_quoted ? '"' : ';');
  if (is_quoted && end == std::string_view::npos)
    refuse_line(at, "attribute " + in_quotes(key) + " without its closing quote", "key \"value\";");
  const std::string_view value = support::trim(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view()
                                       : support::trim(text.substr(is_quoted ? end + 1 : end));
  if (!text.empty() && text.front() != ';')
    refuse_line(at, "text after the value of attribute " + in_quotes(key), "a semicolon");
  text = support::trim(text.substr(text.empty() ? 0 : 1));
  return value;
}

/// `key "value"; key value; …`.
GtfAttributes parse_gtf_attributes(std::string_view text, const LineReader& at) {
  GtfAttributes attributes;
  text = support::trim(text);
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos || blank == 0)
      refuse_line(at, "attribute " + in_quotes(text), "key \"value\";");
    const std::string_view key = text.substr(0, blank);
    text = support::trim(text.substr(blank));
    const std::string_view value = take_value(text, key, at);
    keep(attributes, key, value);
  }
  if (attributes.gene_id.empty()) refuse_line(at, "no gene_id", "attributes with gene_id \"…\"");
  return attributes;
}

GeneRecord gtf_gene(const FeatureLine& feature, const GtfAttributes& attributes, std::int64_t tss) {
  GeneRecord record;
  record.key = without_version(attributes.gene_id);
  record.five_prime = tss;
  Gene& gene = record.gene;
  gene.id = record.key;
  const std::string_view symbol = attributes.gene_name.empty() ? attributes.gene : attributes.gene_name;
  gene.symbol = symbol.empty() ? gene.id : std::string(symbol);
  gene.ncbi_gene = attributes.ncbi_gene;
  gene.biotype = attributes.biotype;
  gene.contig = feature.contig;
  gene.strand = feature.strand.front();
  return record;
}

TranscriptRecord gtf_transcript(const FeatureLine& feature, const GtfAttributes& attributes,
                                std::int64_t tss) {
  TranscriptRecord record;
  record.gene_key = without_version(attributes.gene_id);
  record.id = without_version(attributes.transcript_id);
  record.contig = feature.contig;
  record.strand = feature.strand.front();
  record.five_prime = tss;
  record.canonical = attributes.canonical;
  record.mane = attributes.mane;
  return record;
}

}  // namespace

std::vector<Gene> read_gtf(const std::filesystem::path& path, const AnnotationOptions& options) {
  LineReader reader(path);
  GeneBuilder genes(options, reader);
  std::string line;
  while (reader.next(line)) {
    if (line.empty() || line.front() == '#') continue;
    const FeatureLine feature = parse_feature_line(line, reader, "GTF");
    const bool is_gene = feature.type == "gene";
    const bool is_transcript = feature.type == "transcript" && genes.wants_transcripts();
    if (!is_gene && !is_transcript) continue;
    const GtfAttributes attributes = parse_gtf_attributes(feature.attributes, reader);
    const std::int64_t tss = five_prime(feature, reader);
    if (is_gene)
      genes.add(gtf_gene(feature, attributes, tss));
    else
      genes.add(gtf_transcript(feature, attributes, tss));
  }
  return genes.finish("GTF");
}

}  // namespace biodta::genome::detail
