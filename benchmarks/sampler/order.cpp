// What the order of cells costs and changes: padding that a padded model would compute, how alike
// neighbouring steps are, how evenly the ranks are loaded, and the time that an epoch's order takes. Prints a
// table.
#include <biodta/cells/corpus.hpp>
#include <biodta/data/sampler.hpp>
#include <biodta/support/random.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace {

using biodta::data::BatchOrder;
using biodta::data::LengthGroupedSampler;
using Lengths = std::vector<std::uint32_t>;

Lengths read_lengths(const std::string& corpus, std::uint32_t longest) {
  Lengths lengths = biodta::cells::Corpus::open(corpus).lengths();
  for (auto& length : lengths) length = std::min(length, longest);
  std::erase(lengths, 0U);
  return lengths;
}

/// As many cells as wanted, each as long as one of the corpus drawn at random.
Lengths drawn(const Lengths& from, std::size_t count) {
  biodta::support::RandomStream random(1);
  Lengths lengths(count);
  for (auto& length : lengths) length = from[random.below(from.size())];
  return lengths;
}

struct Figures {
  double padding = 0;        ///< share of the positions of padded batches that hold nothing
  double padded_square = 0;  ///< Σ padded length² / Σ length²: what attention would cost more
  double lag_one = 0;        ///< correlation of a step's mean length with the next one's
  double imbalance = 0;      ///< tokens of the rank that has most, over the mean of the ranks; mean of steps
  double seconds = 0;        ///< to make an epoch's order
};

double lag_one(const std::vector<double>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double together = 0, alone = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    alone += (values[i] - mean) * (values[i] - mean);
    if (i > 0) together += (values[i] - mean) * (values[i - 1] - mean);
  }
  return together / alone;
}

Figures measure(const Lengths& lengths, std::size_t ranks, const biodta::data::SamplerOptions& options) {
  std::vector<std::uint32_t> cells(lengths.size());
  std::iota(cells.begin(), cells.end(), 0U);
  LengthGroupedSampler sampler(lengths, cells, ranks, options);
  Figures figures;
  const auto start = std::chrono::steady_clock::now();
  sampler.set_epoch(1);
  figures.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  double real = 0, padded = 0, squares = 0, padded_squares = 0;
  std::vector<double> step_means;
  for (std::size_t step = 0; step < sampler.batch_count(); ++step) {
    double most = 0, all = 0;
    std::size_t count = 0;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      double tokens = 0, longest = 0;
      const auto batch = sampler.slot_of(step, rank, ranks);
      for (const auto cell : batch) {
        const double length = lengths[cell];
        tokens += length;
        squares += length * length;
        longest = std::max(longest, length);
      }
      padded += longest * static_cast<double>(batch.size());
      padded_squares += longest * longest * static_cast<double>(batch.size());
      count += batch.size();
      all += tokens;
      most = std::max(most, tokens);
    }
    real += all;
    step_means.push_back(all / static_cast<double>(count));
    figures.imbalance += most / all * static_cast<double>(ranks);
  }
  figures.padding = 1 - real / padded;
  figures.padded_square = padded_squares / squares;
  figures.lag_one = lag_one(step_means);
  figures.imbalance /= static_cast<double>(sampler.batch_count());
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures the orders of cells, on the lengths of a corpus.", "biodta_sampler_order");
  std::string corpus;
  std::size_t cells = 0, ranks = 4;
  std::uint32_t longest = 2048;
  biodta::data::SamplerOptions options;
  app.add_option("corpus", corpus, "corpus file")->required();
  app.add_option("--cells", cells, "cells to draw from its lengths (those that it has)");
  app.add_option("--longest", longest, "where a cell is cut (2048)");
  app.add_option("--ranks", ranks, "ranks (4)");
  app.add_option("--batch", options.batch_size, "cells a rank (12)");
  app.add_option("--multiplier", options.megabatch_multiplier, "global batches a megabatch (1000)");
  CLI11_PARSE(app, argc, argv);
  try {
    const auto real = read_lengths(corpus, longest);
    const auto lengths = cells == 0 ? real : drawn(real, cells);
    const double mean =
        std::accumulate(lengths.begin(), lengths.end(), 0.0) / static_cast<double>(lengths.size());
    std::printf("%zu cells, mean length %.0f, batches of %lld on each of %zu ranks\n\n", lengths.size(), mean,
                static_cast<long long>(options.batch_size), ranks);
    std::printf(
        "| order | padding | padded / real tokens | of attention | lag-1 correlation | fullest rank / mean | "
        "s an epoch |\n");
    std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (const auto& [name, order] : {std::pair{"random", BatchOrder::kRandom},
                                      {"sorted", BatchOrder::kSorted},
                                      {"shuffled", BatchOrder::kShuffled}}) {
      options.order = order;
      const auto found = measure(lengths, ranks, options);
      std::printf("| %s | %.1f %% | %.2f | %.2f | %.3f | %.3f | %.2f |\n", name, 100 * found.padding,
                  1 / (1 - found.padding), found.padded_square, found.lag_one, found.imbalance,
                  found.seconds);
    }
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
