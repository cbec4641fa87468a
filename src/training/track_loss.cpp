#include <biodta/support/tsv.hpp>
#include <biodta/training/track_loss.hpp>

namespace biodta::training {
namespace {

/// Keeps the logarithm finite where softplus underflows.
constexpr double kLeastOutput = 1e-7;

torch::Tensor poisson_sum(const torch::Tensor& output, const torch::Tensor& target) {
  return (output - target * torch::log(output + kLeastOutput)).sum();
}

}  // namespace

void describe(support::OptionVisitor& visit, TrackLossOptions& options) {
  visit.choice("loss", options.kind,
               {{"poisson", TrackLoss::kPoisson}, {"poisson_multinomial", TrackLoss::kPoissonMultinomial}},
               "poisson: of every bin; poisson_multinomial: of the spread over the bins, and of their sum");
  visit.field("total_weight", options.total_weight, "weight of the sum in poisson_multinomial",
              support::at_least(0));
}

std::string to_string(const TrackLossOptions& options) {
  if (options.kind == TrackLoss::kPoisson) return "poisson";
  return "poisson_multinomial, total_weight " + support::format_double(options.total_weight);
}

torch::Tensor track_loss_sum(const torch::Tensor& output_BNT, const torch::Tensor& target_BNT,
                             const TrackLossOptions& options) {
  if (options.kind == TrackLoss::kPoisson) return poisson_sum(output_BNT, target_BNT);
  const auto total_B1T = output_BNT.sum(1, /*keepdim=*/true);
  const auto share_BNT = (output_BNT + kLeastOutput) / (total_B1T + kLeastOutput);
  const auto shape = -(target_BNT * torch::log(share_BNT)).sum();
  return shape + options.total_weight * poisson_sum(total_B1T, target_BNT.sum(1, /*keepdim=*/true));
}

}  // namespace biodta::training
