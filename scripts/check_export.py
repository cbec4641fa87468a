#!/usr/bin/env python3
"""Holds what biodta-export wrote against Hugging Face's transformers.

  scripts/check_export.py FOLDER --corpus corpus.h5 --cells cells.h5ad [--genes genes.h5ad] [--layer -2]
  scripts/check_export.py FOLDER --reference reference.safetensors

FOLDER (biodta-export --hf) is opened by BertForMaskedLM.from_pretrained. With a corpus, every cell of cells.h5ad is run through it in
padded batches, with the genes of token_dictionary.json alone, and the mean over its gene tokens of the layer's hidden states is
compared with X; genes.h5ad, of the same cells, with the mean over the cells that hold each gene. With a reference (tensors `tokens`,
`lengths`, `hidden.0`, `hidden.1`, ... and `logits`, cells one after another), every hidden state and logit of a padded batch is
compared. Prints the largest differences; exit code 1 where one is above --tolerance. Needs a Python with torch, transformers,
safetensors and (for a corpus) h5py.
"""

import argparse
import json
import pathlib
import sys

import torch
from transformers import BertForMaskedLM


def padded(cells):
    """Token ids and attention mask of cells of unequal length, padded with 0."""
    longest = max(len(cell) for cell in cells)
    tokens = torch.zeros((len(cells), longest), dtype=torch.long)
    mask = torch.zeros_like(tokens)
    for row, cell in enumerate(cells):
        tokens[row, : len(cell)] = torch.as_tensor(cell)
        mask[row, : len(cell)] = 1
    return tokens, mask


@torch.no_grad()
def run(model, cells):
    tokens, mask = padded(cells)
    out = model(input_ids=tokens, attention_mask=mask, output_hidden_states=True)
    return out, mask.bool()


def largest(a, b):
    return (a.double() - b.double()).abs().max().item()


def compare_reference(model, path):
    from safetensors.torch import load_file

    reference = load_file(path)
    cells = reference["tokens"].split(reference["lengths"].tolist())
    out, mask = run(model, cells)
    for layer, states in enumerate(out.hidden_states):
        yield f"hidden states of layer {layer}", largest(states[mask], reference[f"hidden.{layer}"])
    yield "logits", largest(out.logits[mask], reference["logits"])


class GeneSums:
    def __init__(self, tokens, hidden):
        self.sums = torch.zeros((tokens, hidden), dtype=torch.float64)
        self.cells = torch.zeros(tokens, dtype=torch.float64)

    def add(self, tokens, states):
        self.sums.index_add_(0, tokens, states.double())
        self.cells.index_add_(0, tokens, torch.ones(len(tokens), dtype=torch.float64))


def tokens_of_cells(corpus, names, known, longest):
    """Tokens of the named cells: those in the token dictionary, as many as the model has positions."""
    place = {name: index for index, name in enumerate(corpus["obs/_index"].asstr()[:])}
    offsets = corpus["offsets"][:].astype("int64")
    for name in names:
        index = place[name]
        cell = corpus["tokens"][offsets[index] : offsets[index + 1]].astype("int64")
        yield [token for token in cell.tolist() if token in known][:longest]


def compare_embeddings(model, folder, options):
    import h5py

    dictionary = json.loads((folder / "token_dictionary.json").read_text())
    genes = torch.zeros(model.config.vocab_size, dtype=torch.bool)
    genes[[token for name, token in dictionary.items() if not name.startswith("<")]] = True
    sums = GeneSums(model.config.vocab_size, model.config.hidden_size)
    worst = 0.0
    with h5py.File(options.corpus) as corpus, h5py.File(options.cells) as table:
        expected = torch.from_numpy(table["X"][:])
        names = table["obs/_index"].asstr()[:]
        cells = list(tokens_of_cells(corpus, names, set(dictionary.values()), model.config.max_position_embeddings))
    for first in range(0, len(cells), options.batch):
        out, mask = run(model, cells[first : first + options.batch])
        states = out.hidden_states[options.layer]
        for row, cell in enumerate(cells[first : first + options.batch]):
            tokens = torch.tensor(cell)
            own = states[row][mask[row]][genes[tokens]]
            worst = max(worst, largest(own.double().mean(0), expected[first + row]))
            sums.add(tokens[genes[tokens]], own)
    yield f"embeddings of {len(cells)} cells", worst
    if options.genes:
        with h5py.File(options.genes) as table:
            tokens = torch.tensor([dictionary[name] for name in table["obs/gene_id"].asstr()[:]])
            counts = torch.from_numpy(table["obs/cells"][:])
            found = torch.from_numpy(table["X"][:])
        if not torch.equal(counts, sums.cells[tokens]) or len(tokens) != int((sums.cells > 0).sum()):
            sys.exit("the genes were counted in other cells")
        yield f"embeddings of {len(tokens)} genes", largest(sums.sums[tokens] / counts[:, None], found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path)
    parser.add_argument("--cells", type=pathlib.Path)
    parser.add_argument("--genes", type=pathlib.Path)
    parser.add_argument("--layer", type=int, default=-2)
    parser.add_argument("--batch", type=int, default=8, help="cells a forward pass (8)")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    options = parser.parse_args()
    if not options.reference and not (options.corpus and options.cells):
        parser.error("give --reference, or --corpus and --cells")
    model, loading = BertForMaskedLM.from_pretrained(options.folder, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if loading[kind]:
            sys.exit(f"{options.folder}: {kind}: {sorted(map(str, loading[kind]))}")
    model.eval()
    worst = 0.0
    if options.reference:
        results = compare_reference(model, options.reference)
    else:
        results = compare_embeddings(model, options.folder, options)
    for what, difference in results:
        print(f"{what}: largest difference {difference:.3g}")
        worst = max(worst, difference)
    if not worst <= options.tolerance:
        sys.exit(f"a difference is above {options.tolerance:g}")


if __name__ == "__main__":
    main()
