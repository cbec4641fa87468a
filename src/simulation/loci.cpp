#include "loci.hpp"

#include "genome_layout.hpp"
#include "locus.hpp"
#include "streams.hpp"

#include <cmath>

namespace biodta::simulation::detail {
namespace {

double bell(double distance, double width) {
  const double scaled = distance / width;
  return std::exp(-0.5 * scaled * scaled);
}

/// Middle of a bin from the TSS (bp); the bins lie in the middle of the window.
double bin_centre(const LociOptions& options, std::int64_t bin) {
  return static_cast<double>(options.bin_size) *
         (static_cast<double>(bin) + 0.5 - static_cast<double>(options.bins) / 2);
}

Locus make_locus(const WorldOptions& options, const PromoterModel& model, support::RandomStream& random) {
  Locus locus(model, static_cast<std::size_t>(options.loci.margin), random);
  locus.place_tata(!random.bernoulli(options.loci.without_tata_share));
  locus.place_promoter(0);
  const std::int64_t binding = between(random, 0, options.loci.binding_motifs);
  for (std::int64_t i = 0; i < binding; ++i) locus.place_factor(random.below(model.motifs().factors.size()));
  return locus;
}

/// Signal without noise, [bins, 1 + factors].
std::vector<double> signal_of(const LociOptions& options, const PromoterModel& model,
                              std::string_view window) {
  const std::size_t tracks = 1 + model.motifs().factors.size();
  std::vector<double> signal(static_cast<std::size_t>(options.bins) * tracks, options.background);
  const double height = options.expression_height * std::exp(model.log_strength(window));
  const auto hits = model.hits(window);
  for (std::int64_t bin = 0; bin < options.bins; ++bin) {
    double* row = signal.data() + static_cast<std::size_t>(bin) * tracks;
    const double centre = bin_centre(options, bin);
    row[0] += height * bell(centre, options.expression_width);
    for (const MotifHit& hit : hits) {
      if (hit.kind < model.promoter_kinds()) continue;
      row[1 + hit.kind - model.promoter_kinds()] +=
          options.binding_height * bell(centre - model.offset_from_tss(hit.start), options.binding_width);
    }
  }
  return signal;
}

}  // namespace

TrainingLoci make_training_loci(const WorldOptions& options, const PromoterModel& model) {
  TrainingLoci loci;
  loci.track_names = {"CAGE"};
  for (const std::string& factor : factor_symbols()) loci.track_names.push_back("ChIP:" + factor);
  const auto names = numbered_names("locus", static_cast<std::size_t>(options.loci.count));
  for (std::size_t i = 0; i < names.size(); ++i) {
    support::RandomStream bases = stream_of(options, Purpose::kLoci, i);
    support::RandomStream noise = stream_of(options, Purpose::kTracks, i);
    const Locus locus = make_locus(options, model, bases);
    for (const double signal : signal_of(options.loci, model, locus.window())) {
      const auto reads = static_cast<double>(noise.poisson(signal * options.loci.noise_depth));
      loci.tracks.push_back(static_cast<float>(reads / options.loci.noise_depth));
    }
    loci.sequences.push_back({names[i], "simulated", locus.sequence()});
  }
  return loci;
}

}  // namespace biodta::simulation::detail
