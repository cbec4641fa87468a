#!/usr/bin/env python3
"""Recomputes a corpus from its counts with numpy, in float64, and compares it cell by cell.

  scripts/check_tokens.py corpus.h5 A.h5ad B.h5ad --vocabulary genes.tsv
  scripts/check_tokens.py corpus.h5 pbmc_1k_10x_mtx/ --estimated

Nothing of Bio-DTA is used: h5py and numpy read the files, and the ranks are those of the published formula,
count / cell total * 10,000 / median, written as count / median (a cell's total and the 10,000 cannot change
its order), highest first, equal values by ascending token id. Columns that are one gene (but for the version
of the Ensembl id, the genome before it, or the copy on Y) are summed first, stored zeros are not expressed,
cells without a token are left out. With --estimated the medians are recomputed as well, by numpy.median over
the kept cells that express a gene: of every gene seen, or of the genes of --vocabulary.

Counts are .h5ad files (CSR, CSC or dense) and 10x folders of matrix.mtx, features.tsv and barcodes.tsv, gzip
or not, in the order in which biodta-tokenize was given them. A corpus with <cls> and <eos> says so itself, in
its attribute special_tokens. Of all filters the script knows --min-genes alone, and genes match by id alone. Exit
code 0 means that every cell and every token is identical.
"""

import argparse
import csv
import gzip
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

ORDINARY_SPECIALS = ["<pad>", "<mask>"]
SEQUENCE_SPECIALS = ["<pad>", "<mask>", "<cls>", "<eos>"]  # cells are <cls> genes <eos>


# --- reading ------------------------------------------------------------------------------------------------


ENSEMBL = re.compile(r"(?:.*?_)?(ENS[A-Z]*)(\d{6,})(?:\.\d+)?(_PAR_Y)?")  # mm10___ENSMUSG00000051951.6


def canonical(gene):
    """An Ensembl id without genome and version, a copy on Y as the gene on X; any other id as it is."""
    parts = ENSEMBL.fullmatch(gene)
    if not parts:
        return gene
    return "ENSG0" + parts[2] if parts[1] == "ENSGR" else parts[1] + parts[2]


def names_of(gene):
    """What a vocabulary may call a gene, the best first: as it is, the old id of a copy on Y, the canonical id."""
    parts = ENSEMBL.fullmatch(gene)
    on_y = parts and (parts[3] or parts[1] == "ENSGR")
    old = ["ENSGR" + canonical(gene)[len("ENSG0"):]] if on_y else []
    return [gene] + old + [canonical(gene)]


def read_vocabulary(path):
    """Gene ids in token order, and their medians; NaN where there is none, and the gene is never encoded."""
    ids, medians = [], []
    with open(path, newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            gene = row.get("ensembl_id") or row.get("gene_id")
            if gene in SEQUENCE_SPECIALS:
                continue
            ids.append(gene)
            medians.append(float(row.get("nonzero_median") or row.get("median") or "nan"))
    return ids, numpy.array(medians)


def rows_from_columns(data, rows, columns, row_count):
    """CSR arrays of entries in any order; within a row the order stays."""
    order = numpy.argsort(rows, kind="stable")
    indptr = numpy.concatenate([[0], numpy.cumsum(numpy.bincount(rows, minlength=row_count))])
    return data[order], columns[order], indptr


class Counts:
    """The raw counts of one file in CSR, one row at a time."""

    def row(self, cell):
        piece = slice(self.indptr[cell], self.indptr[cell + 1])
        return self.indices[piece], self.data[piece].astype(numpy.float64)

    def kept_rows(self, min_genes):
        for cell in range(len(self.cells)):
            columns, values = self.row(cell)
            if numpy.count_nonzero(values) >= min_genes:
                yield cell, columns, values


class AnnDataCounts(Counts):
    def __init__(self, path, matrix_name, gene_column):
        file = h5py.File(path)
        matrix_name = matrix_name or ("raw/X" if "raw/X" in file else "X")
        var = file["raw/var" if matrix_name == "raw/X" else "var"]
        self.genes = var[gene_column or var.attrs["_index"]].asstr()[:]
        self.cells = file["obs"][file["obs"].attrs["_index"]].asstr()[:]
        self.data, self.indices, self.indptr = self.read(file[matrix_name])

    def read(self, matrix):
        if isinstance(matrix, h5py.Dataset):
            dense = matrix[:]
            rows, columns = numpy.nonzero(dense)
            return rows_from_columns(dense[rows, columns], rows, columns, len(self.cells))
        data, indices, indptr = (matrix[name][:] for name in ("data", "indices", "indptr"))
        layout = matrix.attrs.get("encoding-type", matrix.attrs.get("h5sparse_format"))
        if layout in ("csc", "csc_matrix"):
            columns = numpy.repeat(numpy.arange(len(self.genes)), numpy.diff(indptr))
            return rows_from_columns(data, indices, columns, len(self.cells))
        return data, indices, indptr


class TenxFolderCounts(Counts):
    def __init__(self, folder):
        features = self.table(folder, "features.tsv", "genes.tsv")
        self.genes = [row[0] for row in features]
        self.cells = [row[0] for row in self.table(folder, "barcodes.tsv")]
        with self.open(folder, "matrix.mtx") as stream:
            if not stream.readline().startswith("%%MatrixMarket matrix coordinate"):
                sys.exit(f"{folder}: matrix.mtx is no coordinate MatrixMarket file")
            entries = numpy.loadtxt(stream, comments="%", ndmin=2)
        shape, entries = entries[0].astype(int), entries[1:]
        if list(shape) != [len(self.genes), len(self.cells), len(entries)]:
            sys.exit(f"{folder}: matrix.mtx has another shape than its features and barcodes")
        is_gene = numpy.array([len(row) < 3 or row[2] == "Gene Expression" for row in features])  # not antibodies
        entries = entries[is_gene[entries[:, 0].astype(int) - 1]]
        genes, cells = entries[:, 0].astype(int) - 1, entries[:, 1].astype(int) - 1
        self.data, self.indices, self.indptr = rows_from_columns(entries[:, 2], cells, genes, len(self.cells))

    @staticmethod
    def open(folder, *names):
        for name in names:
            if os.path.exists(os.path.join(folder, name + ".gz")):
                return gzip.open(os.path.join(folder, name + ".gz"), "rt")
            if os.path.exists(os.path.join(folder, name)):
                return open(os.path.join(folder, name))
        sys.exit(f"{folder}: has no {names[0]}")

    def table(self, folder, *names):
        with self.open(folder, *names) as stream:
            return [line.rstrip("\n").split("\t") for line in stream]


def read_counts(path, options):
    if os.path.isdir(path):
        return TenxFolderCounts(path)
    return AnnDataCounts(path, options.matrix, options.gene_column)


class Corpus:
    def __init__(self, path):
        file = h5py.File(path)
        self.specials = [str(name) for name in file.attrs.get("special_tokens", ORDINARY_SPECIALS)]
        if self.specials not in (ORDINARY_SPECIALS, SEQUENCE_SPECIALS):
            sys.exit(f"{path}: does not know the special tokens {self.specials}")
        self.first_gene = len(self.specials)
        self.cells = file["obs/_index"].asstr()[:]
        self.offsets = file["offsets"][:].astype(numpy.int64)
        self.tokens = file["tokens"][:].astype(numpy.int64)
        self.gene_ids = list(file["vocabulary/gene_id"].asstr()[:])
        self.medians = file["vocabulary/median"][:]
        lengths = numpy.diff(self.offsets)
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.tokens) or len(lengths) != len(self.cells):
            sys.exit(f"{path}: its offsets do not fit its cells and tokens")

    def framed(self):
        return self.specials == SEQUENCE_SPECIALS

    def cell(self, index):
        return self.tokens[self.offsets[index] : self.offsets[index + 1]]


# --- the formula --------------------------------------------------------------------------------------------


def sum_by_gene(genes, values):
    """Distinct genes, ascending, and the sum of each one's values; genes below zero and values of zero are left out."""
    known = (genes >= 0) & (values > 0)
    distinct, where = numpy.unique(genes[known], return_inverse=True)
    return distinct, numpy.bincount(where, weights=values[known], minlength=len(distinct))


def estimate_medians(sources, min_genes):
    """Every gene seen, sorted by id, and its median."""
    ids = sorted({canonical(gene) for counts in sources for gene in counts.genes})
    index_of = {gene: index for index, gene in enumerate(ids)}
    all_genes, all_values = [], []
    for counts in sources:
        gene_of_column = numpy.array([index_of[canonical(gene)] for gene in counts.genes])
        for _, columns, values in counts.kept_rows(min_genes):
            genes, sums = sum_by_gene(gene_of_column[columns], values)
            all_genes.append(genes)
            all_values.append(sums / values.sum() * 10000)
    all_genes, all_values = numpy.concatenate(all_genes), numpy.concatenate(all_values)
    order = numpy.argsort(all_genes, kind="stable")
    seen, starts = numpy.unique(all_genes[order], return_index=True)
    medians = [numpy.median(values) for values in numpy.split(all_values[order], starts[1:])]
    return [ids[gene] for gene in seen], numpy.array(medians)


def genes_of_columns(counts, ids, medians):
    """Place in the vocabulary of each column, -1 = none, or none with a median."""
    place = {gene: index for index, gene in enumerate(ids)}
    found = [next((place[name] for name in names_of(gene) if name in place), -1) for gene in counts.genes]
    return numpy.array([-1 if gene >= 0 and numpy.isnan(medians[gene]) else gene for gene in found])


def encode(columns, values, gene_of_column, medians, max_genes):
    """Places in the vocabulary, highest rank first."""
    genes, sums = sum_by_gene(gene_of_column[columns], values)
    return genes[numpy.lexsort((genes, -(sums / medians[genes])))][:max_genes]


def expected_cells(sources, ids, medians, corpus, options):
    """Name and tokens of every cell that the corpus should have, in order."""
    max_length = options.max_length or (4096 if corpus.framed() else 2048)
    max_genes = max_length - 2 if corpus.framed() else max_length
    for counts in sources:
        gene_of_column = genes_of_columns(counts, ids, medians)
        for cell, columns, values in counts.kept_rows(options.min_genes):
            genes = encode(columns, values, gene_of_column, medians, max_genes)
            if len(genes) == 0:
                continue
            tokens = genes + corpus.first_gene
            yield counts.cells[cell], numpy.concatenate([[2], tokens, [3]]) if corpus.framed() else tokens


# --- comparing ----------------------------------------------------------------------------------------------


def compare_vocabulary(corpus, ids, medians, tolerance):
    if corpus.gene_ids != ids:
        sys.exit("the corpus has other genes, or in another order")
    if not numpy.array_equal(numpy.isnan(corpus.medians), numpy.isnan(medians)):
        sys.exit("the corpus has medians of other genes")
    worst = numpy.nanmax(numpy.abs(corpus.medians / medians - 1), initial=0)
    if worst > tolerance:
        sys.exit(f"the medians differ by up to {worst:.3g} of their value")
    if tolerance > 0:
        print(f"the medians differ by at most {worst:.3g} of their value")


def describe_difference(found_name, found, name, tokens):
    if found_name != name:
        return f"found cell {found_name} where {name} is expected"
    both = min(len(found), len(tokens))
    first = int(numpy.argmax(numpy.append(found[:both] != tokens[:both], True)))
    return (f"cell {name}: {len(found)} tokens where {len(tokens)} are expected; "
            f"from place {first} on {found[first:first + 4]} where {tokens[first:first + 4]} is expected")


def compare_cells(corpus, expected):
    place = different = 0
    for name, tokens in expected:
        if place >= len(corpus.cells):
            sys.exit(f"the corpus ends before cell {name}")
        found = corpus.cell(place)
        if corpus.cells[place] != name or not numpy.array_equal(found, tokens):
            different += 1
            if different <= 3:
                print(describe_difference(corpus.cells[place], found, name, tokens))
        place += 1
    if place != len(corpus.cells):
        sys.exit(f"the corpus has {len(corpus.cells)} cells where {place} are expected")
    if different:
        sys.exit(f"{different} of {place} cells differ")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("counts", nargs="+", help=".h5ad files and 10x mtx folders, in the order in which they were given")
    parser.add_argument("--vocabulary", metavar="FILE", help="TSV of genes and medians that the corpus was made with")
    parser.add_argument("--estimated", action="store_true", help="the medians were estimated from the counts")
    parser.add_argument("--median-tolerance", type=float, default=0, metavar="SHARE",
                        help="with --estimated: medians may differ by this share of their value, and the tokens must "
                             "be identical by the corpus's medians (default: 0, identical medians)")
    parser.add_argument("--min-genes", type=int, default=7, help="least number of genes of a cell (default: 7)")
    parser.add_argument("--max-length", type=int, help="tokens of a cell, special ones too "
                                                       "(default: 2048, with <cls> and <eos> 4096)")
    parser.add_argument("--matrix", metavar="NAME", help=".h5ad: X, raw/X or layers/NAME (default: raw/X, else X)")
    parser.add_argument("--gene-column", metavar="NAME", help=".h5ad: column of var with the gene ids (default: its index)")
    options = parser.parse_args()
    if not options.vocabulary and not options.estimated:
        parser.error("give --vocabulary FILE, --estimated, or both")
    if options.median_tolerance and not options.estimated:
        parser.error("--median-tolerance is for --estimated")

    corpus = Corpus(options.corpus)
    sources = [read_counts(path, options) for path in options.counts]
    ids, medians = read_vocabulary(options.vocabulary) if options.vocabulary else (None, None)
    if options.estimated:
        seen, found = estimate_medians(sources, options.min_genes)
        median_of = dict(zip(seen, found))
        ids = ids or seen
        medians = numpy.array([median_of.get(gene, numpy.nan) for gene in ids])
    compare_vocabulary(corpus, ids, medians, options.median_tolerance)
    compare_cells(corpus, expected_cells(sources, ids, corpus.medians, corpus, options))
    print(f"all {len(corpus.cells)} cells and {len(corpus.tokens)} tokens are identical")


if __name__ == "__main__":
    main()
