#include <biodta/analysis/saturation_scan.hpp>
#include <biodta/genome/mutants.hpp>
#include <biodta/genome/sequence.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

std::vector<genome::NamedMutant> mutants_around(const GeneWindow& window, std::int64_t distance) {
  const auto end = window.start + static_cast<std::int64_t>(window.sequence.size());
  const genome::Window interval{std::max(window.start, window.tss - distance),
                                std::min(end, window.tss + distance)};
  return genome::saturation_mutants({window.contig, window.start, window.sequence}, interval);
}

/// 1 − cosine similarity of each window's embedding with the reference's, in double: shifts are tiny.
std::vector<double> shifts_of(const torch::Tensor& rows_NRE, const torch::Tensor& reference_1RE) {
  const auto rows_ND = rows_NRE.flatten(1).to(torch::kFloat64),
             reference_1D = reference_1RE.flatten(1).to(torch::kFloat64);
  const auto shifts_N = (1.0 - torch::cosine_similarity(rows_ND, reference_1D, 1)).contiguous();
  return {shifts_N.const_data_ptr<double>(), shifts_N.const_data_ptr<double>() + shifts_N.numel()};
}

}  // namespace

std::size_t saturation_mutants_of(const GeneWindow& window, std::int64_t distance) {
  const auto tss = window.tss - window.start, size = static_cast<std::int64_t>(window.sequence.size());
  const auto first = std::max<std::int64_t>(0, tss - distance), end = std::min(size, tss + distance);
  const auto known = [](char base) { return genome::base_index(base) >= 0; };
  return 3 * static_cast<std::size_t>(
                 std::count_if(window.sequence.begin() + first, window.sequence.begin() + end, known));
}

SaturationScan scan_saturation(enformer::SequenceEmbedder& embedder,
                               const enformer::ExpressionReadout& readout, const GeneWindow& window,
                               std::int64_t distance, std::int64_t batch, support::Progress* progress) {
  const auto mutants = mutants_around(window, distance);
  const auto reference = embedder.embed_reference(window.sequence, &readout);
  SaturationScan scan;
  scan.reference_expression = reference.embeddings().expression.at(0);
  for (std::size_t first = 0; first < mutants.size(); first += static_cast<std::size_t>(batch)) {
    std::vector<std::string> windows;
    for (std::size_t i = first; i < std::min(mutants.size(), first + static_cast<std::size_t>(batch)); ++i) {
      const genome::Edit& edit = mutants[i].edits.front();
      windows.push_back(window.sequence);
      windows.back()[static_cast<std::size_t>(edit.position - window.start)] = edit.alt.front();
      scan.effects.push_back({edit, 0.0, 0.0});
    }
    const auto embedded = embedder.embed_variants(reference, windows, &readout, batch);
    const auto shifts = shifts_of(embedded.rows_NRE, reference.embeddings().rows_NRE);
    for (std::size_t i = 0; i < windows.size(); ++i) {
      scan.effects[first + i].expression = embedded.expression.at(i);
      scan.effects[first + i].shift = shifts.at(i);
    }
    if (progress != nullptr) progress->update(scan.effects.size());
  }
  return scan;
}

}  // namespace biodta::analysis
