// Parses the command line of biodta-tokenize and calls pipeline::tokenize.
#include "common.hpp"

#include <biodta/pipeline/tokenize.hpp>

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Turns count files into a corpus of rank-encoded cells.", "biodta-tokenize");
  app.footer(
      "Examples:\n"
      "  biodta-tokenize A.h5ad B.h5ad --vocabulary genes.tsv --output corpus.h5\n"
      "  biodta-tokenize A.h5ad --estimate-medians --write-vocabulary genes.tsv --output corpus.h5");
  apps::CommonFlags flags;
  apps::add_list_flag(app, flags, "inputs", "inputs", "count files: AnnData .h5ad with raw counts")
      ->type_name("FILE");
  apps::add_text_flag(app, flags, "--output,-o", "output", "corpus file to write")->type_name("FILE");
  apps::add_text_flag(app, flags, "--vocabulary", "vocabulary", "genes and their medians, TSV")
      ->type_name("FILE");
  apps::add_switch(app, flags, "--estimate-medians", "estimate_medians",
                   "make the vocabulary from the counts instead: every gene seen, sorted by id");
  apps::add_text_flag(app, flags, "--write-vocabulary", "vocabulary_output",
                      "file for the estimated vocabulary")
      ->type_name("FILE");
  apps::add_text_flag(app, flags, "--matrix", "matrix", "auto (raw/X where there is one, else X), X or raw/X")
      ->type_name("NAME");
  apps::add_value_flag(app, flags, "--min-overlap", "min_overlap",
                       "least share of a file's genes that the vocabulary must have (0.3)");
  apps::add_list_flag(app, flags, "--keep-obs", "keep_obs", "obs columns kept in the corpus (all)")
      ->type_name("NAME");
  apps::add_value_flag(app, flags, "--min-genes", "filters.min_genes",
                       "least number of genes detected in a cell (7)");
  apps::add_value_flag(app, flags, "--max-genes", "filters.max_genes",
                       "most genes detected in a cell (no limit)");
  apps::add_value_flag(app, flags, "--min-counts", "filters.min_counts", "least sum of counts of a cell (0)");
  apps::add_value_flag(app, flags, "--max-counts", "filters.max_counts",
                       "largest sum of counts of a cell (no limit)");
  apps::add_value_flag(app, flags, "--max-length", "encoder.max_length", "tokens kept of a cell (2048)");
  apps::add_config_flags<pipeline::TokenizeOptions>(app, flags);
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    pipeline::tokenize(apps::read_program_options<pipeline::TokenizeOptions>(flags), reporter);
  });
}
