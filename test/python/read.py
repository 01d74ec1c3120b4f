"""Reads model files from stdin and scores rows: `python read.py <folder of the loader> <rows.json>`.

Each file is its length (4 bytes, little-endian) and its bytes. One JSON line a file goes to stdout: its
probabilities, or how it was refused: {"file": line} or {"rows": line}. Anything else than a ModelError
ends it.
"""

import json
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from titleholder_model import Model, ModelError  # noqa: E402

with open(sys.argv[2], encoding="utf-8") as file:
    columns = json.load(file)
# As objects: JSON's numbers, texts and nulls as they are.
table = {name: np.array(cells, dtype=object) for name, cells in columns.items()}


def answer(data):
    try:
        model = Model(data)
    except ModelError as error:
        return {"file": str(error)}
    try:
        return model.score(table).tolist()
    except ModelError as error:
        return {"rows": str(error)}


while length := sys.stdin.buffer.read(4):
    print(json.dumps(answer(sys.stdin.buffer.read(int.from_bytes(length, "little")))))
