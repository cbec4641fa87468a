#include "fasta_index.hpp"
#include "fasta_text.hpp"

#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace biodta::genome {
namespace {

/// The contigs to name in an error: those near to the one asked for, else the first few.
std::string known_contigs(std::string_view asked, const std::vector<std::string>& all) {
  constexpr std::size_t kShown = 6;
  std::vector<std::string> shown = support::nearest_names(asked, all);
  if (shown.empty())
    shown.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, all.size())));
  return "one of its " + std::to_string(all.size()) + " contigs (" + support::join_words(shown) +
         (shown.size() < all.size() ? ", …)" : ")");
}

}  // namespace

struct Genome::Implementation {
  std::filesystem::path path;
  detail::Hts<faidx_t> index;
};

Genome Genome::open(const std::filesystem::path& fasta) {
  detail::silence_htslib();
  auto implementation = std::make_unique<Implementation>();
  implementation->path = fasta;
  implementation->index = detail::open_fasta_index(fasta);
  return Genome(std::move(implementation));
}

Genome::Genome(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Genome::~Genome() = default;
Genome::Genome(Genome&&) noexcept = default;
Genome& Genome::operator=(Genome&&) noexcept = default;

const std::filesystem::path& Genome::path() const noexcept {
  return implementation_->path;
}

std::vector<std::string> Genome::contigs() const {
  const faidx_t* index = implementation_->index.get();
  std::vector<std::string> names;
  for (int i = 0; i < faidx_nseq(index); ++i) names.emplace_back(faidx_iseq(index, i));
  return names;
}

bool Genome::has_contig(std::string_view contig) const {
  return faidx_has_seq(implementation_->index.get(), std::string(contig).c_str()) != 0;
}

std::int64_t Genome::contig_length(std::string_view contig) const {
  const int length = faidx_seq_len(implementation_->index.get(), std::string(contig).c_str());
  if (length < 0)
    throw InputError(path(), "contig '" + std::string(contig) + "'", "none",
                     known_contigs(contig, contigs()));
  return length;
}

std::string Genome::fetch(std::string_view contig, std::int64_t start, std::int64_t end) const {
  const std::int64_t length = contig_length(contig);
  std::string bases(static_cast<std::size_t>(std::max<std::int64_t>(0, end - start)), 'N');
  const std::int64_t first = std::clamp<std::int64_t>(start, 0, length);
  const std::int64_t last = std::clamp<std::int64_t>(end, 0, length);
  if (first >= last) return bases;
  hts_pos_t fetched = 0;
  const detail::Hts<char> text(faidx_fetch_seq64(implementation_->index.get(), std::string(contig).c_str(),
                                                 first, last - 1, &fetched));
  if (!text || fetched != last - first) {
    throw InputError(path(),
                     std::string(contig) + ":" + std::to_string(first + 1) + "-" + std::to_string(last),
                     std::to_string(std::max<hts_pos_t>(fetched, 0)) + " bases", std::to_string(last - first),
                     "the file was cut or changed since its index was made; remove the .fai");
  }
  const std::string inside = normalise_sequence({text.get(), static_cast<std::size_t>(fetched)});
  bases.replace(static_cast<std::size_t>(first - start), inside.size(), inside);
  return bases;
}

std::vector<FastaRecord> read_fasta(const std::filesystem::path& path) {
  support::LineReader reader(path);
  std::vector<FastaRecord> records;
  std::unordered_set<std::string> names;
  std::string line;
  while (reader.next(line)) {
    if (line.empty()) continue;
    if (line.front() == '>') {
      detail::FastaHeader header = detail::parse_fasta_header(line, reader);
      if (!names.insert(header.name).second) {
        throw InputError(path, reader.place(), "'" + header.name + "' again", "distinct names");
      }
      records.push_back({std::move(header.name), std::move(header.description), {}});
    } else if (records.empty()) {
      detail::refuse_headless(line, reader);
    } else {
      detail::check_sequence_line(line, reader);
      records.back().sequence += normalise_sequence(line);
    }
  }
  if (records.empty()) throw InputError(path, "", "no sequence", "FASTA records");
  return records;
}

void write_fasta(const std::filesystem::path& path, const std::vector<FastaRecord>& records) {
  constexpr std::size_t kWidth = 60;
  std::string text;
  for (const FastaRecord& record : records) {
    text += '>' + record.name;
    if (!record.description.empty()) text += ' ' + record.description;
    text += '\n';
    for (std::size_t at = 0; at < record.sequence.size(); at += kWidth) {
      text.append(record.sequence, at, kWidth);
      text += '\n';
    }
  }
  support::write_text_file(path, text);
}

}  // namespace biodta::genome
