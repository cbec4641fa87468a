#pragma once
/// @file
/// Where the DNA of genes to mutate comes from. Internal to the room.

#include <biodta/analysis/mutant.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/pipeline/mutagenesis.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace biodta::pipeline {

/// Windows of genes, by id first, else by symbol.
class MutantWindows {
 public:
  virtual ~MutantWindows() = default;
  /// Nothing where there is no DNA for the gene.
  virtual std::optional<analysis::GeneWindow> window(const cells::VocabularyGene& gene,
                                                     std::int64_t length) const = 0;
  /// What variants are made on; nullptr where only windows are known.
  virtual const genome::Genome* genome() const = 0;
};

/// From genome and annotation, or from a file of windows. Throws ConfigError where neither or both are set.
std::unique_ptr<MutantWindows> open_mutant_windows(const MutagenesisRunOptions& options);

}  // namespace biodta::pipeline
