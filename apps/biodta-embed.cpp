// Parses the command line of biodta-embed and calls pipeline::embed.
#include "common.hpp"

#include <biodta/pipeline/embed.hpp>
#include <biodta/pipeline/runtime.hpp>

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Embeds the DNA around every gene's transcription start site with an Enformer.",
               "biodta-embed");
  app.footer(
      "Examples:\n"
      "  biodta-embed --genome g.fa --annotation g.gtf --weights enformer --output embeddings.h5\n"
      "  biodta-embed --genome g.fa --annotation g.gtf --weights enformer --vcf donors.vcf.gz --output "
      "embeddings.h5");
  apps::CommonFlags flags;
  apps::add_text_flag(app, flags, "--genome", "genome", "genome, FASTA, plain or bgzip")->type_name("FILE");
  apps::add_text_flag(app, flags, "--annotation", "annotation", "genes, GTF or BED")->type_name("FILE");
  apps::add_text_flag(app, flags, "--sequences", "sequences", "instead: FASTA, one window a record")
      ->type_name("FILE");
  apps::add_text_flag(app, flags, "--weights", "weights", "folder of an Enformer")->type_name("DIR");
  apps::add_text_flag(app, flags, "--vcf", "vcf", "donors' variants; each sample becomes a context")
      ->type_name("FILE");
  apps::add_list_flag(app, flags, "--samples", "samples", "samples that become contexts (all)")
      ->type_name("NAME");
  apps::add_text_flag(app, flags, "--output,-o", "output", "embedding bank to write")->type_name("FILE");
  apps::add_text_flag(app, flags, "--tss", "genes.tss",
                      "position of a gene: gene_start (default) or canonical")
      ->type_name("NAME");
  apps::add_value_flag(app, flags, "--batch", "batch", "windows a forward pass (64)");
  apps::add_text_flag(app, flags, "--precision", "precision",
                      "how rows are stored: float32 (default) or float16")
      ->type_name("NAME");
  apps::add_device_flag(app, flags);
  apps::add_config_flags<pipeline::EmbedOptions>(app, flags);
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    pipeline::set_threads(flags.threads);
    pipeline::embed(apps::read_program_options<pipeline::EmbedOptions>(flags), reporter, flags.device);
  });
}
