#include "donors.hpp"

#include "locus.hpp"
#include "streams.hpp"

#include <algorithm>
#include <optional>

namespace biodta::simulation::detail {
namespace {

/// A promoter motif of which the reference lacks one base and the variant brings it.
struct Latent {
  std::size_t at = 0;
  char alt = 'A';
};

Latent place_latent(Locus& locus, const PromoterModel& model, support::RandomStream& random) {
  std::string word = model.word(random.below(model.promoter_kinds()));
  const std::size_t missing = random.below(kMotifLength);
  const char alt = word[missing];
  word[missing] = other_base(alt, random);
  return {locus.place_word(word) + missing, alt};
}

/// Bases, motifs and, in some, a latent motif.
struct PlannedLocus {
  Locus locus;
  std::optional<Latent> latent;
};

PlannedLocus plan_locus(const WorldOptions& options, const PromoterModel& model, bool is_factor,
                        const std::vector<std::size_t>& regulators, support::RandomStream& random) {
  const PromoterOptions& promoter = options.promoters;
  for (;;) {
    PlannedLocus plan{Locus(model, 0, random), std::nullopt};
    plan.locus.place_tata(true);
    plan.locus.place_promoter(is_factor ? between(random, 0, promoter.factor_motifs) : 0);
    for (const std::size_t factor : regulators) {
      const std::int64_t copies = between(random, promoter.fewest_binding, promoter.most_binding);
      for (std::int64_t i = 0; i < copies; ++i) plan.locus.place_factor(factor);
    }
    if (random.bernoulli(options.donors.making_share)) plan.latent = place_latent(plan.locus, model, random);
    if (plan.locus.scrub_factors()) return plan;
  }
}

std::vector<WindowVariant> draw_variants(const WorldOptions& options, const PromoterModel& model,
                                         const PlannedLocus& plan, support::RandomStream& random) {
  const std::string_view window = plan.locus.window();
  std::vector<WindowVariant> variants;
  if (plan.latent) variants.push_back({plan.latent->at, plan.latent->alt, 0.0, {}});
  for (const MotifHit& motif : plan.locus.placed()) {
    if (motif.kind >= model.promoter_kinds() || !random.bernoulli(options.donors.breaking_share)) continue;
    const std::size_t at = motif.start + random.below(kMotifLength);
    variants.push_back({at, other_base(window[at], random), 0.0, {}});
  }
  for (std::int64_t drawn = 0; drawn < options.donors.neutral;) {
    const std::size_t at = random.below(window.size());
    const bool taken =
        std::any_of(variants.begin(), variants.end(), [at](const auto& one) { return one.at == at; });
    if (taken || plan.locus.is_occupied(at)) continue;
    variants.push_back({at, other_base(window[at], random), 0.0, {}});
    ++drawn;
  }
  return variants;
}

/// Who regulates whom must be the same for all donors: drops what makes or breaks a factor's motif.
void keep_regulation(std::vector<WindowVariant>& variants, const PromoterModel& model,
                     std::string_view window) {
  const auto reference = model.factor_counts(window);
  std::erase_if(variants, [&](const WindowVariant& variant) {
    std::string changed(window);
    changed[variant.at] = variant.alt;
    return model.factor_counts(changed) != reference;
  });
}

void draw_carriers(std::vector<WindowVariant>& variants, const DonorOptions& options,
                   support::RandomStream& random) {
  for (WindowVariant& variant : variants) {
    variant.frequency = random.uniform(options.least_frequency, options.greatest_frequency);
    for (std::int64_t donor = 0; donor < options.count; ++donor) {
      variant.carriers.push_back(random.bernoulli(variant.frequency));
    }
  }
}

std::string haplotype(const GeneDna& dna, std::size_t donor) {
  std::string window = dna.window;
  for (const WindowVariant& variant : dna.variants) {
    if (variant.carriers[donor]) window[variant.at] = variant.alt;
  }
  return window;
}

}  // namespace

GeneDna make_gene_dna(const WorldOptions& options, const PromoterModel& model, std::size_t gene,
                      const std::vector<std::size_t>& regulators) {
  support::RandomStream bases = stream_of(options, Purpose::kGeneDna, gene);
  support::RandomStream variation = stream_of(options, Purpose::kVariants, gene);
  const bool is_factor = gene < model.motifs().factors.size();
  const PlannedLocus plan = plan_locus(options, model, is_factor, regulators, bases);
  GeneDna dna;
  dna.window = plan.locus.window();
  dna.variants = draw_variants(options, model, plan, variation);
  keep_regulation(dna.variants, model, dna.window);
  std::sort(dna.variants.begin(), dna.variants.end(),
            [](const auto& a, const auto& b) { return a.at < b.at; });
  draw_carriers(dna.variants, options.donors, variation);
  dna.log_strength = model.log_strength(dna.window);
  for (std::int64_t donor = 0; donor < options.donors.count; ++donor) {
    dna.donor_log_strength.push_back(model.log_strength(haplotype(dna, static_cast<std::size_t>(donor))));
  }
  return dna;
}

}  // namespace biodta::simulation::detail
