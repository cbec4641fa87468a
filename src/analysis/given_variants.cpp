#include <biodta/analysis/given_variants.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <cstdlib>
#include <map>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr std::size_t kLettersShown = 20;

/// 1-based position as people write it.
std::string place_text(const std::string& contig, std::int64_t position) {
  return contig + ":" + support::with_thousands(static_cast<std::uint64_t>(position + 1));
}

std::string window_text(const GeneWindow& window, std::int64_t distance) {
  const auto end = window.start + static_cast<std::int64_t>(window.sequence.size());
  const auto first = std::max<std::int64_t>(0, distance > 0 ? window.tss - distance : window.start);
  const auto last = std::min(window.contig_length, distance > 0 ? window.tss + distance : end);
  return place_text(window.contig, first) + "-" + support::with_thousands(static_cast<std::uint64_t>(last));
}

std::string shortened(const std::string& allele) {
  if (allele.size() <= kLettersShown) return allele;
  return allele.substr(0, kLettersShown) + "...(" + std::to_string(allele.size()) + "bp)";
}

/// "chr8:11561660:A>C".
std::string plain_name(const std::string& contig, const genome::SingleVariant& variant) {
  return contig + ":" + std::to_string(variant.position + 1) + ":" + shortened(variant.ref) + ">" +
         shortened(variant.alt);
}

[[noreturn]] void refuse_window(const genome::HaplotypeReader& reader, const std::filesystem::path& file,
                                const GeneWindow& window, std::int64_t distance, const std::string& found) {
  const std::string place = window_text(window, distance);
  if (!reader.has_contig(window.contig))
    throw InputError(file, place, "no record of contig " + window.contig, "variants in the gene's window");
  const auto nearest = reader.nearest_record(window.contig, window.tss);
  throw InputError(file, place, found, "at least one in the gene's window",
                   nearest ? "the nearest record is " + plain_name(window.contig, *nearest) + ", " +
                                 support::with_thousands(
                                     static_cast<std::uint64_t>(std::abs(nearest->position - window.tss))) +
                                 " bp from the TSS"
                           : "the file has no record on " + window.contig);
}

}  // namespace

void describe(support::OptionVisitor& visit, GivenVariantsOptions& options) {
  visit.field("vcf", options.vcf,
              "VCF or BCF whose variants are the mutants of the gene asked about, all of them, in place of "
              "random ones; needs genome and annotation; empty = random mutants");
  visit.choice("vcf_mode", options.kind,
               {{"variants", GivenMutantKind::kVariants}, {"haplotypes", GivenMutantKind::kHaplotypes}},
               "each variant of the gene's window alone is a mutant, or each haplotype of the samples that "
               "is not the reference");
  visit.field("vcf_distance", options.distance,
              "only variants that touch so many bp around the TSS; 0 = all of the window",
              support::at_least(0));
  visit.section("haplotypes", options.haplotypes, "variants that cannot be used");
}

GivenMutants GivenMutants::variants(const genome::HaplotypeReader& reader, const std::filesystem::path& file,
                                    const GeneWindow& window, std::int64_t distance) {
  const auto length = static_cast<std::int64_t>(window.sequence.size());
  auto found = reader.single_variants(window.contig, window.tss, length, distance);
  if (found.variants.empty()) refuse_window(reader, file, window, distance, "no variant that changes it");
  std::map<std::string, std::size_t> named;
  for (const auto& variant : found.variants) ++named[variant.id];
  GivenMutants result(MutantOrigin::kVariants, std::move(found.windows));
  for (std::size_t i = 0; i < found.variants.size(); ++i) {
    const auto& variant = found.variants[i];
    const bool has_name = variant.id != "." && named[variant.id] == 1;
    result.mutants_.push_back({has_name ? variant.id : plain_name(window.contig, variant), variant.carriers,
                               result.windows_.of(i)});
  }
  return result;
}

GivenMutants GivenMutants::haplotypes(const genome::HaplotypeReader& reader,
                                      const std::filesystem::path& file,
                                      const std::vector<std::string>& samples, const GeneWindow& window) {
  const auto length = static_cast<std::int64_t>(window.sequence.size());
  std::vector<genome::HaplotypeId> ids;
  for (std::size_t sample = 0; sample < samples.size(); ++sample)
    for (const int haplotype : {0, 1}) ids.push_back({sample, haplotype});
  if (ids.empty()) ids.push_back(genome::kFirstAlternatives);
  GivenMutants result(MutantOrigin::kHaplotypes, reader.windows(window.contig, window.tss, length, ids));
  const auto& windows = result.windows_;
  std::vector<std::size_t> place(windows.distinct(), ids.size());  // in mutants_, by distinct window
  const auto add = [&](std::size_t distinct, const std::string& name) {
    if (distinct == 0) return;
    if (place[distinct] == ids.size()) {
      place[distinct] = result.mutants_.size();
      result.mutants_.push_back({name, std::nullopt, distinct});
    }
    auto& carriers = result.mutants_[place[distinct]].carriers;
    if (!samples.empty()) carriers = carriers.value_or(0) + 1;
  };
  if (samples.empty()) add(windows.of(0), "all_alternatives");
  for (std::size_t sample = 0; sample < samples.size(); ++sample) {
    const std::size_t first = windows.of(2 * sample), second = windows.of(2 * sample + 1);
    add(first, first == second ? samples[sample] : samples[sample] + "_1");
    if (first != second) add(second, samples[sample] + "_2");
  }
  if (result.mutants_.empty()) refuse_window(reader, file, window, 0, "no haplotype but the reference");
  return result;
}

std::vector<genome::Edit> GivenMutants::edits(std::size_t mutant) const {
  return windows_.edits(mutants_.at(mutant).distinct);
}

std::string GivenMutants::sequence(std::size_t mutant) const {
  return windows_.sequence(mutants_.at(mutant).distinct);
}

}  // namespace biodta::analysis
