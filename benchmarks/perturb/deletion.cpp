// Times in silico deletion of one gene, and prints what it finds as one JSON object, for
// benchmarks/perturb/run.
#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/cells/corpus.hpp>
#include <biodta/model/masked_language_model.hpp>

#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace biodta;

/// The first cells that hold the gene.
std::vector<std::uint32_t> cells_with(const data::BatchBuilder& builder, const cells::Corpus& corpus,
                                      cells::TokenId gene, std::size_t most) {
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t cell = 0; cell < corpus.cell_count() && chosen.size() < most; ++cell) {
    const auto tokens = builder.tokens_of(cell);
    if (std::find(tokens.begin(), tokens.end(), gene) != tokens.end()) chosen.push_back(cell);
  }
  return chosen;
}

/// Mean cosine similarity by token.
nlohmann::json similarities(const analysis::ShiftTable& table) {
  auto means = nlohmann::json::object();
  for (std::size_t token = 0; token < table.genes.size(); ++token)
    if (table.genes[token].count() > 0) means[std::to_string(token)] = 1.0 - table.genes[token].mean();
  return means;
}

nlohmann::json measure(model::MaskedLanguageModel& model, const data::BatchBuilder& builder,
                       const std::vector<std::uint32_t>& cells,
                       const std::vector<analysis::Perturbation>& deletion,
                       const analysis::ShiftOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto tables = analysis::measure_shifts(model, torch::kCPU, {builder}, cells, deletion, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const auto alone = analysis::each_alone(deletion);
  const auto tokens = analysis::forward_tokens({builder}, cells, alone, options);
  return {{"seconds", seconds.count()},
          {"cells", tables.at(0).cells},
          {"tokens", tokens.total()},
          {"similarity", similarities(tables.at(0))}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times in silico deletion, for benchmarks/perturb/run.", "biodta_deletion");
  std::string folder, corpus_file, gene;
  std::size_t most = 16;
  int threads = 0;
  analysis::ShiftOptions options;
  app.add_option("model", folder, "folder of a model, Hugging Face's or Bio-DTA's")->required();
  app.add_option("corpus", corpus_file, "cells of biodta-tokenize")->required();
  app.add_option("gene", gene, "symbol or id of the gene deleted")->required();
  app.add_option("--cells", most, "cells that hold it, the first ones of the corpus");
  app.add_option("--threads", threads, "of LibTorch; 0 = its own choice");
  app.add_option("--batch-tokens", options.batch_tokens, "tokens a forward pass");
  app.add_flag("--bfloat16", options.bfloat16, "matrix products in bfloat16");
  CLI11_PARSE(app, argc, argv);
  try {
    if (threads > 0) at::set_num_threads(threads);
    auto model = model::load_model(folder);
    const auto corpus = cells::Corpus::open(corpus_file);
    const data::BatchBuilder builder(corpus, nullptr, {},
                                     static_cast<std::size_t>(model->config().bert.max_positions));
    const cells::TokenId token = corpus.vocabulary().find(gene).value();
    const std::vector<analysis::Perturbation> deletion = {
        {analysis::PerturbationKind::kDelete, token, {}, {}}};
    std::cout << measure(model, builder, cells_with(builder, corpus, token, most), deletion, options).dump()
              << '\n';
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
