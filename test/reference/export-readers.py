"""Opens exports with their real readers and prints what they see as JSON: export-readers.py MODULE PATH..."""

import json
import sys


def pandas_parquet(path):
    import pandas

    frame = pandas.read_parquet(path)
    return {
        "columns": {name: str(kind) for name, kind in frame.dtypes.items()},
        "rows": json.loads(frame.to_json(orient="records")),
    }


def duckdb_parquet(path):
    import duckdb

    found = duckdb.sql(f"SELECT * FROM '{path}'")
    return {"columns": dict(zip(found.columns, map(str, found.types))), "rows": len(found.fetchall())}


def numpy_npz(path):
    import numpy

    with numpy.load(path, allow_pickle=False) as arrays:
        return {
            name: {
                "dtype": str(arrays[name].dtype),
                "shape": list(arrays[name].shape),
                # JSON has no NaN.
                "values": [None if value != value else value for value in arrays[name].ravel().tolist()],
            }
            for name in arrays.files
        }


def tensorboard(folder):
    from pathlib import Path

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    runs = {}
    for run in sorted(Path(folder).iterdir()):
        events = EventAccumulator(str(run))
        events.Reload()
        runs[run.name] = {}
        for tag in events.Tags()["tensors"]:
            runs[run.name][tag] = [
                [event.step, float(tensor_util.make_ndarray(event.tensor_proto))] for event in events.Tensors(tag)
            ]
        for tag in events.Tags()["scalars"]:
            runs[run.name][tag] = [[event.step, event.value] for event in events.Scalars(tag)]
    return runs


READERS = {
    "pandas": pandas_parquet,
    "duckdb": duckdb_parquet,
    "numpy": numpy_npz,
    "tensorboard": tensorboard,
}

if __name__ == "__main__":
    print(json.dumps(READERS[sys.argv[1]](sys.argv[2])))
