#!/usr/bin/env python3
"""Holds an Enformer folder and what Bio-DTA makes of it against enformer-pytorch.

  scripts/check_enformer.py FOLDER [--sequences WINDOWS.fa --embeddings EMBEDDINGS.h5]

Loads FOLDER (config.json and model.safetensors, as biodta-train-enformer writes them) by Enformer.from_pretrained. With a bank
that `biodta-embed --sequences WINDOWS.fa --weights FOLDER` made, every row is compared with the mean over bins of enformer-pytorch's
embedding. Needs a Python with enformer-pytorch (0.8.11) and h5py. Exit code 1 where they differ.

enformer-pytorch without its table divides the gamma features of the positional basis by another maximum than the TensorFlow original
(facts are in include/biodta/enformer/positional_basis.hpp); it is set right here before anything is compared.
"""

import argparse
import pathlib
import sys

import torch
from enformer_pytorch import Enformer, str_to_one_hot
from enformer_pytorch import modeling_enformer as peer


def gamma_over_positions(positions, features, seq_len, stddev=None, start_mean=None, eps=1e-8, dtype=torch.float):
    stddev = seq_len / (2 * features)
    mean = torch.linspace(seq_len / features, seq_len, features)[None, :]
    density = peer.gamma_pdf(positions.to(dtype).abs()[..., None], (mean / stddev) ** 2, mean / stddev**2) + eps
    return density / torch.amax(density, dim=0, keepdim=True)


def read_fasta(path):
    records = path.read_text().split(">")[1:]
    for record in records:
        header, _, sequence = record.partition("\n")
        yield header.split()[0], sequence.replace("\n", "")


@torch.no_grad()
def compare(model, sequences, embeddings):
    import h5py

    worst = 0.0
    with h5py.File(embeddings) as bank:
        rows = dict(zip((name.decode() for name in bank["gene_id"][:]), bank["reference"][:, 0]))
    for name, sequence in read_fasta(sequences):
        expected = model(str_to_one_hot(sequence)[None], return_only_embeddings=True).mean(1)[0]
        found = torch.from_numpy(rows[name].astype("float32"))
        worst = max(worst, ((found - expected).abs().max() / expected.abs().max()).item())
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--sequences", type=pathlib.Path)
    parser.add_argument("--embeddings", type=pathlib.Path)
    options = parser.parse_args()
    peer.get_positional_features_gamma = gamma_over_positions
    model, loading = Enformer.from_pretrained(options.folder, output_loading_info=True)
    wrong = [name for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") for name in loading[kind]
             if not str(name).startswith("_trunk.")]
    if wrong:
        sys.exit(f"error: {options.folder}: enformer-pytorch finds {len(wrong)} keys missing, unexpected or misshaped, such as {wrong[0]}")
    print(f"{options.folder}: enformer-pytorch loads it: {sum(p.numel() for p in model.parameters()):,} parameters")
    if options.sequences:
        worst = compare(model.eval(), options.sequences, options.embeddings)
        print(f"{options.embeddings}: largest difference {worst:.1e} of the largest value")
        if worst > 1e-4:
            sys.exit("error: expected at most 1e-4")


if __name__ == "__main__":
    main()
