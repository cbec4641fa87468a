#include <biodta/data/packed_batch.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace biodta::data {
namespace {

/// Turns bank rows in `row` into indices of the distinct ones; -1 stays.
void compress_rows(PackedBatch& batch) {
  batch.rows = batch.row;
  std::sort(batch.rows.begin(), batch.rows.end());
  batch.rows.erase(std::unique(batch.rows.begin(), batch.rows.end()), batch.rows.end());
  if (!batch.rows.empty() && batch.rows.front() < 0) batch.rows.erase(batch.rows.begin());
  if (batch.rows.empty()) return;
  // Rows of one batch lie close together, so a table beats a search.
  const std::int64_t low = batch.rows.front();
  std::vector<std::int64_t> index(static_cast<std::size_t>(batch.rows.back() - low + 1), -1);
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    index[static_cast<std::size_t>(batch.rows[i] - low)] = static_cast<std::int64_t>(i);
  }
  for (auto& row : batch.row) {
    if (row >= 0) row = index[static_cast<std::size_t>(row - low)];
  }
}

}  // namespace

BatchBuilder::BatchBuilder(const cells::Corpus& corpus, const TokenRows* rows,
                           std::vector<embedding::ContextIndex> contexts, std::size_t max_length)
    : corpus_(&corpus), rows_(rows), contexts_(std::move(contexts)), max_length_(max_length) {
  if (max_length_ == 0) throw ConfigError("batches: max_length is 0, expected at least 1");
  if (!contexts_.empty() && contexts_.size() != corpus.cell_count()) {
    throw Error("batches: " + std::to_string(contexts_.size()) + " contexts were given for " +
                std::to_string(corpus.cell_count()) + " cells");
  }
  for (cells::TokenId token = corpus.vocabulary().first_gene_token();
       token < corpus.vocabulary().token_count(); ++token) {
    if (rows_ == nullptr || rows_->is_read(token)) maskable_.push_back(token);
  }
}

std::vector<cells::TokenId> BatchBuilder::tokens_of(std::uint32_t cell) const {
  std::vector<cells::TokenId> tokens;
  corpus_->read_cell(cell, tokens);
  if (rows_ != nullptr) std::erase_if(tokens, [&](cells::TokenId token) { return !rows_->is_read(token); });
  if (tokens.size() <= max_length_) return tokens;
  const bool framed = corpus_->vocabulary().first_gene_token() > cells::kEosToken;
  const auto last = tokens.back();
  tokens.resize(max_length_);
  if (framed && last == cells::kEosToken && max_length_ > 0)
    tokens.back() = last;  // genes are cut, not the frame
  return tokens;
}

std::int64_t BatchBuilder::row_of(cells::TokenId token, std::uint32_t cell) const {
  if (rows_ == nullptr) return -1;
  return rows_->row_of(token, contexts_.empty() ? embedding::kReference : contexts_[cell]);
}

PackedBatch BatchBuilder::build(std::span<const std::uint32_t> cells) const {
  return pack(cells, nullptr, 0, 0);
}

PackedBatch BatchBuilder::build_masked(std::span<const std::uint32_t> cells, const MaskingOptions& options,
                                       std::uint64_t seed, std::uint64_t epoch) const {
  return pack(cells, &options, seed, epoch);
}

PackedBatch BatchBuilder::pack(std::span<const std::uint32_t> cells, const MaskingOptions* options,
                               std::uint64_t seed, std::uint64_t epoch) const {
  PackedBatch batch;
  batch.cells.assign(cells.begin(), cells.end());
  for (const std::uint32_t cell : cells) {
    auto tokens = tokens_of(cell);
    const auto first = static_cast<std::int64_t>(batch.tokens.size());
    if (options != nullptr) {
      auto random = support::RandomStream::of({seed, epoch, cell});
      const MaskedCell masked =
          mask_tokens(tokens, maskable_, corpus_->vocabulary().first_gene_token(), *options, random);
      for (const std::uint32_t position : masked.positions) batch.masked.push_back(first + position);
      batch.targets.insert(batch.targets.end(), masked.targets.begin(), masked.targets.end());
      batch.shown.insert(batch.shown.end(), masked.shown.begin(), masked.shown.end());
    }
    const auto context = contexts_.empty() ? embedding::kReference : contexts_[cell];
    for (std::size_t position = 0; position < tokens.size(); ++position) {
      batch.tokens.push_back(tokens[position]);
      batch.positions.push_back(static_cast<std::int64_t>(position));
      if (rows_ != nullptr) batch.row.push_back(rows_->row_of(tokens[position], context));
    }
    batch.lengths.push_back(static_cast<std::int64_t>(tokens.size()));
  }
  if (rows_ != nullptr) compress_rows(batch);
  return batch;
}

}  // namespace biodta::data
