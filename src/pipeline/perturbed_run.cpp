#include "perturbed_run.hpp"

#include "run_bank.hpp"

#include <biodta/data/tensors.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>

namespace biodta::pipeline {
namespace {

/// Other medians make other ranks of the same counts.
void require_same_median(const std::filesystem::path& file, const cells::VocabularyGene& own,
                         const cells::VocabularyGene& known, const std::filesystem::path& corpus) {
  constexpr double kRounding = 1e-9;
  if (std::isnan(own.median) && std::isnan(known.median)) return;  // neither is ever encoded
  if (std::abs(own.median - known.median) <= kRounding * std::abs(known.median)) return;
  throw InputError(file, "median of " + own.id, support::format_double(own.median),
                   support::format_double(known.median) + " as in " + corpus.string(),
                   "the run's cells were ranked by other medians than the corpus's");
}

void check_vocabulary(const std::filesystem::path& folder, const cells::Corpus& corpus,
                      const model::ModelConfig& config) {
  const auto& known = corpus.vocabulary();
  if (static_cast<std::size_t>(config.vocabulary_size) != known.token_count())
    throw InputError(folder, "vocabulary", std::to_string(config.vocabulary_size) + " tokens",
                     "the " + std::to_string(known.token_count()) + " of " + corpus.path().string(),
                     "run and corpus must come from the same vocabulary");
  const std::filesystem::path file = folder / "vocabulary.tsv";
  if (!std::filesystem::exists(file)) return;  // a Hugging Face folder has none; the sizes agree
  const auto own = cells::Vocabulary::read(file);
  for (std::size_t gene = 0; gene < known.gene_count(); ++gene) {
    if (own.gene_count() > gene && own.genes()[gene].id == known.genes()[gene].id) {
      require_same_median(file, own.genes()[gene], known.genes()[gene], corpus.path());
      continue;
    }
    throw InputError(file, "token " + std::to_string(gene + known.first_gene_token()),
                     own.gene_count() > gene ? own.genes()[gene].id : "no gene",
                     known.genes()[gene].id + " as in " + corpus.path().string(),
                     "run and corpus must come from the same vocabulary");
  }
}

}  // namespace

std::filesystem::path model_folder(const std::filesystem::path& run) {
  for (const auto& folder : {run / "model", run})
    if (std::filesystem::exists(folder / "config.json")) return folder;
  const bool started = std::filesystem::exists(run / "checkpoints");
  throw InputError(run, "", std::filesystem::exists(run) ? "no model" : "no such folder", "model/config.json",
                   started ? "the run has checkpoints but is not finished: run biodta-train on it again"
                           : "biodta-train writes it at the end of a run");
}

std::filesystem::path model_weights(const std::filesystem::path& folder) {
  return model::weights_file(folder);
}

void require_bank(const embedding::EmbeddingBank* bank, const std::filesystem::path& run) {
  if (bank != nullptr) return;
  throw ConfigError("embeddings: is not set, expected the embedding bank of " + run.string() +
                    ", which has an adapter");
}

std::vector<cells::TokenId> learned_tokens(const model::ModelConfig& config) {
  return {config.learned_tokens.begin(), config.learned_tokens.end()};
}

std::unique_ptr<PerturbedRun> load_run(const std::filesystem::path& run, const cells::Corpus& corpus,
                                       const embedding::EmbeddingBank* bank,
                                       const std::vector<std::filesystem::path>& bank_files,
                                       const std::vector<embedding::ContextIndex>& contexts,
                                       torch::Device device) {
  auto result = std::make_unique<PerturbedRun>();
  result->folder = model_folder(run);
  result->model = model::load_model(result->folder);
  const model::ModelConfig& config = result->model->config();
  check_vocabulary(result->folder, corpus, config);
  if (config.embedding.kind == model::TokenEmbedding::kAdapter) {
    require_bank(bank, run);
    require_bank_of(config, result->folder, *bank, bank_files);
    result->bank = bank;
    result->rows.emplace(corpus.vocabulary(), *bank, learned_tokens(config));
  }
  result->model->eval();
  result->model->to(device);
  if (config.decoder == model::Decoder::kAdapter) {
    const auto vocabulary = data::vocabulary_rows(*result->rows, data::bank_tensor(*bank));
    result->model->set_vocabulary_rows(vocabulary.row_V, vocabulary.rows_UE);
  }
  result->cells.emplace(corpus, result->rows ? &*result->rows : nullptr,
                        result->has_adapter() ? contexts : std::vector<embedding::ContextIndex>(),
                        static_cast<std::size_t>(config.bert.max_positions));
  return result;
}

void require_layer(std::int64_t layer, const PerturbedRun& run) {
  const std::int64_t layers = run.model->config().bert.layers;
  const std::int64_t number = layer < 0 ? layer + layers + 1 : layer;
  if (number >= 1 && number <= layers) return;
  const std::string last = std::to_string(layers);
  throw ConfigError(
      "shift.layer: found " + std::to_string(layer) + ", expected 1 to " + last + " or -" + last +
          " to -1, the layers of " + run.folder.string(),
      number == 0 ? "in the input embeddings no gene knows of any other, so that none can move" : "");
}

}  // namespace biodta::pipeline
