// Parses the command line of biodta-export and calls pipeline::export_run.
#include "common.hpp"

#include <biodta/pipeline/export.hpp>
#include <biodta/pipeline/runtime.hpp>

namespace {

using Flag = biodta::apps::FlagSpec;
// clang-format off
constexpr Flag kFlags[] = {
    {Flag::kText, "--run", "run", "DIR", "run folder of biodta-train, finished"},
    {Flag::kText, "--hf", "hf", "DIR", "write a Hugging Face BertForMaskedLM"},
    {Flag::kText, "--cells", "cells", "FILE", "write cell embeddings, .h5ad"},
    {Flag::kText, "--genes", "genes", "FILE", "write gene embeddings, .h5ad"},
    {Flag::kText, "--corpus", "corpus", "FILE", "cells to embed, from biodta-tokenize"},
    {Flag::kRepeated, "--embeddings", "embeddings", "FILE", "embedding bank of a run with an adapter; repeatable"},
    {Flag::kText, "--context", "context", "NAME", "context of the bank, such as a donor (the reference)"},
    {Flag::kSwitch, "--overwrite", "overwrite", nullptr, "replace outputs that exist"},
    {Flag::kValue, "--layer", "embedding.layer", "N", "layer of embeddings: -1 = last, 0 = input (-2)", "Embeddings"},
    {Flag::kRepeated, "--filter", "selection.filters", "COLUMN=VALUE", "cells to embed, by obs (all)", "Embeddings"},
    {Flag::kValue, "--max-cells", "selection.max_cells", "N", "cells drawn when more pass; 0 = all (0)", "Embeddings"},
    {Flag::kText, "--context-column", "selection.context_column", "NAME", "obs column that names each cell's context", "Embeddings"},
    {Flag::kValue, "--batch", "embedding.batch_tokens", "N", "tokens a forward pass (16384)", "Embeddings"},
};
// clang-format on

constexpr char kExamples[] = R"(Examples:
  biodta-export --run run --embeddings embeddings.h5 --hf bert                    the adapter's outputs become a table
  biodta-export --run run --embeddings embeddings.h5 --context donor7 --hf bert7  those of a donor's DNA
  biodta-export --run twin --corpus corpus.h5 --cells cells.h5ad --genes genes.h5ad
  biodta-export --run run --embeddings embeddings.h5 --corpus corpus.h5 --cells heart.h5ad --filter organ=heart)";

}  // namespace

int main(int argc, char** argv) {
  using namespace biodta;
  CLI::App app("Writes a trained run as a Hugging Face model, and embeddings of its cells and genes.",
               "biodta-export");
  app.footer(kExamples);
  apps::CommonFlags flags;
  apps::add_flags(app, flags, kFlags);
  apps::add_device_flag(app, flags);
  apps::add_config_flags<pipeline::ExportOptions>(app, flags);
  return apps::run_program(app, argc, argv, flags, [&](support::Reporter& reporter) {
    pipeline::set_threads(flags.threads);
    const auto options = apps::read_program_options<pipeline::ExportOptions>(flags);
    pipeline::export_run(options, reporter, flags.device);
  });
}
