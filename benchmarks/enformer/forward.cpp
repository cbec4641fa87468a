// Times an Enformer on windows of DNA: each embedded whole, then again with one base changed and only what
// sees it recomputed. Prints one JSON object, for benchmarks/enformer/run.
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/fasta.hpp>

#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

using biodta::enformer::SequenceEmbeddings;

template <class Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The window with the base at the TSS changed.
std::string with_variant(std::string window) {
  char& base = window[window.size() / 2];
  base = base == 'A' ? 'G' : 'A';
  return window;
}

/// Largest difference of two windows' rows, over the largest value.
double difference(const SequenceEmbeddings& a, const SequenceEmbeddings& b) {
  return ((a.rows_NRE - b.rows_NRE).abs().max() / b.rows_NRE.abs().max()).item<double>();
}

nlohmann::json measure(biodta::enformer::SequenceEmbedder& embedder, const std::string& window, bool check) {
  biodta::enformer::EmbeddedReference reference;
  SequenceEmbeddings variant;
  const std::vector<std::string> changed = {with_variant(window)};
  nlohmann::json times;
  times["full"] = seconds_of([&] { reference = embedder.embed_reference(window); });
  times["variant"] = seconds_of([&] { variant = embedder.embed_variants(reference, changed); });
  const auto& row = reference.embeddings().rows_NRE;
  times["embedding"] =
      std::vector<float>(row.const_data_ptr<float>(), row.const_data_ptr<float>() + row.numel());
  times["variant_moved"] = difference(variant, reference.embeddings());
  if (check) times["variant_error"] = difference(variant, embedder.embed(changed));
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times an Enformer, for benchmarks/enformer/run.", "biodta_enformer_forward");
  std::string folder, windows;
  int repetitions = 1, threads = 0;
  bool bfloat16 = false, check = false;
  app.add_option("model", folder, "folder of an Enformer")->required();
  app.add_option("windows", windows, "FASTA")->required();
  app.add_option("--repetitions", repetitions, "of every window");
  app.add_option("--threads", threads, "of LibTorch; 0 = its own choice");
  app.add_flag("--bfloat16", bfloat16, "weights and activations in bfloat16");
  app.add_flag("--check", check, "compare the recomputed window with one embedded whole");
  CLI11_PARSE(app, argc, argv);
  try {
    if (threads > 0) at::set_num_threads(threads);
    biodta::enformer::SequenceEmbedderOptions options;
    if (bfloat16) options.arithmetic = biodta::enformer::Arithmetic::kBfloat16;
    auto embedder = biodta::enformer::SequenceEmbedder::load(folder, torch::kCPU, options);
    auto results = nlohmann::json::array();
    for (const auto& record : biodta::genome::read_fasta(windows)) {
      for (int i = 0; i < repetitions; ++i)
        results.push_back(measure(embedder, record.sequence, check && i == 0));
    }
    std::cout << results.dump() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
