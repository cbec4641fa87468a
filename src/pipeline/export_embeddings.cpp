#include "export_outputs.hpp"
#include "perturbed_run.hpp"
#include "run_bank.hpp"

#include <biodta/analysis/cell_selection.hpp>
#include <biodta/cells/dense_h5ad.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

/// Cells that are packed, and whose means are in memory, together.
constexpr std::size_t kWindowCells = 8192;
/// Rows of obs that are read together.
constexpr std::uint64_t kObsRows = std::uint64_t{1} << 16;

std::vector<std::string> dimension_names(std::int64_t hidden) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < hidden; ++i) names.push_back("h" + std::to_string(i));
  return names;
}

std::vector<embedding::ContextIndex> contexts_of(const ExportOptions& options, const cells::Corpus& corpus,
                                                 const std::optional<embedding::EmbeddingBank>& bank,
                                                 support::Reporter& reporter) {
  const auto& column = options.selection.context_column;
  if (!bank) {
    if (column.empty() && options.context.empty()) return {};
    throw ConfigError("selection.context_column: is set, but embeddings, the bank of the contexts, is not");
  }
  if (options.context.empty())
    return read_contexts(corpus, *bank, "selection.context_column", column, reporter);
  return std::vector<embedding::ContextIndex>(corpus.cell_count(), chosen_context(options, *bank));
}

/// Ids and obs of chosen cells, ascending, read in ranges.
class ObsReader {
 public:
  explicit ObsReader(const cells::Corpus& corpus) : corpus_(corpus) {}

  struct Rows {
    std::vector<std::string> ids;
    std::vector<cells::ObsValues> columns;
  };
  Rows read(std::span<const std::uint32_t> cells) const {
    Rows rows;
    rows.columns.resize(corpus_.obs_fields().size());
    for (std::size_t begin = 0; begin < cells.size();) {
      const std::uint64_t first = cells[begin];
      std::size_t end = begin;
      while (end < cells.size() && cells[end] < first + kObsRows) ++end;
      append(rows, cells.subspan(begin, end - begin));
      begin = end;
    }
    return rows;
  }

 private:
  void append(Rows& rows, std::span<const std::uint32_t> cells) const {
    const std::uint64_t first = cells.front();
    const std::uint64_t count = cells.back() - first + 1;
    const auto ids = corpus_.cell_ids(first, count);
    for (const std::uint32_t cell : cells) rows.ids.push_back(ids[cell - first]);
    for (std::size_t field = 0; field < rows.columns.size(); ++field) {
      const auto values = corpus_.read_obs(field, first, count);
      auto& column = rows.columns[field];
      for (const std::uint32_t cell : cells) {
        if (corpus_.obs_fields()[field].categorical)
          column.codes.push_back(values.codes[cell - first]);
        else
          column.numbers.push_back(values.numbers[cell - first]);
      }
    }
  }

  const cells::Corpus& corpus_;
};

}  // namespace

/// What is asked for of each window of cells.
class EmbeddingExport::Implementation {
 public:
  Implementation(const ExportOptions& options, const std::optional<embedding::EmbeddingBank>& bank,
                 support::Reporter& reporter, torch::Device device)
      : options_(options),
        reporter_(reporter),
        corpus_(cells::Corpus::open(options.corpus)),
        run_(load_run(options.run, corpus_, bank ? &*bank : nullptr, options.embeddings,
                      contexts_of(options, corpus_, bank, reporter), device)),
        hidden_(run_->model->config().bert.hidden_size),
        embedder_(run_->model, device, {*run_->cells, run_->bank}, options.embedding),
        obs_(corpus_) {
    if (!run_->has_adapter() && (!options.context.empty() || !options.selection.context_column.empty()))
      throw ConfigError("context: is set, but " + run_->folder.string() +
                        " has no adapter that would read it");
    const auto& selection = options.selection;
    chosen_ = analysis::select_cells(corpus_, {selection.filters, selection.max_cells, selection.seed});
    if (!options.genes.empty()) gene_means_.emplace(run_->model->config().vocabulary_size, hidden_, device);
  }

  void run() {
    if (!options_.cells.empty())
      cells_.emplace(options_.cells, dimension_names(hidden_), corpus_.obs_fields());
    embed();
    if (embedded_ == 0)
      throw InputError(
          options_.corpus, "",
          "no gene that the model reads in " + support::with_thousands(chosen_.size()) + " chosen cells",
          "cells with genes of the run", "loosen selection.filters");
    finish_cells();
    finish_genes();
  }

 private:
  void embed() {
    const std::span<const std::uint32_t> chosen(chosen_);
    const auto progress = reporter_.start("embed", chosen.size(), "cells");
    for (std::size_t first = 0; first < chosen.size(); first += kWindowCells)
      embed_window(chosen.subspan(first, std::min(kWindowCells, chosen.size() - first)), *progress);
  }

  void embed_window(std::span<const std::uint32_t> cells, support::Progress& progress) {
    const auto width = static_cast<std::size_t>(hidden_);
    std::vector<float> means(cells.size() * width);
    std::vector<bool> embedded(cells.size(), false);
    embedder_.embed(cells, [&](const data::PackedBatch& batch, const torch::Tensor& states_TH) {
      if (gene_means_) gene_means_->add(batch, states_TH);
      const auto mean_BH = analysis::cell_means(batch, states_TH, corpus_.vocabulary().first_gene_token());
      const float* mean = mean_BH.const_data_ptr<float>();
      const auto genes = genes_of_cells(batch);
      for (std::size_t i = 0; i < batch.cells.size(); ++i) {
        if (genes[i] == 0) continue;
        const auto place = static_cast<std::size_t>(
            std::lower_bound(cells.begin(), cells.end(), batch.cells[i]) - cells.begin());
        require_finite({mean + i * width, width}, batch.cells[i]);
        std::copy_n(mean + i * width, width, means.data() + place * width);
        embedded[place] = true;
      }
      progress.update(visited_ += batch.cells.size());
    });
    append(cells, embedded, means);
  }

  /// How many gene tokens each cell of a batch has.
  std::vector<std::int64_t> genes_of_cells(const data::PackedBatch& batch) const {
    const auto first_gene = static_cast<std::int64_t>(corpus_.vocabulary().first_gene_token());
    std::vector<std::int64_t> genes;
    auto token = batch.tokens.begin();
    for (const std::int64_t length : batch.lengths) {
      const auto end = token + length;
      genes.push_back(std::count_if(token, end, [&](std::int64_t one) { return one >= first_gene; }));
      token = end;
    }
    return genes;
  }

  void require_finite(std::span<const float> embedding, std::uint32_t cell) const {
    if (std::all_of(embedding.begin(), embedding.end(), [](float value) { return std::isfinite(value); }))
      return;
    throw InputError(model_weights(run_->folder), "",
                     "an embedding that is not finite, of cell " + corpus_.cell_ids(cell, 1).front(),
                     "a model that gives numbers");
  }

  /// Cells without a gene have no mean, and no row.
  void append(std::span<const std::uint32_t> cells, const std::vector<bool>& embedded,
              const std::vector<float>& means) {
    const auto width = static_cast<std::size_t>(hidden_);
    std::vector<std::uint32_t> kept;
    std::vector<float> values;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!embedded[i]) continue;
      kept.push_back(cells[i]);
      if (cells_)
        values.insert(values.end(), means.begin() + static_cast<std::ptrdiff_t>(i * width),
                      means.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
    }
    embedded_ += kept.size();
    left_out_ += cells.size() - kept.size();
    if (!cells_) return;
    const auto rows = obs_.read(kept);
    cells_->append(rows.ids, rows.columns, values);
  }

  std::map<std::string, std::string> provenance() const {
    return {{"options", support::write_options(options_)},
            {"model_checksum", support::file_checksum(model_weights(run_->folder))},
            {"cells", std::to_string(embedded_)}};
  }

  void finish_cells() {
    if (left_out_ > 0)
      reporter_.warn(support::with_thousands(left_out_) +
                     " cells hold no gene that the model reads and are left out");
    if (!cells_) return;
    cells_->finish({}, provenance());
    reporter_.info("wrote " + options_.cells.string() + ": " + support::with_thousands(embedded_) + " cells");
  }

  void finish_genes() {
    if (!gene_means_) return;
    const auto& vocabulary = corpus_.vocabulary();
    std::vector<cells::TokenId> seen;
    std::vector<cells::TextColumn> text = {{"gene_id", {}}, {"symbol", {}}};
    std::vector<cells::ObsValues> counts(1);
    for (cells::TokenId token = vocabulary.first_gene_token(); token < vocabulary.token_count(); ++token) {
      if (gene_means_->cells()[token] == 0) continue;
      seen.push_back(token);
      text[0].values.push_back(vocabulary.gene(token).id);
      text[1].values.push_back(vocabulary.gene(token).symbol);
      counts[0].numbers.push_back(static_cast<double>(gene_means_->cells()[token]));
    }
    const std::vector<cells::ObsField> fields = {{"cells", false, {}, false}};
    cells::DenseH5adWriter writer(options_.genes, dimension_names(hidden_), fields);
    const auto means_GH = gene_means_->means(seen);
    writer.append(text[0].values, counts,
                  {means_GH.const_data_ptr<float>(), static_cast<std::size_t>(means_GH.numel())});
    writer.finish(text, provenance());
    reporter_.info("wrote " + options_.genes.string() + ": " + support::with_thousands(seen.size()) + " of " +
                   support::with_thousands(vocabulary.gene_count()) + " genes, those that are in the cells");
  }

  const ExportOptions& options_;
  support::Reporter& reporter_;
  cells::Corpus corpus_;
  std::unique_ptr<PerturbedRun> run_;
  std::int64_t hidden_;
  analysis::ContextualEmbedder embedder_;
  ObsReader obs_;
  std::vector<std::uint32_t> chosen_;
  std::optional<analysis::GeneMeans> gene_means_;
  std::optional<cells::DenseH5adWriter> cells_;
  std::uint64_t visited_ = 0;
  std::uint64_t embedded_ = 0;
  std::uint64_t left_out_ = 0;
};

EmbeddingExport::EmbeddingExport(const ExportOptions& options,
                                 const std::optional<embedding::EmbeddingBank>& bank,
                                 support::Reporter& reporter, torch::Device device)
    : implementation_(std::make_unique<Implementation>(options, bank, reporter, device)) {}
EmbeddingExport::~EmbeddingExport() = default;

void EmbeddingExport::run() {
  implementation_->run();
}

}  // namespace biodta::pipeline
