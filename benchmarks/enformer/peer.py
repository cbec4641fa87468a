#!/usr/bin/env python3
"""enformer-pytorch's side of benchmarks/enformer/run.

  peer.py make FOLDER        writes a checkpoint of the published sizes with random weights, and a window of DNA
  peer.py time FOLDER        times the window and prints one JSON object

The weights are random: those published cannot be had everywhere, and no figure here depends on them.
"""

import argparse
import json
import pathlib
import shutil
import time

import enformer_pytorch
import torch
from enformer_pytorch import Enformer, str_to_one_hot


def random_model():
    torch.manual_seed(1)
    model = Enformer.from_hparams(use_tf_gamma=True)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.startswith("_trunk."):
                continue
            if name.endswith("to_out.weight"):
                tensor.normal_(0, 0.02)
            elif name.endswith("running_var"):
                tensor.fill_(0.05)  # so that windows stay different on their way through the norms
    return model.eval()


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    model = random_model()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(model.config.to_dict()))
    shutil.copy(pathlib.Path(enformer_pytorch.__file__).parent / "precomputed/tf_gammas.pt", folder)
    random = torch.Generator().manual_seed(2)
    bases = torch.randint(0, 4, (196_608,), generator=random)
    (folder / "window.fa").write_text(">window\n" + "".join("ACGT"[base] for base in bases) + "\n")


@torch.no_grad()
def time_window(folder, repetitions, threads, bfloat16):
    if threads:
        torch.set_num_threads(threads)
    model = Enformer.from_hparams(use_tf_gamma=True)
    model.load_state_dict(torch.load(folder / "pytorch_model.bin", weights_only=True, mmap=True))
    model.eval()
    if bfloat16:
        model = model.bfloat16()
    window = str_to_one_hot((folder / "window.fa").read_text().split("\n")[1])[None]
    results = []
    for _ in range(repetitions):
        start = time.perf_counter()
        embedding = model(window.to(next(model.parameters()).dtype), return_only_embeddings=True).float().mean(1)
        results.append({"full": time.perf_counter() - start, "embedding": embedding[0].tolist()})
    print(json.dumps(results))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "time"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--bfloat16", action="store_true")
    options = parser.parse_args()
    if options.what == "make":
        make(options.folder)
    else:
        time_window(options.folder, options.repetitions, options.threads, options.bfloat16)


if __name__ == "__main__":
    main()
