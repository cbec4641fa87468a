#pragma once
/// @file
/// Count files of random cells with metadata, for the tests of biodta-tokenize.

#include "cells/random_counts.hpp"
#include "testing.hpp"

#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace biodta::pipeline {

/// A folder with files a.h5ad, b.h5ad and c.h5ad of 700, 1 and 1,300 cells, some of them empty, and a
/// vocabulary v.tsv; options that make a corpus of them. "batch" is numbers in a and text in b, c has none.
class CountsWorld : public ::testing::Test {
 protected:
  CountsWorld() {
    support::RandomStream random(31);
    std::vector<std::string> genes = cells::testing::numbered("ENSG", 400);
    cells::testing::tied_vocabulary(genes, random).write(folder_ / "v.tsv");
    write("a.h5ad", 700, genes, random, {"T", "B"}, true);
    random.shuffle(genes);
    write("b.h5ad", 1, genes, random, {"NK"}, false);
    write("c.h5ad", 1300, genes, random, {"B", "T", "Mono"}, false);
    for (const char* name : {"a.h5ad", "b.h5ad", "c.h5ad"}) options_.inputs.push_back(folder_ / name);
    options_.vocabulary = folder_ / "v.tsv";
    options_.output = folder_ / "corpus.h5";
  }

  void write(const std::string& name, std::size_t cells, const std::vector<std::string>& genes,
             support::RandomStream& random, std::vector<std::string> types, bool numbered_batch) {
    cells::ObsColumn type{"type", {}, std::move(types), {}};
    cells::ObsColumn age{"age", {}, {}, {}};
    cells::ObsColumn batch{"batch", {}, {}, {}};
    if (!numbered_batch) batch.categories = {"x", "2"};
    for (std::size_t i = 0; i < cells; ++i) {
      type.codes.push_back(static_cast<std::int32_t>(random.below(type.categories.size() + 1)) - 1);
      age.numbers.push_back(random.bernoulli(0.1) ? std::nan("") : static_cast<double>(random.below(90)));
      if (numbered_batch) {
        batch.numbers.push_back(static_cast<double>(random.below(4)));
      } else {
        batch.codes.push_back(static_cast<std::int32_t>(random.below(2)));
      }
    }
    cells::CountBlock counts = cells::testing::random_counts(cells, genes.size(), 0.04, random);
    std::vector<cells::ObsColumn> obs = {std::move(type), std::move(age)};
    if (cells < 1000) obs.push_back(std::move(batch));
    cells::write_h5ad(
        folder_ / name,
        {cells::testing::numbered(name + "-", cells), genes, {}, std::move(obs), std::move(counts)});
  }

  std::string bytes(const std::filesystem::path& path) const { return support::read_text_file(path); }

  biodta::testing::TemporaryFolder folder_;
  TokenizeOptions options_;
};

}  // namespace biodta::pipeline
