#include <biodta/analysis/mutant_identity.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <limits>

namespace biodta::analysis {
namespace {

/// Reference rows that are taken to double at once.
constexpr std::int64_t kBlock = 1024;

/// A view of floats as rows; only ever read, though from_blob wants a mutable pointer.
torch::Tensor rows_view(std::span<const float> values, std::size_t row_size) {
  auto* data = const_cast<float*>(values.data());
  return at::from_blob(
      data, {static_cast<std::int64_t>(values.size() / row_size), static_cast<std::int64_t>(row_size)},
      torch::kFloat32);
}

/// Index of the nearest other gene of each mutant. By |b|² - 2ab in double, one product a block: what that
/// rounds (1e-16 of the rows' size) decides only between genes that are equally near.
/// @param own_N  the gene of each mutant.
torch::Tensor nearest_others(const torch::Tensor& rows_GD, const torch::Tensor& mutants_ND,
                             const torch::Tensor& own_N) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto count = mutants_ND.size(0);
  auto least_N = at::full({count}, kInfinity, mutants_ND.options());
  auto nearest_N = at::zeros({count}, own_N.options());
  for (std::int64_t first = 0; first < rows_GD.size(0); first += kBlock) {
    const auto size = std::min(kBlock, rows_GD.size(0) - first);
    const auto block_BD = rows_GD.narrow(0, first, size).to(torch::kFloat64);
    auto apart_NB = block_BD.square().sum(1).unsqueeze(0) - 2.0 * mutants_ND.matmul(block_BD.t());
    const auto here_N = own_N.ge(first).logical_and(own_N.lt(first + size));
    const auto place_N1 = (own_N - first).clamp(0, size - 1).unsqueeze(1);
    const auto kept_N1 = apart_NB.gather(1, place_N1);
    apart_NB.scatter_(1, place_N1, kept_N1.masked_fill(here_N.unsqueeze(1), kInfinity));
    const auto [block_least_N, block_nearest_N] = apart_NB.min(1);
    const auto nearer_N = block_least_N.lt(least_N);
    least_N = at::where(nearer_N, block_least_N, least_N);
    nearest_N = at::where(nearer_N, block_nearest_N + first, nearest_N);
  }
  return nearest_N;
}

/// Euclidean distances of rows to the chosen reference rows, from their differences.
torch::Tensor distances_to(const torch::Tensor& rows_GD, const torch::Tensor& mutants_ND,
                           const torch::Tensor& genes_N) {
  const auto chosen_ND = rows_GD.index_select(0, genes_N).to(torch::kFloat64);
  return (chosen_ND - mutants_ND).square().sum(1).sqrt().to(torch::kCPU).contiguous();
}

/// @param rows_GD     reference rows of all genes in one space.
/// @param mutants_ND  the mutants there.
std::vector<Nearness> nearness(const torch::Tensor& rows_GD, const torch::Tensor& mutants_ND,
                               const torch::Tensor& own_N, const embedding::EmbeddingBank& bank) {
  const auto exact_ND = mutants_ND.to(torch::kFloat64);
  const auto others_N = nearest_others(rows_GD, exact_ND, own_N);
  const auto own = distances_to(rows_GD, exact_ND, own_N);
  const auto nearest = distances_to(rows_GD, exact_ND, others_N);
  const auto other = others_N.to(torch::kCPU).contiguous();
  std::vector<Nearness> result;
  for (std::int64_t i = 0; i < own.numel(); ++i) {
    const auto gene = static_cast<std::size_t>(other.const_data_ptr<std::int64_t>()[i]);
    result.push_back(
        {own.const_data_ptr<double>()[i], nearest.const_data_ptr<double>()[i], bank.symbols().at(gene)});
  }
  return result;
}

}  // namespace

MutantIdentifier::MutantIdentifier(model::MaskedLanguageModel model, torch::Device device,
                                   const embedding::EmbeddingBank& bank)
    : model_(std::move(model)), device_(device), bank_(bank) {
  if (bank.gene_count() < 2) throw Error("a mutant's identity needs a bank of at least two genes");
  const c10::InferenceMode no_gradients;
  const auto reference = bank.values().first(bank.gene_count() * bank.row_size());
  const auto reference_GE = rows_view(reference, bank.row_size()).to(device);
  mapped_GE_ = model_->map_rows(reference_GE);
  adapted_GH_ = model_->adapt(reference_GE);
}

std::vector<MutantIdentity> MutantIdentifier::identify(std::span<const MutantRow> mutants) const {
  if (mutants.empty()) return {};
  const c10::InferenceMode no_gradients;
  std::vector<float> rows;
  std::vector<std::int64_t> genes;
  for (const auto& mutant : mutants) {
    if (mutant.row.size() != bank_.row_size())
      throw Error("a mutant's row has another size than the bank's rows");
    rows.insert(rows.end(), mutant.row.begin(), mutant.row.end());
    genes.push_back(mutant.gene);
  }
  const auto rows_NE = rows_view(rows, bank_.row_size()).to(device_);
  const auto own_N =
      at::from_blob(genes.data(), {static_cast<std::int64_t>(genes.size())}, torch::kInt64).to(device_);
  const auto input = nearness(mapped_GE_, model_->map_rows(rows_NE), own_N, bank_);
  const auto adapted = nearness(adapted_GH_, model_->adapt(rows_NE), own_N, bank_);
  std::vector<MutantIdentity> result;
  for (std::size_t i = 0; i < mutants.size(); ++i) result.push_back({input[i], adapted[i]});
  return result;
}

std::vector<MutantIdentity> identify_mutants(model::MaskedLanguageModel& model, torch::Device device,
                                             const embedding::EmbeddingBank& bank,
                                             std::span<const MutantRow> mutants) {
  if (mutants.empty()) return {};
  return MutantIdentifier(model, device, bank).identify(mutants);
}

}  // namespace biodta::analysis
