#!/usr/bin/env python3
"""Seeds of fuzz_mtx. Usage: mtx_seeds.py OUTPUT_FOLDER TEST_DATA_CELLS"""
import sys
from pathlib import Path

from pbmc_head import head

SMALL = (["G1\tA\tGene Expression", "G2\tB\tGene Expression", "CD3\tCD3\tAntibody Capture"], ["c1", "c2"],
         [(0, 0, 3), (2, 0, 9), (1, 1, 2)])


def seed(choices, features, barcodes, entries, field="integer", cells_are_rows=False):
    order = (lambda gene, cell: (cell, gene)) if cells_are_rows else (lambda gene, cell: (gene, cell))
    rows, columns = order(len(features), len(barcodes))
    matrix = [f"%%MatrixMarket matrix coordinate {field} general", "% comment", f"{rows} {columns} {len(entries)}"]
    for gene, cell, count in entries:
        row, column = order(gene + 1, cell + 1)
        matrix.append(f"{row} {column} {count}" + (".5e-1" if field == "real" else ""))
    return choices + "----\n".join("\n".join(lines) + "\n" for lines in (matrix, features, barcodes))


def main(output, cells):
    number = 0
    for features, barcodes, entries in (SMALL, head(cells, 6, 20), head(cells, 40, 8)):
        if not features:
            continue
        short = [line.split("\t")[0] for line in features]
        # The choices: bits 1, 2, 4 gzip, 8 a small limit of values, 16 genes.tsv.
        for made in (seed("@", features, barcodes, entries), seed("H", features, barcodes, entries),
                     seed("H", features, barcodes, sorted(entries)), seed("G", features, barcodes, entries),
                     seed("P", short, barcodes, entries, field="real"),
                     seed("X", short, barcodes, sorted(entries), cells_are_rows=True)):
            (Path(output) / f"seed-{number}").write_text(made)
            number += 1


main(*sys.argv[1:])
