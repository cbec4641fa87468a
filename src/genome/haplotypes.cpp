#include "carried_variants.hpp"
#include "skipped_counter.hpp"
#include "variant_file.hpp"
#include "window_haplotypes.hpp"

#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

namespace biodta::genome {

using detail::CarriedClass;
using detail::CarriedVariants;
using detail::NearbyGenome;
using detail::Obstacle;
using detail::Resolved;
using detail::VariantRecord;
using detail::VariantRecords;
using detail::WindowPlan;

void describe(support::OptionVisitor& visit, HaplotypeOptions& options) {
  visit.field("skip_mismatches", options.skip_mismatches,
              "leave out and count variants whose REF is not in the genome and those that overlap an earlier "
              "one of the same haplotype, rather than stop at them or at a header of longer contigs");
  visit.field("skip_unsupported", options.skip_unsupported,
              "leave out and count alleles that are not understood, such as <INS:ME:ALU> and breakends");
}

namespace {

/// In place of a haplotype: a variant alone on the reference.
constexpr HaplotypeId kAlone{std::numeric_limits<std::size_t>::max(), 1};

/// Whose windows are read.
struct Asked {
  std::vector<HaplotypeId> ids;
  std::vector<CarriedClass> classes;  ///< of ids
  /// Where classes carry several variants, what begins before the region may overlap what is not in it.
  bool may_overlap = true;
};
using Ask = std::function<Asked(const CarriedVariants&)>;

/// Classes with their variants resolved and their windows planned.
struct PlannedClass {
  CarriedClass carried;
  Resolved resolved;
  WindowPlan plan;
};

std::vector<PlannedClass> plan_classes(CarriedVariants& carried, std::vector<CarriedClass> classes,
                                       std::int64_t tss, std::int64_t length) {
  std::vector<PlannedClass> planned;
  for (CarriedClass& who : classes) {
    planned.push_back({std::move(who), {}, {}});
    planned.back().resolved = carried.resolve(planned.back().carried);
  }
  // The pool is whole now, so that plans may point into it.
  for (PlannedClass& one : planned)
    one.plan = detail::plan_window(carried.pool(), one.resolved.replacements.members(), tss, length);
  return planned;
}

/// How much of the contig plans are made from.
Window reach_of(const std::vector<PlannedClass>& planned, Window reach) {
  for (const PlannedClass& one : planned) {
    reach.start = std::min(reach.start, one.plan.first);
    reach.end = std::max(reach.end, one.plan.last);
  }
  return reach;
}

}  // namespace

struct HaplotypeReader::Implementation {
  Implementation(const Genome& genome, VariantRecords& records, HaplotypeOptions options)
      : genome(genome), records(records), options(options) {
    match_contigs();
  }

  void match_contigs();
  void check_length(std::string_view own, const std::string& theirs) const;
  void check(std::span<const HaplotypeId> haplotypes) const;
  std::string sample_name(const HaplotypeId& id) const;
  [[noreturn]] void refuse(CarriedVariants& carried, const Obstacle& obstacle, const HaplotypeId& id,
                           const NearbyGenome& nearby) const;
  std::string mismatch_hint(const NearbyGenome& nearby, const std::vector<VariantRecord>& region) const;
  /// Throws for, or counts, what stands in the way of a class's window.
  void meet(CarriedVariants& carried, const CarriedClass& who, const Resolved& resolved,
            const WindowPlan& plan, std::span<const HaplotypeId> ids, const NearbyGenome& nearby);
  WindowHaplotypes::Implementation collect(CarriedVariants& carried, const std::vector<PlannedClass>& planned,
                                           std::span<const HaplotypeId> ids, const NearbyGenome& nearby);
  WindowHaplotypes::Implementation read(std::string_view contig, std::int64_t tss, std::int64_t length,
                                        const Ask& ask);
  bool skips(Obstacle::Kind kind) const {
    if (kind == Obstacle::Kind::kUnsupported) return options.skip_unsupported;
    return kind != Obstacle::Kind::kUnphased && options.skip_mismatches;
  }

  const Genome& genome;
  VariantRecords& records;
  HaplotypeOptions options;
  std::map<std::string, std::string, std::less<>> file_contigs;  ///< the genome's name → the file's
  detail::SkippedCounter skipped;
};

/// A longer contig is another assembly's, unless it is much longer: then the genome may be a piece of it. A
/// shorter one is no sign, since some programs give the position of their last variant.
void HaplotypeReader::Implementation::check_length(std::string_view own, const std::string& theirs) const {
  const std::int64_t here = genome.contig_length(own);
  const std::int64_t there = records.declared_length(theirs);
  if (there <= here || there - here > there / 10 || options.skip_mismatches) return;
  const auto bases = [](std::int64_t count) {
    return support::with_thousands(static_cast<std::uint64_t>(count)) + " bp";
  };
  throw InputError(records.path(), "header, contig " + theirs, bases(there),
                   "at most the " + bases(here) + " of " + genome.path().string(),
                   "are genome and variants of one assembly?");
}

void HaplotypeReader::Implementation::match_contigs() {
  const ContigNames names(genome);
  const std::vector<std::string> theirs = records.contigs();
  for (const std::string& contig : theirs) {
    const auto own = names.find(contig);
    if (!own) continue;
    const auto [known, fresh] = file_contigs.emplace(*own, contig);
    if (fresh) continue;
    throw InputError(
        records.path(), "contigs",
        known->second + " and " + contig + ", both " + std::string(*own) + " of " + genome.path().string(),
        "one name a contig");
  }
  if (!file_contigs.empty()) return;
  const std::vector<std::string> first(
      theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, theirs.size())));
  throw InputError(records.path(), "contigs", theirs.empty() ? "none" : support::join_words(first),
                   names.shown(),
                   "both files must be of one assembly; only chr and M/MT are told apart by themselves");
}

void HaplotypeReader::Implementation::check(std::span<const HaplotypeId> haplotypes) const {
  for (const HaplotypeId& id : haplotypes) {
    if (id == kFirstAlternatives) continue;
    if (id.sample < records.samples().size() && (id.haplotype == 0 || id.haplotype == 1)) continue;
    throw InputError(records.path(), "samples",
                     std::to_string(records.samples().size()) + " with haplotypes 0 and 1",
                     "sample " + std::to_string(id.sample) + ", haplotype " + std::to_string(id.haplotype));
  }
}

std::string HaplotypeReader::Implementation::sample_name(const HaplotypeId& id) const {
  return id == kFirstAlternatives ? "the first alternatives" : "sample " + records.samples()[id.sample];
}

std::string HaplotypeReader::Implementation::mismatch_hint(const NearbyGenome& nearby,
                                                           const std::vector<VariantRecord>& region) const {
  constexpr std::size_t kMostLookedAt = 100;
  const std::size_t count = std::min(kMostLookedAt, region.size());
  std::size_t mismatches = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<std::string>& alleles = region[i].alleles;
    const bool symbolic = std::any_of(alleles.begin(), alleles.end(), detail::is_symbolic);
    mismatches += detail::ref_mismatch(region[i], symbolic, nearby).empty() ? 0 : 1;
  }
  std::string skip = "skip_mismatches leaves such variants out";
  if (mismatches < 2) return skip;
  return std::to_string(mismatches) + " of the first " + std::to_string(count) +
         " variants around here do not match: are genome and variants of one assembly? " + skip;
}

void HaplotypeReader::Implementation::refuse(CarriedVariants& carried, const Obstacle& obstacle,
                                             const HaplotypeId& id, const NearbyGenome& nearby) const {
  const VariantRecord& record = carried.record_of(obstacle.variant);
  const std::string place = detail::place_of(nearby.contig(), record);
  const std::string who = id == kAlone ? "" : " on " + sample_name(id);
  if (obstacle.kind == Obstacle::Kind::kUnphased)
    detail::refuse_unphased(records, nearby.contig(), record, id.sample);
  if (obstacle.kind == Obstacle::Kind::kOverlap) {
    throw InputError(records.path(), place,
                     "a variant that overlaps " +
                         detail::place_of(nearby.contig(), carried.record_of_replacement(obstacle.other)) +
                         " on the same haplotype of " + sample_name(id),
                     "variants apart from each other", "skip_mismatches leaves the second of them out");
  }
  const detail::DecodedAllele& allele = carried.decoded(obstacle.variant);
  const bool mismatch = obstacle.kind == Obstacle::Kind::kMismatch;
  throw InputError(
      records.path(), place, allele.found + who, allele.expected,
      mismatch ? mismatch_hint(nearby, carried.records()) : "skip_unsupported leaves such alleles out");
}

void HaplotypeReader::Implementation::meet(CarriedVariants& carried, const CarriedClass& who,
                                           const Resolved& resolved, const WindowPlan& plan,
                                           std::span<const HaplotypeId> ids, const NearbyGenome& nearby) {
  for (const Obstacle& obstacle : resolved.obstacles) {
    if (!carried.touches(obstacle.variant, plan.first, plan.last)) continue;
    if (!skips(obstacle.kind)) refuse(carried, obstacle, ids[who.haplotypes.front()], nearby);
    for (const std::size_t haplotype : who.haplotypes)
      skipped.add(nearby.contig(), carried.record_of(obstacle.variant), ids[haplotype], obstacle.kind);
  }
}

WindowHaplotypes::Implementation HaplotypeReader::Implementation::collect(
    CarriedVariants& carried, const std::vector<PlannedClass>& planned, std::span<const HaplotypeId> ids,
    const NearbyGenome& nearby) {
  WindowHaplotypes::Implementation made;
  made.haplotypes.assign(ids.begin(), ids.end());
  made.of.resize(ids.size());
  made.distinct.emplace_back();
  std::map<std::vector<std::uint32_t>, std::size_t> known = {{{}, 0}};
  for (const PlannedClass& one : planned) {
    meet(carried, one.carried, one.resolved, one.plan, ids, nearby);
    const std::vector<std::uint32_t>& members = one.resolved.replacements.members();
    std::vector<std::uint32_t> used(members.begin() + static_cast<std::ptrdiff_t>(one.plan.first_used),
                                    members.begin() + static_cast<std::ptrdiff_t>(one.plan.last_used));
    skipped.add_taken(used.size() * one.carried.haplotypes.size());
    const auto [found, fresh] = known.emplace(used, made.distinct.size());
    if (fresh) made.distinct.push_back(std::move(used));
    for (const std::size_t haplotype : one.carried.haplotypes) made.of[haplotype] = found->second;
  }
  made.pool = carried.take_pool();
  return made;
}

HaplotypeReader::HaplotypeReader(const Genome& genome, const VariantFile& variants, HaplotypeOptions options)
    : implementation_(std::make_unique<Implementation>(genome, variants.implementation_->records, options)) {}
HaplotypeReader::HaplotypeReader(HaplotypeReader&&) noexcept = default;
HaplotypeReader& HaplotypeReader::operator=(HaplotypeReader&&) noexcept = default;
HaplotypeReader::~HaplotypeReader() = default;

bool HaplotypeReader::has_contig(std::string_view contig) const {
  return implementation_->file_contigs.contains(contig);
}

SkippedVariants HaplotypeReader::skipped() const noexcept {
  return implementation_->skipped.counts();
}

std::string HaplotypeReader::skipped_text() const {
  return implementation_->skipped.text();
}

WindowHaplotypes::Implementation HaplotypeReader::Implementation::read(std::string_view contig,
                                                                       std::int64_t tss, std::int64_t length,
                                                                       const Ask& ask) {
  NearbyGenome nearby(genome, contig);
  const auto file_contig = file_contigs.find(contig);
  if (file_contig != file_contigs.end()) check_length(contig, file_contig->second);
  static const std::vector<VariantRecord> kNoRecords;
  // Deletions make windows reach further: a little is asked for beforehand, so that most are made in one go.
  const Window window = window_around(tss, length);
  const std::int64_t margin = std::min<std::int64_t>(length / 16, 4096);
  Window region{window.start - margin, window.end + margin};
  while (true) {
    const std::vector<VariantRecord>& found =
        file_contig == file_contigs.end() ? kNoRecords
                                          : records.in_region(file_contig->second, region.start, region.end);
    nearby.keep(region.start, region.end);
    CarriedVariants carried(found, nearby);
    Asked asked = ask(carried);
    // Begin where nothing lies across, so that a haplotype is the same whatever window it is read in.
    const Window whole{carried.leftmost(asked.classes, region.start), region.end};
    if (asked.may_overlap && whole.start < region.start) {
      region = whole;
      continue;
    }
    const auto planned = plan_classes(carried, std::move(asked.classes), tss, length);
    const Window reach = reach_of(planned, region);
    if (reach.start < region.start || reach.end > region.end) {
      region = reach;
      continue;
    }
    auto made = collect(carried, planned, asked.ids, nearby);
    const Window used = reach_of(planned, window);
    made.tss = tss;
    made.length = length;
    made.start = used.start;
    made.letters = nearby.fetch(used.start, used.end);
    return made;
  }
}

WindowHaplotypes HaplotypeReader::windows(std::string_view contig, std::int64_t tss, std::int64_t length,
                                          std::span<const HaplotypeId> haplotypes) const {
  implementation_->check(haplotypes);
  auto made = implementation_->read(contig, tss, length, [&](const CarriedVariants& carried) {
    return Asked{{haplotypes.begin(), haplotypes.end()}, carried.classes(haplotypes)};
  });
  return WindowHaplotypes(std::make_unique<WindowHaplotypes::Implementation>(std::move(made)));
}

SingleVariants HaplotypeReader::single_variants(std::string_view contig, std::int64_t tss,
                                                std::int64_t length, std::int64_t distance) const {
  std::vector<SingleVariant> all;
  auto made = implementation_->read(contig, tss, length, [&](const CarriedVariants& carried) {
    Asked asked{{}, {}, false};
    all.clear();
    for (const std::uint32_t variant : carried.alternatives()) {
      if (distance > 0 && !carried.touches(variant, tss - distance, tss + distance)) continue;
      asked.classes.push_back({{variant}, {asked.ids.size()}});
      asked.ids.push_back(kAlone);
      all.push_back(carried.describe(variant));
    }
    return asked;
  });
  std::vector<SingleVariant> changing;
  std::vector<std::size_t> windows;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (made.of[i] == 0) continue;
    changing.push_back(std::move(all[i]));
    windows.push_back(made.of[i]);
  }
  made.of = std::move(windows);
  made.haplotypes.assign(changing.size(), kAlone);
  return {std::move(changing),
          WindowHaplotypes(std::make_unique<WindowHaplotypes::Implementation>(std::move(made)))};
}

std::optional<SingleVariant> HaplotypeReader::nearest_record(std::string_view contig,
                                                             std::int64_t position) const {
  constexpr std::int64_t kFirstLook = 1 << 14;
  Implementation& own = *implementation_;
  const auto file_contig = own.file_contigs.find(contig);
  if (file_contig == own.file_contigs.end()) return std::nullopt;
  const std::int64_t length = own.genome.contig_length(contig);
  const auto apart = [position](const VariantRecord& record) { return std::abs(record.position - position); };
  for (std::int64_t reach = kFirstLook;; reach *= 2) {
    const auto& records = own.records.in_region(file_contig->second, position - reach, position + reach);
    const auto nearest =
        std::min_element(records.begin(), records.end(),
                         [&](const VariantRecord& a, const VariantRecord& b) { return apart(a) < apart(b); });
    // A record that begins outside of what was looked at may have a neighbour that begins nearer.
    if (nearest != records.end() && apart(*nearest) <= reach) return detail::described(*nearest);
    if (position - reach <= 0 && position + reach >= length) return std::nullopt;
  }
}

}  // namespace biodta::genome
