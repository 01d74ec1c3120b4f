"""Loads a Titleholder model (model.json, schemaVersion 2) and scores rows with it.

Plain Python 3.11 to 3.13 and numpy; pandas only where a DataFrame comes in or goes out. The file is data:
nothing in it is run. The rules for cells (missing, unseen, booleans, numbers as text) are those by which
the project itself trains and serves, and the probabilities agree with its own to 1e-9.

    model = load("model.json")
    model.score({"Age": np.array([31.0, np.nan]), "City": np.array(["Ulm", None], dtype=object)})

Imports within the package are relative and none is made later than the first: MLflow gives each version
of the loader a name of its own, and may delete the folder once a model is loaded.
"""

from .errors import ModelError
from .model import Model, load

__all__ = ["Model", "ModelError", "load"]


def _load_pyfunc(path: str) -> Model:
    """MLflow's entry: path is what the MLmodel file's data names."""
    return load(path)
