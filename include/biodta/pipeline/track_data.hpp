#pragma once
/// @file
/// Loci and their measured tracks from files: what biodta-train-enformer learns from.

#include <biodta/training/enformer_task.hpp>

#include <filesystem>

namespace biodta::pipeline {

/// @param sequences  FASTA, one record a locus, in the order of the tracks' rows; each at least a window
/// long, the window
///                   in its middle.
/// @param tracks     HDF5: `tracks` [loci, bins, tracks], `track_names` [tracks].
/// Throws InputError when the two do not belong together, and for values that are negative or not finite.
training::TrackData read_track_data(const std::filesystem::path& sequences,
                                    const std::filesystem::path& tracks);

}  // namespace biodta::pipeline
