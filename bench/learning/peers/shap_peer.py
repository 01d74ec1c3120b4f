"""Grows scikit-learn's forest on a table of bytes, hands its trees over in our arrays, and explains rows.

    python shap_peer.py FOLDER

FOLDER has plan.json {rows, columns, explained, trees, depth, leaf, seed}, table.u8 (column by column) and
labels.u8. It gets split.i32, bin.u8, weight.f64 and value.f64, all in preorder; then, for every line on
stdin, shap explains the first rows once, values.f64 is written and the seconds go to stdout as JSON.
"""

import json
import math
import os
import pathlib
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
import shap  # noqa: E402
import sklearn  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402

folder = pathlib.Path(sys.argv[1])
plan = json.loads((folder / "plan.json").read_text())
columns, rows = plan["columns"], plan["rows"]
table = np.fromfile(folder / "table.u8", np.uint8).reshape(columns, rows).T.astype(np.float64)
labels = np.fromfile(folder / "labels.u8", np.uint8)
model = RandomForestClassifier(
    n_estimators=plan["trees"],
    max_depth=plan["depth"],
    min_samples_leaf=plan["leaf"],
    max_features="sqrt",
    random_state=plan["seed"],
    n_jobs=1,
).fit(table, labels)

split, cut, weight, value = [], [], [], []
for estimator in model.estimators_:
    tree = estimator.tree_
    waiting = [0]
    while waiting:
        node = waiting.pop()
        if tree.children_left[node] < 0:
            split.append(0)
            weight.append(tree.weighted_n_node_samples[node])
            value.append(tree.value[node][0][1] / plan["trees"])
        else:
            split.append(1 + tree.feature[node])
            cut.append(math.floor(tree.threshold[node]))
            waiting += [tree.children_right[node], tree.children_left[node]]
np.array(split, np.int32).tofile(folder / "split.i32")
np.array(cut, np.uint8).tofile(folder / "bin.u8")
np.array(weight, np.float64).tofile(folder / "weight.f64")
np.array(value, np.float64).tofile(folder / "value.f64")
print(json.dumps({"shap": shap.__version__, "sklearn": sklearn.__version__}), flush=True)

explained = table[: plan["explained"]]
for _ in sys.stdin:
    began, used = time.perf_counter(), time.process_time()
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    values = explainer.shap_values(explained)[:, :, 1]
    answer = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}
    np.ascontiguousarray(values).tofile(folder / "values.f64")
    print(json.dumps(answer), flush=True)
