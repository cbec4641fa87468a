#!/usr/bin/env python3
"""Generates counts and a vocabulary in which rank value encoding goes wrong wherever it can.

  scripts/tie_rich_counts.py ties.h5ad ties_vocabulary.tsv --seed 1
  biodta-tokenize ties.h5ad --vocabulary ties_vocabulary.tsv --output ties.h5
  scripts/check_tokens.py ties.h5 ties.h5ad --vocabulary ties_vocabulary.tsv

Everything in the two files is simulated. Counts are geometric and medians multiples of each other, so that many
genes of a cell tie exactly in count / median. A third of the medians differ from another in the tenth digit only:
float64 tells them apart, float32 makes false ties. There are stored zeros, genes in two columns (two versions of
one Ensembl id), genes without a token, tokens without a gene, rows whose columns are in no order, cells with one
gene too few, cells without any token, and cells longer than 2,048 genes. The same arguments give the same counts
and the same vocabulary, byte for byte.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from anndata_layout import create_matrix, h5py, mark, numpy, write_table  # noqa: E402

BASE_MEDIANS = numpy.array([0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4.5, 6, 0.3, 0.6, 0.9, 1.2])


def make_genes(count, random):
    """Columns of the counts, and (id, median) of the vocabulary in token order."""
    ids = [f"ENSG{90_000_000_000 + number:011d}" for number in random.permutation(3 * count)[: count + count // 20]]
    known = set(random.permutation(ids)[: -max(1, count // 20)])
    medians = random.choice(BASE_MEDIANS, len(ids))
    near = random.random(len(ids)) < 1 / 3
    medians[near] *= 1 + random.integers(-8, 9, near.sum()) * 1e-10
    vocabulary = sorted((gene, median) for gene, median in zip(ids, medians) if gene in known)

    columns = [f"{gene}.{random.integers(1, 20)}" if random.random() < 0.5 else gene for gene in ids[:count]]
    twins = random.permutation(count)[: max(1, count // 25)]
    columns += [columns[column].split(".")[0] + f".{random.integers(20, 40)}" for column in twins]
    order = random.permutation(len(columns))
    return [columns[column] for column in order], vocabulary


def make_cell(cell, gene_count, without_token, random):
    """Columns and counts of one cell; the first few are the special ones."""
    if cell == 0:
        return numpy.empty(0, numpy.int32), numpy.empty(0, numpy.float32)
    if cell == 1:  # many genes, none of them with a token
        columns = without_token
    elif cell in (2, 3):  # one gene too few for the default --min-genes, and just enough
        columns = random.permutation(gene_count)[: cell + 4]
    else:
        columns = random.permutation(gene_count)[: random.integers(8, gene_count + 1)]
    if random.random() < 0.5:
        columns = numpy.sort(columns)
    counts = random.geometric(random.choice([0.3, 0.6, 0.8]), len(columns))
    if cell >= 4:
        counts[random.random(len(columns)) < 0.03] = 0  # stored all the same
    return columns.astype(numpy.int32), counts.astype(numpy.float32)


def write_counts(path, genes, cells):
    with h5py.File(path, "w") as file:
        mark(file, "anndata", "0.1.0")
        matrix = create_matrix(file, "X", (len(cells), len(genes)))
        matrix["indices"] = numpy.concatenate([columns for columns, _ in cells])
        matrix["data"] = numpy.concatenate([counts for _, counts in cells])
        matrix["indptr"] = numpy.cumsum([0] + [len(columns) for columns, _ in cells])
        parity = numpy.arange(len(cells), dtype=numpy.int8) % 2
        write_table(file, "obs", [f"cell{cell}" for cell in range(len(cells))], {"parity": (parity, ["even", "odd"])})
        write_table(file, "var", genes)


def write_vocabulary(path, vocabulary):
    with open(path, "w") as stream:
        stream.write("token\tensembl_id\tsymbol\tnonzero_median\n0\t<pad>\t\t\n1\t<mask>\t\t\n")
        for token, (gene, median) in enumerate(vocabulary, start=2):
            stream.write(f"{token}\t{gene}\tG{token}\t{float(median)!r}\n")


def count_ties(genes, cells, vocabulary):
    """Cells with exact ties, and cells with more of them in float32."""
    place = {gene: index for index, (gene, _) in enumerate(vocabulary)}
    medians = numpy.array([median for _, median in vocabulary])
    gene_of_column = numpy.array([place.get(gene.split(".")[0], -1) for gene in genes])
    exact = false = 0
    for columns, counts in cells:
        known = gene_of_column[columns] >= 0
        sums = numpy.bincount(gene_of_column[columns[known]], weights=counts[known], minlength=len(medians))
        keys = (sums / medians)[sums > 0]
        distinct = len(numpy.unique(keys))
        exact += distinct < len(keys)
        false += len(numpy.unique(keys.astype(numpy.float32))) < distinct
    return exact, false


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", metavar="OUTPUT.h5ad")
    parser.add_argument("vocabulary", metavar="OUTPUT_vocabulary.tsv")
    parser.add_argument("--cells", type=int, default=400, help="default: 400")
    parser.add_argument("--genes", type=int, default=3000, help="default: 3000")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    options = parser.parse_args()
    if options.cells < 5 or options.genes < 100:
        parser.error("expected at least 5 cells and 100 genes")

    random = numpy.random.default_rng(options.seed)
    genes, vocabulary = make_genes(options.genes, random)
    known = {gene for gene, _ in vocabulary}
    without_token = numpy.flatnonzero([gene.split(".")[0] not in known for gene in genes])
    cells = [make_cell(cell, len(genes), without_token, random) for cell in range(options.cells)]
    write_counts(options.counts, genes, cells)
    write_vocabulary(options.vocabulary, vocabulary)
    exact, false = count_ties(genes, cells, vocabulary)
    print(f"{options.cells} simulated cells x {len(genes)} columns; {len(vocabulary)} genes have a token; "
          f"{exact} cells with exact ties, {false} with false ties in float32")


if __name__ == "__main__":
    main()
