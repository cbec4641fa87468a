#!/usr/bin/env python3
"""The rank value encoding that biodta-tokenize is held against: a plain numpy loop over the cells of an .h5ad file.

  benchmarks/tokenize/numpy_loop.py counts.h5ad vocabulary.tsv [--reader anndata]

As one would write it who knows numpy: the arrays of the CSR matrix are read at once, columns are mapped to tokens and
medians by arrays made before the loop, and a cell costs one slice, one float64 division and one argsort. Tokens stay
in memory, nothing is written. h5py reads the same arrays as anndata and spares the import of pandas and scipy, so it
is the default.
"""

import argparse
import csv
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
from anndata_layout import h5py, numpy  # noqa: E402


def read_with_h5py(path):
    with h5py.File(path) as file:
        data, indices, indptr = (file["X"][name][:] for name in ("data", "indices", "indptr"))
        return data, indices, indptr, file["var/_index"].asstr()[:]


def read_with_anndata(path):
    import anndata

    counts = anndata.read_h5ad(path)
    return counts.X.data, counts.X.indices, counts.X.indptr, counts.var_names


def read_vocabulary(path):
    with open(path, newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["nonzero_median"]]
    return {row["ensembl_id"]: (int(row["token"]), float(row["nonzero_median"])) for row in rows}


def encode(data, indices, indptr, token_of_column, median_of_column, max_length):
    cells = []
    for begin, end in zip(indptr[:-1], indptr[1:]):
        columns = indices[begin:end]
        keys = data[begin:end] / median_of_column[columns]
        order = numpy.argsort(-keys)[: min(numpy.count_nonzero(keys), max_length)]
        cells.append(token_of_column[columns[order]])
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts")
    parser.add_argument("vocabulary")
    parser.add_argument("--reader", choices=("h5py", "anndata"), default="h5py")
    parser.add_argument("--max-length", type=int, default=2048)
    options = parser.parse_args()

    read = read_with_h5py if options.reader == "h5py" else read_with_anndata
    data, indices, indptr, genes = read(options.counts)
    vocabulary = read_vocabulary(options.vocabulary)
    # A column without a token divides by infinity: its key is 0, like that of a stored zero, and comes last.
    known = [vocabulary.get(gene, (0, numpy.inf)) for gene in genes]
    tokens = numpy.array([token for token, _ in known], numpy.uint16)
    medians = numpy.array([median for _, median in known])
    cells = encode(data, indices, indptr, tokens, medians, options.max_length)
    print(json.dumps({"cells": len(cells), "tokens": sum(map(len, cells))}))


if __name__ == "__main__":
    main()
