#pragma once
/// @file
/// Loci and their measured tracks from files: what biodta-train-enformer learns from.

#include <biodta/training/enformer_task.hpp>
#include <biodta/training/tss_readout.hpp>

#include <filesystem>

namespace biodta::pipeline {

/// @param sequences  FASTA, one record a locus; each at least a window long, the window in its middle.
/// @param tracks     HDF5: `tracks` [loci, bins, tracks] in the order of the records, `track_names` [tracks].
///                   Or TSV, told apart by content: a line a locus (named as its record, in any order), a
///                   column a track, one value a window.
/// @param readout    bins whose sum a value of a TSV is.
/// Throws InputError when the two do not belong together, and for values that are negative or not finite.
training::TrackData read_track_data(const std::filesystem::path& sequences,
                                    const std::filesystem::path& tracks,
                                    const training::TssReadoutOptions& readout = {});

}  // namespace biodta::pipeline
