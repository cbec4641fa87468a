#pragma once
/// @file
/// Scores mutants of one window, batch by batch. Internal to the room.

#include <biodta/analysis/mutant_search.hpp>

#include <string>
#include <vector>

namespace biodta::analysis {

/// Embeds mutants of a window and enters them into a search, with the rows of all of them until some are
/// chosen.
class MutantScorer {
 public:
  /// Embeds the window as it is. The embedder must outlive the object.
  MutantScorer(enformer::SequenceEmbedder& embedder, const enformer::ExpressionReadout& readout,
               const GeneWindow& window, std::int64_t batch, IdentifyRows identify);

  /// Appends mutants: `trials` with their edits, `windows` their DNA. Fills expression, lowers, distances
  /// and, where it can be known, identity.
  void add(std::vector<MutantTrial> trials, const std::vector<std::string>& windows);
  MutantSearch& search() noexcept { return search_; }
  /// The search with the rows of what it uses: to be called once, after the choice.
  MutantSearch take();

 private:
  void score(MutantTrial& trial, const std::vector<float>& row) const;

  enformer::SequenceEmbedder& embedder_;
  enformer::ExpressionReadout readout_;
  std::int64_t batch_;
  IdentifyRows identify_;
  enformer::EmbeddedReference reference_;
  MutantSearch search_;
  std::vector<std::vector<float>> rows_;  // [trials]
};

}  // namespace biodta::analysis
