#!/usr/bin/env python3
"""Inputs of scripts/real_heart from public data: gene_sets.tsv and windows.fa.

    real_heart_inputs.py DATA_DIR OUTPUT_DIR [--window BP] [--min-spots N] [--seed N]

gene_sets.tsv  GATA4 and TBX5 targets of TRRUST v2 and Marbach 2016, genes with a GATA4 ChIP peak within 10 kb that
               fall in GATA4-G296S cardiomyocytes, and housekeeping genes. These are not the lists of the Bio-DTA paper.
windows.fa     one window of DNA a gene that is detected in at least N spots: the middle of the real window where DATA_DIR has one
               (GATA4 among them), else simulated: letters drawn uniformly. The header of each record says which.
"""
import argparse
import collections
import csv
import gzip
import pathlib
import random
import sys


def read_fasta(path):
    opener = gzip.open if path.suffix == ".gz" else open
    name, parts = None, []
    with opener(path, "rt") as stream:
        for line in stream:
            if line.startswith(">"):
                if name is not None:
                    yield name, "".join(parts)
                name, parts = line[1:].split()[0], []
            else:
                parts.append(line.strip().upper())
    if name is not None:
        yield name, "".join(parts)


def middle(sequence, length):
    """The window [tss - length/2, tss + length/2) of a sequence whose TSS is at its middle."""
    start = len(sequence) // 2 - length // 2
    return sequence[start : start + length]


def detected_genes(h5ad, minimum):
    import h5py
    import numpy

    with h5py.File(h5ad) as handle:
        matrix = handle["X"]
        column = matrix["indices"][:]
        column = column[matrix["data"][:] != 0]
        var = handle["var"]
        identifiers = [value.decode() for value in var[var.attrs["_index"]][:]]
        spots = numpy.bincount(column, minlength=len(identifiers))
    return {gene: int(count) for gene, count in zip(identifiers, spots) if count >= minimum}


def real_windows(data, length):
    windows = {gene: middle(sequence, length) for gene, sequence in read_fasta(data / "genome/tss_windows_196608.fa.gz")}
    (_, locus), = read_fasta(data / "genome/gata4_hg19.fa")
    windows["ENSG00000136574"] = middle(locus, length)  # GATA4
    return {gene: window for gene, window in windows.items() if set(window) <= set("ACGT")}


def gene_sets(data):
    sets = collections.OrderedDict()

    def add(name, gene):
        sets.setdefault(name, []).append(gene)

    with open(data / "genesets/trrust_v2_human.tsv") as stream:
        for factor, target, *_ in csv.reader(stream, delimiter="\t"):
            if factor in ("GATA4", "TBX5"):
                add(f"{factor} targets (TRRUST v2)", target)
    by_source = collections.defaultdict(set)
    with open(data / "genesets/tftargets_GATA4_TBX5.tsv") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            # TRRUST's newer version is the set above; Neph 2012 names genes by Entrez id, which the vocabulary lacks.
            if not row["source"].startswith(("TRRUST", "Neph")):
                by_source[row["source"], row["tf"]].add(row["target"])
    for (source, factor), targets in sorted(by_source.items()):
        for target in sorted(targets):
            add(f"{factor} targets ({source})", target)
    for source in sorted({source for source, _ in by_source}):
        for target in sorted(by_source[source, "GATA4"] & by_source[source, "TBX5"]):
            add(f"GATA4 & TBX5 targets ({source})", target)
    with open(data / "genesets/GATA4_peak_distance_and_G296S.tsv") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            near = row["nearest_GATA4_peak_bp"] not in ("", "NA") and abs(float(row["nearest_GATA4_peak_bp"])) <= 10_000
            down = row["G296S_down_log2fc"] not in ("", "NA")
            if near and down:
                add("GATA4 peak within 10 kb, down in G296S", row["symbol"])
    with open(data / "genesets/housekeeping_eisenberg_levanon.txt") as stream:
        for line in stream:
            if line.strip():
                add("housekeeping", line.split()[0])
    return sets


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--window", type=int, default=1024)
    parser.add_argument("--min-spots", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    with open(options.output / "gene_sets.tsv", "w") as stream:
        stream.write("set\tgene\n")
        for name, genes in gene_sets(options.data).items():
            for gene in dict.fromkeys(genes):
                stream.write(f"{name}\t{gene}\n")

    spots = detected_genes(options.data / "cells/fetal_heart_st_asp2019.h5ad", options.min_spots)
    windows = real_windows(options.data, options.window)
    real = 0
    with open(options.output / "windows.fa", "w") as stream:
        for gene in sorted(spots):
            if gene in windows:
                real += 1
                stream.write(f">{gene} real\n{windows[gene]}\n")
            else:
                letters = random.Random(f"{options.seed} {gene}").choices("ACGT", k=options.window)
                stream.write(f">{gene} simulated\n{''.join(letters)}\n")
    if "ENSG00000136574" not in spots:
        sys.exit("error: GATA4 is not among the detected genes")
    print(f"{len(spots)} genes detected in at least {options.min_spots} spots; real DNA for {real}, simulated for the rest")


if __name__ == "__main__":
    main()
