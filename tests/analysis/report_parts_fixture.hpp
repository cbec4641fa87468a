#pragma once
/// @file
/// A made-up report with every optional part: controls' tables, curves, groups, states, two genes perturbed
/// together, each with several mutants, tracks and a saturation scan.

#include "report_fixture.hpp"

#include <biodta/analysis/report.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {

inline WindowTrack made_up_track(std::uint64_t seed) {
  support::RandomStream random(seed);
  WindowTrack track{-640, 16, -24, 24, {}, {}};
  for (int bin = 0; bin < 80; ++bin) {
    const double peak = std::exp(-std::pow((bin - 40) / 6.0, 2));
    track.reference.push_back(0.05 + 0.4 * peak * random.uniform(0.9, 1.1));
    track.mutant.push_back(track.reference.back() * (1.0 - 0.6 * peak));
  }
  return track;
}

/// Makes all mutants of a gene that lower expression the ones that are used; identity of every second is
/// kept.
inline void use_all_mutants(PerturbedGene& gene) {
  MutantSearch& search = *gene.search;
  search.use = MutantUse::kAll;
  search.used.clear();
  for (std::size_t i = 0; i < search.trials.size(); ++i) {
    MutantTrial& trial = search.trials[i];
    trial.wanted = trial.lowers;
    trial.row_distance = 0.1 + 0.01 * static_cast<double>(i);
    trial.row_shift = 0.001 * static_cast<double>(i + 1);
    trial.identity = MutantIdentity{{i % 2 == 0 ? 1.0 : 4.0, 3.4, "MEF2C"}, {0.2, 0.5, "HAND1"}};
    if (trial.lowers) search.used.push_back(i);
  }
}

inline void add_mutant_effects(Report& report, std::uint64_t seed) {
  support::RandomStream random(seed);
  for (const std::size_t trial : report.perturbed[0].search->used) {
    MutantEffect effect;
    effect.trial = trial;
    for (int cell = 0; cell < 40; ++cell) {
      effect.cell.add(0.002 * random.uniform(0.5, 1.5));
      effect.perturbed.add(0.3 * random.uniform(0.5, 1.5));
    }
    for (std::size_t set = 0; set < report.sets.size(); ++set) effect.aurocs.push_back(random.uniform());
    report.mutants.push_back(std::move(effect));
  }
}

inline void add_groups(Report& report, std::size_t genes) {
  std::vector<GroupRanking> groups;
  for (std::uint64_t donor = 0; donor < 5; ++donor)
    groups.push_back({"donor " + std::to_string(donor + 1), 8 + donor,
                      made_up_run("", report.sets, genes, 0.9, 40 + donor).ranking});
  report.group_column = "donor";
  report.groups = summarise_groups(groups, report.sets);
}

/// @param mutants  put into each of 40 cells.
inline StateShift made_up_state(const std::string& name, double mean, std::size_t mutants) {
  StateShift state{name, 120, {}};
  for (std::size_t i = 0; i < 40 * mutants; ++i) state.shift.add(mean + (i % 2 == 0 ? 0.001 : -0.001));
  return state;
}

inline Report made_up_full_report(std::size_t genes = 200) {
  Report report = made_up_report(genes);
  report.symbol = "GATA4 + TBX5";
  report.gene_id += " + ENSG1001";
  PerturbedGene partner = made_up_mutant("ENSG1001", "TBX5", false, 13);
  partner.partner = true;
  report.perturbed.insert(report.perturbed.begin() + 1, std::move(partner));
  for (std::size_t i = 0; i < 2; ++i) {
    use_all_mutants(report.perturbed[i]);
    report.perturbed[i].track = made_up_track(i);
  }
  report.perturbed[0].fold_changes = PerturbedGene::FoldChanges{0.25, 0.25};
  SaturationScan scan{1.4, {}};
  for (std::int64_t at = 1000; at < 1016; ++at)
    for (const char* alt : {"C", "G", "T"})
      scan.effects.push_back({{at, "A", alt}, 1.4 - 0.01 * static_cast<double>(at - 1000), 0.001});
  report.perturbed[0].saturation = std::move(scan);
  add_mutant_effects(report, 21);
  std::vector<GeneRanking> controls;
  for (std::uint64_t seed = 6; seed < 12; ++seed)
    controls.push_back(made_up_run("", report.sets, genes, 0.3, seed).ranking);
  report.specificity = test_set_specificity(report.run.ranking, controls, report.sets);
  report.specific = specific_shifts(report.run.ranking, controls);
  const auto twin = made_up_run(report.methods[1].name, report.sets, genes, 0.8, 2);
  for (const MethodRun* run : {&std::as_const(report.run), &twin})
    for (auto& curve : precision_recall_curves(run->name, run->ranking, report.sets))
      report.curves.push_back(std::move(curve));
  add_groups(report, genes);
  const std::size_t mutants = report.mutants.size();
  report.states = {made_up_state("cell_type=fibroblast", 0.01, mutants),
                   made_up_state("cell_type=endothelial", -0.02, mutants),
                   made_up_state("cell_type=myocyte", 0.0002, mutants)};
  return report;
}

}  // namespace biodta::analysis
