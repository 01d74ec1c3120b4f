"""Scores what agreement.test.ts laid out: `python agree.py <folder>`, one process for all of it.

jobs.json lists the tables (columns of numbers and texts, null for missing) and the model folders with the
table that each is to score. Answers go to answers.json, probabilities to <folder>/probabilities.f64.
"""

import importlib
import json
import logging
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server import infer_and_parse_data

root = Path(sys.argv[1])
jobs = json.loads((root / "jobs.json").read_text(encoding="utf-8"))
# The Python that runs this may not be the one that MLmodel names.
logging.getLogger("mlflow").setLevel(logging.ERROR)


def frame_of(table):
    columns = {}
    for column in table["columns"]:
        cells = column["cells"]
        if column["kind"] == "numeric":
            columns[column["name"]] = pd.Series(cells, dtype="float64")
        elif table["asObjects"]:
            columns[column["name"]] = pd.Series(cells, dtype=object)
        else:
            columns[column["name"]] = pd.Series(cells)
    return pd.DataFrame(columns)


def refusal_of(run):
    try:
        run()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


frames = {name: frame_of(table) for name, table in jobs["tables"].items()}
answers = {"cases": {}}
for case in jobs["cases"]:
    folder = root / case["folder"]
    model = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
    frame = frames[case["table"]]
    scored = model.predict(frame)
    scored["probability"].to_numpy().astype("<f8").tofile(folder / "probabilities.f64")
    answers["cases"][case["folder"]] = {
        "rows": len(scored),
        "labels": {str(value): int(n) for value, n in scored["label"].value_counts().items()},
        "dtype": str(scored["probability"].dtype),
    }

# What MLflow makes of one folder beside its rows.
first = root / jobs["cases"][0]["folder"]
model = mlflow.pyfunc.load_model(str(first), suppress_warnings=True)
frame = frames[jobs["cases"][0]["table"]]
# As `mlflow models serve` reads a request.
request = json.loads((first / "serving_input_example.json").read_text(encoding="utf-8"))
served = infer_and_parse_data(request, model.metadata.get_input_schema())
answers["folder"] = {
    "signature": model.metadata.signature.to_dict(),
    "flavors": sorted(model.metadata.flavors),
    "runId": model.metadata.run_id,
    "createdAt": model.metadata.utc_time_created,
    "example": len(model.predict(model.input_example)),
    "serving": len(model.predict(served)),
    "withoutColumn": refusal_of(lambda: model.predict(frame.drop(columns=frame.columns[0]))),
    "shuffled": bool(
        np.array_equal(
            model.predict(frame[frame.columns[::-1]])["probability"],
            model.predict(frame)["probability"],
        )
    ),
    "index": int(model.predict(frame.set_index(pd.Index(range(7, 7 + len(frame))))).index[0]),
}

# The loader alone: cells that MLflow's signature would not let pass, and files that it refuses.
loader = importlib.import_module(model.metadata.flavors["python_function"]["loader_module"])
alone = loader.load(root / jobs["cells"]["model"])


def probability_of(record):
    frame = pd.DataFrame({name: pd.Series([cell], dtype=object) for name, cell in record.items()})
    return float(alone.predict(frame)["probability"].iloc[0])


answers["cells"] = []
for record in jobs["cells"]["records"]:
    try:
        answers["cells"].append(probability_of(record))
    except loader.ModelError as error:
        answers["cells"].append(str(error))
whole = {name: [record[name] for record in jobs["cells"]["good"]] for name in ("n", "c")}
answers["mixed"] = alone.predict(
    pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in whole.items()})
)["probability"].tolist()
answers["typed"] = {
    "Int64": alone.predict(
        pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "c": ["1", None]})
    )["probability"].tolist(),
    "category": alone.predict(
        pd.DataFrame({"n": np.array([1, 2], dtype="int32"), "c": pd.Categorical(["1", None])})
    )["probability"].tolist(),
    "whole": alone.predict(pd.DataFrame({"n": [1.0], "c": [1]}))["probability"].tolist(),
    "flag": alone.predict(pd.DataFrame({"n": [1.0], "c": [True]}))["probability"].tolist(),
    "numpy": alone.score({"n": np.array([1.0]), "c": np.array(["1"])}).tolist(),
}
answers["refused"] = {
    file: refusal_of(lambda: loader.load(root / file)) for file in jobs["refused"]
}
answers["versions"] = {"mlflow": mlflow.__version__, "python": sys.version.split()[0]}
(root / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
