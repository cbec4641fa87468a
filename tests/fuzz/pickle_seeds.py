"""Seeds of fuzz_pickle: the pickles inside the test fixtures of torch.save. Arguments: OUTPUT_FOLDER (another is ignored)."""
import pathlib
import sys
import zipfile

fixtures = pathlib.Path(__file__).resolve().parents[1] / "data"
for path in [*fixtures.glob("weights/*.bin"), *fixtures.glob("weights/*.pt"), *fixtures.glob("enformer/small/*.bin")]:
    if not zipfile.is_zipfile(path):
        continue
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith("data.pkl"):
                pathlib.Path(sys.argv[1], f"{path.parent.name}_{path.stem}").write_bytes(archive.read(name))
