#pragma once
/// @file
/// Loci and tracks for training the DNA model. Internal to the room.

#include "dna.hpp"

namespace biodta::simulation::detail {

/// Tracks follow from the sequence alone: no edge of the network and no count reaches them.
TrainingLoci make_training_loci(const WorldOptions& options, const PromoterModel& model);

}  // namespace biodta::simulation::detail
