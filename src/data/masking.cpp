#include <biodta/data/masking.hpp>
#include <biodta/support/error.hpp>

#include <string>

namespace biodta::data {
namespace {

Shown draw_shown(const MaskingOptions& options, support::RandomStream& random) {
  const double draw = random.uniform();
  if (draw < options.mask_share) return Shown::kMask;
  if (draw < options.mask_share + options.random_share) return Shown::kRandom;
  return Shown::kKept;
}

}  // namespace

void validate(const MaskingOptions& options) {
  const auto share = [](double value) { return value >= 0 && value <= 1; };
  if (!share(options.probability) || options.probability == 0.0 || !share(options.mask_share) ||
      !share(options.random_share) || options.mask_share + options.random_share > 1.0 + 1e-12) {
    throw ConfigError(
        "masking: shares must lie between 0 and 1, mask_share and random_share together too, and "
        "probability above 0; found probability " +
        std::to_string(options.probability) + ", mask_share " + std::to_string(options.mask_share) +
        ", random_share " + std::to_string(options.random_share));
  }
}

void describe(support::OptionVisitor& visit, MaskingOptions& options) {
  visit.field("probability", options.probability, "share of tokens that are targets", support::between(0, 1));
  visit.field("mask_share", options.mask_share, "share of targets replaced by the mask token",
              support::between(0, 1));
  visit.field("random_share", options.random_share,
              "share of targets replaced by a random gene; the rest stay", support::between(0, 1));
}

MaskedCell mask_tokens(std::span<cells::TokenId> tokens, std::span<const cells::TokenId> genes,
                       cells::TokenId first_gene, const MaskingOptions& options,
                       support::RandomStream& random) {
  validate(options);
  if (genes.empty() && options.random_share > 0)
    throw Error("masking: there are no genes to draw random tokens from");
  MaskedCell cell;
  std::vector<std::uint32_t> genes_at;
  for (std::uint32_t position = 0; position < tokens.size(); ++position) {
    if (tokens[position] < first_gene) continue;
    genes_at.push_back(position);
    if (random.bernoulli(options.probability)) cell.positions.push_back(position);
  }
  if (cell.positions.empty() && !genes_at.empty())
    cell.positions.push_back(genes_at[random.below(genes_at.size())]);
  for (const std::uint32_t position : cell.positions) {
    cell.targets.push_back(tokens[position]);
    const Shown shown = draw_shown(options, random);
    cell.shown.push_back(shown);
    if (shown == Shown::kMask) tokens[position] = cells::kMaskToken;
    if (shown == Shown::kRandom) tokens[position] = genes[random.below(genes.size())];
  }
  return cell;
}

}  // namespace biodta::data
