#pragma once
/// @file
/// What the page says of mutated DNA.

#include <biodta/analysis/report.hpp>

#include <string>

namespace biodta::analysis {

/// How many mutants were made, which were taken and what they do to predicted expression, of each gene asked
/// for: paragraphs. Empty where no DNA was mutated.
std::string mutation_html(const Report& report);
/// Whether each mutant is still its gene, and a table of the mutants of all genes, the controls' too.
std::string mutated_genes_html(const Report& report);
/// "with mutants chosen to …": how the strength of the controls' mutants was chosen; empty where it was not.
std::string matched_strength_text(const Report& report);

}  // namespace biodta::analysis
