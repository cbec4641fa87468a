#include <biodta/pipeline/train.hpp>

namespace biodta::pipeline {

void describe(support::OptionVisitor& visit, BankOptions& options) {
  visit.field(
      "context_column", options.context_column,
      "obs column whose values name the bank's contexts (for example donor); empty = reference for all");
  visit.choice(
      "missing_rows", options.missing_rows,
      {{"drop", MissingRows::kDrop}, {"learned", MissingRows::kLearned}, {"error", MissingRows::kError}},
      "genes that the bank has no row for: left out of the cells, given a learned vector each, or an error");
  visit.field("min_overlap", options.min_overlap,
              "least share of the vocabulary's genes that must have a row", support::between(0, 1));
}

void describe(support::OptionVisitor& visit, DistributedOptions& options) {
  visit.field("processes", options.processes,
              "ranks that the program starts on this machine; 0 = one per visible GPU, else one",
              support::between(0, 4096));
  visit.field("timeout_seconds", options.timeout_seconds,
              "silence after which another rank is taken for dead", support::at_least(1));
}

void describe(support::OptionVisitor& visit, TrainOptions& options) {
  visit.field("corpus", options.corpus, "rank-encoded cells, from biodta-tokenize");
  visit.field("embeddings", options.embeddings,
              "embedding bank, from biodta-embed, or several as one; for the adapter only");
  visit.field(
      "further_embeddings", options.further_embeddings,
      "banks of other kinds (protein, isoforms), each read by an adapter of its own; the outputs are added");
  visit.field("output", options.output, "run folder");
  visit.field("corpus_in_memory", options.corpus_in_memory,
              "hold all tokens in memory, 2 or 4 bytes each and rank");
  visit.section("model", options.model, "sizes of the model, and where token embeddings come from");
  visit.section("bank", options.bank, "how cells meet the embedding bank");
  visit.section("sampler", options.sampler, "how cells become batches");
  visit.section("masking", options.masking, "which tokens are hidden");
  visit.section("held_out", options.held_out, "cells kept for evaluation");
  visit.section("training", options.training, "the loop");
  visit.section("optimizer", options.optimizer, "Adam or AdamW");
  visit.section("schedule", options.schedule, "learning rate over the run");
  visit.section("distributed", options.distributed, "several processes");
}

}  // namespace biodta::pipeline
