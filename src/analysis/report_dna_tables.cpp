#include "report_dna_tables.hpp"

#include "report_format.hpp"

#include <biodta/analysis/mutant_vcf.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

std::string yes_or_no(bool value) {
  return value ? "yes" : "no";
}

const char* origin_of(const MutantSearch& search) {
  switch (search.origin) {
    case MutantOrigin::kVariants:
      return "variant";
    case MutantOrigin::kHaplotypes:
      return "haplotype";
    case MutantOrigin::kRandom:
      break;
  }
  return "random";
}

/// "yes", "no", or "NA" where it is not known.
std::string kept_text(const std::optional<MutantIdentity>& identity) {
  return identity ? yes_or_no(identity->kept()) : "NA";
}

/// A mutant that was put into cells.
struct NamedIdentity {
  std::string mutant;
  const MutantIdentity& identity;
};

std::vector<NamedIdentity> identities_of(const PerturbedGene& gene) {
  std::vector<NamedIdentity> found;
  if (gene.search && gene.search->use == MutantUse::kAll) {
    for (const std::size_t trial : gene.search->used)
      if (gene.search->trials.at(trial).identity)
        found.push_back({mutant_label(*gene.search, trial), *gene.search->trials[trial].identity});
    if (!found.empty()) return found;
  }
  if (!gene.identity) return found;
  std::string name = "mutant";
  if (gene.search && gene.search->use == MutantUse::kMean)
    name = "mean of " + std::to_string(gene.search->used.size());
  else if (gene.search && gene.search->chosen)
    name = mutant_label(*gene.search, *gene.search->chosen);
  return {{name, *gene.identity}};
}

}  // namespace

support::Table expression_table(const Report& report) {
  support::Table table{{},
                       {"gene_id", "symbol", "role", "trial", "edits", "expression_reference",
                        "expression_mutant", "fold_change", "lowers", "chosen", "origin", "name", "carriers",
                        "wanted", "used", "row_distance", "row_shift", "identity_kept"},
                       {}};
  for (const auto& gene : report.perturbed) {
    if (!gene.search) continue;
    const MutantSearch& search = *gene.search;
    for (std::size_t i = 0; i < search.trials.size(); ++i) {
      const MutantTrial& trial = search.trials[i];
      table.rows.push_back({gene.gene_id, gene.symbol, role_of(gene), std::to_string(i + 1),
                            std::to_string(trial.edits.size()), exact_number(search.reference_expression),
                            exact_number(trial.expression), exact_number(fold_of(search, i)),
                            yes_or_no(trial.lowers), yes_or_no(search.chosen == i), origin_of(search),
                            trial.name, trial.carriers ? std::to_string(*trial.carriers) : "NA",
                            yes_or_no(trial.wanted), yes_or_no(is_used(search, i)),
                            exact_number(trial.row_distance), exact_number(trial.row_shift),
                            kept_text(trial.identity)});
    }
  }
  return table;
}

support::Table identity_table(const Report& report) {
  support::Table table{{},
                       {"gene_id", "symbol", "role", "space", "distance_to_own_reference",
                        "distance_to_nearest_other", "nearest_other", "nearest_is_own", "mutant"},
                       {}};
  for (const auto& gene : report.perturbed) {
    for (const auto& [mutant, identity] : identities_of(gene)) {
      for (const auto& [space, near] :
           {std::pair{"input", identity.input}, std::pair{"adapted", identity.adapted}})
        table.rows.push_back({gene.gene_id, gene.symbol, role_of(gene), space, exact_number(near.own),
                              exact_number(near.nearest), near.nearest_gene, yes_or_no(near.kept()), mutant});
    }
  }
  return table;
}

support::Table saturation_table(const Report& report) {
  support::Table table{{},
                       {"gene_id", "symbol", "contig", "position", "ref", "alt", "expression_reference",
                        "expression_mutant", "fold_change", "embedding_shift"},
                       {}};
  for (const auto& gene : report.perturbed) {
    if (!gene.saturation) continue;
    const double reference = gene.saturation->reference_expression;
    for (const auto& effect : gene.saturation->effects) {
      table.rows.push_back({gene.gene_id, gene.symbol, gene.window->contig,
                            std::to_string(effect.edit.position + 1), effect.edit.ref, effect.edit.alt,
                            exact_number(reference), exact_number(effect.expression),
                            exact_number(reference != 0.0 ? effect.expression / reference : std::nan("")),
                            exact_number(effect.shift)});
    }
  }
  return table;
}

support::Table window_track_table(const Report& report) {
  support::Table table{
      {},
      {"gene_id", "symbol", "role", "start", "end", "summed", "expression_reference", "expression_mutant"},
      {}};
  for (const auto& gene : report.perturbed) {
    if (!gene.track) continue;
    const WindowTrack& track = *gene.track;
    for (std::size_t bin = 0; bin < track.reference.size(); ++bin) {
      const std::int64_t start = track.first + static_cast<std::int64_t>(bin) * track.bin_size;
      const bool summed = start >= track.summed_first && start < track.summed_end;
      table.rows.push_back({gene.gene_id, gene.symbol, role_of(gene), std::to_string(start),
                            std::to_string(start + track.bin_size), yes_or_no(summed),
                            exact_number(track.reference[bin]), exact_number(track.mutant.at(bin))});
    }
  }
  return table;
}

void write_mutants_vcf(const Report& report, const std::filesystem::path& path) {
  std::vector<MutatedGene> genes;
  for (const auto& gene : report.perturbed)
    if (gene.search && gene.search->chosen) genes.push_back({gene.symbol, *gene.window, *gene.search});
  write_mutants(path, genes);
}

}  // namespace biodta::analysis
