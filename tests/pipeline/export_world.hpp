#pragma once
/// @file
/// Runs, a corpus and a bank for biodta-export, and its files read back.

#include "analysis/fixtures.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/hdf5.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace biodta::testing {

inline constexpr std::size_t kExportGenes = 14;
inline constexpr std::size_t kExportWidth = 6;

/// 40 cells of 14 genes, of which the bank lacks g4 and g9; cell 7 holds these alone. Untrained models `run`
/// (with an adapter) and `twin`.
class ExportWorld {
 public:
  ExportWorld() {
    auto cells = analysis::testing::random_cells(40, kExportGenes, 5);
    cells[7] = {6, 11};
    analysis::testing::corpus_of(folder_ / "corpus.h5", vocabulary, cells,
                                 {{"split", split_codes(), {"train", "heldout"}, {}},
                                  {"sample", donor_codes(), {"donor", "nobody"}, {}},
                                  {"age", {}, {}, ages()}});
    bank().write(folder_ / "embeddings.h5");
    const auto own = bank();
    write_model("run", analysis::testing::model_of(vocabulary, &own, 1), vocabulary);
    write_model("twin", analysis::testing::model_of(vocabulary, nullptr, 2), vocabulary);
  }

  /// The rows of the fixtures' bank without those of two genes.
  embedding::EmbeddingBank bank() const {
    const auto whole = analysis::testing::bank_of(vocabulary, kExportWidth, 3);
    const auto donor = *whole.context_index("donor");
    std::vector<std::string> ids, symbols;
    std::vector<float> rows, changed_rows;
    std::vector<std::uint32_t> changed;
    for (std::uint32_t gene = 0; gene < whole.gene_count(); ++gene) {
      if (gene == 4 || gene == 9) continue;
      const auto row = whole.row(whole.row_of(gene));
      rows.insert(rows.end(), row.begin(), row.end());
      if (whole.row_of(gene, donor) != whole.row_of(gene)) {
        const auto other = whole.row(whole.row_of(gene, donor));
        changed_rows.insert(changed_rows.end(), other.begin(), other.end());
        changed.push_back(static_cast<std::uint32_t>(ids.size()));
      }
      ids.push_back(whole.gene_ids()[gene]);
      symbols.push_back(whole.symbols()[gene]);
    }
    embedding::EmbeddingBank fewer(ids, symbols, 1, kExportWidth, rows);
    fewer.add_context("donor", changed, changed_rows);
    return fewer;
  }

  void write_model(const std::string& run, const model::MaskedLanguageModel& model,
                   const cells::Vocabulary& known) const {
    std::filesystem::create_directories(folder_ / run / "model");
    model::save_model(model, folder_ / run / "model");
    known.write(folder_ / run / "model/vocabulary.tsv");
  }

  static std::vector<std::int32_t> split_codes() {
    std::vector<std::int32_t> codes(40, 0);
    for (std::size_t cell = 25; cell < 40; ++cell) codes[cell] = 1;
    return codes;
  }
  static std::vector<std::int32_t> donor_codes() {
    std::vector<std::int32_t> codes(40, 1);
    for (std::size_t cell = 0; cell < 40; cell += 2) codes[cell] = 0;
    return codes;
  }
  static std::vector<double> ages() {
    std::vector<double> ages(40);
    for (std::size_t cell = 0; cell < 40; ++cell) ages[cell] = static_cast<double>(cell) * 1.5;
    return ages;
  }

  std::filesystem::path operator/(const std::filesystem::path& name) const { return folder_ / name; }
  const std::filesystem::path& path() const { return folder_.path(); }

  cells::Vocabulary vocabulary = analysis::testing::vocabulary_of(kExportGenes);

 private:
  TemporaryFolder folder_;
};

/// An .h5ad of embeddings.
struct EmbeddingFile {
  explicit EmbeddingFile(const std::filesystem::path& path) : file(support::hdf5::File::open(path)) {
    ids = file.dataset("obs/_index").read_strings();
    values = file.dataset("X").read_all<float>();
    width = file.dataset("X").shape().at(1);
  }
  float value(std::size_t row, std::size_t column) const { return values.at(row * width + column); }

  support::hdf5::File file;
  std::vector<std::string> ids;
  std::vector<float> values;
  std::uint64_t width = 0;
};

}  // namespace biodta::testing
