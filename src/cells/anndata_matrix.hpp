#pragma once
/// @file
/// The matrices of an AnnData file: X, raw/X and the layers.

#include "matrix.hpp"

#include <biodta/support/hdf5.hpp>

#include <memory>
#include <string>
#include <vector>

namespace biodta::cells {

/// Names of the matrices there are, X first; anndata 0.6 and older call the raw one raw.X.
std::vector<std::string> anndata_matrix_names(const support::hdf5::File& file);

/// Opens a matrix in CSR, in CSC or dense, as anndata or h5sparse wrote it. Throws InputError, naming what
/// was found, for anything else.
std::unique_ptr<Matrix> open_anndata_matrix(const support::hdf5::File& file, const std::string& name);

}  // namespace biodta::cells
