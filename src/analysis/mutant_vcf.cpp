#include <biodta/analysis/mutant_vcf.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

using support::format_double;

const std::vector<std::string>& info_lines() {
  static const std::vector<std::string> lines = {
      "##INFO=<ID=GENE,Number=1,Type=String,Description=\"Gene whose window was mutated\">",
      "##INFO=<ID=REF_EXPRESSION,Number=1,Type=Float,Description=\"Predicted expression of the window as it "
      "is\">",
      "##INFO=<ID=EXPRESSION,Number=1,Type=Float,Description=\"Predicted expression with this variant\">",
      "##INFO=<ID=ROW_SHIFT,Number=1,Type=Float,Description=\"1 - cosine similarity of the DNA embedding "
      "with "
      "the reference's\">"};
  return lines;
}

std::string info_of(const MutatedGene& gene, const MutantTrial& trial) {
  return "GENE=" + gene.symbol + ";REF_EXPRESSION=" + format_double(gene.search.reference_expression) +
         ";EXPRESSION=" + format_double(trial.expression) + ";ROW_SHIFT=" + format_double(trial.row_shift);
}

std::string sample_line(const MutatedGene& gene, std::size_t trial) {
  return "##SAMPLE=<ID=" + mutant_name(gene, trial) + ",Gene=" + gene.symbol +
         ",RefExpression=" + format_double(gene.search.reference_expression) +
         ",Expression=" + format_double(gene.search.trials.at(trial).expression) + ">";
}

/// Collects records by place; those of samples that have the same edit are one.
class MutantRecords {
 public:
  void add(const MutatedGene& gene) {
    const std::size_t contig = contig_of(gene.window);
    for (const std::size_t used : gene.search.used) {
      const MutantTrial& trial = gene.search.trials.at(used);
      if (gene.search.origin == MutantOrigin::kVariants) {
        for (const auto& edit : trial.edits) records_[key_of(contig, edit, trial.name, info_of(gene, trial))];
        continue;
      }
      for (const auto& edit : trial.edits)
        records_[key_of(contig, edit, ".", ".")].push_back(samples_.size());
      samples_.push_back(mutant_name(gene, used));
      meta_.push_back(sample_line(gene, used));
    }
    has_variants_ |= gene.search.origin == MutantOrigin::kVariants;
  }

  void write(const std::filesystem::path& path) const {
    std::vector<genome::VcfRecord> records;
    for (const auto& [key, carriers] : records_) {
      const auto& [contig, position, ref, alt, id, info] = key;
      std::vector<std::string> calls(samples_.size(), "0");
      for (const std::size_t sample : carriers) calls[sample] = "1";
      records.push_back({contigs_[contig].name, {position, ref, alt}, id, std::move(calls), info});
    }
    std::vector<std::string> meta = has_variants_ ? info_lines() : std::vector<std::string>();
    meta.insert(meta.end(), meta_.begin(), meta_.end());
    genome::write_vcf(path, contigs_, samples_, records, meta);
  }

 private:
  using Key = std::tuple<std::size_t, std::int64_t, std::string, std::string, std::string, std::string>;
  static Key key_of(std::size_t contig, const genome::Edit& edit, const std::string& id,
                    const std::string& info) {
    return {contig, edit.position, edit.ref, edit.alt, id, info};
  }
  std::size_t contig_of(const GeneWindow& window) {
    const auto known = std::find_if(contigs_.begin(), contigs_.end(),
                                    [&](const auto& contig) { return contig.name == window.contig; });
    const auto index = static_cast<std::size_t>(known - contigs_.begin());
    if (known == contigs_.end()) contigs_.push_back({window.contig, window.contig_length});
    return index;
  }

  std::vector<genome::VcfContig> contigs_;
  std::vector<std::string> samples_;
  std::vector<std::string> meta_;
  std::map<Key, std::vector<std::size_t>> records_;  // samples with each
  bool has_variants_ = false;
};

}  // namespace

std::string mutant_name(const MutatedGene& gene, std::size_t trial) {
  const std::string& own = gene.search.trials.at(trial).name;
  return gene.symbol + "_" + (own.empty() ? "trial" + std::to_string(trial + 1) : own);
}

void write_mutants(const std::filesystem::path& path, std::span<const MutatedGene> genes) {
  MutantRecords records;
  for (const auto& gene : genes) records.add(gene);
  records.write(path);
}

}  // namespace biodta::analysis
