#include "variant_file.hpp"

#include <biodta/genome/mutant_files.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <utility>

namespace biodta::genome {
namespace {

/// Mutants by name, in the order of their first edits.
class MutantList {
 public:
  explicit MutantList(std::filesystem::path path) : path_(std::move(path)) {}

  void add(const std::string& name, const std::string& contig, Edit edit, const std::string& place) {
    const auto [known, fresh] = index_.emplace(name, mutants_.size());
    if (fresh) mutants_.push_back({name, contig, {}});
    NamedMutant& mutant = mutants_[known->second];
    if (mutant.contig != contig)
      throw InputError(path_, place, "mutant " + name + " on " + contig,
                       "its first contig, " + mutant.contig);
    mutant.edits.push_back(std::move(edit));
  }
  std::vector<NamedMutant> take() {
    for (NamedMutant& mutant : mutants_) {
      std::stable_sort(mutant.edits.begin(), mutant.edits.end(),
                       [](const Edit& a, const Edit& b) { return a.position < b.position; });
    }
    return std::move(mutants_);
  }

 private:
  std::filesystem::path path_;
  std::vector<NamedMutant> mutants_;
  std::unordered_map<std::string, std::size_t> index_;
};

std::string bases_of(const std::string& field, const char* column, const std::filesystem::path& path,
                     const std::string& place) {
  const std::string upper = normalise_sequence(field);
  const bool known =
      !field.empty() && std::equal(field.begin(), field.end(), upper.begin(), [](char given, char kept) {
        return kept != 'N' || given == 'N' || given == 'n';
      });
  if (known) return upper;
  throw InputError(path, place, std::string(column) + " '" + field.substr(0, 30) + "'",
                   "letters A, C, G, T or N",
                   "an insertion or a deletion has the base before it in ref and in alt, as in VCF");
}

std::int64_t position_of(const std::string& field, const std::filesystem::path& path,
                         const std::string& place) {
  std::int64_t position = 0;
  const char* const last = field.data() + field.size();
  const auto [end, failure] = std::from_chars(field.data(), last, position);
  if (failure == std::errc() && end == last && position >= 1) return position - 1;
  throw InputError(path, place, "position '" + field.substr(0, 30) + "'", "a whole number from 1");
}

void check_name(const std::string& name, const std::filesystem::path& path, const std::string& place) {
  const bool odd = name.empty() || name == "." || name.find_first_of(" \t\r\n;,") != std::string::npos;
  if (!odd) return;
  throw InputError(path, place, "the name '" + name.substr(0, 30) + "'",
                   "a name without blank, comma and semicolon");
}

void add_vcf_record(MutantList& mutants, const std::string& contig, const detail::VariantRecord& record,
                    const std::filesystem::path& path) {
  const std::string place = detail::place_of(contig, record);
  if (record.id == ".") throw InputError(path, place, "no ID", "the name of the record's mutant");
  if (record.alleles.size() != 2)
    throw InputError(path, place, std::to_string(record.alleles.size() - 1) + " ALT", "one");
  if (!detail::is_bases(record.alleles[1]))
    throw InputError(path, place, "the symbolic allele " + record.alleles[1], "an allele as bases");
  const Edit edit{record.position, normalise_sequence(record.alleles[0]),
                  normalise_sequence(record.alleles[1])};
  for (const std::string_view name : support::split(record.id, ';'))
    mutants.add(std::string(name), contig, edit, place);
}

}  // namespace

std::vector<NamedMutant> read_mutant_table(const std::filesystem::path& path) {
  const support::Table table = support::read_table(path);
  const std::size_t contig = table.column("contig");
  const std::size_t position = table.column("position");
  const std::size_t ref = table.column("ref");
  const std::size_t alt = table.column("alt");
  const std::optional<std::size_t> mutant =
      table.has_column("mutant") ? std::optional(table.column("mutant")) : std::nullopt;
  MutantList mutants(path);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const std::vector<std::string>& row = table.rows[i];
    const std::string place = "row " + std::to_string(i + 1);
    if (row[contig].empty()) throw InputError(path, place, "no contig", "the name of a contig");
    Edit edit{position_of(row[position], path, place), bases_of(row[ref], "ref", path, place),
              bases_of(row[alt], "alt", path, place)};
    const std::string own = row[contig] + ":" + row[position] + ":" + edit.ref + ">" + edit.alt;
    const std::string& name = mutant ? row[*mutant] : own;
    check_name(name, path, place);
    mutants.add(name, row[contig], std::move(edit), place);
  }
  if (table.rows.empty()) throw InputError(path, "", "no row", "an edit a row");
  return mutants.take();
}

void write_mutant_vcf(const std::filesystem::path& path, const std::vector<VcfContig>& contigs,
                      const std::vector<NamedMutant>& mutants) {
  std::unordered_map<std::string, std::size_t> order;
  for (const VcfContig& contig : contigs) order.emplace(contig.name, order.size());
  std::vector<VcfRecord> records;
  for (const NamedMutant& mutant : mutants) {
    const std::string place = "mutant " + mutant.name;
    check_name(mutant.name, path, place);
    if (mutant.edits.empty()) throw InputError(path, place, "no edit", "at least one to write");
    for (const Edit& edit : mutant.edits) records.push_back({mutant.contig, edit, mutant.name, {}});
  }
  // Contigs that are not known go last: the writer refuses them.
  const auto rank = [&](const VcfRecord& record) {
    const auto known = order.find(record.contig);
    return std::pair(known == order.end() ? order.size() : known->second, record.edit.position);
  };
  std::stable_sort(records.begin(), records.end(),
                   [&](const VcfRecord& a, const VcfRecord& b) { return rank(a) < rank(b); });
  write_vcf(path, contigs, {}, records);
}

std::vector<NamedMutant> read_mutant_vcf(const std::filesystem::path& path) {
  MutantList mutants(path);
  detail::VariantRecords::for_each(path, [&](const std::string& contig, const detail::VariantRecord& record) {
    add_vcf_record(mutants, contig, record, path);
  });
  std::vector<NamedMutant> read = mutants.take();
  if (read.empty()) throw InputError(path, "", "no record", "an edit a record");
  return read;
}

}  // namespace biodta::genome
