#include "required_paths.hpp"
#include "run_bank.hpp"
#include "run_folder.hpp"
#include "run_training.hpp"
#include "train_plan.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/data/tensors.hpp>
#include <biodta/embedding/united_banks.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/pipeline/train.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>
#include <biodta/training/checkpoint.hpp>
#include <biodta/training/masked_lm_task.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

constexpr const char* kTrainedModel = "model";
/// Pad and mask: the model has vectors of these, whatever the vocabulary.
constexpr cells::TokenId kTokensOfEmbedder = 2;

bool has_adapter(const TrainOptions& options) {
  return options.model.embedding.kind == model::TokenEmbedding::kAdapter;
}

void check_options(const TrainOptions& options) {
  require_set(options.corpus, "corpus", "a corpus file");
  require_set(options.output, "output", "a run folder");
  require_own_result(options.output, kTrainedModel);
  if (has_adapter(options)) {
    require_set(name_of_bank(options.embeddings), "embeddings",
                "an embedding bank, or model.embedding.kind: table");
  }
  data::validate(options.masking);
}

/// What the model is fed with, held together because each part refers to the one before.
struct TrainingData {
  cells::Corpus corpus;
  std::optional<embedding::EmbeddingBank> bank;
  std::optional<data::TokenRows> rows;
  std::vector<std::int64_t> learned_tokens;  // without a row, that stay in the cells
  training::CellSplit split;
  std::vector<std::uint32_t> lengths;
  std::vector<embedding::ContextIndex> contexts;
  std::optional<data::BatchBuilder> batches;

  explicit TrainingData(const std::filesystem::path& path) : corpus(cells::Corpus::open(path)) {}
};

void check_overlap(const TrainOptions& options, const TrainingData& data, support::Reporter& reporter) {
  const auto& vocabulary = data.corpus.vocabulary();
  const auto& missing = data.rows->missing();
  if (missing.empty()) return;
  const std::size_t genes = vocabulary.gene_count();
  const std::size_t shared = genes - missing.size();
  const std::string counts =
      name_of_bank(options.embeddings, options.further_embeddings).string() +
      (options.further_embeddings.empty() ? " has rows for " : " together have rows for ") +
      support::with_thousands(shared) + " of the " + support::with_thousands(genes) + " genes of " +
      options.corpus.string();
  if (shared == 0 || static_cast<double>(shared) < options.bank.min_overlap * static_cast<double>(genes)) {
    const double least = std::max(1.0, std::ceil(options.bank.min_overlap * static_cast<double>(genes)));
    throw ConfigError(counts + ", expected at least " +
                          support::with_thousands(static_cast<std::uint64_t>(least)) + " (bank.min_overlap)",
                      shared > 0 ? ""
                                 : "both must name genes alike; the first gene of the corpus is " +
                                       vocabulary.genes().front().id + ", of the bank " +
                                       data.bank->gene_ids().front());
  }
  const std::string example = vocabulary.gene(missing.front()).id;
  if (options.bank.missing_rows == MissingRows::kError) {
    throw ConfigError(
        counts + "; the first without one is " + example,
        "bank.missing_rows: drop leaves such genes out of the cells, learned gives each a vector");
  }
  const bool learned = options.bank.missing_rows == MissingRows::kLearned;
  reporter.warn(counts + "; the others (" + example + ", …) " +
                (learned ? "get learned vectors of their own" : "are left out of the cells"));
}

void load_bank(const TrainOptions& options, TrainingData& data, support::Reporter& reporter) {
  data.bank = read_bank(options.embeddings, options.further_embeddings);
  data.rows.emplace(data.corpus.vocabulary(), *data.bank);
  check_overlap(options, data, reporter);
  // No bank has rows of the special tokens that the second style adds to pad and mask.
  std::vector<cells::TokenId> learned;
  for (cells::TokenId token = kTokensOfEmbedder; token < data.corpus.vocabulary().first_gene_token(); ++token)
    learned.push_back(token);
  if (options.bank.missing_rows == MissingRows::kLearned)
    learned.insert(learned.end(), data.rows->missing().begin(), data.rows->missing().end());
  if (!learned.empty()) {
    data.rows.emplace(data.corpus.vocabulary(), *data.bank, learned);
    data.learned_tokens.assign(learned.begin(), learned.end());
  }
  data.contexts =
      read_contexts(data.corpus, *data.bank, "bank.context_column", options.bank.context_column, reporter);
}

void warn_of_cut_cells(const TrainOptions& options, const TrainingData& data, support::Reporter& reporter) {
  const auto most = static_cast<std::uint64_t>(options.model.bert.max_positions);
  const auto cut = static_cast<std::uint64_t>(std::count_if(
      data.lengths.begin(), data.lengths.end(), [&](std::uint32_t length) { return length > most; }));
  if (cut == 0) return;
  reporter.warn(support::with_thousands(cut) + " of " + support::with_thousands(data.lengths.size()) +
                " cells have more than model.bert.max_positions (" + support::with_thousands(most) +
                ") tokens; those ranked below are cut off");
}

std::unique_ptr<TrainingData> load_data(const TrainOptions& options, support::Reporter& reporter) {
  auto data = std::make_unique<TrainingData>(options.corpus);
  data->split = training::split_cells(data->corpus, options.held_out);
  data->lengths = data->corpus.lengths();
  warn_of_cut_cells(options, *data, reporter);
  if (has_adapter(options)) load_bank(options, *data, reporter);
  data->batches.emplace(data->corpus, data->rows ? &*data->rows : nullptr, data->contexts,
                        static_cast<std::size_t>(options.model.bert.max_positions));
  return data;
}

model::ModelConfig model_config(const TrainOptions& options, const TrainingData& data) {
  model::ModelConfig config = options.model;
  config.vocabulary_size = static_cast<std::int64_t>(data.corpus.vocabulary().token_count());
  config.row_size = data.bank ? static_cast<std::int64_t>(data.bank->row_size()) : 0;
  config.learned_tokens = data.learned_tokens;
  if (data.bank) {
    config.row_parts = parts_of(*data.bank);
    config.row_origin = embedding::origin_of(data.bank->provenance());
  }
  model::validate(config);
  return config;
}

void fit_input_map(model::MaskedLanguageModel& model, const TrainOptions& options,
                   const embedding::EmbeddingBank& bank) {
  const auto genes = static_cast<std::int64_t>(bank.gene_count());
  try {
    model->fit_input_map(data::bank_tensor(bank).narrow(0, 0, genes));
  } catch (const Error& error) {
    throw InputError(
        name_of_bank(options.embeddings, options.further_embeddings).string() + ": " + error.what(),
        "model.embedding.input_map: none reads rows as they are");
  }
}

model::MaskedLanguageModel make_model(const TrainOptions& options, const TrainingData& data,
                                      torch::Device device) {
  model::MaskedLanguageModel model(model_config(options, data));
  model->initialise(static_cast<std::uint64_t>(options.training.seed));
  if (data.bank) {
    fit_input_map(model, options, *data.bank);
  }
  model->to(device);
  if (model->config().decoder == model::Decoder::kAdapter) {
    const auto vocabulary = data::vocabulary_rows(*data.rows, data::bank_tensor(*data.bank));
    model->set_vocabulary_rows(vocabulary.row_V, vocabulary.rows_UE);
  }
  return model;
}

/// Of cells spread evenly over the corpus: reading all of a large one would take minutes.
std::string tokens_checksum(const cells::Corpus& corpus) {
  constexpr std::uint64_t kCells = 1000;
  const auto count = std::min(kCells, corpus.cell_count());
  std::vector<cells::TokenId> tokens;
  for (std::uint64_t i = 0; i < count; ++i) corpus.read_cell(i * corpus.cell_count() / count, tokens);
  return support::bytes_checksum(std::as_bytes(std::span(tokens)));
}

/// What the state of a run does not show by its shapes, and yet decides what a checkpoint means.
std::map<std::string, std::string> identity_of(const TrainOptions& options, const TrainingData& data) {
  std::string genes;
  for (const auto& gene : data.corpus.vocabulary().genes())
    genes += gene.id + "\t" + support::format_double(gene.median) + "\n";
  const auto& bert = options.model.bert;
  std::map<std::string, std::string> identity = {
      {"vocabulary", support::bytes_checksum(std::as_bytes(std::span(genes)))},
      {"tokens of cells", tokens_checksum(data.corpus)},
      {"model.bert.heads", std::to_string(bert.heads)},
      {"model.bert.layer_norm_epsilon", support::format_double(bert.layer_norm_epsilon)}};
  if (data.bank) {
    identity["embeddings"] = support::bytes_checksum(std::as_bytes(data.bank->values()));
    std::string names;
    for (const auto* list : {&data.bank->gene_ids(), &data.bank->context_names()})
      for (const auto& name : *list) names += name + "\n";
    identity["genes and contexts of embeddings"] = support::bytes_checksum(std::as_bytes(std::span(names)));
    identity["bank.context_column"] = options.bank.context_column;
    identity["model.embedding.activation"] = model::name_of(options.model.embedding.activation);
  }
  return identity;
}

std::unique_ptr<training::MaskedLmTask> make_task(const TrainOptions& options, const TrainingData& data,
                                                  const model::MaskedLanguageModel& model,
                                                  torch::Device device,
                                                  const distributed::Membership& membership) {
  training::MaskedLmOptions task;
  task.sampler = options.sampler;
  task.masking = options.masking;
  task.gradient_accumulation = options.training.gradient_accumulation;
  task.seed = static_cast<std::uint64_t>(options.training.seed);
  training::MaskedLmData inputs{*data.batches,
                                data.lengths,
                                static_cast<std::size_t>(options.model.bert.max_positions),
                                data.split,
                                data.bank ? data::bank_tensor(*data.bank) : torch::Tensor(),
                                identity_of(options, data)};
  return std::make_unique<training::MaskedLmTask>(model, std::move(inputs), task, device, membership.rank,
                                                  membership.world_size);
}

std::int64_t parameter_count(const model::MaskedLanguageModel& model) {
  std::int64_t count = 0;
  for (const auto& parameter : model->parameters()) count += parameter.numel();
  return count;
}

void tell_plan(const TrainingData& data, const model::MaskedLanguageModel& model,
               const training::Schedule& schedule, const TrainRuntime& runtime, torch::Device device,
               support::Reporter& reporter) {
  using support::with_thousands;
  const auto cells = with_thousands(data.split.training.size());
  const std::string held_out = data.split.evaluation.size() == data.split.held_out
                                   ? with_thousands(data.split.held_out) + " cells held out"
                                   : with_thousands(data.split.held_out) + " cells held out (evaluated on " +
                                         with_thousands(data.split.evaluation.size()) + " of them)";
  reporter.info(cells + " cells to train on, " + held_out + "; " +
                with_thousands(static_cast<std::uint64_t>(parameter_count(model))) + " parameters; " +
                with_thousands(schedule.total_steps()) + " steps on " +
                std::to_string(runtime.membership.world_size) + " × " + device.str());
}

void write_model(const TrainOptions& options, const model::MaskedLanguageModel& model,
                 const cells::Vocabulary& vocabulary) {
  support::AtomicPath folder(options.output / kTrainedModel);
  std::filesystem::create_directory(folder.temporary());
  model::save_model(model, folder.temporary());
  vocabulary.write(folder.temporary() / "vocabulary.tsv");
  folder.commit();
}

void tell_checkpoints(const TrainOptions& options, support::Reporter& reporter) {
  const auto folder = options.output / "checkpoints";
  if (options.training.resume == training::Resume::kNever || !std::filesystem::exists(folder)) return;
  const auto newest = training::CheckpointStore(folder, 0).list();
  if (!newest.empty()) reporter.info("the run would go on from " + newest.front().string());
}

/// Everything of a run but the loop itself.
struct Setup {
  std::unique_ptr<TrainingData> data;
  model::MaskedLanguageModel model;
  std::unique_ptr<training::MaskedLmTask> task;
  training::Schedule schedule;
};

/// @param device  where the model goes: not necessarily the one that is told.
Setup set_up(const TrainOptions& options, support::Reporter& reporter, const TrainRuntime& runtime,
             torch::Device device) {
  check_options(options);
  auto data = load_data(options, reporter);
  auto model = make_model(options, *data, device);
  auto task = make_task(options, *data, model, device, runtime.membership);
  const training::Schedule schedule(options.schedule,
                                    training::total_steps(options.training, task->steps_per_epoch()));
  return {std::move(data), model, std::move(task), schedule};
}

}  // namespace

void check_training(const TrainOptions& options, support::Reporter& reporter, const TrainRuntime& runtime) {
  require_usable_folder(options.output);
  const auto device = choose_device(runtime.device, runtime.membership.local_rank);
  auto planned = runtime;
  if (planned.membership.world_size == 1)
    planned.membership.world_size = ranks_to_start(options.distributed, runtime.device);
  // On the CPU: a program that goes on to start ranks should hold no GPU memory itself.
  const auto setup = set_up(options, reporter, planned, torch::kCPU);
  const auto& data = *setup.data;
  tell_plan(data, setup.model, setup.schedule, planned, device, reporter);
  tell_run({setup.model, *setup.task, options.training, planned.membership.world_size,
            data.bank ? std::as_bytes(data.bank->values()).size() : 0, options.optimizer.shard},
           reporter);
  tell_checkpoints(options, reporter);
}

training::TrainingOutcome train(const TrainOptions& options, support::Reporter& reporter,
                                const TrainRuntime& runtime) {
  const auto device = choose_device(runtime.device, runtime.membership.local_rank);
  auto setup = set_up(options, reporter, runtime, device);
  tell_plan(*setup.data, setup.model, setup.schedule, runtime, device, reporter);
  if (options.corpus_in_memory) setup.data->corpus.load_tokens();

  const auto ranks = join_ranks(runtime, options.distributed, device);
  const RunSettings settings{options.output, support::write_options(options), kTrainedModel, options.training,
                             options.optimizer};
  auto outcome = run_training(*setup.task, setup.schedule, *ranks, settings, reporter, runtime.stop);
  if (!outcome.stopped && ranks->is_first()) {
    setup.model->to(torch::kCPU);
    write_model(options, setup.model, setup.data->corpus.vocabulary());
    reporter.info("wrote " + (options.output / kTrainedModel).string());
  }
  ranks->barrier();
  return outcome;
}

int ranks_to_start(const DistributedOptions& options, const std::string& device) {
  if (options.processes > 0) return static_cast<int>(options.processes);
  return device == "auto" || device == "cuda" ? std::max(1, visible_gpus()) : 1;
}

}  // namespace biodta::pipeline
