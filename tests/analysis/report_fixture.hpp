#pragma once
/// @file
/// A small made-up report, with every part filled.

#include <biodta/analysis/report.hpp>
#include <biodta/support/random.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {

/// `genes` genes G0, G1, … (tokens from 2) over 40 cells; set members move more, by a factor e^strength.
inline MethodRun made_up_run(const std::string& name, const std::vector<GeneSet>& sets, std::size_t genes,
                             double strength, std::uint64_t seed) {
  support::RandomStream random(seed);
  ShiftTable table;
  table.genes.resize(genes + cells::kFirstGeneToken);
  for (std::size_t gene = 1; gene < genes; ++gene) {
    const auto token = static_cast<cells::TokenId>(gene + cells::kFirstGeneToken);
    double level = -7.5 + 0.6 * random.normal();
    if (sets.front().contains(token)) level += strength;
    if (sets.back().contains(token)) level -= strength / 3;
    for (int cell = 0; cell < 40; ++cell) table.genes[token].add(std::exp(level + 0.3 * random.normal()));
  }
  MethodRun run;
  run.name = name;
  run.ranking = rank_genes(table, 10);
  run.tests = test_gene_sets(run.ranking, sets);
  return run;
}

inline PerturbedGene made_up_mutant(const std::string& id, const std::string& symbol, bool control,
                                    std::uint64_t seed) {
  support::RandomStream random(seed);
  PerturbedGene gene;
  gene.gene_id = id;
  gene.symbol = symbol;
  gene.control = control;
  gene.cells = control ? 31 : 40;
  gene.window = GeneWindow{"chr8", 5000, 1000, 1008, std::string(16, 'A')};
  MutantSearch search;
  search.reference_expression = 1.4;
  for (std::size_t trial = 0; trial < 20; ++trial) {
    const double expression = 1.4 * random.uniform(0.25, 1.1);
    search.trials.push_back({{{1004 + static_cast<std::int64_t>(trial % 5), "A", "C"}, {1012, "A", "T"}},
                             expression,
                             expression < 1.4});
    if (expression < 1.4 && (!search.chosen || expression < search.trials[*search.chosen].expression))
      search.chosen = trial;
  }
  if (search.chosen) search.used = {*search.chosen};
  gene.search = std::move(search);
  gene.identity = MutantIdentity{{1.9, 3.4, "MEF2C"}, {0.6, 0.5, "HAND1"}};
  return gene;
}

inline Report made_up_report(std::size_t genes = 200) {
  Report report;
  std::vector<cells::VocabularyGene> known;
  for (std::size_t i = 0; i < genes; ++i)
    known.push_back({"ENSG" + std::to_string(1000 + i), "G" + std::to_string(i), 1.0});
  known[0] = {"ENSG00000136574", "GATA4", 1.0};
  report.gene_id = known[0].id;
  report.symbol = known[0].symbol;
  report.words.noun = "in silico mutagenesis";
  report.words.compared = "with the reference embedding of GATA4 and with the mutant’s";
  report.vocabulary = cells::Vocabulary(known);
  report.notes = {
      "The cells, the genome and the regulation are simulated; gene names are real symbols for readability "
      "only."};
  report.created = "2025-01-31 12:00:00 UTC";
  report.program = "biodta-mutagenesis 0.1.0";
  report.command = "biodta-mutagenesis --gene GATA4";
  report.config = "gene: GATA4\n";
  report.settings = {{"cells", "split=heldout"}, {"layer", "-2"}};
  report.inputs = {{"corpus", "/data/corpus.h5", "crc32:0badcafe"}};
  report.sets = {{"GATA4 direct", {}, {"MISSING"}},
                 {"GATA4 indirect", {}, {}},
                 {"GATA4 & TBX5 combination", {}, {}},
                 {"housekeeping", {}, {}}};
  for (cells::TokenId token = 5; token < 20; ++token) report.sets[0].tokens.push_back(token);
  for (cells::TokenId token = 25; token < 40; ++token) report.sets[1].tokens.push_back(token);
  for (cells::TokenId token = 16; token < 20; ++token) report.sets[2].tokens.push_back(token);
  for (cells::TokenId token = 60; token < 130 && token < genes; ++token)
    report.sets[3].tokens.push_back(token);
  report.cells.cells.resize(40);
  report.cells.passed = 1104;
  report.cells.with_gene = 312;
  report.run = made_up_run("Bio-DTA, in silico mutagenesis", report.sets, genes, 1.2, 1);
  report.run.perturbed.add(0.1);
  report.run.perturbed.add(0.2);
  const auto twin = made_up_run("adapter-free twin, in silico deletion", report.sets, genes, 0.8, 2);
  report.methods = {{report.run.name, report.run.tests}, {twin.name, twin.tests}};
  report.perturbed = {made_up_mutant(known[0].id, known[0].symbol, false, 3),
                      made_up_mutant("ENSG1070", "G70", true, 4), made_up_mutant("ENSG1071", "G71", true, 5)};
  std::vector<std::vector<GeneSetTest>> controls;
  for (std::uint64_t seed = 6; seed < 12; ++seed)
    controls.push_back(made_up_run("", report.sets, genes, 0.3, seed).tests);
  report.controls = summarise_controls(report.sets, controls);
  const std::vector<std::int64_t> top = {20, 50};
  report.precision_recall = precision_recall(report.run.name, report.run.ranking, report.sets, top);
  for (auto& entry : precision_recall(twin.name, twin.ranking, report.sets, top))
    report.precision_recall.push_back(std::move(entry));
  for (auto& entry : random_precision_recall("random sets", report.run.ranking, report.sets, top, 1000, 1))
    report.precision_recall.push_back(std::move(entry));
  return report;
}

}  // namespace biodta::analysis
