#include "htslib.hpp"

#include <biodta/genome/variants.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace biodta::genome {
namespace {

std::string header_text(const std::vector<VcfContig>& contigs, const std::vector<std::string>& samples,
                        const std::vector<std::string>& meta) {
  std::string text = "##fileformat=VCFv4.3\n##source=biodta\n";
  for (const VcfContig& contig : contigs) {
    text += "##contig=<ID=" + contig.name + ",length=" + std::to_string(contig.length) + ">\n";
  }
  if (!samples.empty()) text += "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n";
  for (const std::string& line : meta) text += line + '\n';
  text += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";
  if (!samples.empty()) text += "\tFORMAT";
  for (const std::string& sample : samples) text += '\t' + sample;
  return text + '\n';
}

std::string record_text(const VcfRecord& record) {
  std::string text = record.contig + '\t' + std::to_string(record.edit.position + 1) + '\t' + record.id +
                     '\t' + record.edit.ref + '\t' + record.edit.alt + "\t.\tPASS\t" + record.info;
  if (!record.genotypes.empty()) text += "\tGT";
  for (const std::string& genotype : record.genotypes) text += '\t' + genotype;
  return text + '\n';
}

/// Records go by contig in the header's order, then by position.
void check_records(const std::filesystem::path& path, const std::vector<VcfContig>& contigs,
                   std::size_t samples, const std::vector<VcfRecord>& records) {
  std::unordered_map<std::string, std::size_t> order;
  for (const VcfContig& contig : contigs) order.emplace(contig.name, order.size());
  std::pair<std::size_t, std::int64_t> last{0, 0};
  for (std::size_t i = 0; i < records.size(); ++i) {
    const VcfRecord& record = records[i];
    const std::string place = "record " + std::to_string(i + 1) + " to write";
    const auto contig = order.find(record.contig);
    if (contig == order.end())
      throw InputError(path, place, "contig '" + record.contig + "'", "one of the header's");
    const std::pair<std::size_t, std::int64_t> key{contig->second, record.edit.position};
    const auto end = record.edit.position + static_cast<std::int64_t>(record.edit.ref.size());
    if (record.edit.position < 0 || end > contigs[contig->second].length) {
      throw InputError(path, place, "position " + std::to_string(record.edit.position + 1),
                       "one inside its contig");
    }
    if (key < last)
      throw InputError(path, place, "position " + std::to_string(record.edit.position + 1), "sorted records");
    if (record.genotypes.size() != samples) {
      throw InputError(path, place, std::to_string(record.genotypes.size()) + " genotypes",
                       std::to_string(samples));
    }
    last = key;
  }
}

void write_bgzip(const std::filesystem::path& path, const std::string& text) {
  detail::Hts<BGZF> out(bgzf_open(path.c_str(), "w"));
  const bool written =
      out && bgzf_write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  // Closing writes the last block, so its answer counts.
  const bool closed = out && bgzf_close(out.release()) == 0;
  if (!written || !closed)
    throw InputError(path, "", detail::last_system_error(), "a file that can be written");
}

}  // namespace

void write_vcf(const std::filesystem::path& path, const std::vector<VcfContig>& contigs,
               const std::vector<std::string>& samples, const std::vector<VcfRecord>& records,
               const std::vector<std::string>& meta) {
  check_records(path, contigs, samples.size(), records);
  std::string text = header_text(contigs, samples, meta);
  for (const VcfRecord& record : records) text += record_text(record);
  if (path.extension() != ".gz") return support::write_text_file(path, text);

  detail::silence_htslib();
  std::filesystem::path index_path = path;
  index_path += ".tbi";
  support::AtomicPath data(path);
  support::AtomicPath index(index_path);
  write_bgzip(data.temporary(), text);
  if (tbx_index_build3(data.temporary().c_str(), index.temporary().c_str(), 0, 1, &tbx_conf_vcf) != 0) {
    throw InputError(index_path, "", "records that tabix cannot index", "sorted records");
  }
  data.commit();
  index.commit();
}

}  // namespace biodta::genome
