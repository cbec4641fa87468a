#include <biodta/embedding/bank.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace biodta::embedding {
namespace {

constexpr RowIndex kNone = std::numeric_limits<RowIndex>::max();

[[noreturn]] void fail(const std::string& what) {
  throw Error("embedding bank: " + what);
}

void require_size(const std::string& what, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  fail(what + ": found " + std::to_string(found) + ", expected " + std::to_string(expected));
}

}  // namespace

EmbeddingBank::EmbeddingBank(std::vector<std::string> gene_ids, std::vector<std::string> symbols,
                             std::size_t tokens_per_gene, std::size_t width, std::vector<float> reference,
                             Provenance provenance)
    : gene_ids_(std::move(gene_ids)),
      symbols_(std::move(symbols)),
      tokens_per_gene_(tokens_per_gene),
      width_(width),
      parts_{tokens_per_gene * width},
      values_(std::move(reference)),
      provenance_(std::move(provenance)) {
  if (row_size() == 0) fail("tokens_per_gene and width must be at least 1");
  require_size("symbols", symbols_.size(), gene_ids_.size());
  require_size("reference values", values_.size(), gene_ids_.size() * row_size());
  if (gene_ids_.size() >= kNone) fail("more genes than a row index can count");
  for (std::uint32_t gene = 0; gene < gene_ids_.size(); ++gene) {
    const auto [other, is_new] = index_.emplace(gene_ids_[gene], gene);
    if (!is_new)
      fail("gene '" + gene_ids_[gene] + "' stands at " + std::to_string(other->second) + " and " +
           std::to_string(gene));
  }
}

ContextIndex EmbeddingBank::add_context(std::string name, std::vector<std::uint32_t> gene_index,
                                        std::span<const float> values) {
  if (!is_context_name(name)) fail("context '" + name + "': a name must have a character and no slash");
  if (context_index(name)) fail("context '" + name + "' is there already");
  require_size("values of context '" + name + "'", values.size(), gene_index.size() * row_size());
  const std::size_t first = row_count();
  if (first + gene_index.size() >= kNone) fail("more rows than a row index can count");
  std::vector<RowIndex> rows(gene_count(), kNone);
  for (std::size_t i = 0; i < gene_index.size(); ++i) {
    const bool ascends = i == 0 || gene_index[i - 1] < gene_index[i];
    if (!ascends || gene_index[i] >= gene_count()) {
      fail("context '" + name + "': gene index " + std::to_string(gene_index[i]) + " at " +
           std::to_string(i) + ", expected ascending indices below " + std::to_string(gene_count()));
    }
    rows[gene_index[i]] = static_cast<RowIndex>(first + i);
  }
  values_.insert(values_.end(), values.begin(), values.end());
  context_rows_.push_back(std::move(rows));
  context_names_.push_back(std::move(name));
  return static_cast<ContextIndex>(context_names_.size()) - 1;
}

void EmbeddingBank::set_known_bases(std::vector<float> shares) {
  require_size("shares of known bases", shares.size(), gene_count());
  known_bases_ = std::move(shares);
}

void EmbeddingBank::set_parts(std::vector<std::size_t> sizes) {
  require_size("parts of a row", std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}), row_size());
  parts_ = std::move(sizes);
}

std::optional<std::uint32_t> EmbeddingBank::gene_index(std::string_view gene_id) const {
  const auto found = index_.find(gene_id);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

std::optional<ContextIndex> EmbeddingBank::context_index(std::string_view name) const {
  const auto found = std::find(context_names_.begin(), context_names_.end(), name);
  if (found == context_names_.end()) return std::nullopt;
  return static_cast<ContextIndex>(found - context_names_.begin());
}

RowIndex EmbeddingBank::row_of(std::uint32_t gene, ContextIndex context) const {
  if (gene >= gene_count()) fail("gene " + std::to_string(gene) + " of " + std::to_string(gene_count()));
  if (context == kReference) return gene;
  const RowIndex row = context_rows_.at(static_cast<std::size_t>(context))[gene];
  return row == kNone ? gene : row;
}

std::span<const float> EmbeddingBank::row(RowIndex index) const {
  if (index >= row_count()) fail("row " + std::to_string(index) + " of " + std::to_string(row_count()));
  return std::span(values_).subspan(index * row_size(), row_size());
}

}  // namespace biodta::embedding
