"""What the scripts that generate .h5ad files share: AnnData's on-disk layout (anndata 0.8 and later), by h5py alone."""

import os
import sys

try:
    import h5py
    import numpy
except ImportError:  # what scripts/setup --tests installs beside the project
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".deps", "test-readers"))
    try:
        import h5py
        import numpy
    except ImportError:
        sys.exit("error: h5py is absent\n  hint: scripts/setup --tests installs it")

TEXT = h5py.string_dtype()


def mark(thing, kind, version):
    thing.attrs["encoding-type"] = kind
    thing.attrs["encoding-version"] = version


def write_array(group, name, values, **storage):
    text = numpy.asarray(values).dtype.kind in "OUS"
    dataset = group.create_dataset(name, data=list(values) if text else values, dtype=TEXT if text else None, **storage)
    mark(dataset, "string-array" if text else "array", "0.2.0")


def write_table(file, name, index, columns=None, **storage):
    """obs or var. A column is an array of numbers or, when categorical, (codes, categories)."""
    columns = columns or {}
    table = file.create_group(name)
    mark(table, "dataframe", "0.2.0")
    table.attrs["_index"] = "_index"
    table.attrs.create("column-order", list(columns), dtype=TEXT)
    write_array(table, "_index", index, **storage)
    for column, values in columns.items():
        if not isinstance(values, tuple):
            write_array(table, column, values, **storage)
            continue
        codes, categories = values
        group = table.create_group(column)
        mark(group, "categorical", "0.2.0")
        group.attrs["ordered"] = False
        write_array(group, "codes", codes, **storage)
        write_array(group, "categories", categories, **storage)


def create_matrix(file, name, shape):
    """The group of a CSR matrix; data, indices and indptr are the caller's to write."""
    matrix = file.create_group(name)
    mark(matrix, "csr_matrix", "0.1.0")
    matrix.attrs["shape"] = numpy.array(shape)
    return matrix
