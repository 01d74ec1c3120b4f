"""Scores many rows of a wide table: `python memory.py <folder of the loader> <model.json> <rows>`.

The table's cells are one number seen from everywhere, so what is measured is the loader's own. Prints
{"peak": the most bytes that were held at once, "rows": how many were scored}.
"""

import json
import sys
import tracemalloc

import numpy as np

sys.path.insert(0, sys.argv[1])
import titleholder_model  # noqa: E402

model = titleholder_model.load(sys.argv[2])
cells = np.broadcast_to(np.float64(0.5), int(sys.argv[3]))
table = dict.fromkeys(model.columns, cells)
tracemalloc.start()
probabilities = model.score(table)
print(json.dumps({"peak": tracemalloc.get_traced_memory()[1], "rows": len(probabilities)}))
