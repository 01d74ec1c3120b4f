"""One task of scikit-learn or LightGBM in a process of its own: task JSON in, answer JSON out."""

import json
import math
import resource
import sys
import time
from pathlib import Path

import numpy as np

SINGLE_ROWS = 300
WARM_ROWS = 20
BATCHES = 3

task = json.loads(sys.argv[1])
folder = Path(task["folder"])


def read(name):
    """Features as 32-bit floats, row by row: what scikit-learn's trees turn everything into anyway."""
    meta = json.loads((folder / name / "meta.json").read_text())
    columns = [
        np.fromfile(folder / name / f"{i}.{column['kind']}", dtype="<f8" if column["kind"] == "numeric" else "<i4")
        for i, column in enumerate(meta["columns"])
    ]
    levels = [len(column.get("levels", [])) for column in meta["columns"]]
    matrix = np.ascontiguousarray(np.stack(columns, axis=1), dtype=np.float32)
    return matrix, np.fromfile(folder / name / "labels.u8", dtype=np.uint8), levels


X, y, levels = read("train")
judge, _, _ = read("judge")
parameters = dict(task["parameters"])
threads, trees, seed = task["threads"], task["trees"], task["seed"]
kind = task["task"]


def fit_sklearn():
    if kind == "forest":
        from sklearn.ensemble import RandomForestClassifier

        model = RandomForestClassifier(n_estimators=trees, n_jobs=threads, random_state=seed, **parameters)
    elif kind == "boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(random_state=seed, **parameters)
    else:
        from sklearn.compose import make_column_transformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        categories = [i for i, n in enumerate(levels) if n]
        numbers = [i for i, n in enumerate(levels) if not n]
        model = make_pipeline(
            make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), categories)),
            LogisticRegression(random_state=seed, **parameters),
        )
    began = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - began
    return seconds, lambda rows: model.predict_proba(rows)[:, 1]


def fit_lightgbm():
    import lightgbm

    rounds = parameters.pop("rounds", trees)
    if parameters.get("feature_fraction_bynode") == "sqrt":
        parameters["feature_fraction_bynode"] = math.floor(math.sqrt(X.shape[1])) / X.shape[1]
    full = {"objective": "binary", "verbose": -1, "seed": seed, "num_threads": threads, **parameters}
    began = time.perf_counter()
    model = lightgbm.train(full, lightgbm.Dataset(X, y, params=full), rounds)
    seconds = time.perf_counter() - began
    return seconds, lambda rows: model.predict(rows, num_threads=threads)


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


seconds, predict = fit_lightgbm() if task["engine"] == "lightgbm" else fit_sklearn()
predict(judge).astype("<f8").tofile(folder / "scores.f64")
answer = {"fitSeconds": seconds, "rowsPerSecond": None, "p50Micros": None, "p99Micros": None}
if kind == "forest" and threads == 1:
    micros = []
    for i in range(-WARM_ROWS, SINGLE_ROWS):
        row = judge[i + WARM_ROWS : i + WARM_ROWS + 1]
        began = time.perf_counter()
        predict(row)
        if i >= 0:
            micros.append((time.perf_counter() - began) * 1e6)
    rates = []
    for _ in range(BATCHES):
        began = time.perf_counter()
        predict(judge)
        rates.append(len(judge) / (time.perf_counter() - began))
    answer.update(p50Micros=quantile(micros, 0.5), p99Micros=quantile(micros, 0.99), rowsPerSecond=quantile(rates, 0.5))
answer["peakRssMb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(answer))
