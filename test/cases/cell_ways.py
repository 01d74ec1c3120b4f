"""Reads every cell in every way that Python has: `python cell_ways.py <jobs.json>`, one process for all.

A job is an MLflow model's folder, the column, the cell as JSON has it, and the CSV with its separator and
decimal mark where the cell can stand in one. Prints one line of JSON a job: by way the probability, or the
line that refuses the cell.
"""

import json
import logging
import sys
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.pyfunc.scoring_server import infer_and_parse_data

logging.getLogger("mlflow").setLevel(logging.ERROR)


def reading_of(score):
    try:
        return float(score()["probability"].iloc[0])
    except ValueError as error:  # ModelError is one, whatever the loader's version
        return str(error)


for job in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
    model = mlflow.pyfunc.load_model(job["folder"], suppress_warnings=True)
    loader = model._model_impl
    record = {job["column"]: job["cell"]}
    # Of the type that pandas chooses for it.
    frame = pd.DataFrame([record])
    request = {"dataframe_records": [record]}
    schema = model.metadata.get_input_schema()
    answer = {
        "loader": reading_of(lambda: loader.predict(frame)),
        "mlflow": reading_of(lambda: model.predict(frame)),
        "served": reading_of(lambda: model.predict(infer_and_parse_data(request, schema))),
    }
    if job["csv"] is not None:
        table = pd.read_csv(job["csv"], sep=job["separator"], decimal=job["decimal"])
        answer["readCsv"] = reading_of(lambda: model.predict(table))
        answer["isText"] = isinstance(table[job["column"]].iloc[0], str)
    print(json.dumps(answer))
