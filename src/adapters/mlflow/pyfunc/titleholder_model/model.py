"""The whole pipeline of a file: columns in, probabilities out."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .calibration import calibrator_of
from .cells import cells_of, column_of, level_reader, levels_of, number_reader, numbers_of
from .document import fields_of, finite_of, json_of, kind_of, list_of, refuse, text_of, whole_of
from .errors import ModelError
from .features import MOST_FEATURES
from .linear import linear
from .rules import rules_of
from .texts import Rules, number_text
from .transforms import Transforms
from .trees import boosting, forest, votes

FORMAT = "titleholder-model"
SCHEMA_VERSION = 2
# Rows times features that are worked on together, so that memory stays small for any table.
BLOCK_CELLS = 2**20

_FIELDS = [
    "format",
    "schemaVersion",
    "columns",
    "transforms",
    "estimator",
    "calibrator",
    "threshold",
    "positive",
    "trainingManifest",
    "provenance",
]

ESTIMATORS = {
    "forest": forest,
    "boosting": boosting,
    "logistic": linear,
    "ml-random-forest": votes,
}


def _check_format(root: Any) -> None:
    # Before the fields, which another format or version needn't have.
    if not isinstance(root, dict) or root.get("format") != FORMAT:
        raise ModelError(f"the file is not of the format {FORMAT}")
    version = root.get("schemaVersion")
    if version != SCHEMA_VERSION or not isinstance(version, float):
        shown = number_text(version) if isinstance(version, float) else "none"
        raise ModelError(f"the file has schemaVersion {shown}; this loader reads {SCHEMA_VERSION}")


def _read_column(value: Any, part: str) -> tuple[str, list[str] | None]:
    kind = kind_of(value, part)
    if kind == "numeric":
        return text_of(fields_of(value, part, ["name", "kind"])["name"], part), None
    if kind != "categorical":
        refuse(part, "is neither numeric nor categorical")
    written = fields_of(value, part, ["name", "kind", "levels"])
    levels = [text_of(level, part) for level in list_of(written["levels"], part)]
    if len(set(levels)) != len(levels):
        refuse(part, "has a level twice")
    return text_of(written["name"], part), levels


def _check_provenance(value: Any) -> None:
    part = "provenance"
    texts = ("model", "commit", "bundle", "data", "code", "asOf", "candidate")
    written = fields_of(value, part, [*texts, "seed", "stage"])
    if written["stage"] not in ("quick", "full"):
        refuse(part, "has another stage")
    for name in texts:
        if written[name] is not None or name not in ("commit", "bundle", "asOf"):
            text_of(written[name], f"provenance.{name}")
    whole_of(written["seed"], "provenance.seed", 1 - 2**53, 2**53 - 1)


def _reader(
    name: str, levels: list[str] | None, rules: Rules | None
) -> Callable[[np.ndarray, int], np.ndarray]:
    """What makes numbers or levels of some rows of a column, the first of them given by its number."""
    if levels is None:
        number = number_reader(name, rules)
        return lambda cells, first: numbers_of(cells, name, first, number, rules)
    level = level_reader(name, levels, rules)
    return lambda cells, _: levels_of(cells, level)


class Model:
    """A pipeline that was read: columns in, probabilities of the positive class out."""

    def __init__(self, data: bytes) -> None:
        """Takes a file's bytes; raises ModelError naming the part that is wrong."""
        root = json_of(data)
        _check_format(root)
        optional = [name for name in ("otherColumns", "read", "negative") if name in root]
        root = fields_of(root, "file", [*optional, *_FIELDS])
        columns = [
            _read_column(column, f"columns[{i}]")
            for i, column in enumerate(list_of(root["columns"], "columns"))
        ]
        if not 1 <= len(columns) <= MOST_FEATURES:
            refuse("columns", f"are not from 1 to {MOST_FEATURES}")
        for other in list_of(root.get("otherColumns", []), "otherColumns"):
            text_of(other, "otherColumns")
        transforms = Transforms(columns)
        for i, transform in enumerate(list_of(root["transforms"], "transforms")):
            transforms.add(transform, f"transforms[{i}]")
        features = transforms.in_order()
        if len(features) == 0:
            refuse("transforms:", "feature '' is not left, nor is another")
        kind = kind_of(root["estimator"], "estimator")
        if kind not in ESTIMATORS:
            refuse("estimator", "is of an unknown kind")
        self.threshold: float = finite_of(root["threshold"], "threshold")
        if not 0 <= self.threshold <= 1:
            refuse("threshold", "is not from 0 to 1")
        manifest = text_of(root["trainingManifest"], "trainingManifest")
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", manifest):
            refuse("trainingManifest", "is no SHA-256")
        self._estimate = ESTIMATORS[kind](root["estimator"], features)
        self._calibrate = calibrator_of(root["calibrator"])
        #: The value of the target whose probability is given, and what label says from the threshold on.
        self.positive: str = text_of(root["positive"], "positive")
        #: What label says below the threshold: the target's other value, where it has one alone.
        self.negative: str = f"not {self.positive}"
        if "negative" in root:
            self.negative = text_of(root["negative"], "negative")
            if self.negative == self.positive:
                refuse("negative", "is the positive value")
        _check_provenance(root["provenance"])
        self.columns: list[str] = [name for name, _ in columns]
        rules = rules_of(root["read"], columns) if "read" in root else None
        self._read = [_reader(name, levels, rules) for name, levels in columns]
        self._transforms = transforms.steps
        self._features = [feature.slot for feature in features]
        # Whatever the table's length and width, no more cells than this are worked on together.
        self._block = max(1, BLOCK_CELLS // transforms.slots)

    def score(self, table: Mapping[str, Any]) -> np.ndarray:
        """One probability a row, from one array a column; further columns don't matter."""
        given: list[Any] = []
        for name in self.columns:
            if name not in table:
                raise ModelError(f"column '{name}' is missing")
            given.append(column_of(table[name], name))
        rows = len(given[0])
        for name, cells in zip(self.columns, given, strict=True):
            if len(cells) != rows:
                raise ModelError(f"column '{name}' has another number of rows")
        out = np.empty(rows)
        for first in range(0, rows, self._block):
            block = slice(first, min(first + self._block, rows))
            # What overflows is looked for where it matters.
            with np.errstate(all="ignore"):
                out[block] = self._score_block(given, block)
        return out

    def _score_block(self, given: list[Any], block: slice) -> np.ndarray:
        cells = [
            read(cells_of(column, block), block.start)
            for read, column in zip(self._read, given, strict=True)
        ]
        for apply in self._transforms:
            apply(cells)
        return self._calibrate(self._estimate([cells[slot] for slot in self._features]))

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """What MLflow calls: a DataFrame in; out a DataFrame of probability and label, same index.

        label is the value of the target that the model's threshold gives, as /predict says it.
        """
        import pandas as pd

        if not isinstance(model_input, pd.DataFrame):
            model_input = pd.DataFrame(model_input)
        probability = self.score(model_input)
        values = np.array([self.negative, self.positive], dtype=object)
        label = values[(probability >= self.threshold).astype(np.int64)]
        return pd.DataFrame({"probability": probability, "label": label}, index=model_input.index)


def load(path: str | Path) -> Model:
    """Reads a model; raises ModelError in one line that names the file and the part that is wrong."""
    try:
        return Model(Path(path).read_bytes())
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from None
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
