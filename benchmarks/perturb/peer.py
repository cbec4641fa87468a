#!/usr/bin/env python3
"""The Hugging Face side of benchmarks/perturb/run: in silico deletion the way Geneformer does it.

  peer.py make FOLDER                      writes a BertForMaskedLM of Geneformer's 6-layer size with random weights
  peer.py time FOLDER CORPUS TOKEN         deletes the gene in cells that hold it, and prints one JSON object

A batch of cells, padded, goes through the model as it was and without the gene; hidden_states[-2] are compared by cosine similarity,
token by token. Geneformer runs BertForMaskedLM, whose head over the whole vocabulary nobody reads; --without-head leaves it out.
"""

import argparse
import json
import pathlib
import time

import h5py
import torch
from transformers import BertConfig, BertForMaskedLM, BertModel
from transformers.utils import logging


def make(folder):
    torch.manual_seed(1)
    model = BertForMaskedLM(BertConfig(
        vocab_size=25_426, hidden_size=256, num_hidden_layers=6, num_attention_heads=4, intermediate_size=512, hidden_act="relu",
        max_position_embeddings=2048, layer_norm_eps=1e-12, pad_token_id=0, hidden_dropout_prob=0.02, attention_probs_dropout_prob=0.02))
    model.save_pretrained(folder)


def cells_with(corpus, gene, most):
    """The first cells of a corpus that hold a gene, cut at what the model reads."""
    with h5py.File(corpus) as file:
        offsets, tokens = file["offsets"][:], file["tokens"][:]
    cells = (tokens[begin:end][:2048].tolist() for begin, end in zip(offsets, offsets[1:]))
    chosen = []
    for cell in cells:
        if gene in cell:
            chosen.append(cell)
        if len(chosen) == most:
            break
    return chosen


def states(model, cells):
    """hidden_states[-2] of padded cells."""
    longest = max(map(len, cells))
    tokens = torch.tensor([cell + [0] * (longest - len(cell)) for cell in cells])
    return model(input_ids=tokens, attention_mask=(tokens != 0).long(), output_hidden_states=True).hidden_states[-2]


def similarities(model, cells, gene):
    """Of each cell, the cosine similarity of every gene but the deleted one, in the cell's order."""
    places = [cell.index(gene) for cell in cells]
    before = states(model, cells)
    after = states(model, [cell[:place] + cell[place + 1:] for cell, place in zip(cells, places)])
    for row, (cell, place) in enumerate(zip(cells, places)):
        kept = torch.cat([before[row, :place], before[row, place + 1:len(cell)]]).double()
        yield torch.cosine_similarity(kept, after[row, :len(cell) - 1].double(), dim=1)


@torch.no_grad()
def measure(model, cells, gene, batch, bfloat16):
    cells = sorted(cells, key=len, reverse=True)
    sums = {}
    start = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        for first in range(0, len(cells), batch):
            group = cells[first:first + batch]
            for cell, values in zip(group, similarities(model, group, gene)):
                for token, value in zip((token for token in cell if token != gene), values.tolist()):
                    total, count = sums.get(token, (0.0, 0))
                    sums[token] = (total + value, count + 1)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "cells": len(cells), "tokens": sum(2 * len(cell) - 1 for cell in cells),
            "similarity": {token: total / count for token, (total, count) in sums.items()}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "time"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("corpus", type=pathlib.Path, nargs="?")
    parser.add_argument("token", type=int, nargs="?")
    parser.add_argument("--cells", type=int, default=16)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--without-head", action="store_true")
    parser.add_argument("--bfloat16", action="store_true")
    options = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if options.what == "make":
        return make(options.folder)
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.without_head:
        model = BertModel.from_pretrained(options.folder, add_pooling_layer=False).eval()
    else:
        model = BertForMaskedLM.from_pretrained(options.folder).eval()
    cells = cells_with(options.corpus, options.token, options.cells)
    print(json.dumps(measure(model, cells, options.token, options.batch, options.bfloat16)))


if __name__ == "__main__":
    main()
