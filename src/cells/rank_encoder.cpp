#include "count_row.hpp"

#include <biodta/cells/gene_matching.hpp>
#include <biodta/cells/rank_encoder.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
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

template <class Entry>
bool comes_before(const Entry& a, const Entry& b) {
  return a.key > b.key || (a.key == b.key && a.token < b.token);
}

/// How many entries have each digit, turned into where the first of them goes.
void to_places(std::array<std::uint32_t, kDigits>& counts) {
  std::uint32_t next = 0;
  for (std::uint32_t& count : counts) next += std::exchange(count, next);
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
  std::vector<Workspace::Entry>& entries = workspace.entries_;
  if (tokens_repeat_ || !ascending(columns)) {
    entries.clear();
    std::vector<GeneCount> genes;
    sum_by_gene(columns, counts, column_tokens_, kPadToken, genes);
    for (const GeneCount& gene : genes) entries.push_back({gene.count / medians_[gene.gene], gene.gene});
    return;
  }
  // Every column is written and only those that count are stepped over: no branch to mispredict.
  entries.resize(columns.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const TokenId token = column_tokens_[columns[i]];
    entries[kept] = {static_cast<double>(counts[i]) / medians_[token], token};
    kept += token != kPadToken && counts[i] > 0.0F ? 1 : 0;
  }
  entries.resize(kept);
}

void RankEncoder::encode(std::span<const std::uint32_t> columns, std::span<const float> counts,
                         Workspace& workspace, std::vector<TokenId>& out) const {
  gather(columns, counts, workspace);
  if (workspace.entries_.empty()) return;
  if (enclosed_) out.push_back(kClsToken);
  rank(workspace, out);
  if (enclosed_) out.push_back(kEosToken);
}

void RankEncoder::rank(Workspace& workspace, std::vector<TokenId>& out) const {
  using Entry = Workspace::Entry;
  std::vector<Entry>& entries = workspace.entries_;
  const std::size_t kept = std::min(entries.size(), max_genes_);
  if (entries.size() < kDigitsPay) {
    std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(kept), entries.end(),
                      comes_before<Entry>);
    for (std::size_t i = 0; i < kept; ++i) out.push_back(entries[i].token);
    return;
  }
  // Two digits of the keys' bits, as many as their range needs, sort nearly all; entries that agree in both
  // are then ordered exactly.
  using Slot = std::uint64_t;  // both digits above the index of the entry
  std::uint32_t least = ~std::uint32_t{0};
  std::uint32_t most = 0;
  std::vector<std::uint32_t>& bits = workspace.bits_;
  bits.resize(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    bits[i] = falling_bits(entries[i].key);
    least = std::min(least, bits[i]);
    most = std::max(most, bits[i]);
  }
  const int shift = std::max(0, static_cast<int>(std::bit_width(most - least)) - 2 * kDigitBits);
  std::array<std::uint32_t, kDigits> low{};
  std::array<std::uint32_t, kDigits> high{};
  for (std::uint32_t& key : bits) {
    key = (key - least) >> shift;
    ++low[key % kDigits];
    ++high[key / kDigits];
  }
  to_places(low);
  to_places(high);
  std::vector<Slot>& by_low = workspace.by_low_;
  std::vector<Slot>& slots = workspace.slots_;
  by_low.resize(entries.size());
  slots.resize(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    by_low[low[bits[i] % kDigits]++] = (Slot{bits[i]} << 32U) | i;
  }
  for (const Slot slot : by_low) slots[high[slot >> (32U + kDigitBits)]++] = slot;
  const auto entry = [&](Slot slot) -> const Entry& { return entries[slot & 0xffff'ffffU]; };
  for (std::size_t i = 0; i < kept;) {
    std::size_t end = i + 1;
    while (end < slots.size() && slots[end] >> 32U == slots[i] >> 32U) ++end;
    if (end - i > 1) {
      std::sort(slots.begin() + static_cast<std::ptrdiff_t>(i),
                slots.begin() + static_cast<std::ptrdiff_t>(end),
                [&](Slot a, Slot b) { return comes_before(entry(a), entry(b)); });
    }
    i = end;
  }
  const std::size_t before = out.size();
  out.resize(before + kept);
  for (std::size_t i = 0; i < kept; ++i) out[before + i] = entry(slots[i]).token;
}

}  // namespace biodta::cells
