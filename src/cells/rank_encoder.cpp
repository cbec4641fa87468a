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

constexpr std::size_t kDigitBits = 11;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
constexpr std::size_t kPasses = 3;  // 33 bits hold the 32 of a key
/// Below this, sorting by comparison is faster than going through three tables of digits.
constexpr std::size_t kRadixPays = 400;

std::size_t digit(std::uint32_t key, std::size_t pass) {
  return (key >> (pass * kDigitBits)) & (kDigits - 1);
}

/// Sorts slots by key, ascending and stable: a least-significant-digit radix sort. `other` is as long as
/// `slots`.
template <class Slot>
void radix_sort(std::vector<Slot>& slots, std::vector<Slot>& other) {
  std::array<std::array<std::uint32_t, kDigits>, kPasses> starts{};
  for (const Slot& slot : slots) {
    for (std::size_t pass = 0; pass < kPasses; ++pass) ++starts[pass][digit(slot.key, pass)];
  }
  for (std::size_t pass = 0; pass < kPasses; ++pass) {
    if (starts[pass][digit(slots.front().key, pass)] == slots.size()) continue;  // all share this digit
    std::uint32_t next = 0;
    for (std::uint32_t& start : starts[pass]) next += std::exchange(start, next);
    for (const Slot& slot : slots) other[starts[pass][digit(slot.key, pass)]++] = slot;
    std::swap(slots, other);
  }
}

}  // namespace

void describe(support::OptionVisitor& visit, RankEncoderOptions& options) {
  visit.choice("style", options.style, {{"v1", SpecialTokens::kPadMask}, {"v2", SpecialTokens::kPadMaskClsEos}},
               "Geneformer's first version (<pad>, <mask>, genes from 2), or its second (<cls> and <eos> around "
               "every cell, genes from 4)");
  visit.field("max_length", options.max_length,
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
  workspace.entries_.clear();
  if (tokens_repeat_ || !ascending(columns)) {
    std::vector<GeneCount> genes;
    sum_by_gene(columns, counts, column_tokens_, kPadToken, genes);
    for (const GeneCount& gene : genes) {
      workspace.entries_.push_back({gene.count / medians_[gene.gene], gene.gene});
    }
    return;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const TokenId token = column_tokens_[columns[i]];
    if (token == kPadToken || !(counts[i] > 0.0F)) continue;
    workspace.entries_.push_back({static_cast<double>(counts[i]) / medians_[token], token});
  }
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
  using Slot = Workspace::Slot;
  std::vector<Entry>& entries = workspace.entries_;
  const auto before = [](const Entry& a, const Entry& b) {
    return a.key > b.key || (a.key == b.key && a.token < b.token);
  };
  const std::size_t kept = std::min(entries.size(), max_genes_);
  if (entries.size() < kRadixPays) {
    std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(kept), entries.end(),
                      before);
    for (std::size_t i = 0; i < kept; ++i) out.push_back(entries[i].token);
    return;
  }
  // Rounding to float32 never swaps two keys, it only makes some equal; those runs are then ordered exactly.
  // The bits of positive floats grow with the value, so their complement sorts descending.
  std::vector<Slot>& slots = workspace.slots_;
  slots.resize(entries.size());
  workspace.other_slots_.resize(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    slots[i] = {~std::bit_cast<std::uint32_t>(static_cast<float>(entries[i].key)),
                static_cast<std::uint32_t>(i)};
  }
  radix_sort(slots, workspace.other_slots_);
  const auto exactly = [&](const Slot& a, const Slot& b) {
    return before(entries[a.entry], entries[b.entry]);
  };
  for (std::size_t first = 0; first < kept;) {
    std::size_t last = first + 1;
    while (last < slots.size() && slots[last].key == slots[first].key) ++last;
    if (last - first > 1) {
      std::sort(slots.begin() + static_cast<std::ptrdiff_t>(first),
                slots.begin() + static_cast<std::ptrdiff_t>(last), exactly);
    }
    first = last;
  }
  for (std::size_t i = 0; i < kept; ++i) out.push_back(entries[slots[i].entry].token);
}

}  // namespace biodta::cells
