#include "export_world.hpp"
#include "training/recording_reporter.hpp"

#include <biodta/data/tensors.hpp>
#include <biodta/pipeline/export.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace biodta::pipeline {
namespace {

using biodta::testing::EmbeddingFile;
using biodta::testing::expect_error;
using biodta::testing::ExportWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// One forward pass of the run's own model over one batch, and every number that it gives.
struct Outputs {
  std::vector<torch::Tensor> states;  ///< layers 0 to 3, [T, H]
  torch::Tensor logits;               ///< [T, V]
};

Outputs outputs_of(model::MaskedLanguageModel& model, const model::PackedSequences& input) {
  const torch::NoGradGuard no_gradients;
  return {model->hidden_states(input, {0, 1, 2, 3}),
          model->forward(input, at::arange(input.tokens_T.size(0), torch::kInt64))};
}

double largest_difference(const Outputs& a, const Outputs& b) {
  double largest = (a.logits - b.logits).abs().max().item<double>();
  for (std::size_t layer = 0; layer < a.states.size(); ++layer)
    largest = std::max(largest, (a.states[layer] - b.states[layer]).abs().max().item<double>());
  return largest;
}

class ExportTest : public ::testing::Test {
 protected:
  ExportOptions of(const char* run) const {
    ExportOptions options;
    options.run = world_ / run;
    if (std::string(run) != "twin") options.embeddings = {world_ / "embeddings.h5"};
    return options;
  }
  ExportOptions to_folder(const char* run) const {
    auto options = of(run);
    options.hf = world_ / "hf";
    return options;
  }
  ExportOptions to_files(const char* run) const {
    auto options = of(run);
    options.corpus = world_ / "corpus.h5";
    options.cells = world_ / "cells.h5ad";
    options.genes = world_ / "genes.h5ad";
    options.embedding.batch_tokens = 50;  // several forward passes
    return options;
  }
  void write(const ExportOptions& options) { export_run(options, reporter_, "cpu"); }

  /// Cells as a run reads them, in the reference or in the donor's DNA. Some tokens are masked.
  model::PackedSequences batch(const std::vector<std::uint32_t>& cells, bool adapter, bool donor = false,
                               bool masked = false) {
    const data::TokenRows rows(world_.vocabulary, bank_);
    std::vector<embedding::ContextIndex> contexts(40, donor ? *bank_.context_index("donor") : -1);
    const data::BatchBuilder builder(corpus_, adapter ? &rows : nullptr, contexts, 64);
    auto packed = builder.build(cells);
    for (std::size_t i = 0; masked && i < packed.tokens.size(); i += 4) {
      packed.tokens[i] = 1;
      if (adapter) packed.row[i] = -1;
    }
    return data::to_tensors(packed, adapter ? data::bank_tensor(bank_) : torch::Tensor());
  }

  /// Embeddings of one cell run alone: by token, [tokens][H] in double.
  std::map<cells::TokenId, std::vector<double>> alone(model::MaskedLanguageModel& model, std::uint32_t cell,
                                                      bool adapter, std::int64_t layer, bool donor = false) {
    const torch::NoGradGuard no_gradients;
    const auto input = batch({cell}, adapter, donor);
    std::map<cells::TokenId, std::vector<double>> embeddings;
    if (input.tokens_T.size(0) == 0) return embeddings;
    const auto states = model->hidden_states(input, {layer})[0].to(torch::kFloat64).contiguous();
    for (std::int64_t i = 0; i < states.size(0); ++i) {
      const double* values = states.const_data_ptr<double>() + i * states.size(1);
      embeddings[static_cast<cells::TokenId>(input.tokens_T[i].item<std::int64_t>())] = {
          values, values + states.size(1)};
    }
    return embeddings;
  }

  static std::vector<double> mean_of(const std::map<cells::TokenId, std::vector<double>>& embeddings) {
    std::vector<double> mean(16, 0.0);
    for (const auto& [token, values] : embeddings)
      for (std::size_t h = 0; h < 16; ++h) mean[h] += values[h] / static_cast<double>(embeddings.size());
    return mean;
  }

  ExportWorld world_;
  cells::Corpus corpus_ = cells::Corpus::open(world_ / "corpus.h5");
  embedding::EmbeddingBank bank_ = world_.bank();
  biodta::testing::RecordingReporter reporter_;
};

TEST_F(ExportTest, TheFolderGivesWhatTheRunGivesInTheContextAskedFor) {
  auto model = model::load_model(world_ / "run/model");
  for (const bool donor : {false, true}) {
    auto options = to_folder("run");
    options.context = donor ? "donor" : "";
    options.overwrite = true;
    write(options);
    auto exported = model::load_model(world_ / "hf");
    const auto input = batch({0, 3, 12, 39}, true, donor, true);
    auto tokens_alone = input;
    tokens_alone.row_T = tokens_alone.rows_UE = torch::Tensor();
    const auto expected = outputs_of(model, input);
    const double difference = largest_difference(outputs_of(exported, tokens_alone), expected);
    RecordProperty(donor ? "donor" : "reference", support::format_double(difference));
    EXPECT_LT(difference, 1e-6);
    // The other context's numbers are others: the comparison can fail.
    EXPECT_GT(largest_difference(outputs_of(model, batch({0, 3, 12, 39}, true, !donor, true)), expected),
              1e-3);
  }
}

TEST_F(ExportTest, TheTwinsFolderGivesWhatTheTwinGivesTiedOrNot) {
  for (const auto decoder : {model::Decoder::kOwn, model::Decoder::kTied}) {
    auto config = model::read_model_config(world_ / "twin/model/config.json");
    config.decoder = decoder;
    model::MaskedLanguageModel twin(config);
    twin->initialise(9);
    twin->eval();
    world_.write_model("twin", twin, world_.vocabulary);
    auto options = to_folder("twin");
    options.overwrite = true;
    write(options);
    auto exported = model::load_model(world_ / "hf");
    const auto input = batch({0, 3, 7, 39}, false, false, true);
    EXPECT_LT(largest_difference(outputs_of(exported, input), outputs_of(twin, input)), 1e-6);
  }
}

TEST_F(ExportTest, TheTokenDictionaryHoldsTheGenesThatHaveAVector) {
  write(to_folder("run"));
  const auto tokens = nlohmann::json::parse(support::read_text_file(world_ / "hf/token_dictionary.json"));
  EXPECT_EQ(tokens.size(), 14U);  // two special tokens, twelve of fourteen genes
  EXPECT_EQ(tokens.at("<pad>"), 0);
  EXPECT_EQ(tokens.at("<mask>"), 1);
  EXPECT_EQ(tokens.at("g3"), 5);
  EXPECT_FALSE(tokens.contains("g4"));
  EXPECT_EQ(cells::Vocabulary::read(world_ / "hf/vocabulary.tsv"), world_.vocabulary);
  EXPECT_THAT(reporter_.warnings, ElementsAre(HasSubstr("2 of 14 genes have no row")));
  const auto table = weights::read_tensors(world_ / "hf/model.safetensors")
                         .tensors.at("bert.embeddings.word_embeddings.weight");
  EXPECT_EQ(table[6].abs().max().item<double>(), 0.0);
  EXPECT_GT(table[5].abs().max().item<double>(), 0.0);
  auto twin = to_folder("twin");
  twin.overwrite = true;
  write(twin);
  EXPECT_EQ(nlohmann::json::parse(support::read_text_file(world_ / "hf/token_dictionary.json")).size(), 16U);
}

TEST_F(ExportTest, CellsAreMeansOfTheirGenesEachRunAlone) {
  auto model = model::load_model(world_ / "run/model");
  for (const std::int64_t layer : {-2, 0, 3}) {
    auto options = to_files("run");
    options.embedding.layer = layer;
    options.overwrite = true;
    write(options);
    const EmbeddingFile file(world_ / "cells.h5ad");
    ASSERT_EQ(file.ids.size(), 39U);
    double largest = 0.0;
    std::size_t row = 0;
    for (std::uint32_t cell = 0; cell < 40; ++cell) {
      if (cell == 7) continue;  // holds no gene that the run reads
      EXPECT_EQ(file.ids[row], "cell" + std::to_string(cell));
      const auto expected = mean_of(alone(model, cell, true, layer));
      for (std::size_t h = 0; h < 16; ++h)
        largest = std::max(largest, std::abs(expected[h] - static_cast<double>(file.value(row, h))));
      ++row;
    }
    RecordProperty("layer" + std::to_string(layer), support::format_double(largest));
    EXPECT_LT(largest, 2e-6) << layer;
  }
  EXPECT_THAT(reporter_.warnings.at(0), HasSubstr("1 cells hold no gene"));
}

TEST_F(ExportTest, CellsKeepTheCorpusColumns) {
  write(to_files("twin"));
  const EmbeddingFile file(world_ / "cells.h5ad");
  EXPECT_EQ(file.ids.size(), 40U);
  EXPECT_EQ(file.file.dataset("obs/age").read_all<double>(), ExportWorld::ages());
  EXPECT_EQ(file.file.dataset("obs/split/codes").read_all<std::int32_t>(), ExportWorld::split_codes());
  EXPECT_THAT(file.file.dataset("obs/split/categories").read_strings(), ElementsAre("train", "heldout"));
  EXPECT_THAT(reporter_.stages, ElementsAre("embed 40 cells"));
  EXPECT_EQ(reporter_.updates.back(), "40 ");
}

TEST_F(ExportTest, GenesAreMeansOverTheCellsThatHoldThem) {
  write(to_files("run"));
  auto model = model::load_model(world_ / "run/model");
  std::map<cells::TokenId, std::vector<double>> sums;
  std::map<cells::TokenId, double> held;
  for (std::uint32_t cell = 0; cell < 40; ++cell) {
    for (const auto& [token, values] : alone(model, cell, true, -2)) {
      auto& sum = sums.try_emplace(token, 16, 0.0).first->second;
      for (std::size_t h = 0; h < 16; ++h) sum[h] += values[h];
      held[token] += 1.0;
    }
  }
  const EmbeddingFile file(world_ / "genes.h5ad");
  const auto ids = file.file.dataset("obs/gene_id").read_strings();
  const auto counts = file.file.dataset("obs/cells").read_all<double>();
  ASSERT_EQ(ids.size(), sums.size());
  EXPECT_EQ(file.ids, ids);
  EXPECT_EQ(file.file.dataset("obs/symbol").read_strings()[4], "S5");  // S4 has no row
  double largest = 0.0;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const auto token = *world_.vocabulary.token_of_id(ids[row]);
    EXPECT_EQ(counts[row], held.at(token));
    for (std::size_t h = 0; h < 16; ++h)
      largest = std::max(
          largest, std::abs(sums.at(token)[h] / held.at(token) - static_cast<double>(file.value(row, h))));
  }
  RecordProperty("largest", support::format_double(largest));
  EXPECT_LT(largest, 2e-6);
}

TEST_F(ExportTest, CellsAreReadInTheContextOfTheirColumnOrInOneForAll) {
  auto model = model::load_model(world_ / "run/model");
  const auto nearest = [&](const EmbeddingFile& file, std::size_t row, std::uint32_t cell, bool donor) {
    const auto expected = mean_of(alone(model, cell, true, -2, donor));
    double largest = 0.0;
    for (std::size_t h = 0; h < 16; ++h)
      largest = std::max(largest, std::abs(expected[h] - static_cast<double>(file.value(row, h))));
    return largest;
  };
  auto options = to_files("run");
  options.selection.context_column = "sample";
  write(options);
  const EmbeddingFile mixed(world_ / "cells.h5ad");
  EXPECT_LT(nearest(mixed, 2, 2, true), 2e-6);
  EXPECT_GT(nearest(mixed, 2, 2, false), 1e-4);
  EXPECT_LT(nearest(mixed, 3, 3, false), 2e-6);
  options.selection.context_column.clear();
  options.context = "donor";
  options.overwrite = true;
  write(options);
  EXPECT_LT(nearest(EmbeddingFile(world_ / "cells.h5ad"), 3, 3, true), 2e-6);
}

TEST_F(ExportTest, FiltersAndDrawsChooseCells) {
  auto options = to_files("twin");
  options.genes.clear();
  options.selection.filters = {"split=heldout"};
  write(options);
  const auto held_out = EmbeddingFile(world_ / "cells.h5ad").ids;
  ASSERT_EQ(held_out.size(), 15U);
  EXPECT_EQ(held_out.front(), "cell25");
  options.selection.max_cells = 6;
  options.overwrite = true;
  const auto draw = [&](std::int64_t seed) {
    options.selection.seed = seed;
    write(options);
    return EmbeddingFile(world_ / "cells.h5ad").ids;
  };
  const auto first = draw(1);
  EXPECT_EQ(first.size(), 6U);
  for (const auto& id : first) EXPECT_THAT(held_out, ::testing::Contains(id));
  EXPECT_EQ(draw(1), first);
  EXPECT_NE(draw(2), first);
}

TEST_F(ExportTest, SpecialTokensOfTheSecondStyleAreInNoMean) {
  const cells::Vocabulary framed(world_.vocabulary.genes(), cells::SpecialTokens::kPadMaskClsEos);
  std::vector<std::vector<cells::TokenId>> cells;
  for (auto genes : analysis::testing::random_cells(5, 10, 8)) {
    for (auto& token : genes) token += 2;
    genes.insert(genes.begin(), cells::kClsToken);
    genes.push_back(cells::kEosToken);
    cells.push_back(genes);
  }
  cells.push_back({cells::kClsToken, cells::kEosToken});
  const auto corpus = analysis::testing::corpus_of(world_ / "framed.h5", framed, cells);
  auto model = analysis::testing::model_of(framed, nullptr, 4);
  world_.write_model("framed", model, framed);
  auto options = to_files("twin");
  options.run = world_ / "framed";
  options.corpus = world_ / "framed.h5";
  write(options);
  const EmbeddingFile file(world_ / "cells.h5ad");
  ASSERT_EQ(file.ids.size(), 5U);
  const torch::NoGradGuard no_gradients;
  for (std::uint32_t cell = 0; cell < 5; ++cell) {
    const data::BatchBuilder builder(corpus, nullptr, {}, 64);
    const auto states =
        model->hidden_states(data::to_tensors(builder.build(std::vector{cell}), {}), {-2})[0].to(
            torch::kFloat64);
    const auto expected = states.narrow(0, 1, states.size(0) - 2).mean(0);
    for (std::size_t h = 0; h < 16; ++h)
      EXPECT_NEAR(file.value(cell, h), expected[static_cast<std::int64_t>(h)].item<double>(), 2e-6);
  }
  for (const auto& id : EmbeddingFile(world_ / "genes.h5ad").ids) EXPECT_EQ(id.front(), 'g');
}

TEST_F(ExportTest, NamesWhatIsWrongInOneLineAndWritesNothing) {
  const auto refused = [&]<class E>(E*, ExportOptions options,
                                    std::initializer_list<std::string_view> parts) {
    expect_error<E>([&] { write(options); }, parts);
    for (const char* name : {"hf", "cells.h5ad", "genes.h5ad"})
      EXPECT_FALSE(std::filesystem::exists(world_ / name)) << name;
  };
  InputError* input = nullptr;
  ConfigError* config = nullptr;
  const auto with = [&](ExportOptions options, const auto& change) {
    change(options);
    return options;
  };
  std::filesystem::create_directories(world_ / "broken_off/checkpoints/step-5");
  refused(input, with(to_folder("run"), [&](auto& o) { o.run = world_ / "broken_off"; }), {"not finished"});
  refused(input, with(to_folder("run"), [&](auto& o) { o.run = world_ / "nowhere"; }), {"nowhere"});
  refused(config, with(to_folder("run"), [](auto& o) { o.hf.clear(); }), {"hf, cells, genes"});
  refused(config, with(to_folder("run"), [](auto& o) { o.embeddings.clear(); }), {"embeddings", "adapter"});
  refused(input, with(to_folder("run"), [](auto& o) { o.context = "doner"; }),
          {"'doner'", "did you mean donor"});
  refused(config,
          with(to_folder("twin"),
               [&](auto& o) {
                 o.context = "donor";
                 o.embeddings = {world_ / "embeddings.h5"};
               }),
          {"context", "no adapter"});
  analysis::testing::bank_of(world_.vocabulary, 5, 1).write(world_ / "narrow.h5");
  for (const auto& options : {to_folder("run"), to_files("run")})
    refused(input, with(options, [&](auto& o) { o.embeddings = {world_ / "narrow.h5"}; }),
            {"narrow.h5", "5 values", "the 6 that the adapter"});
  refused(config,
          with(to_files("run"),
               [&](auto& o) {
                 o.embedding.layer = 4;
                 o.hf = world_ / "hf";  // not written either
               }),
          {"layer", "4", "-4 to 3"});
  refused(config, with(to_files("run"), [](auto& o) { o.corpus.clear(); }), {"corpus"});
  refused(config, with(to_files("run"), [](auto& o) { o.selection.filters = {"split=x"}; }), {"split=x"});
  refused(config, with(to_files("twin"), [](auto& o) { o.selection.context_column = "sample"; }),
          {"embeddings"});
  refused(config, with(to_files("run"), [&](auto& o) { o.genes = o.cells; }), {"genes"});
  refused(config, with(to_files("run"), [&](auto& o) { o.cells = o.corpus; }),
          {"cells", "corpus.h5", "an input too"});
  const auto other = analysis::testing::vocabulary_of(13);
  analysis::testing::corpus_of(world_ / "other.h5", other, {{2, 3, 4}});
  refused(input, with(to_files("run"), [&](auto& o) { o.corpus = world_ / "other.h5"; }),
          {"16 tokens", "15 of", "same vocabulary"});
  analysis::testing::corpus_of(world_ / "empty.h5", world_.vocabulary, {{6, 11}});
  refused(input, with(to_files("run"), [&](auto& o) { o.corpus = world_ / "empty.h5"; }),
          {"empty.h5", "no gene"});
  auto diverged = analysis::testing::model_of(world_.vocabulary, nullptr, 2);
  diverged->named_parameters()["bert.embeddings.LayerNorm.bias"].detach().fill_(std::nan(""));
  world_.write_model("diverged", diverged, world_.vocabulary);
  refused(input, with(to_files("twin"), [&](auto& o) { o.run = world_ / "diverged"; }),
          {"model.safetensors", "not finite"});
  auto bare = model::read_model_config(world_ / "twin/model/config.json");
  bare.head_transform = false;
  world_.write_model("bare", model::MaskedLanguageModel(bare), world_.vocabulary);
  refused(config, with(to_folder("twin"), [&](auto& o) { o.run = world_ / "bare"; }),
          {"head_transform", "BertForMaskedLM"});
}

TEST_F(ExportTest, KeepsWhatStandsAtItsOutputs) {
  support::write_text_file(world_ / "hf/mine.txt", "kept");
  support::write_text_file(world_ / "cells.h5ad", "kept");
  expect_error<ConfigError>([&] { write(to_folder("run")); }, {"hf", "--overwrite"});
  expect_error<ConfigError>([&] { write(to_files("run")); }, {"cells", "--overwrite"});
  auto over = to_folder("run");
  over.overwrite = true;
  expect_error<ConfigError>([&] { write(over); }, {"no export.yaml"});
  for (const char* folder : {"run", "run/model"}) {
    over.hf = world_ / folder;
    expect_error<ConfigError>([&] { write(over); }, {"an input too"});
  }
  EXPECT_EQ(support::read_text_file(world_ / "hf/mine.txt"), "kept");
  EXPECT_EQ(support::read_text_file(world_ / "cells.h5ad"), "kept");
}

TEST_F(ExportTest, TransformersGivesTheSameNumbersOnPaddedBatches) {
  const char* python = std::getenv("BIODTA_TRANSFORMERS_PYTHON");
  if (python == nullptr || *python == '\0')
    GTEST_SKIP()
        << "BIODTA_TRANSFORMERS_PYTHON names no Python with torch, transformers, safetensors and h5py";
  const auto script =
      std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path() / "scripts/check_export.py";
  for (const char* run : {"run", "twin"}) {
    const bool adapter = std::string(run) == "run";
    auto options = to_files(run);
    options.hf = world_ / "hf";
    options.overwrite = true;
    write(options);
    auto model = model::load_model(world_ / run / "model");
    const auto input = batch({0, 3, 12, 39}, adapter, false, true);
    const auto outputs = outputs_of(model, input);
    weights::NamedTensors tensors = {{"tokens", input.tokens_T},
                                     {"lengths", torch::tensor(input.lengths, torch::kInt64)},
                                     {"logits", outputs.logits.contiguous()}};
    for (std::size_t layer = 0; layer < 4; ++layer)
      tensors["hidden." + std::to_string(layer)] = outputs.states[layer].contiguous();
    weights::write_safetensors(world_ / "reference.safetensors", tensors);
    const std::string check =
        std::string(python) + " '" + script.string() + "' '" + (world_ / "hf").string() + "' ";
    const auto at = [&](const char* name) { return " '" + (world_ / name).string() + "'"; };
    EXPECT_EQ(std::system((check + "--reference" + at("reference.safetensors")).c_str()), 0) << run;
    EXPECT_EQ(std::system((check + "--corpus" + at("corpus.h5") + " --cells" + at("cells.h5ad") + " --genes" +
                           at("genes.h5ad"))
                              .c_str()),
              0)
        << run;
  }
}

}  // namespace
}  // namespace biodta::pipeline
