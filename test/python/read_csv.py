"""Scores the frames that read_csv makes of tables, as anybody would: `python read_csv.py <jobs.json>`.

Each job is a model folder, a table and the types that read_csv is told (none: it chooses). Prints one line
of JSON a job: the frame's types and its probabilities and labels, or the refusal.
"""

import json
import logging
import sys
from pathlib import Path

import mlflow
import pandas as pd

logging.getLogger("mlflow").setLevel(logging.ERROR)

for job in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
    model = mlflow.pyfunc.load_model(job["folder"], suppress_warnings=True)
    frame = pd.read_csv(job["table"], **job["options"])
    answer = {"types": {name: str(dtype) for name, dtype in frame.dtypes.items()}}
    try:
        scored = model.predict(frame)
        answer["probabilities"] = scored["probability"].tolist()
        answer["labels"] = scored["label"].tolist()
    except Exception as error:
        answer["refused"] = str(error)
    print(json.dumps(answer))
