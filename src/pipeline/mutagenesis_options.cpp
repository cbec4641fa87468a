#include "gene_perturbation.hpp"

#include <biodta/pipeline/mutagenesis.hpp>

namespace biodta::pipeline {

void describe(support::OptionVisitor& visit, PerturbedCellsOptions& options) {
  visit.field("filters", options.filters,
              "column=value on obs; several on one column are alternatives, several columns add up");
  visit.field("max_cells", options.max_cells, "cells drawn at random when more express the gene; 0 = all",
              support::at_least(0));
  visit.field(
      "context_column", options.context_column,
      "obs column whose values name the bank's contexts (for example donor); empty = reference for all");
  visit.field("group_column", options.group_column,
              "obs column of donors or regions: gene sets are also tested in each, and over all of them");
  visit.field("states", options.states,
              "states toward which cells may move, each column=value on obs (goal states)");
  visit.field("state_cells", options.state_cells, "cells drawn of each state for its mean; 0 = all",
              support::at_least(0));
}

void describe(support::OptionVisitor& visit, EvaluationOptions& options) {
  visit.field(
      "gene_sets", options.gene_sets,
      "gene sets: TSV with columns set and gene, GMT, TRRUST, tables of tf and target, or one gene a line");
  visit.field("sets", options.sets,
              "sets tested, {gene} standing for the gene's symbol; an empty list tests all");
  visit.field("min_cells", options.min_cells, "genes seen in fewer cells are not ranked",
              support::at_least(1));
  visit.field("top_k", options.top_k, "sizes of the top for precision and recall", support::at_least(1));
  visit.field("random_sets", options.random_sets, "draws for the interval of random sets",
              support::at_least(1));
  visit.choice(
      "complement", options.complement,
      {{"all_others", analysis::Complement::kAllOthers}, {"in_no_set", analysis::Complement::kInNoSet}},
      "what a set is compared with: all other genes, or those in none of the sets tested");
  visit.field("control_set", options.control_set,
              "set whose genes are perturbed instead, as specificity control; empty = genes that are in none "
              "of the sets tested");
  visit.field("control_genes", options.control_genes,
              "how many of them; 0 = no control. With n the least exact P is 1 / (n + 1): 19 for 0.05",
              support::at_least(0));
  visit.choice("control_choice", options.control_choice,
               {{"random", ControlChoice::kRandom}, {"matched", ControlChoice::kMatched}},
               "which: drawn at random, or those that are expressed most like the gene in these cells");
  visit.field(
      "readout_draws", options.readout_draws,
      "draws of masks for the signed readout, the change of each gene's predicted abundance; 0 = none",
      support::at_least(0));
  visit.field("compare", options.compare,
              "further perturbations of the gene in the run's own model, named as `perturbation` is");
  visit.field("compare_baselines", options.compare_baselines,
              "perturbations of the gene in each baseline, named likewise");
}

void describe(support::OptionVisitor& visit, MutagenesisRunOptions& options) {
  visit.field("gene", options.gene, "symbol or id of the gene to perturb");
  visit.field(
      "all_genes", options.all_genes,
      "instead of one gene: every gene of every cell, each alone; a run that was broken off is gone on with");
  visit.field("with", options.with,
              "genes perturbed together with it, in cells that express all of them (overexpress: in all)");
  visit.choice(
      "perturbation", options.perturbation,
      {{"mutate", GenePerturbation::kMutate},
       {"mutate_and_rank_move", GenePerturbation::kMutateAndRankMove},
       {"rank_move", GenePerturbation::kRankMove},
       {"delete", GenePerturbation::kDelete},
       {"overexpress", GenePerturbation::kOverexpress},
       {"inhibit", GenePerturbation::kInhibit},
       {"activate", GenePerturbation::kActivate},
       {"mask", GenePerturbation::kMask}},
      "mutate its DNA (needs a run with an adapter); the same and move its token to the rank that the "
      "predicted fold change implies; that move alone; delete its token; move it to the front; down or "
      "up by quartiles; put a mask in its place");
  visit.field("quartiles", options.quartiles, "how far inhibit and activate move the token",
              support::between(1, 3));
  visit.field("run", options.run, "run folder of biodta-train");
  visit.field("baselines", options.baselines,
              "models to compare with: run folders (the adapter-free twin) or Hugging Face folders (a "
              "Geneformer); see "
              "evaluation.compare_baselines");
  visit.field("corpus", options.corpus, "rank-encoded cells, from biodta-tokenize");
  visit.field("embeddings", options.embeddings,
              "the run's embedding bank, or several as one; for a run with an adapter");
  visit.field("further_embeddings", options.further_embeddings,
              "banks of other kinds (protein, isoforms), as the run was trained with");
  visit.field("weights", options.weights, "folder of the Enformer that made the bank; to mutate");
  visit.field("genome", options.genome, "genome, FASTA; to mutate");
  visit.field("annotation", options.annotation, "genes, GTF, GFF3 or BED; to mutate");
  visit.section("genes", options.genes, "which genes, and which position stands for one");
  visit.field(
      "sequences", options.sequences,
      "instead of genome and annotation: FASTA, a record a gene named by symbol or id, TSS in the middle");
  visit.section("readout", options.readout, "which tracks are read as expression");
  visit.section("embedder", options.embedder, "how windows become rows: as biodta-embed made the bank");
  visit.section("mutants", options.mutants, "how mutants are made and chosen");
  visit.field("saturation", options.saturation,
              "also change every base within this distance of the TSS, one at a time (bp); 0 = do not",
              support::between(0, 1 << 20));
  visit.section("cells", options.cells, "which cells are run");
  visit.section("rank_values", options.rank_values, "counts of the cells, for perturbations that move ranks");
  visit.section("shift", options.shift, "how embeddings are compared");
  visit.section("evaluation", options.evaluation, "gene sets, precision and recall, controls");
  visit.field("shard", options.shard,
              "\"i/n\": of all_genes only the i-th of n parts of the cells, for several GPUs or machines");
  visit.field("seed", options.seed, "of mutants, cells, controls and random sets");
  visit.field("output", options.output,
              "folder of the report; empty = report/<SYMBOL> in the current folder");
  visit.field("overwrite", options.overwrite, "replace what stands at the output");
  visit.field("notes", options.notes, "shown first in the report: what is simulated, what is untrained");
}

}  // namespace biodta::pipeline
