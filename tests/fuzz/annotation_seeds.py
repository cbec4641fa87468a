#!/usr/bin/env python3
"""Seeds of fuzz_annotation. Usage: annotation_seeds.py OUTPUT_FOLDER TEST_DATA_GENOME"""
import sys
from pathlib import Path

# The choices: bits 1 and 2 the format (GTF, GFF3, BED, .gff), 4 and 8 the TSS policy, 16 gzip, 32 all biotypes.
GTF, GFF3, BED = 0, 1, 2
GENE_START, CANONICAL, ALL = 0, 4, 8
GZIP, ALL_BIOTYPES = 16, 32


def lines(*records):
    return "".join("\t".join(["c1", "x", kind, str(start), str(end), ".", strand, ".", attributes]) + "\n"
                   for kind, start, end, strand, attributes in records)


GTF_TEXT = "#!version\n" + lines(
    ("gene", 10, 90, "+", 'gene_id "ENSG1.2"; gene_type "protein_coding"; gene_name "A; B"; level 2;'),
    ("transcript", 20, 90, "+", 'gene_id "ENSG1.2"; transcript_id "ENST1.1"; tag "Ensembl_canonical"; tag "MANE_Select";'),
    ("gene", 100, 190, "-", 'gene_id "B"; transcript_id ""; db_xref "GeneID:7"; gene "B"; gene_biotype "protein_coding";'),
    ("transcript", 100, 180, "-", 'gene_id "B"; transcript_id "NM_1.1"; tag "MANE Select";'))
GFF3_TEXT = "##gff-version 3\n" + lines(
    ("gene", 10, 90, "+", "ID=gene:ENSG1;Name=A%2CB;biotype=protein_coding;gene_id=ENSG1"),
    ("mRNA", 20, 90, "+", "ID=transcript:ENST1;Parent=gene:ENSG1;tag=basic,Ensembl_canonical;transcript_id=ENST1"),
    ("exon", 20, 90, "+", "Parent=transcript:ENST1"),
    ("gene", 100, 190, "-", "ID=gene-B;Dbxref=GeneID:7,HGNC:HGNC:1;Name=B;gene_biotype=protein_coding"),
    ("mRNA", 100, 180, "-", "ID=rna-NM_1.1;Parent=gene-B,gene-C;tag=MANE Select"),
    ("pseudogene", 200, 210, "-", "ID=ENSG2.1_PAR_Y;gene_id=ENSG2.1;gene_type=protein_coding")) + "###\n##FASTA\n>c1\nACGT\n"
BED_TEXT = "track name=x\nc1\t10\t20\tGATA4\t0\t+\nc1\t30\t40\tENSG2.3\t0\t-\textra\n"


def main(output, genome):
    seeds = []
    for choices in (GENE_START, CANONICAL, ALL, ALL | GZIP | ALL_BIOTYPES):
        seeds += [(GTF | choices, GTF_TEXT), (GFF3 | choices, GFF3_TEXT), (BED | choices, BED_TEXT)]
    for name, choices in (("gencode_v19_chr20_250k.gtf", GTF | ALL), ("gencode_v43_excerpt.gtf", GTF | CANONICAL),
                          ("tss500bp_hg19.bed", BED)):
        if (Path(genome) / name).is_file():
            seeds.append((choices, (Path(genome) / name).read_text()[:8000].rpartition("\n")[0]))
    for number, (choices, text) in enumerate(seeds):
        (Path(output) / f"seed-{number}").write_bytes(bytes([choices]) + text.encode())


main(*sys.argv[1:])
