#pragma once
/// @file
/// The embedding bank that a model reads, from one file or several. Internal to the room.

#include <biodta/cells/corpus.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/model/config.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::pipeline {

/// The files as one bank, joined with banks of other kinds; nothing where none is named. Throws InputError as
/// embedding::read_banks, and where no gene is in all of them.
std::optional<embedding::EmbeddingBank> read_bank(const std::vector<std::filesystem::path>& files,
                                                  const std::vector<std::filesystem::path>& further);

/// The sizes of the bank's parts, as ModelConfig::row_parts.
std::vector<std::int64_t> parts_of(const embedding::EmbeddingBank& bank);

/// The files' names, for a message.
std::filesystem::path name_of_bank(const std::vector<std::filesystem::path>& files,
                                   const std::vector<std::filesystem::path>& further = {});

/// [cells of the corpus] each cell's context by an obs column; empty = the reference for all, where no column
/// is named. Says what is read in the reference.
/// @param setting  that names the column, for messages.
std::vector<embedding::ContextIndex> read_contexts(const cells::Corpus& corpus,
                                                   const embedding::EmbeddingBank& bank,
                                                   std::string_view setting, const std::string& column,
                                                   support::Reporter& reporter);

/// Throws InputError when the adapter reads rows of other sizes than the bank's, or was trained on rows that
/// were made in another way.
/// @param folder  of the model, for the message.
void require_bank_of(const model::ModelConfig& config, const std::filesystem::path& folder,
                     const embedding::EmbeddingBank& bank, const std::vector<std::filesystem::path>& files);

}  // namespace biodta::pipeline
