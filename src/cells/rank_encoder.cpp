#include "count_row.hpp"

#include <biodta/cells/gene_matching.hpp>
#include <biodta/cells/rank_encoder.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

namespace biodta::cells {
namespace {

constexpr std::int64_t kUsualLength = 2048;
constexpr std::int64_t kUsualLengthEnclosed = 4096;

/// Below this, sorting by comparison is faster than going through two tables of digits.
constexpr std::size_t kDigitsPay = 200;
constexpr int kDigitBits = 11;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;

/// Ascends as a positive double falls: the bits of positive floats grow with the value. Rounding to float32
/// never swaps two keys, it only makes some equal.
std::uint32_t falling_bits(double key) {
  return ~std::bit_cast<std::uint32_t>(static_cast<float>(key));
}

/// What is sorted: two digits, the index of a gene in the cell, and its token, from high to low.
using Slot = std::uint64_t;
constexpr unsigned kPackedBits = 21;
constexpr std::size_t kMostPacked = std::size_t{1} << kPackedBits;  // genes in a cell, and tokens
static_assert(2 * kDigitBits + 2 * kPackedBits == 64);

Slot pack(std::uint32_t digits, std::size_t index, TokenId token) {
  return (Slot{digits} << (2 * kPackedBits)) | (Slot{index} << kPackedBits) | token;
}
std::uint32_t digits_in(Slot slot) {
  return static_cast<std::uint32_t>(slot >> (2 * kPackedBits));
}
std::size_t index_in(Slot slot) {
  return (slot >> kPackedBits) % kMostPacked;
}
TokenId token_in(Slot slot) {
  return static_cast<TokenId>(slot % kMostPacked);
}

/// Genes of a cell, by their index in it: the highest key first, equal keys by ascending token.
struct RankOrder {
  std::span<const double> keys;
  std::span<const TokenId> tokens;
  bool operator()(std::size_t a, std::size_t b) const {
    return keys[a] > keys[b] || (keys[a] == keys[b] && tokens[a] < tokens[b]);
  }
};

/// Appends the tokens of the `kept` first genes.
void append_sorted(const RankOrder& before, std::size_t kept, std::vector<TokenId>& out) {
  std::vector<std::size_t> order(before.tokens.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(), before);
  for (std::size_t i = 0; i < kept; ++i) out.push_back(before.tokens[order[i]]);
}

/// How many genes have each digit, turned into where the first of them goes.
using DigitPlaces = std::array<std::uint32_t, kDigits>;
void to_places(DigitPlaces& counts) {
  std::uint32_t next = 0;
  for (std::uint32_t& count : counts) next += std::exchange(count, next);
}

/// Two digits of the bits of each key, as many bits as their range needs; they ascend as the keys fall.
void take_digits(std::span<const double> keys, std::vector<std::uint32_t>& digits, DigitPlaces& low,
                 DigitPlaces& high) {
  std::uint32_t least = ~std::uint32_t{0};
  std::uint32_t most = 0;
  digits.resize(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    digits[i] = falling_bits(keys[i]);
    least = std::min(least, digits[i]);
    most = std::max(most, digits[i]);
  }
  const int shift = std::max(0, static_cast<int>(std::bit_width(most - least)) - 2 * kDigitBits);
  for (std::uint32_t& pair : digits) {
    pair = (pair - least) >> shift;
    ++low[pair % kDigits];
    ++high[pair / kDigits];
  }
  to_places(low);
  to_places(high);
}

/// Orders exactly what agrees in both digits, as far as the first `kept` slots need it.
void order_ties(const RankOrder& before, std::size_t kept, std::span<Slot> slots) {
  for (std::size_t i = 0; i < kept;) {
    std::size_t end = i + 1;
    while (end < slots.size() && digits_in(slots[end]) == digits_in(slots[i])) ++end;
    if (end - i > 1) {
      std::sort(slots.begin() + static_cast<std::ptrdiff_t>(i),
                slots.begin() + static_cast<std::ptrdiff_t>(end),
                [&](Slot a, Slot b) { return before(index_in(a), index_in(b)); });
    }
    i = end;
  }
}

}  // namespace

void describe(support::OptionVisitor& visit, RankEncoderOptions& options) {
  visit.choice(
      "style", options.style, {{"v1", SpecialTokens::kPadMask}, {"v2", SpecialTokens::kPadMaskClsEos}},
      "Geneformer's first version (<pad>, <mask>, genes from 2), or its second (<cls> and <eos> around "
      "every cell, genes from 4)");
  visit.field(
      "max_length", options.max_length,
      "tokens kept of a cell, from the highest rank, <cls> and <eos> counted; 0 = 2,048 in style v1, 4,096 "
      "in style v2",
      support::at_least(0));
}

RankEncoder::RankEncoder(const Vocabulary& vocabulary, std::span<const TokenId> column_tokens,
                         const RankEncoderOptions& options)
    : column_tokens_(column_tokens.begin(), column_tokens.end()),
      medians_(vocabulary.token_count(), 1.0),
      enclosed_(vocabulary.specials() == SpecialTokens::kPadMaskClsEos) {
  const std::int64_t usual = enclosed_ ? kUsualLengthEnclosed : kUsualLength;
  const std::int64_t length = options.max_length == 0 ? usual : options.max_length;
  const std::int64_t around = enclosed_ ? 2 : 0;
  if (length <= around) {
    throw ConfigError("max_length: found " + std::to_string(options.max_length) + ", expected at least " +
                      std::to_string(around + 1));
  }
  max_genes_ = static_cast<std::size_t>(length - around);
  for (std::size_t i = 0; i < vocabulary.gene_count(); ++i) {
    medians_[i + vocabulary.first_gene_token()] = vocabulary.genes()[i].median;
  }
  std::vector<bool> seen(vocabulary.token_count(), false);
  for (const TokenId token : column_tokens_) {
    if (token == kPadToken) continue;
    if (token >= seen.size())
      throw Error("rank encoder: token " + std::to_string(token) + " is not in the vocabulary");
    tokens_repeat_ = tokens_repeat_ || seen[token];
    seen[token] = true;
  }
  for (TokenId& token : column_tokens_) {
    if (std::isnan(medians_[token])) token = kPadToken;  // a gene without a median is never encoded
  }
}

RankEncoder::RankEncoder(const Vocabulary& vocabulary, std::span<const std::string> gene_ids,
                         const RankEncoderOptions& options)
    : RankEncoder(vocabulary, match_genes(vocabulary, {gene_ids, {}}).tokens, options) {}

void RankEncoder::gather(std::span<const std::uint32_t> columns, std::span<const float> counts,
                         Workspace& workspace) const {
  std::vector<double>& keys = workspace.keys_;
  std::vector<TokenId>& tokens = workspace.tokens_;
  if (tokens_repeat_ || !ascending(columns)) {
    keys.clear();
    tokens.clear();
    std::vector<GeneCount> genes;
    sum_by_gene(columns, counts, column_tokens_, kPadToken, genes);
    for (const GeneCount& gene : genes) {
      keys.push_back(gene.count / medians_[gene.gene]);
      tokens.push_back(gene.gene);
    }
    return;
  }
  // Every column is written and only those that count are stepped over: no branch to mispredict.
  keys.resize(columns.size());
  tokens.resize(columns.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const TokenId token = column_tokens_[columns[i]];
    keys[kept] = static_cast<double>(counts[i]) / medians_[token];
    tokens[kept] = token;
    kept += token != kPadToken && counts[i] > 0.0F ? 1 : 0;
  }
  keys.resize(kept);
  tokens.resize(kept);
}

void RankEncoder::encode(std::span<const std::uint32_t> columns, std::span<const float> counts,
                         Workspace& workspace, std::vector<TokenId>& out) const {
  gather(columns, counts, workspace);
  if (workspace.tokens_.empty()) return;
  if (enclosed_) out.push_back(kClsToken);
  rank(workspace, out);
  if (enclosed_) out.push_back(kEosToken);
}

void RankEncoder::rank(Workspace& workspace, std::vector<TokenId>& out) const {
  const RankOrder before{workspace.keys_, workspace.tokens_};
  const std::size_t count = before.tokens.size();
  const std::size_t kept = std::min(count, max_genes_);
  if (count < kDigitsPay || count > kMostPacked || medians_.size() > kMostPacked) {
    append_sorted(before, kept, out);
    return;
  }
  // Two digits sort nearly all: the low one first, then, in the order that it made, the high one.
  std::vector<std::uint32_t>& digits = workspace.digits_;
  DigitPlaces low{};
  DigitPlaces high{};
  take_digits(before.keys, digits, low, high);
  std::vector<Slot>& by_low = workspace.by_low_;
  by_low.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    by_low[low[digits[i] % kDigits]++] = pack(digits[i], i, before.tokens[i]);
  }
  std::vector<Slot>& slots = workspace.slots_;
  slots.resize(count);
  for (const Slot slot : by_low) slots[high[digits_in(slot) / kDigits]++] = slot;
  order_ties(before, kept, slots);
  const std::size_t already = out.size();
  out.resize(already + kept);
  for (std::size_t i = 0; i < kept; ++i) out[already + i] = token_in(slots[i]);
}

}  // namespace biodta::cells
