#pragma once
/// @file
/// Changes of log predicted abundance, batch by batch. Internal to the room.

#include "layer_runner.hpp"

#include <biodta/analysis/perturbation.hpp>
#include <biodta/analysis/signed_readout.hpp>

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace biodta::analysis {

/// Cells copied from batches, with some of their tokens masked.
struct MaskedCells {
  data::PackedBatch batch;
  std::vector<std::int64_t> counts;  ///< [B] masked tokens a cell

  /// @param begin   of the cell's tokens in `source`, `length` of them.
  /// @param masked  indices into source.tokens.
  void add(const data::PackedBatch& source, std::size_t begin, std::size_t length,
           std::span<const std::int64_t> masked);
};

/// Compares what a model expects of changed cells with what it expects of the unchanged batch that they come
/// from.
class ReadoutMeter {
 public:
  /// @param options  must outlive the meter, as the subjects.
  ReadoutMeter(model::MaskedLanguageModel& model, torch::Device device, const ShiftSubjects& subjects,
               const ReadoutOptions& options);

  /// @param unchanged  must outlive the calls until the next begin.
  void begin(const data::PackedBatch& unchanged);
  /// dR of every changed cell and token, mean over draws: [B', V] float64 on the CPU.
  torch::Tensor measure(const PerturbedBatch& changed);

 private:
  /// Masked tokens of a changed cell: as PerturbedBatch::before and ::after number them.
  struct Masks {
    std::vector<std::int64_t> before, after;
  };
  /// What stands before the changed cells of a batch: rows of the common abundances, and of cells' own.
  struct Before {
    MaskedCells own;
    std::vector<std::int64_t> row;  // [B'] index into common rows, from their number on into own ones
    bool any_common = false;
  };

  torch::Tensor measure_draw(const PerturbedBatch& changed, std::uint64_t draw);
  torch::Tensor abundance_before(const Before& before, const PerturbedBatch& changed, std::uint64_t draw);
  /// log sum of p over each cell's masked slots: [B, V] float64.
  torch::Tensor log_abundance(MaskedCells cells, const std::vector<std::int64_t>& rows,
                              std::span<const float> extra);
  /// Of the unchanged batch, with masks that no perturbation had a say in; computed once for all that leave
  /// those genes alone.
  const torch::Tensor& common_abundance(std::uint64_t draw);
  /// Masked tokens of an unchanged cell, ascending.
  const std::vector<std::int64_t>& common_masks(std::uint64_t draw, std::size_t cell);
  /// @param first  pairs [first, last) of `changed` are those of the cell.
  Masks masks_of(const PerturbedBatch& changed, std::size_t cell, std::size_t first, std::size_t last,
                 std::uint64_t draw);

  model::MaskedLanguageModel model_;  // shared with the caller
  LayerRunner runner_;
  cells::TokenId first_gene_;
  const ReadoutOptions& options_;
  const data::PackedBatch* unchanged_ = nullptr;
  std::vector<std::size_t> first_;                              // [B] of each unchanged cell's tokens
  std::vector<std::vector<std::vector<std::int64_t>>> common_;  // [draws][B]
  std::vector<torch::Tensor> common_BV_;                        // [draws]
  std::vector<std::size_t> pair_of_;                            // by token, of the cell at hand
};

}  // namespace biodta::analysis
