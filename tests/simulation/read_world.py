"""Prints what anndata and h5py find in a simulated world; compared by anndata_test.cpp."""
import pathlib
import sys

import anndata
import h5py

world = pathlib.Path(sys.argv[1])
cells = anndata.read_h5ad(world / "cells.h5ad")
first = cells.obs.iloc[0]
print("shape", *cells.shape)
print("total", int(cells.X.sum()))
print("values", cells.X.nnz)
print("first", first["donor"], first["cell_type"])
print("split", ",".join(sorted(set(cells.obs["split"].cat.categories))))
print("gene", cells.var_names[0], cells.var["gene_symbol"].iloc[0])
with h5py.File(world / "loci_tracks.h5") as handle:
    tracks = handle["tracks"][:]
    print("tracks", *tracks.shape, round(4 * float(tracks.sum(dtype="f8"))), handle["track_names"].asstr()[0])
