#include <biodta/genome/annotation.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace biodta::genome {
namespace {

using support::LineReader;

[[noreturn]] void refuse(const LineReader& at, const std::string& found, std::string_view expected,
                         const std::string& hint = {}) {
  throw InputError(at.path(), at.place(), found, expected, hint);
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string(text) + "'";
}

/// "ENSG00000136574.18" without ".18". What GENCODE adds after the version (_PAR_Y) stays: it is another
/// gene.
std::string without_version(std::string_view id) {
  const std::size_t dot = id.find('.');
  if (!id.starts_with("ENS") || dot == std::string_view::npos) return std::string(id);
  const std::size_t after = id.find_first_not_of("0123456789", dot + 1);
  return std::string(id.substr(0, dot)) +
         (after == std::string_view::npos ? "" : std::string(id.substr(after)));
}

/// Genes in file order; the same gene at the same place twice counts once.
class GeneList {
 public:
  void add(Gene gene, const LineReader& at) {
    const auto [seen, fresh] = index_.emplace(gene.id, genes_.size());
    if (fresh) {
      genes_.push_back(std::move(gene));
      lines_.push_back(at.line_number());
      return;
    }
    const Gene& first = genes_[seen->second];
    if (place(first) == place(gene)) return;
    refuse(at, "gene " + in_quotes(gene.id) + " at " + place(gene),
           "the place of line " + std::to_string(lines_[seen->second]) + ", " + place(first));
  }
  std::vector<Gene> take() { return std::move(genes_); }

 private:
  static std::string place(const Gene& gene) {
    return gene.contig + ":" + std::to_string(gene.tss + 1) + " (" + gene.strand + ")";
  }

  std::vector<Gene> genes_;
  std::vector<std::uint64_t> lines_;
  std::unordered_map<std::string, std::size_t> index_;
};

char parse_strand(std::string_view field, const LineReader& at) {
  if (field != "+" && field != "-") refuse(at, "strand " + in_quotes(field), "+ or -");
  return field.front();
}

// ---- GTF

/// The attributes that are read. Views into the line.
struct Attributes {
  std::string_view gene_id;
  std::string_view gene_name;
  std::string_view biotype;
  bool canonical = false;
  bool mane = false;
};

void keep(Attributes& attributes, std::string_view key, std::string_view value) {
  if (key == "gene_id") attributes.gene_id = value;
  if (key == "gene_name") attributes.gene_name = value;
  if (key == "gene_type" || key == "gene_biotype") attributes.biotype = value;
  if (key == "tag") {
    attributes.canonical |= value == "Ensembl_canonical";
    attributes.mane |= value == "MANE_Select";
  }
}

/// Takes a value and its semicolon off the front of `text`. A semicolon inside quotes belongs to the value.
std::string_view take_value(std::string_view& text, std::string_view key, const LineReader& at) {
  const bool is_quoted = text.starts_with('"');
  if (is_quoted) text.remove_prefix(1);
  const std::size_t end = text.find(is_quoted ? '"' : ';');
  if (is_quoted && end == std::string_view::npos) {
    refuse(at, "attribute " + in_quotes(key) + " without its closing quote", "key \"value\";");
  }
  const std::string_view value = support::trim(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view()
                                       : support::trim(text.substr(is_quoted ? end + 1 : end));
  if (!text.empty() && text.front() != ';') {
    refuse(at, "text after the value of attribute " + in_quotes(key), "a semicolon");
  }
  text = support::trim(text.substr(text.empty() ? 0 : 1));
  return value;
}

/// `key "value"; key value; …`.
Attributes parse_attributes(std::string_view text, const LineReader& at) {
  Attributes attributes;
  text = support::trim(text);
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos || blank == 0) {
      refuse(at, "attribute " + in_quotes(text), "key \"value\";");
    }
    const std::string_view key = text.substr(0, blank);
    text = support::trim(text.substr(blank));
    const std::string_view value = take_value(text, key, at);
    keep(attributes, key, value);
  }
  if (attributes.gene_id.empty()) refuse(at, "no gene_id", "attributes with gene_id \"…\"");
  return attributes;
}

/// 5' end of a record, 0-based.
std::int64_t five_prime(const std::vector<std::string_view>& fields, const LineReader& at) {
  const std::int64_t start = support::parse_integer(fields[3], at);
  const std::int64_t end = support::parse_integer(fields[4], at);
  if (start < 1 || end < start) {
    refuse(at, "interval " + std::to_string(start) + "-" + std::to_string(end), "1 <= start <= end");
  }
  return (parse_strand(fields[6], at) == '+' ? start : end) - 1;
}

class GtfReader {
 public:
  GtfReader(const std::filesystem::path& path, const AnnotationOptions& options)
      : reader_(path), options_(options) {}

  std::vector<Gene> read() {
    std::string line;
    while (reader_.next(line)) {
      if (!line.empty() && line.front() != '#') record(line);
    }
    std::vector<Gene> genes = genes_.take();
    if (genes.empty()) refuse_empty();
    if (options_.tss == TssPolicy::kCanonical) use_canonical(genes);
    return genes;
  }

 private:
  struct CanonicalSite {
    std::int64_t tss = 0;
    bool canonical = false;  ///< tagged Ensembl_canonical, which goes before MANE_Select
  };

  void record(std::string_view line) {
    const auto fields = support::split(line, '\t');
    if (fields.size() != 9) {
      refuse(reader_, std::to_string(fields.size()) + " fields", "the 9 tab-separated fields of GTF");
    }
    const bool gene = fields[2] == "gene";
    const bool transcript = fields[2] == "transcript" && options_.tss == TssPolicy::kCanonical;
    if (!gene && !transcript) return;
    const Attributes attributes = parse_attributes(fields[8], reader_);
    const std::int64_t tss = five_prime(fields, reader_);
    if (gene) {
      add_gene(attributes, fields, tss);
    } else if (attributes.canonical || attributes.mane) {
      add_canonical(attributes, tss);
    }
  }

  void add_gene(const Attributes& attributes, const std::vector<std::string_view>& fields, std::int64_t tss) {
    ++gene_records_;
    if (!kept(attributes.biotype)) {
      dropped_.emplace(attributes.biotype);
      return;
    }
    Gene gene;
    gene.id = without_version(attributes.gene_id);
    gene.symbol = attributes.gene_name.empty() ? gene.id : std::string(attributes.gene_name);
    gene.biotype = attributes.biotype;
    gene.contig = fields[0];
    gene.strand = fields[6].front();
    gene.tss = tss;
    genes_.add(std::move(gene), reader_);
  }

  void add_canonical(const Attributes& attributes, std::int64_t tss) {
    const CanonicalSite site{tss, attributes.canonical};
    const auto [known, fresh] = canonical_.emplace(without_version(attributes.gene_id), site);
    if (fresh) return;
    CanonicalSite& earlier = known->second;
    if (earlier.canonical == site.canonical && earlier.tss != tss) {
      refuse(reader_, "a second canonical transcript of gene " + in_quotes(known->first), "one a gene");
    }
    if (site.canonical) earlier = site;
  }

  void use_canonical(std::vector<Gene>& genes) const {
    for (Gene& gene : genes) {
      const auto site = canonical_.find(gene.id);
      if (site == canonical_.end()) {
        throw InputError(reader_.path(), "gene '" + gene.id + "' (" + gene.symbol + ")",
                         "no canonical transcript", "one tagged Ensembl_canonical or MANE_Select",
                         "use the other TSS policy, gene_start, or a newer GENCODE annotation");
      }
      gene.tss = site->second.tss;
    }
  }

  bool kept(std::string_view biotype) const {
    return options_.biotypes.empty() ||
           std::find(options_.biotypes.begin(), options_.biotypes.end(), biotype) != options_.biotypes.end();
  }

  [[noreturn]] void refuse_empty() const {
    if (gene_records_ == 0) throw InputError(reader_.path(), "", "no gene record", "GTF with 'gene' lines");
    std::vector<std::string> found;
    for (const std::string& biotype : dropped_) found.push_back(biotype.empty() ? "none" : biotype);
    throw InputError(reader_.path(), "", "genes of biotype " + support::join_words(found),
                     support::join_words(options_.biotypes), "set genes.biotypes; an empty list keeps all");
  }

  LineReader reader_;
  const AnnotationOptions& options_;
  GeneList genes_;
  std::unordered_map<std::string, CanonicalSite> canonical_;
  std::set<std::string> dropped_;
  std::uint64_t gene_records_ = 0;
};

// ---- BED

std::vector<Gene> read_bed(const std::filesystem::path& path) {
  LineReader reader(path);
  GeneList genes;
  std::string line;
  while (reader.next(line)) {
    if (line.empty() || line.front() == '#' || line.starts_with("track") || line.starts_with("browser"))
      continue;
    const auto fields = support::split(line, '\t');
    if (fields.size() < 6) {
      refuse(reader, std::to_string(fields.size()) + " fields",
             "BED6: contig, start, end, name, score, strand");
    }
    const std::int64_t start = support::parse_integer(fields[1], reader);
    const std::int64_t end = support::parse_integer(fields[2], reader);
    if (start < 0 || end <= start) {
      refuse(reader, "interval " + std::to_string(start) + "-" + std::to_string(end), "0 <= start < end");
    }
    if (fields[3].empty()) refuse(reader, "no name", "a gene's symbol or id in the fourth field");
    Gene gene;
    gene.id = without_version(fields[3]);
    gene.symbol = gene.id;
    gene.contig = fields[0];
    gene.strand = parse_strand(fields[5], reader);
    gene.tss = start + (end - start) / 2;
    genes.add(std::move(gene), reader);
  }
  std::vector<Gene> read = genes.take();
  if (read.empty()) throw InputError(path, "", "no record", "BED6 with a gene a line");
  return read;
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

std::string to_string(TssPolicy policy) {
  return policy == TssPolicy::kGeneStart ? "gene_start" : "canonical";
}

void describe(support::OptionVisitor& visit, AnnotationOptions& options) {
  visit.choice(
      "tss", options.tss, {{"gene_start", TssPolicy::kGeneStart}, {"canonical", TssPolicy::kCanonical}},
      "position that stands for a gene: 5' end of its record, or of its canonical transcript (GTF only)");
  visit.field("biotypes", options.biotypes, "biotypes kept (GTF only); an empty list keeps all");
}

std::vector<Gene> read_annotation(const std::filesystem::path& path, const AnnotationOptions& options) {
  const std::string kind = kind_of(path);
  if (kind == ".gtf") return GtfReader(path, options).read();
  if (kind == ".bed") return read_bed(path);
  throw InputError(path, "", "the name's ending '" + kind + "'", ".gtf, .gtf.gz, .bed or .bed.gz");
}

}  // namespace biodta::genome
