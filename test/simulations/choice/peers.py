"""AUC of scikit-learn's classifiers on given splits of a table: a folder in, JSON out.

The folder holds the table as bench/learning/data.ts writes it, and splits.json: the rows (0-based) that
judge in each split; all others train.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

folder = Path(sys.argv[1])
columns = json.loads((folder / "meta.json").read_text())["columns"]
categories = [i for i, column in enumerate(columns) if column["kind"] == "categorical"]
numbers = [i for i, column in enumerate(columns) if column["kind"] == "numeric"]


def read(i):
    """Numbers with NaN, or a category's codes with NaN for −1: both say missing."""
    if i in numbers:
        return np.fromfile(folder / f"{i}.numeric", dtype="<f8")
    codes = np.fromfile(folder / f"{i}.categorical", dtype="<i4").astype(float)
    return np.where(codes < 0, np.nan, codes)


X = np.stack([read(i) for i in range(len(columns))], axis=1)
y = np.fromfile(folder / "labels.u8", dtype=np.uint8)


def peers(seed):
    boosting = {"categorical_features": categories or None, "random_state": seed}
    return {
        "logistic": make_pipeline(
            make_column_transformer(
                (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
                (OneHotEncoder(handle_unknown="ignore"), categories),
            ),
            LogisticRegression(max_iter=1000),
        ),
        "forest": make_pipeline(
            SimpleImputer(strategy="median"),
            RandomForestClassifier(n_estimators=300, min_samples_leaf=3, n_jobs=1, random_state=seed),
        ),
        "boosting": HistGradientBoostingClassifier(**boosting),
        "small boosting": HistGradientBoostingClassifier(learning_rate=0.05, max_leaf_nodes=15, **boosting),
    }


found = []
for split, holdout in enumerate(json.loads((folder / "splits.json").read_text())):
    judges = np.zeros(len(y), dtype=bool)
    judges[holdout] = True
    found.append(
        {
            name: roc_auc_score(y[judges], model.fit(X[~judges], y[~judges]).predict_proba(X[judges])[:, 1])
            for name, model in peers(split).items()
        }
    )
print(json.dumps(found))
