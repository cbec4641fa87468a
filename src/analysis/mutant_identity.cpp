#include <biodta/analysis/mutant_identity.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <limits>

namespace biodta::analysis {
namespace {

/// A view of floats as rows; only ever read, though from_blob wants a mutable pointer.
torch::Tensor rows_view(std::span<const float> values, std::size_t row_size) {
  auto* data = const_cast<float*>(values.data());
  return at::from_blob(
      data, {static_cast<std::int64_t>(values.size() / row_size), static_cast<std::int64_t>(row_size)},
      torch::kFloat32);
}

/// @param rows_GD    reference rows of all genes in one space.
/// @param mutant_1D  the mutant there.
Nearness nearness(const torch::Tensor& rows_GD, const torch::Tensor& mutant_1D, std::uint32_t gene,
                  const embedding::EmbeddingBank& bank) {
  const auto distance_G = (rows_GD.to(torch::kFloat64) - mutant_1D.to(torch::kFloat64))
                              .square()
                              .sum(1)
                              .sqrt()
                              .to(torch::kCPU)
                              .contiguous();
  const double* distances = distance_G.const_data_ptr<double>();
  Nearness result;
  result.own = distances[gene];
  result.nearest = std::numeric_limits<double>::infinity();
  for (std::size_t other = 0; other < bank.gene_count(); ++other) {
    if (other == gene || distances[other] >= result.nearest) continue;
    result.nearest = distances[other];
    result.nearest_gene = bank.symbols()[other];
  }
  return result;
}

}  // namespace

std::vector<MutantIdentity> identify_mutants(model::MaskedLanguageModel& model, torch::Device device,
                                             const embedding::EmbeddingBank& bank,
                                             std::span<const MutantRow> mutants) {
  const c10::InferenceMode no_gradients;
  std::vector<MutantIdentity> result;
  if (mutants.empty()) return result;
  if (bank.gene_count() < 2) throw Error("a mutant's identity needs a bank of at least two genes");
  const auto reference = bank.values().first(bank.gene_count() * bank.row_size());
  const auto reference_GE = rows_view(reference, bank.row_size()).to(device);
  const auto mapped_GE = model->map_rows(reference_GE);
  const auto adapted_GH = model->adapt(reference_GE);
  for (const auto& mutant : mutants) {
    if (mutant.row.size() != bank.row_size())
      throw Error("a mutant's row has another size than the bank's rows");
    const auto row_1E = rows_view(mutant.row, bank.row_size()).to(device);
    result.push_back({nearness(mapped_GE, model->map_rows(row_1E), mutant.gene, bank),
                      nearness(adapted_GH, model->adapt(row_1E), mutant.gene, bank)});
  }
  return result;
}

}  // namespace biodta::analysis
