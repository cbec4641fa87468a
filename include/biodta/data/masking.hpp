#pragma once
/// @file
/// Masked-language-model masking (Devlin et al. 2019): 15 % of the tokens are targets; of these 80 % become
/// the mask token, 10 % a random gene, 10 % stay.

#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace biodta::data {

struct MaskingOptions {
  double probability = 0.15;
  double mask_share = 0.8;
  double random_share = 0.1;
};
void describe(support::OptionVisitor& visit, MaskingOptions& options);
/// Throws ConfigError for shares outside of [0, 1], alone or together, and where nothing would be a target.
void validate(const MaskingOptions& options);

/// What was put in a target's place.
enum class Shown : std::uint8_t {
  kMask,    ///< the mask token
  kRandom,  ///< a gene drawn at random, which may be the true one
  kKept     ///< the true token
};
inline constexpr std::size_t kShownKinds = 3;

/// What was done to one cell.
struct MaskedCell {
  std::vector<std::uint32_t> positions;  ///< of the targets, ascending
  std::vector<cells::TokenId> targets;   ///< the true tokens there
  std::vector<Shown> shown;              ///< what stands there now
};
/// Masks `tokens` (genes only; specials are neither chosen nor drawn) in place.
/// A cell with at least one token has at least one target.
/// @param genes       tokens that random replacement draws from (for example those with an embedding row).
/// @param first_gene  Vocabulary::first_gene_token: what is below is special.
MaskedCell mask_tokens(std::span<cells::TokenId> tokens, std::span<const cells::TokenId> genes,
                       cells::TokenId first_gene, const MaskingOptions& options,
                       support::RandomStream& random);

}  // namespace biodta::data
