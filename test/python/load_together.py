"""Loads model folders in one process, in the order given, and then scores a row with each:
`python load_together.py <row.json> <folder> <folder> ...`. Prints probability and label of each in that order."""

import json
import logging
import shutil
import sys
from pathlib import Path

import mlflow
import pandas as pd

row = pd.DataFrame([json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))])
logging.getLogger("mlflow").setLevel(logging.ERROR)

models = [mlflow.pyfunc.load_model(folder, suppress_warnings=True) for folder in sys.argv[2:]]
# As MLflow does with what it downloaded: a model that was loaded needs its folder no more.
for folder in sys.argv[2:]:
    shutil.rmtree(folder)
answers = [model.predict(row) for model in models]
print(json.dumps([[float(a["probability"].iloc[0]), str(a["label"].iloc[0])] for a in answers]))
