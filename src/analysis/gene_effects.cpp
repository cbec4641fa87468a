#include <biodta/analysis/false_discovery.hpp>
#include <biodta/analysis/gene_effects.hpp>
#include <biodta/support/error.hpp>

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

namespace biodta::analysis {
namespace {

/// Genes ascending, with what belongs to each.
CellEffects sorted_by_gene(const CellEffects& cell, std::size_t states) {
  std::vector<std::size_t> order(cell.genes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return cell.genes[a] < cell.genes[b]; });
  CellEffects result;
  result.cell = cell.cell;
  for (const std::size_t i : order) {
    result.genes.push_back(cell.genes[i]);
    result.shifts.push_back(cell.shifts[i]);
    const auto first = cell.states.begin() + static_cast<std::ptrdiff_t>(i * states);
    result.states.insert(result.states.end(), first, first + static_cast<std::ptrdiff_t>(states));
  }
  return result;
}

/// Over all genes, of one of their standings.
void adjust(std::vector<RankedEffect>& genes, const auto& standing) {
  set_false_discovery_rates(
      genes, [&](RankedEffect& gene) { return standing(gene).p; },
      [&](RankedEffect& gene) -> double& { return standing(gene).fdr; });
}

}  // namespace

std::vector<CellEffects> measure_cell_effects(model::MaskedLanguageModel& model, torch::Device device,
                                              const ShiftSubjects& subjects,
                                              std::span<const std::uint32_t> cells, const Perturbation& how,
                                              const ShiftOptions& options, support::Progress* progress) {
  std::vector<CellEffects> effects(cells.size());
  std::unordered_map<std::uint32_t, std::size_t> place;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    effects[i].cell = cells[i];
    if (!place.emplace(cells[i], i).second)
      throw Error("cell " + std::to_string(cells[i]) + " is to be perturbed twice");
  }
  measure_every_gene(model, device, subjects, cells, how, options, progress, {},
                     [&](const CellEffect& effect) {
                       CellEffects& cell = effects[place.at(effect.cell)];
                       cell.genes.push_back(effect.gene);
                       cell.shifts.push_back(effect.shift);
                       cell.states.insert(cell.states.end(), effect.states.begin(), effect.states.end());
                     });
  const std::size_t states =
      subjects.states_SH.defined() ? static_cast<std::size_t>(subjects.states_SH.size(0)) : 0;
  for (auto& cell : effects) cell = sorted_by_gene(cell, states);
  return effects;
}

GeneEffectSums::GeneEffectSums(std::size_t tokens, std::size_t states, std::size_t groups)
    : quantities_(1 + states),
      groups_(groups),
      sums_(tokens * quantities_),
      group_sums_(tokens * quantities_ * groups) {}

void GeneEffectSums::add(const CellEffects& cell, std::int32_t group) {
  const std::size_t genes = cell.genes.size();
  const std::size_t states = quantities_ - 1;
  if (cell.shifts.size() != genes || cell.states.size() != genes * states)
    throw Error("effects of a cell are not one a gene and state");
  if (group >= static_cast<std::int64_t>(groups_))
    throw Error("a cell is in group " + std::to_string(group) + " of " + std::to_string(groups_));
  ++cells_;
  add_standings(cell.genes, cell.shifts, 0, group);
  std::vector<double> toward(genes);
  for (std::size_t state = 0; state < states; ++state) {
    for (std::size_t i = 0; i < genes; ++i) toward[i] = cell.states[i * states + state];
    add_standings(cell.genes, toward, 1 + state, group);
  }
}

void GeneEffectSums::add_standings(const std::vector<cells::TokenId>& genes, std::span<const double> effects,
                                   std::size_t quantity, std::int32_t group) {
  for (std::size_t i = 0; i < genes.size(); ++i) sums_[place_of(genes[i], quantity)].effect.add(effects[i]);
  if (genes.size() < 2) return;
  const auto others = static_cast<double>(genes.size() - 1);
  auto standings = average_ranks(effects);
  double variance = 0.0;
  for (double& standing : standings) {
    standing = (standing - 1.0) / others - 0.5;
    variance += standing * standing;
  }
  variance /= static_cast<double>(genes.size());
  for (std::size_t i = 0; i < genes.size(); ++i) {
    const std::size_t place = place_of(genes[i], quantity);
    sums_[place].standing.add(standings[i]);
    sums_[place].variance += variance;
    if (group < 0) continue;
    GroupSums& own = group_sums_[place * groups_ + static_cast<std::size_t>(group)];
    ++own.cells;
    own.standing += standings[i];
    own.variance += variance;
  }
}

std::uint64_t GeneEffectSums::genes() const {
  std::uint64_t genes = 0;
  for (std::size_t token = 0; token * quantities_ < sums_.size(); ++token)
    genes += sums_[place_of(token, 0)].effect.count() > 0 ? 1 : 0;
  return genes;
}

GeneStanding GeneEffectSums::standing_of(std::size_t token, std::size_t quantity) const {
  const std::size_t place = place_of(token, quantity);
  const Sums& sums = sums_[place];
  GeneStanding standing;
  standing.mean = sums.effect.mean();
  standing.standard_deviation = sums.effect.standard_deviation();
  standing.auroc_cells = 0.5 + sums.standing.mean();  // NaN where nothing was compared
  const double sum = sums.standing.mean() * static_cast<double>(sums.standing.count());
  if (sums.standing.count() == 0)
    standing.p_cells = std::numeric_limits<double>::quiet_NaN();
  else if (sums.variance > 0.0)
    standing.p_cells = std::erfc(std::abs(sum) / std::sqrt(2.0 * sums.variance));
  standing.auroc = standing.auroc_cells;
  standing.p = standing.p_cells;
  if (groups_ > 0) test_groups(place, standing);
  return standing;
}

void GeneEffectSums::test_groups(std::size_t place, GeneStanding& standing) const {
  constexpr std::uint64_t kLeastGroups = 3;
  RunningMoments means;
  double variance = 0.0;  // of the sum of the means, if ranks were drawn at random
  for (std::size_t group = 0; group < groups_; ++group) {
    const GroupSums& own = group_sums_[place * groups_ + group];
    if (own.cells == 0) continue;
    const auto cells = static_cast<double>(own.cells);
    means.add(own.standing / cells);
    variance += own.variance / (cells * cells);
  }
  standing.groups = means.count();
  standing.auroc = 0.5 + means.mean();  // NaN where no group has one
  standing.p = std::numeric_limits<double>::quiet_NaN();
  if (means.count() < kLeastGroups) return;
  const auto groups = static_cast<double>(means.count());
  const double error = std::max(means.standard_deviation() / std::sqrt(groups), std::sqrt(variance) / groups);
  if (!(error > 0.0)) {  // all genes of each cell tie
    standing.p = 1.0;
    return;
  }
  const boost::math::students_t_distribution<double> student(groups - 1.0);
  standing.p = 2.0 * boost::math::cdf(boost::math::complement(student, std::abs(means.mean()) / error));
}

std::vector<RankedEffect> GeneEffectSums::ranked(std::uint64_t min_cells) const {
  std::vector<RankedEffect> genes;
  for (std::size_t token = 0; token * quantities_ < sums_.size(); ++token) {
    const std::uint64_t cells = sums_[place_of(token, 0)].effect.count();
    if (cells == 0 || cells < min_cells) continue;
    RankedEffect gene{static_cast<cells::TokenId>(token), cells, standing_of(token, 0), {}};
    for (std::size_t state = 1; state < quantities_; ++state)
      gene.states.push_back(standing_of(token, state));
    genes.push_back(std::move(gene));
  }
  adjust(genes, [](RankedEffect& gene) -> GeneStanding& { return gene.shift; });
  for (std::size_t state = 0; state + 1 < quantities_; ++state)
    adjust(genes, [state](RankedEffect& gene) -> GeneStanding& { return gene.states[state]; });
  std::stable_sort(genes.begin(), genes.end(),
                   [](const RankedEffect& a, const RankedEffect& b) { return a.shift.mean > b.shift.mean; });
  return genes;
}

}  // namespace biodta::analysis
