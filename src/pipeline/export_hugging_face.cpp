#include "export_outputs.hpp"
#include "perturbed_run.hpp"
#include "run_bank.hpp"

#include <biodta/cells/vocabulary.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/data/tensors.hpp>
#include <biodta/model/hugging_face.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

constexpr const char* kVocabulary = "vocabulary.tsv";

/// The vocabulary that the run left beside its model; nothing for a model of another maker.
std::optional<cells::Vocabulary> vocabulary_of(const std::filesystem::path& folder,
                                               const model::ModelConfig& config) {
  const auto file = folder / kVocabulary;
  if (!std::filesystem::exists(file)) return std::nullopt;
  auto vocabulary = cells::Vocabulary::read(file);
  if (vocabulary.token_count() != static_cast<std::size_t>(config.vocabulary_size))
    throw InputError(
        file, "", std::to_string(vocabulary.token_count()) + " tokens",
        "the " + std::to_string(config.vocabulary_size) + " of " + (folder / "config.json").string());
  return vocabulary;
}

/// The gene tokens that have a row in the bank, and the row that each has in the context.
struct BakedGenes {
  std::vector<std::int64_t> tokens;
  std::vector<std::int64_t> rows;
};

BakedGenes baked_genes(const cells::Vocabulary& vocabulary, const embedding::EmbeddingBank& bank,
                       std::span<const cells::TokenId> learned, embedding::ContextIndex context) {
  const data::TokenRows rows(vocabulary, bank, learned);
  BakedGenes genes;
  for (cells::TokenId token = vocabulary.first_gene_token(); token < vocabulary.token_count(); ++token) {
    if (!rows.has_row(token)) continue;
    genes.tokens.push_back(token);
    genes.rows.push_back(rows.row_of(token, context));
  }
  return genes;
}

/// Gene id to token, special tokens first. @param known  which tokens cells may hold
std::string token_dictionary(const cells::Vocabulary& vocabulary, const std::vector<bool>& known) {
  nlohmann::ordered_json tokens = nlohmann::ordered_json::object();
  const auto& specials = cells::special_names(vocabulary.specials());
  for (cells::TokenId token = 0; token < vocabulary.token_count(); ++token) {
    if (!known[token]) continue;
    const bool gene = token >= vocabulary.first_gene_token();
    tokens[gene ? vocabulary.gene(token).id : specials[token]] = token;
  }
  return tokens.dump(1) + "\n";
}

/// A model with a table, and the tokens that it has vectors of.
struct Exported {
  model::MaskedLanguageModel model{nullptr};
  std::vector<bool> known;  ///< [V]
};

Exported baked(model::MaskedLanguageModel& model, const std::filesystem::path& folder,
               const cells::Vocabulary& vocabulary, const ExportOptions& options,
               const embedding::EmbeddingBank& bank, support::Reporter& reporter) {
  require_bank_of(model->config(), folder, bank, options.embeddings);
  const auto learned = learned_tokens(model->config());
  const auto genes = baked_genes(vocabulary, bank, learned, chosen_context(options, bank));
  if (genes.tokens.empty())
    throw InputError(name_of_bank(options.embeddings), "gene_id",
                     "none of the genes of " + (folder / kVocabulary).string(), "rows of the run's genes");
  const auto learned_genes =
      static_cast<std::size_t>(std::count_if(learned.begin(), learned.end(), [&](cells::TokenId token) {
        return token >= vocabulary.first_gene_token();
      }));
  if (const auto missing = vocabulary.gene_count() - genes.tokens.size() - learned_genes; missing > 0)
    reporter.warn(support::with_thousands(missing) + " of " +
                  support::with_thousands(vocabulary.gene_count()) + " genes have no row in " +
                  name_of_bank(options.embeddings, options.further_embeddings).string() +
                  ": their vectors are zero, and token_dictionary.json leaves them out, as the run leaves "
                  "them out of cells");
  const auto values_RE = data::bank_tensor(bank);
  const auto table_of = [&](const BakedGenes& baked) {
    const auto rows_UE = values_RE.index_select(0, torch::tensor(baked.rows, torch::kInt64));
    return model::word_embeddings_of(model, torch::tensor(baked.tokens, torch::kInt64), rows_UE);
  };
  torch::Tensor reference_VH;
  if (model->config().decoder == model::Decoder::kAdapter)
    reference_VH = table_of(baked_genes(vocabulary, bank, learned, embedding::kReference));
  // Of the special tokens an adapter knows pad, mask and those that it has learned vectors of.
  std::vector<bool> known(vocabulary.token_count(), false);
  known[cells::kPadToken] = known[cells::kMaskToken] = true;
  for (const auto token : genes.tokens) known[static_cast<std::size_t>(token)] = true;
  for (const auto token : learned) known[token] = true;
  return {model::with_table(model, table_of(genes), reference_VH), std::move(known)};
}

}  // namespace

void export_hugging_face(const ExportOptions& options, const std::optional<embedding::EmbeddingBank>& bank,
                         support::Reporter& reporter) {
  const auto folder = model_folder(options.run);
  auto model = model::load_model(folder);
  model::require_hugging_face_head(model->config(), folder);
  const auto vocabulary = vocabulary_of(folder, model->config());
  Exported exported;
  if (model->config().embedding.kind == model::TokenEmbedding::kTable) {
    if (!options.context.empty())
      throw ConfigError("context: found " + options.context + ", but " + folder.string() +
                        " has no adapter that would read it");
    exported = {model, std::vector<bool>(static_cast<std::size_t>(model->config().vocabulary_size), true)};
  } else {
    require_bank(bank ? &*bank : nullptr, options.run);
    if (!vocabulary)
      throw InputError(folder, "", "no vocabulary.tsv", "the vocabulary that says which gene a token is");
    exported = baked(model, folder, *vocabulary, options, *bank, reporter);
  }
  support::AtomicPath whole(options.hf);
  const auto& place = whole.temporary();
  std::filesystem::create_directories(place);
  model::save_hugging_face(exported.model, place);
  if (vocabulary) {
    vocabulary->write(place / kVocabulary);
    support::write_text_file(place / "token_dictionary.json", token_dictionary(*vocabulary, exported.known));
  }
  support::write_text_file(place / kExportRecord, support::write_options(options));
  whole.commit();
  reporter.info("wrote " + options.hf.string() + ": a BertForMaskedLM of " +
                support::with_thousands(static_cast<std::uint64_t>(model->config().vocabulary_size)) +
                " tokens");
}

}  // namespace biodta::pipeline
