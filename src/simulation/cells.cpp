#include "cells.hpp"

#include "streams.hpp"

#include <algorithm>
#include <cmath>

namespace biodta::simulation::detail {
namespace {

class CellSimulator {
 public:
  explicit CellSimulator(const ExpressionInputs& inputs)
      : in_(inputs),
        options_(inputs.options.cells),
        types_(options_.type_depths.size()),
        factors_(inputs.network.factors()) {
    draw_gene_levels();
    list_regulators();
  }

  SimulatedCells run() {
    SimulatedCells cells;
    for (std::size_t cell = 0; cell < static_cast<std::size_t>(options_.count); ++cell) add_cell(cells, cell);
    return cells;
  }

 private:
  struct Regulator {
    std::size_t factor = 0;
    int sign = 1;
  };

  /// Log means of the genes that are no factors, by cell type, before donors and regulators.
  void draw_gene_levels() {
    double mean_strength = 0.0;
    for (const SimulatedGene& gene : in_.genes) mean_strength += gene.log_strength;
    mean_strength /= static_cast<double>(in_.genes.size());
    levels_.resize(in_.genes.size() * types_);
    for (std::size_t gene = factors_; gene < in_.genes.size(); ++gene) {
      support::RandomStream random = stream_of(in_.options, Purpose::kExpression, gene);
      const double level = options_.log_mean - mean_strength + random.normal(0.0, options_.gene_spread);
      for (std::size_t type = 0; type < types_; ++type) {
        levels_[gene * types_ + type] = level + random.normal(0.0, options_.type_spread);
      }
    }
  }

  void list_regulators() {
    regulators_.resize(in_.genes.size());
    offsets_.assign(in_.genes.size(), 0.0);
    if (!in_.options.regulation) return;
    for (std::size_t gene = 0; gene < in_.genes.size(); ++gene) {
      for (std::size_t factor = 0; factor < factors_; ++factor) {
        const int sign = in_.network.sign(factor, gene);
        if (sign != 0) regulators_[gene].push_back({factor, sign});
      }
      const auto& regulators = regulators_[gene];
      const bool activated =
          std::any_of(regulators.begin(), regulators.end(), [](const auto& one) { return one.sign > 0; });
      if (!regulators.empty())
        offsets_[gene] = activated ? options_.activated_offset : options_.repressed_offset;
    }
  }

  void add_cell(SimulatedCells& cells, std::size_t cell) {
    support::RandomStream random = stream_of(in_.options, Purpose::kCells, cell);
    const std::size_t type = random.below(types_);
    const std::size_t donor = random.below(static_cast<std::uint64_t>(in_.options.donors.count));
    const double depth = options_.type_depths[type] * std::exp(random.normal(0.0, options_.depth_spread));
    const double* strength = in_.donor_log_strength.data() + donor * in_.genes.size();
    draw_factors(type, strength, random);
    for (std::size_t gene = 0; gene < in_.genes.size(); ++gene) {
      const double mean = gene < factors_ ? factor_means_[gene] : gene_mean(gene, type, strength[gene]);
      add_count(cells.counts, gene, mean * depth, random);
    }
    cells.type.push_back(static_cast<std::int32_t>(type));
    cells.donor.push_back(static_cast<std::int32_t>(donor));
    cells.counts.offsets.push_back(cells.counts.genes.size());
  }

  /// A factor may be on in one cell type only.
  bool is_at_home(std::size_t factor, std::size_t type) const { return type == factor % types_; }

  /// In the order of the factors, since a factor's regulators come before it.
  void draw_factors(std::size_t type, const double* strength, support::RandomStream& random) {
    factor_means_.resize(factors_);
    activity_.resize(factors_);
    for (std::size_t factor = 0; factor < factors_; ++factor) {
      const bool on = is_at_home(factor, type) && random.bernoulli(options_.factor_on_share);
      double log_mean = std::log(on ? options_.factor_on : options_.factor_off) +
                        (strength[factor] - in_.genes[factor].log_strength) +
                        random.normal(0.0, options_.factor_spread);
      for (const Regulator& upstream : regulators_[factor])
        log_mean += options_.factor_response * activity_[upstream.factor];
      const double mean = std::exp(std::clamp(log_mean, options_.factor_least, options_.factor_greatest));
      factor_means_[factor] = mean;
      activity_[factor] = mean / (mean + options_.half_activity);
    }
  }

  double gene_mean(std::size_t gene, std::size_t type, double strength) const {
    double gain = 0.0;
    double loss = 0.0;
    for (const Regulator& regulator : regulators_[gene]) {
      (regulator.sign > 0 ? gain : loss) += options_.effect * activity_[regulator.factor];
    }
    const double log_mean = levels_[gene * types_ + type] + strength + offsets_[gene] +
                            std::min(gain, options_.greatest_gain) - loss;
    return std::exp(std::clamp(log_mean, options_.least, options_.greatest));
  }

  void add_count(cells::CountBlock& block, std::size_t gene, double mean,
                 support::RandomStream& random) const {
    const double noise =
        options_.dispersion > 0.0 ? random.gamma(1.0 / options_.dispersion, options_.dispersion) : 1.0;
    const std::int64_t count = random.poisson(mean * noise);
    if (count == 0) return;
    block.genes.push_back(static_cast<std::uint32_t>(gene));
    block.counts.push_back(static_cast<float>(count));
  }

  const ExpressionInputs& in_;
  const CellOptions& options_;
  std::size_t types_;
  std::size_t factors_;
  std::vector<double> levels_;  ///< [genes, types]
  std::vector<std::vector<Regulator>> regulators_;
  std::vector<double> offsets_;
  std::vector<double> factor_means_;  ///< of the cell being made
  std::vector<double> activity_;
};

}  // namespace

SimulatedCells simulate_cells(const ExpressionInputs& inputs) {
  return CellSimulator(inputs).run();
}

}  // namespace biodta::simulation::detail
