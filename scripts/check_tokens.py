#!/usr/bin/env python3
"""Recomputes a corpus from its counts with numpy, in float64, and compares it cell by cell.

  scripts/check_tokens.py corpus.h5 A.h5ad B.h5ad --vocabulary genes.tsv
  scripts/check_tokens.py corpus.h5 A.h5ad --estimated

Nothing of Bio-DTA is used: h5py reads both files, and the ranks are those of the published formula,
count / cell total * 10,000 / median, written as count / median (a cell's total and the 10,000 cannot change
its order), highest first, equal values by ascending token id. With --estimated the medians are recomputed as
well, by numpy.median over the kept cells that express a gene.
"""

import argparse
import csv
import os
import re
import sys

try:
    import h5py
    import numpy
except ImportError:  # what scripts/setup --tests installs beside the project
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".deps", "test-readers"))
    import h5py
    import numpy


def read_vocabulary(path):
    """Gene ids in token order, and their medians."""
    ids, medians = [], []
    with open(path, newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            gene = row.get("ensembl_id") or row.get("gene_id")
            if gene in ("<pad>", "<mask>"):
                continue
            ids.append(gene)
            medians.append(float(row.get("nonzero_median") or row.get("median")))
    return ids, numpy.array(medians)


class Counts:
    """The raw counts of one .h5ad file in CSR, one row at a time."""

    def __init__(self, path):
        file = h5py.File(path)
        matrix, var = (file["raw/X"], file["raw/var"]) if "raw/X" in file else (file["X"], file["var"])
        self.data, self.indices, self.indptr = (matrix[name][:] for name in ("data", "indices", "indptr"))
        genes = var[var.attrs["_index"]].asstr()[:]
        self.genes = [re.sub(r"^(ENS.*)\.\d+$", r"\1", gene) for gene in genes]
        self.cells = file["obs"][file["obs"].attrs["_index"]].asstr()[:]

    def row(self, cell):
        piece = slice(self.indptr[cell], self.indptr[cell + 1])
        return self.indices[piece], self.data[piece].astype(numpy.float64)


def kept_rows(counts, min_genes):
    for cell in range(len(counts.cells)):
        columns, values = counts.row(cell)
        if numpy.count_nonzero(values) >= min_genes:
            yield cell, columns, values


def sum_by_gene(genes, values):
    """Distinct genes, ascending, and the sum of each one's values; genes below zero and values of zero are left out."""
    known = (genes >= 0) & (values > 0)
    distinct, where = numpy.unique(genes[known], return_inverse=True)
    return distinct, numpy.bincount(where, weights=values[known], minlength=len(distinct))


def estimate_medians(sources, min_genes):
    ids = sorted({gene for counts in sources for gene in counts.genes})
    index_of = {gene: index for index, gene in enumerate(ids)}
    all_genes, all_values = [], []
    for counts in sources:
        gene_of_column = numpy.array([index_of[gene] for gene in counts.genes])
        for _, columns, values in kept_rows(counts, min_genes):
            genes, sums = sum_by_gene(gene_of_column[columns], values)
            all_genes.append(genes)
            all_values.append(sums / values.sum() * 10000)
    all_genes, all_values = numpy.concatenate(all_genes), numpy.concatenate(all_values)
    order = numpy.argsort(all_genes, kind="stable")
    seen, starts = numpy.unique(all_genes[order], return_index=True)
    medians = [numpy.median(values) for values in numpy.split(all_values[order], starts[1:])]
    return [ids[gene] for gene in seen], numpy.array(medians)


def encode(columns, values, token_of_column, medians, max_length):
    tokens, sums = sum_by_gene(token_of_column[columns], values)
    return tokens[numpy.lexsort((tokens, -(sums / medians[tokens - 2])))][:max_length]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("counts", nargs="+", help=".h5ad files, in the order in which they were given")
    parser.add_argument("--vocabulary", help="TSV that the corpus was made with")
    parser.add_argument("--estimated", action="store_true", help="the medians were estimated from the counts")
    parser.add_argument("--min-genes", type=int, default=7)
    parser.add_argument("--max-length", type=int, default=2048)
    options = parser.parse_args()
    if bool(options.vocabulary) == options.estimated:
        parser.error("give --vocabulary FILE or --estimated")

    sources = [Counts(path) for path in options.counts]
    if options.estimated:
        ids, medians = estimate_medians(sources, options.min_genes)
    else:
        ids, medians = read_vocabulary(options.vocabulary)

    corpus = h5py.File(options.corpus)
    offsets, tokens = corpus["offsets"][:], corpus["tokens"][:].astype(numpy.int64)
    corpus_cells = corpus["obs/_index"].asstr()[:]
    if list(corpus["vocabulary/gene_id"].asstr()[:]) != ids:
        sys.exit("the corpus has other genes, or in another order")
    if not numpy.array_equal(corpus["vocabulary/median"][:], medians):
        worst = numpy.max(numpy.abs(corpus["vocabulary/median"][:] / medians - 1))
        sys.exit(f"the medians differ by up to {worst:.3g} of their value")

    token_of = {gene: token + 2 for token, gene in enumerate(ids)}
    place = different = 0
    for counts in sources:
        token_of_column = numpy.array([token_of.get(gene, -1) for gene in counts.genes])
        for cell, columns, values in kept_rows(counts, options.min_genes):
            expected = encode(columns, values, token_of_column, medians, options.max_length)
            if len(expected) == 0:
                continue
            if place >= len(corpus_cells):
                sys.exit(f"the corpus ends before cell {counts.cells[cell]}")
            found = tokens[offsets[place] : offsets[place + 1]]
            if corpus_cells[place] != counts.cells[cell] or not numpy.array_equal(found, expected):
                different += 1
                if different <= 3:
                    print(f"cell {counts.cells[cell]}: {found[:8]} ... where {expected[:8]} ... is expected")
            place += 1
    if place != len(corpus_cells):
        sys.exit(f"the corpus has {len(corpus_cells)} cells where {place} are expected")
    if different:
        sys.exit(f"{different} of {place} cells differ")
    print(f"all {place} cells and {len(tokens)} tokens are identical")


if __name__ == "__main__":
    main()
