// Parses the command line of biodta-tokenize and calls pipeline::tokenize, merge_corpora or describe_counts.
#include "common.hpp"

#include <biodta/pipeline/tokenize.hpp>

#include <iostream>

namespace {

using Flag = biodta::apps::FlagSpec;
// clang-format off
constexpr Flag kFlags[] = {
    {Flag::kList, "inputs", "inputs", "FILE", "count files: .h5ad, 10x .h5, loom, 10x mtx folders, text tables, or folders of them"},
    {Flag::kText, "--output,-o", "output", "FILE", "corpus file to write"},
    {Flag::kText, "--vocabulary", "vocabulary", "FILE", "genes and their medians, TSV"},
    {Flag::kText, "--gene-symbols", "gene_symbols", "FILE", "symbols and Ensembl ids, TSV"},
    {Flag::kSwitch, "--estimate-medians", "estimate_medians", nullptr, "take the medians from the counts: of the vocabulary's genes, or of every gene seen"},
    {Flag::kText, "--write-vocabulary", "vocabulary_output", "FILE", "file for the estimated vocabulary"},
    {Flag::kText, "--matrix", "matrix", "NAME", "auto (raw/X where there is one, else X), X, raw/X or layers/NAME"},
    {Flag::kSwitch, "--allow-non-integer", "allow_non_integer", nullptr, "take estimated counts, which may be fractions"},
    {Flag::kValue, "--min-overlap", "min_overlap", "VALUE", "least share of a file's genes that the vocabulary must have (0.3)"},
    {Flag::kList, "--keep-obs", "keep_obs", "NAME", "obs columns kept in the corpus, a,b (all)"},
    {Flag::kText, "--shard", "shard", "I/N", "only part i of n of all cells, for job arrays"},
    {Flag::kSwitch, "--skip-bad-files", "skip_bad_files", nullptr, "leave out files that cannot be read, and exit with 3"},
    {Flag::kText, "--style", "encoder.style", "STYLE", "v1, or v2 with <cls> and <eos> (v1)"},
    {Flag::kValue, "--max-length", "encoder.max_length", "VALUE", "tokens kept of a cell (2048; 4096 in style v2)"},
    {Flag::kValue, "--min-genes", "filters.min_genes", "VALUE", "least number of genes detected in a cell (7)", "Filters"},
    {Flag::kValue, "--max-genes", "filters.max_genes", "VALUE", "most genes detected in a cell (no limit)", "Filters"},
    {Flag::kValue, "--min-counts", "filters.min_counts", "VALUE", "least sum of counts of a cell (0)", "Filters"},
    {Flag::kValue, "--max-counts", "filters.max_counts", "VALUE", "largest sum of counts of a cell (no limit)", "Filters"},
    {Flag::kValue, "--max-mito-fraction", "filters.max_mito_fraction", "VALUE", "largest share of counts of mitochondrial genes (no limit)", "Filters"},
    {Flag::kValue, "--standard-deviations", "filters.standard_deviations", "VALUE", "total counts and mitochondrial fraction within so many of the file's mean (no limit)", "Filters"},
    {Flag::kRepeated, "--include", "filters.include", "RULE", "keep cells whose obs column is so: 'assay=10x*|Drop-seq'; repeatable", "Filters"},
    {Flag::kRepeated, "--exclude", "filters.exclude", "RULE", "drop cells whose obs column is so: 'disease=*cancer*'; repeatable", "Filters"},
};
// clang-format on

constexpr char kExamples[] = R"(Examples:
  biodta-tokenize A.h5ad B.h5ad --vocabulary genes.tsv --output corpus.h5
  biodta-tokenize A.h5ad --estimate-medians --write-vocabulary genes.tsv --output corpus.h5
  biodta-tokenize folder/ --vocabulary genes.tsv --shard 3/16 --output part-3.h5
  biodta-tokenize --merge part-*.h5 --output corpus.h5
  biodta-tokenize --describe A.h5ad)";

}  // namespace

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Turns count files into a corpus of rank-encoded cells.", "biodta-tokenize");
  app.footer(kExamples);
  apps::CommonFlags flags;
  apps::add_flags(app, flags, kFlags);
  bool merge = false;
  std::filesystem::path described;
  app.add_flag("--merge", merge, "the inputs are corpora: join them into one");
  app.add_option("--describe", described, "tell what a count file is, and exit")->type_name("FILE");
  apps::add_config_flags<pipeline::TokenizeOptions>(app, flags);
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    const auto options = apps::read_program_options<pipeline::TokenizeOptions>(flags);
    if (!described.empty()) {
      std::cout << pipeline::describe_counts(described, options);
    } else if (merge) {
      apps::require_flags(flags, {"inputs", "output"}, "--merge takes the corpora and --output alone");
      pipeline::merge_corpora(options.inputs, options.output, reporter);
    } else if (!pipeline::tokenize(options, reporter).skipped.empty()) {
      return 3;  // done, but for some files
    }
    return 0;
  });
}
