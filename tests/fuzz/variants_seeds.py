#!/usr/bin/env python3
"""Seeds of fuzz_variants. Usage: variants_seeds.py OUTPUT_FOLDER TEST_DATA_GENOME"""
import gzip
import sys
from pathlib import Path

# The choices: bits 1 skip what does not fit, 2 gzip, 4 also by an index.
SKIP, GZIP, INDEX = 1, 2, 4

# The genome of fuzz_variants.cpp.
CONTIG = "".join("ACGTTGCAACCGGTTAGCATC"[(at * at + at // 7) % 21] for at in range(400))
INFO = ('##INFO=<ID=END,Number=1,Type=Integer,Description="x">\n##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="x">\n'
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="x">\n')


def vcf(records, samples, version="4.2", info=INFO):
    columns = "#CHROM POS ID REF ALT QUAL FILTER INFO".split() + (["FORMAT"] + samples if samples else [])
    text = f"##fileformat=VCFv{version}\n##contig=<ID=c1,length=400>\n{info}" + "\t".join(columns) + "\n"
    for position, size, alt, where, *genotypes in records:
        ref = CONTIG[position - 1:position - 1 + size]
        fields = ["c1", str(position), "rs1", ref, alt.replace("@", ref[0]), ".", "PASS", where]
        text += "\t".join(fields + (["GT"] + genotypes[:len(samples)] if samples else [])) + "\n"
    return text


RECORDS = [(10, 1, "T,G", ".", "1|0", "2|1"), (15, 4, "@", ".", "0|1", "1"), (18, 1, "*,@CC", ".", "0|2", "0"),
           (30, 1, "@ACGTACGT", ".", "1|1", ".|0"), (100, 1, "<DEL>", "END=150", "1|0", "0|0"),
           (160, 1, "<DUP:TANDEM>", "SVLEN=20;END=180", "0|1", "0|0"), (190, 1, "<INV>", "END=215", "1|1", "1|0"),
           (220, 1, "<CN0>,<CN3>", "END=230", "2|1", "0|0"), (240, 1, "<INS:ME:ALU>", ".", "0|0", "0|0"),
           (250, 1, "@]c2:3]", ".", "0|0", "0|0"), (398, 3, "@", ".", "1|0", "1/1")]


def main(output, genome):
    lengths = [(p, s, a, "SVLEN=20" if "END" in w else w, *g) for p, s, a, w, *g in RECORDS]
    seeds = [(INDEX, vcf(RECORDS, ["A", "B"])), (SKIP | GZIP, vcf(RECORDS, ["A", "B"])),
             (SKIP | INDEX, vcf(RECORDS, [])), (INDEX, vcf(lengths, ["A", "B"], "4.4")),
             (SKIP | INDEX, vcf(lengths, ["A"], "4.1", "")), (INDEX, vcf(RECORDS[:3], ["A", "B"]))]
    sites = Path(genome) / "chr20_hg19_1000000_2000000.1000g.vcf.gz"
    if sites.is_file():
        lines = gzip.open(sites, "rt").read().splitlines()
        records = [line for line in lines if not line.startswith("#")]
        columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        seeds.append((SKIP | INDEX, "##fileformat=VCFv4.1\n" + columns +
                      "".join("c1" + line[1:] + "\n" for line in records[:30])))
    for number, (choices, text) in enumerate(seeds):
        (Path(output) / f"seed-{number}").write_bytes(bytes([choices]) + text.encode())


main(*sys.argv[1:])
