#include <biodta/pipeline/tokenize.hpp>

namespace biodta::pipeline {

void describe(support::OptionVisitor& visit, TokenizeOptions& options) {
  visit.field(
      "inputs", options.inputs,
      "count files (.h5ad, 10x .h5, loom, 10x mtx folders, text tables genes x cells) and folders of them; "
      "the corpus has their cells in this order");
  visit.field("output", options.output, "corpus file to write; empty where only medians are wanted");
  visit.field("vocabulary", options.vocabulary, "genes and their medians, TSV");
  visit.field("gene_symbols", options.gene_symbols,
              "columns symbol and ensembl_id, TSV, for files that name their genes by symbol");
  visit.field(
      "estimate_medians", options.estimate_medians,
      "take medians from the inputs' kept cells: of the vocabulary's genes where one is given, else of every "
      "gene seen, sorted by id");
  visit.field("vocabulary_output", options.vocabulary_output,
              "file for the estimated vocabulary; empty = none");
  visit.field(
      "matrix", options.matrix,
      "which matrix holds the raw counts: auto (raw/X where there is one, else X; the main one of other "
      "kinds), X, raw/X, layers/NAME, or the genome of a 10x .h5 of version 2");
  visit.field("allow_non_integer", options.allow_non_integer,
              "counts may be fractions, as estimated counts are; without it they are refused as normalised");
  visit.field("min_overlap", options.min_overlap,
              "least share of a file's genes that the vocabulary must have", support::between(0.0, 1.0));
  visit.field("keep_obs", options.keep_obs,
              "obs columns kept in the corpus; \"*\" = all of categories and numbers, [] = none");
  visit.field("shard", options.shard,
              "\"i/n\": only the i-th of n equal parts of all cells, for job arrays; empty = all");
  visit.field("skip_bad_files", options.skip_bad_files,
              "leave out files that cannot be read, each being read through before, and exit with 3");
  visit.section("filters", options.filters, "which cells are kept");
  visit.section("encoder", options.encoder, "rank value encoding");
  visit.section("medians", options.medians, "estimated medians");
}

}  // namespace biodta::pipeline
