#include <biodta/data/packed_batch.hpp>

namespace biodta::data {

TokenRows::TokenRows(const cells::Vocabulary& vocabulary, const embedding::EmbeddingBank& bank,
                     std::span<const cells::TokenId> learned)
    : bank_(&bank), gene_of_(vocabulary.token_count(), -1), learned_(learned.begin(), learned.end()) {
  for (cells::TokenId token = vocabulary.first_gene_token(); token < vocabulary.token_count(); ++token) {
    const bool by_row = !learned_.contains(token);
    if (const auto gene = by_row ? bank.gene_index(vocabulary.gene(token).id) : std::nullopt) {
      gene_of_[token] = static_cast<std::int64_t>(*gene);
    } else {
      missing_.push_back(token);
    }
  }
}

std::int64_t TokenRows::row_of(cells::TokenId token, embedding::ContextIndex context) const {
  if (!has_row(token)) return -1;
  return static_cast<std::int64_t>(bank_->row_of(static_cast<std::uint32_t>(gene_of_[token]), context));
}

}  // namespace biodta::data
