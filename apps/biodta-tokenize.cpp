// Parses the command line of biodta-tokenize and calls pipeline::tokenize, merge_corpora or describe_counts.
#include "common.hpp"

#include <biodta/pipeline/tokenize.hpp>

#include <iostream>

namespace {

constexpr int kSkippedFiles = 3;

void add_flags(CLI::App& app, biodta::apps::CommonFlags& flags) {
  using namespace biodta::apps;
  add_list_flag(app, flags, "inputs", "inputs",
                "count files: .h5ad, 10x .h5, loom, 10x mtx folders, text tables, or folders of them")
      ->type_name("FILE");
  add_text_flag(app, flags, "--output,-o", "output", "corpus file to write")->type_name("FILE");
  add_text_flag(app, flags, "--vocabulary", "vocabulary", "genes and their medians, TSV")->type_name("FILE");
  add_text_flag(app, flags, "--gene-symbols", "gene_symbols", "symbols and Ensembl ids, TSV")
      ->type_name("FILE");
  add_switch(app, flags, "--estimate-medians", "estimate_medians",
             "take the medians from the counts: of the vocabulary's genes, or of every gene seen");
  add_text_flag(app, flags, "--write-vocabulary", "vocabulary_output", "file for the estimated vocabulary")
      ->type_name("FILE");
  add_text_flag(app, flags, "--matrix", "matrix",
                "auto (raw/X where there is one, else X), X, raw/X or layers/NAME")
      ->type_name("NAME");
  add_switch(app, flags, "--allow-non-integer", "allow_non_integer",
             "take estimated counts, which may be fractions");
  add_value_flag(app, flags, "--min-overlap", "min_overlap",
                 "least share of a file's genes that the vocabulary must have (0.3)");
  add_list_flag(app, flags, "--keep-obs", "keep_obs", "obs columns kept in the corpus (all)")
      ->type_name("NAME");
  add_text_flag(app, flags, "--shard", "shard", "only part i of n of all cells, for job arrays")
      ->type_name("I/N");
  add_switch(app, flags, "--skip-bad-files", "skip_bad_files",
             "leave out files that cannot be read, and exit with 3");
  add_text_flag(app, flags, "--style", "encoder.style", "v1, or v2 with <cls> and <eos> (v1)")
      ->type_name("STYLE");
  add_value_flag(app, flags, "--max-length", "encoder.max_length",
                 "tokens kept of a cell (2048; 4096 in style v2)");
  const std::string filters = "Filters";
  add_value_flag(app, flags, "--min-genes", "filters.min_genes",
                 "least number of genes detected in a cell (7)")
      ->group(filters);
  add_value_flag(app, flags, "--max-genes", "filters.max_genes", "most genes detected in a cell (no limit)")
      ->group(filters);
  add_value_flag(app, flags, "--min-counts", "filters.min_counts", "least sum of counts of a cell (0)")
      ->group(filters);
  add_value_flag(app, flags, "--max-counts", "filters.max_counts",
                 "largest sum of counts of a cell (no limit)")
      ->group(filters);
  add_value_flag(app, flags, "--max-mito-fraction", "filters.max_mito_fraction",
                 "largest share of counts of mitochondrial genes (no limit)")
      ->group(filters);
  add_value_flag(app, flags, "--standard-deviations", "filters.standard_deviations",
                 "total counts and mitochondrial fraction within so many of the file's mean (no limit)")
      ->group(filters);
  add_list_flag(app, flags, "--include", "filters.include",
                "keep cells whose obs column is so: 'assay=10x*|Drop-seq'")
      ->type_name("RULE")
      ->delimiter('\0')
      ->group(filters);
  add_list_flag(app, flags, "--exclude", "filters.exclude",
                "drop cells whose obs column is so: 'disease=*cancer*'")
      ->type_name("RULE")
      ->delimiter('\0')
      ->group(filters);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Turns count files into a corpus of rank-encoded cells.", "biodta-tokenize");
  app.footer(
      "Examples:\n"
      "  biodta-tokenize A.h5ad B.h5ad --vocabulary genes.tsv --output corpus.h5\n"
      "  biodta-tokenize A.h5ad --estimate-medians --write-vocabulary genes.tsv --output corpus.h5\n"
      "  biodta-tokenize folder/ --vocabulary genes.tsv --shard 3/16 --output part-3.h5\n"
      "  biodta-tokenize --merge part-*.h5 --output corpus.h5\n"
      "  biodta-tokenize --describe A.h5ad");
  apps::CommonFlags flags;
  add_flags(app, flags);
  bool merge = false;
  std::filesystem::path described;
  app.add_flag("--merge", merge, "the inputs are corpora: join them into one");
  app.add_option("--describe", described, "tell what a count file is, and exit")->type_name("FILE");
  apps::add_config_flags<pipeline::TokenizeOptions>(app, flags);
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    const auto options = apps::read_program_options<pipeline::TokenizeOptions>(flags);
    if (!described.empty()) {
      std::cout << pipeline::describe_counts(described, options);
      return 0;
    }
    const pipeline::TokenizeResult result =
        merge ? pipeline::merge_corpora(options.inputs, options.output, reporter)
              : pipeline::tokenize(options, reporter);
    return result.skipped.empty() ? 0 : kSkippedFiles;
  });
}
