#pragma once
/// @file
/// The count source of an HDF5 file, whichever kind it is.

#include <biodta/cells/count_source.hpp>
#include <biodta/support/hdf5.hpp>

#include <memory>

namespace biodta::cells {

/// AnnData .h5ad, 10x .h5 or loom, told apart by what is inside. Throws InputError, naming what was found,
/// for any other file.
std::unique_ptr<CountSource> open_h5(support::hdf5::File file, const CountSourceOptions& options);

}  // namespace biodta::cells
