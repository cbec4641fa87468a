#pragma once
/// @file
/// biodta-mutagenesis --all-genes: every gene of every cell perturbed, one at a time, as Geneformer's in
/// silico perturber does with genes_to_perturb="all".

#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/reporter.hpp>

#include <string_view>

namespace biodta::pipeline {

/// Measures the chosen cells in chunks and writes the report (genes.tsv, figures/, config.yaml, report.html),
/// which appears whole or not at all. What each chunk gave is kept in `<output>.part` until then: a run that
/// was broken off, started again, goes on and writes the same bytes. With a shard the process measures its
/// part of the chunks; the one that finds all parts there writes the report, with the bytes of one process.
///
/// Of the options, run, corpus, the banks, perturbation, quartiles, cells, shift, evaluation.min_cells,
/// shard, seed (of the cells), output, overwrite and notes count. The perturbation is delete, overexpress,
/// inhibit, activate or mask: those that need a gene's mutant (mutate and the rank moves) would take runs of
/// the Enformer a gene.
/// @return without a report where other shards are not there yet, which the text then names. Throws as
///         mutagenesis; ConfigError for those perturbations and beside `gene`, `with`, `saturation` and
///         `mutants.vcf`; InputError for what another job left in `<output>.part`, but with overwrite, and
///         for what another process is writing there.
MutagenesisOutcome perturb_every_gene(const MutagenesisRunOptions& options, support::Reporter& reporter,
                                      std::string_view device = "auto");

/// Tells how much the job is, and how long it will take, going by one cell of middle length.
void estimate_every_gene(const MutagenesisRunOptions& options, support::Reporter& reporter,
                         std::string_view device = "auto");

}  // namespace biodta::pipeline
