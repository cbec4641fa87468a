#include "annotation_formats.hpp"
#include "feature_line.hpp"
#include "gene_builder.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace biodta::genome::detail {
namespace {

using support::LineReader;

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

/// "%2C" is a comma. A % that begins no printable character stands for itself.
std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool has_code = text[at] == '%' && at + 2 < text.size();
    const int high = has_code ? hex_digit(text[at + 1]) : -1;
    const int low = has_code ? hex_digit(text[at + 2]) : -1;
    const int code = high * 16 + low;
    const bool printable = high >= 0 && low >= 0 && code >= 0x20 && code != 0x7f;
    decoded += printable ? static_cast<char>(code) : text[at];
    at += printable ? 2 : 0;
  }
  return decoded;
}

/// The attributes that are read, decoded.
struct Gff3Attributes {
  std::string id;
  std::vector<std::string> parents;
  std::string gene_id;
  std::string gene_name;  ///< GENCODE
  std::string name;       ///< Ensembl, RefSeq
  std::string gene;       ///< RefSeq
  std::string transcript_id;
  std::string biotype;
  std::string ncbi_gene;
  bool canonical = false;
  bool mane = false;
};

void keep_list(Gff3Attributes& attributes, std::string_view key, std::string_view values) {
  for (const std::string_view field : support::split(values, ',')) {
    const std::string value = percent_decoded(field);
    if (key == "Parent") attributes.parents.push_back(value);
    if (key == "Dbxref" && attributes.ncbi_gene.empty()) attributes.ncbi_gene = ncbi_gene_of(value);
    if (key == "tag") {
      attributes.canonical |= is_canonical_tag(value);
      attributes.mane |= is_mane_tag(value);
    }
  }
}

void keep(Gff3Attributes& attributes, std::string_view key, std::string_view value) {
  if (key == "Parent" || key == "Dbxref" || key == "tag") return keep_list(attributes, key, value);
  if (key == "ID") attributes.id = percent_decoded(value);
  if (key == "gene_id") attributes.gene_id = percent_decoded(value);
  if (key == "gene_name") attributes.gene_name = percent_decoded(value);
  if (key == "Name") attributes.name = percent_decoded(value);
  if (key == "gene") attributes.gene = percent_decoded(value);
  if (key == "transcript_id") attributes.transcript_id = percent_decoded(value);
  if (key == "gene_type" || key == "gene_biotype" || key == "biotype")
    attributes.biotype = percent_decoded(value);
}

/// `key=value;key=value,value`.
Gff3Attributes parse_gff3_attributes(std::string_view text, const LineReader& at) {
  Gff3Attributes attributes;
  if (text == ".") return attributes;
  for (const std::string_view field : support::split(text, ';')) {
    const std::string_view attribute = support::trim(field);
    if (attribute.empty()) continue;
    const std::size_t equals = attribute.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      refuse_line(at, "attribute " + in_quotes(attribute), "key=value as in GFF3",
                  "a file of key \"value\" is GTF: name it .gtf");
    }
    keep(attributes, attribute.substr(0, equals), attribute.substr(equals + 1));
  }
  return attributes;
}

/// "gene:ENSG00000136574" of Ensembl and "gene-GATA4" of RefSeq without what is before the name.
std::string bare_id(std::string_view id) {
  for (const std::string_view prefix : {"gene:", "gene-", "transcript:", "rna-"}) {
    if (id.starts_with(prefix)) return std::string(id.substr(prefix.size()));
  }
  return std::string(id);
}

std::string public_gene_id(const Gff3Attributes& attributes) {
  const std::string bare = bare_id(attributes.id);
  // GENCODE tells the copy on Y by the ID alone.
  if (attributes.gene_id.empty() || bare.ends_with("_PAR_Y")) return without_version(bare);
  return without_version(attributes.gene_id);
}

std::string_view first_given(std::initializer_list<std::string_view> texts) {
  const auto given =
      std::find_if(texts.begin(), texts.end(), [](std::string_view text) { return !text.empty(); });
  return given == texts.end() ? std::string_view() : *given;
}

bool is_gene_type(std::string_view type) {
  return type == "gene" || type == "ncRNA_gene" || type == "pseudogene";
}

/// What may lie directly below a gene without being a transcript of it.
bool is_part_type(std::string_view type) {
  constexpr std::array<std::string_view, 8> kParts = {
      "exon", "CDS", "five_prime_UTR", "three_prime_UTR", "start_codon", "stop_codon", "intron", "UTR"};
  return std::find(kParts.begin(), kParts.end(), type) != kParts.end() ||
         type.starts_with("stop_codon_redefined");
}

GeneRecord gff3_gene(const FeatureLine& feature, const LineReader& at) {
  Gff3Attributes attributes = parse_gff3_attributes(feature.attributes, at);
  if (attributes.id.empty() && attributes.gene_id.empty())
    refuse_line(at, "a gene without ID and gene_id", "attributes with ID=…");
  GeneRecord record;
  record.five_prime = five_prime(feature, at);
  Gene& gene = record.gene;
  gene.id = public_gene_id(attributes);
  gene.symbol = first_given({attributes.gene_name, attributes.name, attributes.gene, gene.id});
  gene.ncbi_gene = std::move(attributes.ncbi_gene);
  gene.biotype = std::move(attributes.biotype);
  gene.contig = percent_decoded(feature.contig);
  gene.strand = feature.strand.front();
  record.key = std::move(attributes.id);
  return record;
}

/// A transcript as often as it has parents. Those whose parent is no gene are never asked for.
void add_transcripts(GeneBuilder& genes, const FeatureLine& feature, const LineReader& at) {
  const Gff3Attributes attributes = parse_gff3_attributes(feature.attributes, at);
  if (attributes.parents.empty()) return;
  TranscriptRecord record;
  record.id =
      without_version(attributes.transcript_id.empty() ? bare_id(attributes.id) : attributes.transcript_id);
  record.contig = percent_decoded(feature.contig);
  record.five_prime = five_prime(feature, at);
  record.strand = feature.strand.front();
  record.canonical = attributes.canonical;
  record.mane = attributes.mane;
  for (const std::string& parent : attributes.parents) {
    record.gene_key = parent;
    genes.add(record);
  }
}

}  // namespace

std::vector<Gene> read_gff3(const std::filesystem::path& path, const AnnotationOptions& options) {
  LineReader reader(path);
  GeneBuilder genes(options, reader);
  std::string line;
  while (reader.next(line)) {
    if (line.starts_with("##FASTA") || line.starts_with('>')) break;
    if (line.empty() || line.front() == '#') continue;
    const FeatureLine feature = parse_feature_line(line, reader, "GFF3");
    if (is_gene_type(feature.type))
      genes.add(gff3_gene(feature, reader));
    else if (genes.wants_transcripts() && !is_part_type(feature.type))
      add_transcripts(genes, feature, reader);
  }
  return genes.finish("GFF3");
}

}  // namespace biodta::genome::detail
