#pragma once
/// @file
/// What is known of each kind of perturbation, and its form in a cell. Internal to the room.

#include <biodta/analysis/perturbation.hpp>
#include <biodta/analysis/report.hpp>
#include <biodta/pipeline/mutagenesis.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::pipeline {

class GeneMutants;

struct PerturbationTraits {
  GenePerturbation kind;
  std::string_view name;  ///< in settings
  std::string_view noun;  ///< in sentences and names of methods
  bool dna;               ///< a mutant of the gene is made
  bool row;               ///< the gene's embedding changes: the model must have an adapter
  bool values;            ///< ranks move by counts
};
const PerturbationTraits& traits_of(GenePerturbation kind);
/// Throws ConfigError for a name that is none.
/// @param key  the setting that holds it.
const PerturbationTraits& traits_named(const std::string& name, const std::string& key);

/// "with its token GATA4 at the front": how cells are run, the second time.
/// @param symbols  "GATA4 + TBX5".
std::string compared_text(GenePerturbation kind, const std::string& symbols, std::int64_t quartiles);

/// A gene of a joint perturbation.
struct GeneInCells {
  cells::TokenId token = 0;
  const analysis::PerturbedGene* gene = nullptr;  ///< with its mutants, for kinds that need them
};
/// What is done to the genes at once: one form, or one a mutant where a gene has several in use. Throws
/// ConfigError where several genes have several mutants.
/// @param mutants  nullptr for kinds that need none.
std::vector<analysis::JointPerturbation> forms_of(GenePerturbation kind, std::span<const GeneInCells> genes,
                                                  std::int64_t quartiles, const GeneMutants* mutants);

}  // namespace biodta::pipeline
