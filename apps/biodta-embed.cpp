// Parses the command line of biodta-embed and calls pipeline::embed or merge_banks.
#include "common.hpp"

#include <biodta/pipeline/embed.hpp>
#include <biodta/pipeline/runtime.hpp>

namespace {

using Flag = biodta::apps::FlagSpec;
// clang-format off
constexpr Flag kFlags[] = {
    {Flag::kText, "--genome", "genome", "FILE", "genome, FASTA, plain or bgzip"},
    {Flag::kText, "--annotation", "annotation", "FILE", "genes, GTF, GFF3 or BED"},
    {Flag::kText, "--sequences", "sequences", "FILE", "instead: FASTA, one window a record"},
    {Flag::kText, "--weights", "weights", "DIR", "folder of an Enformer"},
    {Flag::kText, "--output,-o", "output", "FILE", "embedding bank to write"},
    {Flag::kText, "--tss", "genes.tss", "NAME", "position of a gene: gene_start (default), canonical or all_transcripts"},
    {Flag::kText, "--unknown-dna", "unknown_dna", "NAME", "genes off the contigs or in N: refuse (default) or leave_out"},
    {Flag::kValue, "--batch", "batch", "VALUE", "windows a forward pass (64)"},
    {Flag::kText, "--precision", "precision", "NAME", "how rows are stored: float32 (default) or float16"},
    {Flag::kText, "--shard", "shard", "I/N", "only part i of n of the genes, for job arrays"},
    {Flag::kSwitch, "--restart", "restart", nullptr, "begin anew where an earlier run was broken off"},
    {Flag::kSwitch, "--overwrite", "overwrite", nullptr, "replace a finished bank"},
    {Flag::kValue, "--tokens-per-gene", "embedder.tokens_per_gene", "VALUE", "rows a gene, from runs of bins (1)", "Embedding"},
    {Flag::kSwitch, "--reverse-complement", "embedder.reverse_complement", nullptr, "average with the other strand's result", "Embedding"},
    {Flag::kText, "--arithmetic", "embedder.arithmetic", "NAME", "of the Enformer: float32 (default) or bfloat16", "Embedding"},
    {Flag::kText, "--vcf", "vcf", "FILE", "donors' variants; each sample becomes a context", "Donors"},
    {Flag::kList, "--samples", "samples", "NAME", "samples that become contexts, a,b (all)", "Donors"},
    {Flag::kSwitch, "--skip-mismatches", "haplotypes.skip_mismatches", nullptr, "leave out variants whose REF is not the genome's, or that overlap", "Donors"},
    {Flag::kSwitch, "--skip-unsupported", "haplotypes.skip_unsupported", nullptr, "leave out alleles that are not understood", "Donors"},
    {Flag::kList, "--tracks", "tracks", "TRACK", "tracks to predict, a,b: indices, names or patterns ('CAGE:*cardiac*')", "Predictions"},
    {Flag::kText, "--predictions", "predictions", "FILE", "table of predicted expression to write, TSV", "Predictions"},
    {Flag::kText, "--targets", "targets", "FILE", "names of tracks as in targets_human.txt (tracks.tsv of the weights)", "Predictions"},
    {Flag::kText, "--head", "head", "NAME", "output head of the tracks (human)", "Predictions"},
    {Flag::kValue, "--bins", "bins", "VALUE", "bins around the TSS that are summed (3)", "Predictions"},
};
// clang-format on

constexpr char kExamples[] = R"(Examples:
  biodta-embed --genome g.fa --annotation g.gtf --weights enformer --output embeddings.h5
  biodta-embed --genome g.fa --annotation g.gtf --weights enformer --vcf donors.vcf.gz --output embeddings.h5
  biodta-embed --genome g.fa --annotation g.gtf --weights enformer --shard 3/16 --output part-3.h5
  biodta-embed --merge part-*.h5 --output embeddings.h5
  biodta-embed --sequences windows.fa --weights enformer --tracks 5115,4714 --predictions p.tsv --output rows.h5)";

}  // namespace

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Embeds the DNA around every gene's TSS with an Enformer; a run that was broken off goes on.",
               "biodta-embed");
  app.footer(kExamples);
  apps::CommonFlags flags;
  apps::add_flags(app, flags, kFlags);
  std::vector<std::filesystem::path> merged;
  app.add_option("--merge", merged, "shards of one job: join them into --output")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  apps::add_device_flag(app, flags);
  apps::add_config_flags<pipeline::EmbedOptions>(app, flags);
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    pipeline::set_threads(flags.threads);
    const auto options = apps::read_program_options<pipeline::EmbedOptions>(flags);
    if (merged.empty()) return pipeline::embed(options, reporter, flags.device);
    apps::require_flags(flags, {"output", "overwrite"}, "--merge takes the shards and --output alone");
    pipeline::merge_banks(merged, options.output, reporter, options.overwrite);
  });
}
