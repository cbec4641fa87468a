#pragma once
/// @file
/// One cell before and after a perturbation. Internal to the room.

#include <biodta/analysis/perturbation.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace biodta::analysis {

/// Whose row a token has.
enum class RowOrigin : std::uint8_t {
  kBatch,      ///< CellSlot::row is an index into the unchanged batch's rows, or -1
  kBank,       ///< … is a bank row
  kReplacing,  ///< … is the gene's place in the perturbation: Perturbation::row
  kReference   ///< … likewise: Perturbation::reference_row
};

struct CellSlot {
  std::int64_t token = 0;
  std::int64_t row = -1;
  RowOrigin origin = RowOrigin::kBatch;
};

struct ChangedCell {
  std::vector<CellSlot> reference;  ///< what the change is compared with
  std::vector<CellSlot> changed;
  bool own_reference = false;  ///< whether `reference` is another than the unchanged cell
};

/// @param slots  of the unchanged cell.
/// @param rows   the unchanged batch's.
/// @param cell   index in the corpus.
/// @return nothing where it cannot be done to this cell, or would leave nothing of it.
std::optional<ChangedCell> change_cell(std::vector<CellSlot> slots, std::span<const std::int64_t> rows,
                                       std::uint32_t cell, const JointPerturbation& perturbation,
                                       const CellRules& rules);

}  // namespace biodta::analysis
