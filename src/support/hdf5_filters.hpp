#pragma once
/// @file
/// Filters of chunks: one that packages of HDF5 leave out, and what is said where one is missing.

#include "hdf5_handle.hpp"

namespace biodta::support::hdf5 {

/// h5py's, in The HDF Group's register.
inline constexpr H5Z_filter_t kLzfFilter = 32000;

/// Registers h5py's LZF filter with HDF5, which packages leave out. To be called under a Session.
void register_lzf();

/// Throws InputError, naming the filter, where a dataset was written with one that this HDF5 lacks. To be
/// called under a Session.
void require_filters(const ObjectPointer& dataset);

}  // namespace biodta::support::hdf5
