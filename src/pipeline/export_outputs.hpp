#pragma once
/// @file
/// The parts of biodta-export. Internal to the room.

#include <biodta/embedding/bank.hpp>
#include <biodta/pipeline/export.hpp>

#include <torch/types.h>

#include <memory>
#include <optional>

namespace biodta::pipeline {

/// The file by which a folder is known as an export: its settings.
inline constexpr const char* kExportRecord = "export.yaml";

/// What can be told from the settings and the names of files alone.
void check(const ExportOptions& options);

/// The context asked for. Throws InputError, with the nearest names, where the bank has none of that name.
embedding::ContextIndex chosen_context(const ExportOptions& options, const embedding::EmbeddingBank& bank);

/// @param bank  nothing where none is given: a run with an adapter then is a ConfigError.
void export_hugging_face(const ExportOptions& options, const std::optional<embedding::EmbeddingBank>& bank,
                         support::Reporter& reporter);

/// The run, and the cells of the corpus that it embeds. What can be wrong with them is found when it is made;
/// nothing is written before run(). All that it is given must outlive it.
class EmbeddingExport {
 public:
  EmbeddingExport(const ExportOptions& options, const std::optional<embedding::EmbeddingBank>& bank,
                  support::Reporter& reporter, torch::Device device);
  ~EmbeddingExport();
  EmbeddingExport(const EmbeddingExport&) = delete;
  EmbeddingExport& operator=(const EmbeddingExport&) = delete;

  void run();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace biodta::pipeline
