#include "annotation_formats.hpp"
#include "feature_line.hpp"
#include "gene_builder.hpp"

#include <biodta/genome/annotation.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

namespace biodta::genome {
namespace {

using support::LineReader;

detail::GeneRecord bed_gene(std::string_view line, const LineReader& reader) {
  const auto fields = support::split(line, '\t');
  if (fields.size() < 6) {
    detail::refuse_line(reader, std::to_string(fields.size()) + " fields",
                        "BED6: contig, start, end, name, score, strand");
  }
  const std::int64_t start = support::parse_integer(fields[1], reader);
  const std::int64_t end = support::parse_integer(fields[2], reader);
  if (start < 0 || end <= start) {
    detail::refuse_line(reader, "interval " + std::to_string(start) + "-" + std::to_string(end),
                        "0 <= start < end");
  }
  if (fields[3].empty()) detail::refuse_line(reader, "no name", "a gene's symbol or id in the fourth field");
  detail::GeneRecord record;
  record.gene.id = without_version(fields[3]);
  record.gene.symbol = record.gene.id;
  record.gene.contig = fields[0];
  record.gene.strand = detail::parse_strand(fields[5], reader);
  record.five_prime = start + (end - start) / 2;
  return record;
}

std::vector<Gene> read_bed(const std::filesystem::path& path) {
  LineReader reader(path);
  AnnotationOptions all;
  all.biotypes.clear();
  detail::GeneBuilder genes(all, reader);
  std::string line;
  bool any = false;
  while (reader.next(line)) {
    if (line.empty() || line.front() == '#' || line.starts_with("track") || line.starts_with("browser"))
      continue;
    genes.add(bed_gene(line, reader));
    any = true;
  }
  if (!any) throw InputError(path, "", "no record", "BED6 with a gene a line");
  return genes.finish("BED6");
}

/// ".gtf" of "GENES.GTF.gz".
std::string kind_of(std::filesystem::path path) {
  const auto lower_extension = [](const std::filesystem::path& name) {
    std::string extension = name.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return extension;
  };
  const std::string extension = lower_extension(path);
  return extension == ".gz" ? lower_extension(path.replace_extension()) : extension;
}

}  // namespace

std::string without_version(std::string_view id) {
  const std::size_t dot = id.find('.');
  if (!id.starts_with("ENS") || dot == std::string_view::npos) return std::string(id);
  const std::size_t after = id.find_first_not_of("0123456789", dot + 1);
  return std::string(id.substr(0, dot)) +
         (after == std::string_view::npos ? "" : std::string(id.substr(after)));
}

std::string to_string(TssPolicy policy) {
  switch (policy) {
    case TssPolicy::kGeneStart:
      return "gene_start";
    case TssPolicy::kCanonical:
      return "canonical";
    case TssPolicy::kAllTranscripts:
      break;
  }
  return "all_transcripts";
}

void describe(support::OptionVisitor& visit, AnnotationOptions& options) {
  visit.choice(
      "tss", options.tss,
      {{"gene_start", TssPolicy::kGeneStart},
       {"canonical", TssPolicy::kCanonical},
       {"all_transcripts", TssPolicy::kAllTranscripts}},
      "position that stands for a gene: 5' end of its record, of its canonical transcript, or the distinct "
      "5' ends of all its transcripts (GTF and GFF3 only)");
  visit.field("biotypes", options.biotypes, "biotypes kept (GTF and GFF3 only); an empty list keeps all");
}

std::vector<Gene> read_annotation(const std::filesystem::path& path, const AnnotationOptions& options) {
  const std::string kind = kind_of(path);
  if (kind == ".gtf") return detail::read_gtf(path, options);
  if (kind == ".gff3" || kind == ".gff") return detail::read_gff3(path, options);
  if (kind == ".bed") return read_bed(path);
  throw InputError(path, "", "the name's ending '" + kind + "'",
                   ".gtf, .gff3, .gff or .bed, each perhaps with .gz");
}

}  // namespace biodta::genome
