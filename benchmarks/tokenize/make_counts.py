#!/usr/bin/env python3
"""Writes a large gzip .h5ad of simulated cells that are like real ones: thinned spots of the fetal heart.

  benchmarks/tokenize/make_counts.py fetal_heart_st_asp2019.h5ad counts.h5ad --cells 100000

Each cell is a spot with at least 200 genes, drawn at random, of whose counts each molecule is kept with a chance of
0.76. So no two cells are alike, a cell has 1,750 genes on average, and ranks, ties and compressibility are those of
real counts. The file is laid out as anndata.write_h5ad(compression="gzip") does: float32, int32, gzip of level 4
without shuffle, chunks as h5py chooses them.
"""

import argparse
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
from anndata_layout import create_matrix, h5py, mark, numpy, write_table  # noqa: E402

KEPT_SHARE = 0.76
LEAST_GENES = 200
BLOCK = 1024  # cells; small enough for the processor's cache
TABLE_COUNTS = 64  # counts below are thinned by a table of quantiles, the few above by numpy's binomial
QUANTILES = 4096
STORAGE = {"compression": "gzip"}


class Spots:
    """The real counts that cells are made of."""

    def __init__(self, path):
        with h5py.File(path) as file:
            lengths = numpy.diff(file["X/indptr"][:])
            self.rows = numpy.flatnonzero(lengths >= LEAST_GENES)
            self.starts = file["X/indptr"][:-1].astype(numpy.int64)[self.rows]
            self.lengths = lengths[self.rows].astype(numpy.int64)
            self.columns = file["X/indices"][:].astype(numpy.int32)
            self.counts = file["X/data"][:].astype(numpy.uint16)
            self.genes = file["var/_index"].asstr()[:]
            self.categories = {name: file[f"obs/{name}/categories"].asstr()[:] for name in ("acronym", "image")}
            self.codes = {name: file[f"obs/{name}/codes"][:][self.rows] for name in self.categories}


def thinning_table():
    """[count, quantile] of the binomial distribution, quantiles in the middle of their steps."""
    table = numpy.zeros((TABLE_COUNTS, QUANTILES), numpy.uint16)
    steps = (numpy.arange(QUANTILES) + 0.5) / QUANTILES
    for count in range(1, TABLE_COUNTS):
        chances = [math.comb(count, kept) * KEPT_SHARE**kept * (1 - KEPT_SHARE) ** (count - kept) for kept in range(count)]
        table[count] = numpy.searchsorted(numpy.cumsum(chances), steps)
    return table


def make_block(spots, table, cells, random):
    """Columns, counts and genes a cell of `cells` new cells, and the spot of each."""
    chosen = random.integers(len(spots.rows), size=cells)
    lengths = spots.lengths[chosen]
    ends = numpy.cumsum(lengths)
    entries = numpy.arange(ends[-1]) + numpy.repeat(spots.starts[chosen] - (ends - lengths), lengths)
    before = spots.counts[entries]
    after = table[numpy.minimum(before, TABLE_COUNTS - 1), random.integers(QUANTILES, size=len(before), dtype=numpy.uint16)]
    large = numpy.flatnonzero(before >= TABLE_COUNTS)
    after[large] = random.binomial(before[large], KEPT_SHARE)
    kept = after > 0
    genes = numpy.add.reduceat(kept, ends - lengths, dtype=numpy.int64)
    return spots.columns[entries[kept]], after[kept].astype(numpy.float32), genes, chosen


def chunk_length(length, dtype):
    """The chunks that h5py chooses for an array of this length."""
    with h5py.File("chunks", "w", driver="core", backing_store=False) as file:
        return file.create_dataset("array", (length,), dtype, maxshape=(None,), **STORAGE).chunks[0]


def growing(matrix, name, dtype, expected):
    return matrix.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(chunk_length(expected, dtype),), **STORAGE)


def append(dataset, values):
    size = dataset.shape[0]
    dataset.resize((size + len(values),))
    dataset[size:] = values


def write_counts(spots, path, cells, seed):
    random = numpy.random.default_rng(seed)
    table = thinning_table()
    expected = int(cells * spots.lengths.mean() * 0.825)  # share of genes that thinning leaves; only for the chunks
    with h5py.File(path, "w") as file:
        mark(file, "anndata", "0.1.0")
        matrix = create_matrix(file, "X", (cells, len(spots.genes)))
        data, indices = growing(matrix, "data", "f4", expected), growing(matrix, "indices", "i4", expected)
        all_genes, all_totals, all_spots = [], [], []
        for first in range(0, cells, BLOCK):
            columns, counts, genes, chosen = make_block(spots, table, min(BLOCK, cells - first), random)
            append(indices, columns)
            append(data, counts)
            all_genes.append(genes)
            all_totals.append(numpy.add.reduceat(counts, numpy.cumsum(genes) - genes, dtype=numpy.float64))
            all_spots.append(chosen)
        genes, chosen = numpy.concatenate(all_genes), numpy.concatenate(all_spots)
        indptr = numpy.concatenate([[0], numpy.cumsum(genes)])
        small = indptr[-1] <= numpy.iinfo(numpy.int32).max
        matrix.create_dataset("indptr", data=indptr.astype("i4" if small else "i8"), maxshape=(None,), **STORAGE)
        obs = {name: (spots.codes[name][chosen], spots.categories[name]) for name in spots.codes}
        obs["n_counts"] = numpy.concatenate(all_totals)
        write_table(file, "obs", [f"cell{cell}" for cell in range(cells)], obs, **STORAGE)
        write_table(file, "var", spots.genes, **STORAGE)
    return genes.mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spots", help="fetal_heart_st_asp2019.h5ad")
    parser.add_argument("output")
    parser.add_argument("--cells", type=int, default=100_000, help="default: 100000")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    options = parser.parse_args()
    genes = write_counts(Spots(options.spots), options.output, options.cells, options.seed)
    print(f"{options.cells:,} simulated cells with {genes:,.0f} genes on average in {options.output}")


if __name__ == "__main__":
    main()
