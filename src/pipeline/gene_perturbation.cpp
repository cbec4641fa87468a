#include "gene_perturbation.hpp"

#include "gene_mutants.hpp"

#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>

namespace biodta::pipeline {
namespace {

using analysis::PerturbationKind;

constexpr std::array<PerturbationTraits, 8> kTraits{{
    {GenePerturbation::kMutate, "mutate", "in silico mutagenesis", true, true, false},
    {GenePerturbation::kMutateAndRankMove, "mutate_and_rank_move", "in silico mutagenesis with rank move",
     true, true, true},
    {GenePerturbation::kRankMove, "rank_move", "rank move", true, false, true},
    {GenePerturbation::kDelete, "delete", "in silico deletion", false, false, false},
    {GenePerturbation::kOverexpress, "overexpress", "in silico overexpression", false, false, false},
    {GenePerturbation::kInhibit, "inhibit", "in silico inhibition", false, false, false},
    {GenePerturbation::kActivate, "activate", "in silico activation", false, false, false},
    {GenePerturbation::kMask, "mask", "mask in place", false, false, false},
}};

analysis::Perturbation of_token(GenePerturbation kind, cells::TokenId token, std::int64_t quartiles) {
  analysis::Perturbation result;
  result.token = token;
  const auto by = static_cast<int>(quartiles);
  switch (kind) {
    case GenePerturbation::kOverexpress:
      result.kind = PerturbationKind::kOverexpress;
      break;
    case GenePerturbation::kInhibit:
    case GenePerturbation::kActivate:
      result.kind = PerturbationKind::kRankShift;
      result.quartiles = kind == GenePerturbation::kActivate ? by : -by;
      break;
    case GenePerturbation::kMask:
      result.kind = PerturbationKind::kMask;
      break;
    default:
      result.kind = PerturbationKind::kDelete;
  }
  return result;
}

std::vector<analysis::Perturbation> of_mutants(const PerturbationTraits& traits, const GeneInCells& gene,
                                               const GeneMutants& mutants) {
  auto result = mutants.perturbations(*gene.gene, gene.token);
  if (!traits.values) return result;
  const auto folds = analysis::fold_changes(*gene.gene->search);
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i].kind = PerturbationKind::kRankMove;
    result[i].fold_change = folds.at(i);
    if (traits.row) continue;
    result[i].row.clear();
    result[i].reference_row.clear();
  }
  return result;
}

}  // namespace

const PerturbationTraits& traits_of(GenePerturbation kind) {
  return *std::find_if(kTraits.begin(), kTraits.end(), [&](const auto& one) { return one.kind == kind; });
}

const PerturbationTraits& traits_named(const std::string& name, const std::string& key) {
  const auto found =
      std::find_if(kTraits.begin(), kTraits.end(), [&](const auto& one) { return one.name == name; });
  if (found != kTraits.end()) return *found;
  std::vector<std::string> names;
  names.reserve(kTraits.size());
  for (const auto& one : kTraits) names.emplace_back(one.name);
  throw ConfigError(key + ": found '" + name + "', expected one of " + support::join_words(names));
}

std::string compared_text(GenePerturbation kind, const std::string& symbols, std::int64_t quartiles) {
  const std::string by = std::to_string(quartiles) + (quartiles == 1 ? " quartile" : " quartiles");
  const std::string rank = "at the rank that its count times the predicted fold change gives it";
  switch (kind) {
    case GenePerturbation::kMutate:
      return "with the reference embedding of " + symbols + " and with the mutant’s";
    case GenePerturbation::kMutateAndRankMove:
      return "with the reference embedding of " + symbols + " in its place and with the mutant’s, " + rank;
    case GenePerturbation::kRankMove:
      return "as it is and with " + symbols + " " + rank;
    case GenePerturbation::kDelete:
      return "as it is and without its token " + symbols;
    case GenePerturbation::kOverexpress:
      return "as it is and with " + symbols + " at its front";
    case GenePerturbation::kInhibit:
      return "as it is and with " + symbols + " moved down by " + by;
    case GenePerturbation::kActivate:
      return "as it is and with " + symbols + " moved up by " + by;
    case GenePerturbation::kMask:
      return "as it is and with a mask in the place of " + symbols;
  }
  throw Error("a perturbation of no kind");
}

std::vector<analysis::JointPerturbation> forms_of(GenePerturbation kind, std::span<const GeneInCells> genes,
                                                  std::int64_t quartiles, const GeneMutants* mutants) {
  const auto& traits = traits_of(kind);
  std::vector<analysis::JointPerturbation> forms(1);
  for (const auto& gene : genes) {
    if (!traits.dna) {
      forms.front().genes.push_back(of_token(kind, gene.token, quartiles));
      continue;
    }
    auto own = of_mutants(traits, gene, *mutants);
    if (genes.size() == 1) return analysis::each_alone(own);
    if (own.size() != 1)
      throw ConfigError("mutants.use: found all for " + std::to_string(genes.size()) +
                            " genes that are mutated together, expected best or mean",
                        gene.gene->symbol + " alone has " + std::to_string(own.size()) + " mutants in use");
    forms.front().genes.push_back(std::move(own.front()));
  }
  return forms;
}

}  // namespace biodta::pipeline
