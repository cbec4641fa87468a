#pragma once
/// @file
/// From the journal of biodta-embed to its bank and its table of predictions, record by record.

#include "embed_record.hpp"
#include "embed_source.hpp"

#include <biodta/embedding/bank_header.hpp>
#include <biodta/embedding/row_journal.hpp>
#include <biodta/enformer/tracks.hpp>
#include <biodta/pipeline/embed.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::pipeline {

/// What must be known of all records before the first row can be written.
struct EmbedTally {
  std::uint64_t genes = 0;     ///< with a row
  std::uint64_t embedded = 0;  ///< windows
  std::uint64_t asked = 0;
  std::vector<std::uint64_t> context_rows;  ///< [contexts]
  std::vector<float> known_bases;           ///< [genes]
  std::vector<std::string> left_out;        ///< [records] the reason, or empty

  void add(const GeneRecord& record);
  std::uint64_t records() const noexcept { return left_out.size(); }
  std::uint64_t left_out_genes() const noexcept { return records() - genes; }
};

/// What the two outputs of a run are made from.
struct EmbedResult {
  const EmbedOptions& options;
  const EmbedSource& source;
  std::size_t first_gene;  ///< of the source: gene of the first record
  const embedding::RowJournal& journal;
  const EmbedTally& tally;
  std::uint64_t tokens_per_gene;
  std::uint64_t width;
  std::span<const enformer::Track> tracks;

  std::uint64_t row_size() const noexcept { return tokens_per_gene * width; }
};

/// The record of some bytes of the journal; throws InputError where they are none.
GeneRecord record_in(std::span<const std::byte> bytes, std::uint64_t row_size, std::size_t tracks,
                     const std::filesystem::path& journal);

void write_bank(const EmbedResult& result, embedding::Provenance provenance);
/// Table of EmbedOptions::predictions: gene_id, symbol, context, head, track, name, expression; a line a
/// gene, context (first "reference") and track.
void write_predictions(const EmbedResult& result);

/// Deletes `<output>.<number>.part`, which a run that was killed while it wrote the output leaves behind.
/// Only for the holder of the output's journal.
void remove_leftovers(const std::filesystem::path& output);

}  // namespace biodta::pipeline
