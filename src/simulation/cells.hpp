#pragma once
/// @file
/// The cells' counts. Internal to the room.

#include "network.hpp"

#include <vector>

namespace biodta::simulation::detail {

/// What a cell's expression follows from.
struct ExpressionInputs {
  const WorldOptions& options;
  const Network& network;                         ///< ignored without regulation
  const std::vector<SimulatedGene>& genes;        ///< their reference log strengths
  const std::vector<double>& donor_log_strength;  ///< [donors, genes]
};
SimulatedCells simulate_cells(const ExpressionInputs& inputs);

}  // namespace biodta::simulation::detail
