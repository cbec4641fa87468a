#!/usr/bin/env python3
"""Seeds of fuzz_text_table. Usage: text_table_seeds.py OUTPUT_FOLDER TEST_DATA_CELLS"""
import sys
from pathlib import Path

from pbmc_head import head

SMALL = (["G1\tA", "G2\tB"], ["c1", "c2"], [(0, 0, 3), (1, 1, 2)])


def seed(choices, features, barcodes, entries, separator, first="gene", symbols=False, quote="", end="\n"):
    counts = {(gene, cell): count for gene, cell, count in entries}
    names = [line.split("\t") for line in features]
    header = [] if first is None else [first]
    rows = [header + (["gene_symbol"] if symbols else []) + barcodes]
    rows[0] = [quote + name + quote for name in rows[0]]
    for gene, (identifier, symbol, *_) in enumerate(names):
        labels = [identifier] + ([symbol] if symbols else [])
        rows.append([quote + label + quote for label in labels] +
                    [str(counts.get((gene, cell), 0)) for cell in range(len(barcodes))])
    return choices + end.join(separator.join(row) for row in rows) + end


def main(output, cells):
    number = 0
    for table in (SMALL, head(cells, 4, 12), head(cells, 30, 5)):
        if not table[0]:
            continue
        # The choices: bit 1 gzip, 8 a small limit of values.
        for made in (seed("@", *table, ","), seed("H", *table, "\t", first=""), seed("A", *table, ";", symbols=True),
                     seed("@", *table, " ", first=None, quote='"'), seed("H", *table, ",", first="", quote='"', end="\r\n"),
                     seed("@", *table, "\t", symbols=True).replace("3", "3.0").replace("2", '"2e0"')):
            (Path(output) / f"seed-{number}").write_bytes(made.encode())
            number += 1


main(*sys.argv[1:])
