// Another program on top of libbiodta: ranks one cell's counts and runs an untrained Bio-DTA twin on the
// ranking.
//   consumer genes.tsv COUNT...      one count a gene, in the vocabulary's order
#include <biodta/cells/rank_encoder.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/support/error.hpp>

#include <cstdlib>
#include <iostream>
#include <vector>

namespace {

void run(int argc, char** argv) {
  const auto vocabulary = biodta::cells::Vocabulary::read(argv[1]);
  std::vector<std::string> gene_ids;
  for (const auto& gene : vocabulary.genes()) gene_ids.push_back(gene.id);
  std::vector<std::uint32_t> columns;
  std::vector<float> counts;
  for (int i = 2; i < argc; ++i) {
    columns.push_back(static_cast<std::uint32_t>(i - 2));
    counts.push_back(std::strtof(argv[i], nullptr));
  }
  const biodta::cells::RankEncoder encoder(vocabulary, gene_ids, {});
  biodta::cells::RankEncoder::Workspace workspace;
  std::vector<biodta::cells::TokenId> tokens;
  encoder.encode(columns, counts, workspace, tokens);
  std::cout << "order:";
  for (const auto token : tokens) std::cout << ' ' << vocabulary.gene(token).symbol;
  std::cout << '\n';

  biodta::model::ModelConfig config;
  config.bert.layers = 1;
  config.bert.hidden_size = 16;
  config.bert.heads = 2;
  config.bert.intermediate_size = 32;
  config.bert.max_positions = 64;
  config.embedding.kind = biodta::model::TokenEmbedding::kTable;
  config.vocabulary_size = static_cast<std::int64_t>(vocabulary.token_count());
  biodta::model::MaskedLanguageModel model(config);
  model->initialise(1);
  model->eval();

  const auto length = static_cast<std::int64_t>(tokens.size());
  biodta::model::PackedSequences input;
  input.tokens_T = torch::empty({length}, torch::kInt64);
  for (std::int64_t t = 0; t < length; ++t) input.tokens_T[t] = static_cast<std::int64_t>(tokens[t]);
  input.positions_T = torch::arange(length, torch::kInt64);
  input.lengths = {length};
  const auto hidden_TH = model->hidden_states(input, {-1}).front();
  std::cout << "hidden: " << hidden_TH.size(0) << " x " << hidden_TH.size(1) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: consumer genes.tsv COUNT...\n";
    return 2;
  }
  try {
    run(argc, argv);
  } catch (const biodta::Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
