#!/usr/bin/env python3
"""Seeds of fuzz_sparse_structure: corners of real matrices, in the form that the target reads.

    tests/fuzz/sparse_structure_seeds.py OUTPUT_FOLDER TEST_DATA_CELLS
"""
import pathlib
import sys

try:
    import h5py
    import numpy as np
except ImportError:
    sys.exit(print("no seeds: h5py is absent (scripts/setup --tests)"))

CSR, CSC, DENSE, TENX, LOOM = range(5)
# Numbers of biodta::support::hdf5::ElementType.
TYPES = {name: i for i, name in enumerate(("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
                                           "float16", "float32", "float64"))}


def corner(path):
    """Up to 24 cells x 24 genes of what a file holds, not negative."""
    with h5py.File(path) as file:
        genes_first = "matrix" in file
        at = file["matrix"] if genes_first else file["raw/X"] if "raw/X" in file else file["X"]
        if isinstance(at, h5py.Dataset):
            return np.abs(at[:24, :24])
        shape = at["shape"][:][::-1] if genes_first else at.attrs["shape"]
        by_gene = at.attrs.get("encoding-type") == "csc_matrix"
        dense = np.zeros(shape[::-1] if by_gene else shape)
        indptr, indices, data = at["indptr"][:], at["indices"][:], at["data"][:]
        for line in range(min(24, len(indptr) - 1) if not by_gene else len(indptr) - 1):
            part = slice(indptr[line], indptr[line + 1])
            dense[line, indices[part]] = data[part]
        return np.abs((dense.T if by_gene else dense)[:24, :24])


def compressed(lines):
    rows, places = np.nonzero(lines)
    return np.concatenate([[0], np.cumsum(np.count_nonzero(lines, axis=1))]), places, lines[rows, places]


def seed(matrix, kind, data_type, index_type, chunk, told, block):
    cells, genes = matrix.shape
    recipe = bytes([kind, cells, genes, TYPES[data_type], TYPES[index_type], chunk, told, block])
    code_type = "int8" if told % 2 == 0 else index_type
    obs = np.zeros(cells, code_type).tobytes() + np.zeros(cells, data_type).tobytes() + np.zeros(cells, "i1").tobytes()
    if kind == LOOM:
        return recipe + np.zeros(cells, index_type).tobytes() + matrix.T.astype(data_type).tobytes()
    if kind == DENSE:
        return recipe + obs + matrix.astype(data_type).tobytes()
    indptr, indices, data = compressed(matrix.T if kind == CSC else matrix)
    arrays = b"".join(values.astype(of).tobytes()
                      for values, of in ((indptr, index_type), (indices, index_type), (data, data_type)))
    return recipe + (b"" if kind == TENX else obs) + arrays


def main():
    out, cells = map(pathlib.Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)
    made = 0
    for path in sorted((cells / "formats").glob("*.h5*")):
        try:
            matrix = corner(path)
        except (KeyError, OSError):  # a file without a matrix
            continue
        for kind in range(5):
            for data_type, index_type, chunk in (("float32", "int32", 0), ("uint16", "int64", 4), ("float64", "uint8", 7)):
                for told in (0, 1):
                    whole = np.round(matrix) if data_type == "uint16" else matrix
                    (out / f"{path.stem}-{kind}-{data_type}-{told}").write_bytes(
                        seed(whole[:12, :9], kind, data_type, index_type, chunk, told, 3))
                    made += 1
    print(f"{made} seeds in {out}")


if __name__ == "__main__":
    main()
