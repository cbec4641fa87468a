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
  visit.field("control_set", options.control_set,
              "set whose genes are perturbed instead, as specificity control");
  visit.field("control_genes", options.control_genes, "how many of them, drawn at random; 0 = no control",
              support::at_least(0));
  visit.field(
      "readout_draws", options.readout_draws,
      "draws of masks for the signed readout, the change of each gene's predicted abundance; 0 = none",
      support::at_least(0));
}

void describe(support::OptionVisitor& visit, MutagenesisRunOptions& options) {
  visit.field("gene", options.gene, "symbol or id of the gene to perturb");
  visit.choice("perturbation", options.perturbation,
               {{"mutate", GenePerturbation::kMutate}, {"delete", GenePerturbation::kDelete}},
               "mutate its DNA (needs a run with an adapter), or delete its token");
  visit.field("run", options.run, "run folder of biodta-train");
  visit.field(
      "baselines", options.baselines,
      "models to compare with by deleting the gene in silico: run folders (the adapter-free twin) or Hugging "
      "Face folders (a Geneformer)");
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
  visit.section("shift", options.shift, "how embeddings are compared");
  visit.section("evaluation", options.evaluation, "gene sets, precision and recall, controls");
  visit.field("seed", options.seed, "of mutants, cells, controls and random sets");
  visit.field("output", options.output,
              "folder of the report; empty = report/<SYMBOL> in the current folder");
  visit.field("overwrite", options.overwrite, "replace what stands at the output");
  visit.field("notes", options.notes, "shown first in the report: what is simulated, what is untrained");
}

}  // namespace biodta::pipeline
