/** python/titleholder_model.py, written by `node python/embed.ts`: edit it there. */
export const PYTHON_LOADER: string = String.raw`"""Loads a Titleholder model (model.json, schemaVersion 2) and scores rows with it.

Plain Python 3.11 to 3.13 and numpy; pandas only where a DataFrame comes in or goes out. The file is data:
nothing in it is run. The rules for cells (missing, unseen, booleans, numbers as text) are those by which
the project itself trains and serves, and the probabilities agree with its own to 1e-9.

    model = load("model.json")
    model.score({"Age": np.array([31.0, np.nan]), "City": np.array(["Ulm", None], dtype=object)})
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = "titleholder-model"
SCHEMA_VERSION = 2
MISSING_BIN = 255
# A categorical cell is an index into its levels, or one of these.
MISSING = -1
UNSEEN = -2
# Deeper trees aren't the engine's.
DEEPEST = 64
# Rows that are scored together, so that memory stays small whatever the table's length.
BLOCK = 65_536

# White space as JavaScript's trim() has it; Python's own strip() takes other characters.
_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_MISSING_TEXTS = frozenset(["", "NA", "N/A", "NaN", "null", "None"])
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DTYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "f64": "<f8"}


class ModelError(ValueError):
    """What a file or a table is refused with: one line that names the part or the column."""


# Cells: what a table holds, to numbers and levels.


def _is_missing(cell: Any) -> bool:
    # pandas' NA and NaT, without importing pandas.
    return cell is None or type(cell).__name__ in ("NAType", "NaTType")


def _number_text(value: float) -> str:
    """A number as JavaScript writes it: so a level 1 is found by 1, 1.0 and True stays 'true'."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, exponent = f"{abs(value)!r}", 0
    if "e" in digits:
        digits, power = digits.split("e")
        exponent = int(power)
    whole, _, fraction = digits.partition(".")
    fraction = "" if fraction == "0" else fraction
    # value = 0.<digits> times ten to the power of point
    point = len(whole) + exponent
    digits = whole + fraction
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.lstrip("0").rstrip("0")
    if 0 < point <= 21:
        if len(digits) <= point:
            return sign + digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _number_of(cell: Any, column: str) -> float:
    if _is_missing(cell):
        return math.nan
    if isinstance(cell, bool | np.bool_):
        raise ModelError(f"column '{column}' is true or false where a number belongs")
    if isinstance(cell, str):
        text = cell.strip(_SPACE)
        if text in _MISSING_TEXTS:
            return math.nan
        value = float(text) if _DECIMAL.fullmatch(text) else math.inf
    elif isinstance(cell, int | float | np.integer | np.floating):
        try:
            value = float(cell)
        except OverflowError:
            value = math.inf
    else:
        value = math.inf
    if math.isinf(value):
        raise ModelError(f"column '{column}' is no finite number")
    return value


def _level_of(cell: Any, column: str, codes: Mapping[str, int]) -> int:
    if _is_missing(cell):
        return MISSING
    if isinstance(cell, bool | np.bool_):
        text = "true" if cell else "false"
    elif isinstance(cell, str):
        text = cell.strip(_SPACE)
    elif isinstance(cell, int | float | np.integer | np.floating):
        try:
            text = _number_text(float(cell))
        except OverflowError:
            text = "Infinity"
    else:
        raise ModelError(f"column '{column}' holds neither text, number nor true or false")
    return MISSING if text in _MISSING_TEXTS else codes.get(text, UNSEEN)


class _Memo(dict):
    """Computes a value once a distinct key; a look-up is then a dictionary's."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        super().__init__()
        self.compute = compute

    def __missing__(self, key: Any) -> Any:
        value = self[key] = self.compute(key)
        return value


def _each(cells: np.ndarray, compute: Callable[[Any], Any], dtype: type) -> np.ndarray:
    """compute of every cell, called once a distinct one."""
    if cells.dtype != object:
        distinct, where = np.unique(cells, return_inverse=True, equal_nan=True)
        return np.array([compute(cell) for cell in distinct.tolist()], dtype=dtype)[where]
    kinds = set(map(type, cells))
    out = np.empty(len(cells), dtype=dtype)
    for kind in kinds:
        # Types apart, for 1, 1.0 and True are the same key of a dictionary.
        rows = (
            slice(None)
            if len(kinds) == 1
            else np.fromiter((type(cell) is kind for cell in cells), bool, len(cells))
        )
        part = cells[rows]
        memo = _Memo(compute)
        try:
            out[rows] = np.fromiter(map(memo.__getitem__, part), dtype, len(part))
        except TypeError:  # no key of a dictionary: a list, say, which compute refuses
            out[rows] = [compute(cell) for cell in part]
    return out


def _numbers(cells: np.ndarray, column: str) -> np.ndarray:
    if cells.dtype.kind in "fiu":
        values = cells.astype(np.float64)
        if np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise ModelError(f"column '{column}' is infinite in row {row}")
        return values
    return _each(cells, lambda cell: _number_of(cell, column), np.float64)


def _levels(cells: np.ndarray, column: str, codes: Mapping[str, int]) -> np.ndarray:
    return _each(cells, lambda cell: _level_of(cell, column, codes), np.int64)


# Parts of the file.


def _array(value: Any, part: str) -> np.ndarray:
    try:
        dtype = np.dtype(_DTYPES[value["type"]])
        data = base64.b64decode(value["data"], validate=True)
        length = value["length"]
    except (KeyError, TypeError, binascii.Error):
        raise ModelError(f"the model's {part} is no packed array") from None
    if len(data) != length * dtype.itemsize:
        raise ModelError(f"the model's {part} has another length than it says")
    return np.frombuffer(data, dtype)


class _Feature:
    """One feature of a list: its name, and its levels where it is categorical."""

    def __init__(self, name: str, levels: list[str] | None) -> None:
        self.name = name
        self.levels = levels


Cells = list[np.ndarray]
Transform = Callable[[Cells], Cells]


def _logistic(scores: np.ndarray) -> np.ndarray:
    # exp of a positive number may overflow, exp of a negative one can't.
    small = np.exp(-np.abs(scores))
    return np.where(scores >= 0, 1 / (1 + small), small / (1 + small))


class _Trees:
    """Trees one after another in preorder; a walk takes all rows down one level at a time."""

    def __init__(self, written: Mapping[str, Any], highest: int) -> None:
        split = _array(written["split"], "estimator.split").astype(np.int64)
        trees = written["trees"]
        # Open places before each node: a split opens one, a leaf fills one. A node's right child is
        # the next node with as many open as itself has; a tree ends one lower than it began.
        steps = np.where(split > 0, 1, -1)
        before = np.concatenate([[0], np.cumsum(steps)[:-1]])
        order = np.lexsort((np.arange(len(split)), before))
        right = np.zeros(len(split), dtype=np.int64)
        right[order[:-1]] = order[1:]
        roots = np.zeros(trees, dtype=np.int64)
        fits = len(split) >= trees >= 1 and steps.sum() == -trees and before.min() == 1 - trees
        if not fits or split.max(initial=0) > highest:
            raise ModelError("the model's estimator.split holds no trees of this many features")
        lowest = np.minimum.accumulate(before)
        roots[1:] = np.flatnonzero(lowest[1:] < lowest[:-1]) + 1
        self.split, self.right, self.roots = split, right, roots
        self.leaves = split == 0

    def of_splits(self, values: np.ndarray, part: str) -> np.ndarray:
        return self._spread(values, ~self.leaves, part)

    def of_leaves(self, values: np.ndarray, part: str) -> np.ndarray:
        return self._spread(values, self.leaves, part)

    def _spread(self, values: np.ndarray, nodes: np.ndarray, part: str) -> np.ndarray:
        if len(values) != np.count_nonzero(nodes):
            raise ModelError(f"the model's {part} doesn't fit its trees")
        out = np.zeros(len(nodes), dtype=values.dtype)
        out[nodes] = values
        return out

    def sum(self, goes_left: Callable[..., np.ndarray], rows: int, values: np.ndarray) -> np.ndarray:
        """The sum over trees of the value of each row's leaf."""
        total = np.zeros(rows)
        for root in self.roots:
            node = np.full(rows, root, dtype=np.int64)
            walking = np.arange(rows)
            for _ in range(DEEPEST + 1):
                here = node[walking]
                inside = self.split[here] > 0
                walking, here = walking[inside], here[inside]
                if len(walking) == 0:
                    break
                left = goes_left(self.split[here], walking, here)
                node[walking] = np.where(left, here + 1, self.right[here])
            else:
                raise ModelError(f"the model's trees are deeper than {DEEPEST}")
            total += values[node]
        return total


def _binned(inputs: list[Any], features: list[_Feature]) -> Callable[[Cells], np.ndarray]:
    """Bytes that a tree compares, one row of them for each code that a split may bear."""
    readers: list[Callable[[np.ndarray], np.ndarray]] = []
    for feature, written in zip(features, inputs, strict=True):
        if written["kind"] == "bin" and feature.levels is None:
            edges = _array(written["edges"], f"input of '{feature.name}'")
            readers.append(
                lambda cells, edges=edges: np.where(
                    np.isnan(cells), MISSING_BIN, np.searchsorted(edges, cells, side="left")
                )
            )
        elif written["kind"] == "order" and feature.levels is not None:
            bins = _array(written["binOfLevel"], f"input of '{feature.name}'")
            if len(bins) != len(feature.levels):
                raise ModelError(f"the model's input of '{feature.name}' has not one bin a level")
            # The last two places answer to UNSEEN (-2) and MISSING (-1).
            bins = np.concatenate([bins, [MISSING_BIN, MISSING_BIN]])
            readers.append(lambda cells, bins=bins: bins[cells])
        else:
            raise ModelError(f"the model's input of '{feature.name}' doesn't fit its feature")

    def read(cells: Cells) -> np.ndarray:
        width = len(features)
        out = np.zeros((1 + 2 * width, len(cells[0])), dtype=np.uint8)
        for i, reader in enumerate(readers):
            bins = reader(cells[i])
            # 1 + f: missing goes right of every cut. 1 + width + f: missing goes left.
            out[1 + i] = bins
            out[1 + width + i] = np.where(bins == MISSING_BIN, 0, bins)
        return out

    return read


def _bin_sum(
    written: Mapping[str, Any], features: list[_Feature]
) -> tuple[_Trees, Callable[[Cells, np.ndarray], np.ndarray]]:
    trees = _Trees(written, 2 * len(features))
    cut = trees.of_splits(_array(written["bin"], "estimator.bin"), "estimator.bin")
    read = _binned(written["inputs"], features)

    def total(cells: Cells, values: np.ndarray) -> np.ndarray:
        bins = read(cells)
        return trees.sum(
            lambda code, rows, nodes: bins[code, rows] <= cut[nodes], bins.shape[1], values
        )

    return trees, total


def _forest(written: Mapping[str, Any], features: list[_Feature]) -> Callable[[Cells], np.ndarray]:
    trees, total = _bin_sum(written, features)
    cover = _array(written["cover"], "estimator.cover").astype(np.float64)
    positives = _array(written["positives"], "estimator.positives").astype(np.float64)
    if len(cover) != len(positives) or not (cover > 0).all():
        raise ModelError("the model's estimator.cover doesn't fit its trees")
    negative, positive = written["classWeights"]
    weighted = positive * positives
    share = weighted / (weighted + negative * (cover - positives))
    leaf = trees.of_leaves(share, "estimator.positives")
    return lambda cells: total(cells, leaf) / len(trees.roots)


def _boosting(written: Mapping[str, Any], features: list[_Feature]) -> Callable[[Cells], np.ndarray]:
    trees, total = _bin_sum(written, features)
    leaf = trees.of_leaves(_array(written["value"], "estimator.value"), "estimator.value")
    base = written["base"]
    return lambda cells: _logistic(base + total(cells, leaf))


def _linear(written: Mapping[str, Any], features: list[_Feature]) -> Callable[[Cells], np.ndarray]:
    readers: list[Callable[[np.ndarray], np.ndarray]] = []
    for feature, given in zip(features, written["inputs"], strict=True):
        if given["kind"] == "standard" and feature.levels is None:
            readers.append(
                lambda cells, g=given: np.where(
                    np.isnan(cells),
                    g["missing"],
                    (cells - g["mean"]) / g["scale"] * g["coefficient"],
                )
            )
        elif given["kind"] == "levels" and feature.levels is not None:
            known = _array(given["coefficients"], f"input of '{feature.name}'")
            if len(known) != len(feature.levels):
                raise ModelError(f"the model's input of '{feature.name}' has not one entry a level")
            table = np.concatenate([known, [given["unseen"], given["missing"]]])
            readers.append(lambda cells, table=table: table[cells])
        else:
            raise ModelError(f"the model's input of '{feature.name}' doesn't fit its feature")
    intercept = written["intercept"]

    def score(cells: Cells) -> np.ndarray:
        total = np.full(len(cells[0]), intercept, dtype=np.float64)
        with np.errstate(all="ignore"):
            for reader, column in zip(readers, cells, strict=True):
                total += reader(column)
        if np.isnan(total).any():
            raise ModelError("a row has numbers too large to be scored")
        return _logistic(total)

    return score


def _votes(written: Mapping[str, Any], features: list[_Feature]) -> Callable[[Cells], np.ndarray]:
    trees = _Trees(written, len(features))
    cut = trees.of_splits(_array(written["value"], "estimator.value"), "estimator.value")
    vote = trees.of_leaves(_array(written["vote"], "estimator.vote"), "estimator.vote")
    fill: list[float] = []
    for feature, given in zip(features, written["inputs"], strict=True):
        if given["kind"] != ("impute" if feature.levels is None else "ordinal"):
            raise ModelError(f"the model's input of '{feature.name}' doesn't fit its feature")
        fill.append(given["value"])

    def score(cells: Cells) -> np.ndarray:
        filled = np.stack(
            [
                np.where(np.isnan(column) if feature.levels is None else column < 0, value, column)
                for feature, value, column in zip(features, fill, cells, strict=True)
            ]
        )
        # The library cuts with <, not <=.
        total = trees.sum(
            lambda code, rows, nodes: filled[code - 1, rows] < cut[nodes], filled.shape[1], vote
        )
        return total / len(trees.roots)

    return score


_ESTIMATORS = {
    "forest": _forest,
    "boosting": _boosting,
    "logistic": _linear,
    "ml-random-forest": _votes,
}


# Transforms: each takes a feature list and gives the next one, with the function that does it to cells.


def _at(features: list[_Feature], name: str, categorical: bool) -> int:
    for i, feature in enumerate(features):
        if feature.name == name and (feature.levels is not None) == categorical:
            return i
    kind = "categorical" if categorical else "numeric"
    raise ModelError(f"the model's transforms name '{name}', which is no {kind} feature there")


def _replaced(cells: Cells, at: int, by: Cells) -> Cells:
    return [*cells[:at], *by, *cells[at + 1 :]]


def _impute(written: Mapping[str, Any], features: list[_Feature]) -> tuple[list[_Feature], Transform]:
    name, value = written["feature"], written["value"]
    numeric = any(f.name == name and f.levels is None for f in features)
    at = _at(features, name, not numeric)

    def apply(cells: Cells) -> Cells:
        # An unseen level stays unseen.
        absent = np.isnan(cells[at]) if numeric else cells[at] == MISSING
        return _replaced(cells, at, [np.where(absent, value, cells[at])])

    return features, apply


def _one_hot(written: Mapping[str, Any], features: list[_Feature]) -> tuple[list[_Feature], Transform]:
    name = written["feature"]
    at = _at(features, name, True)
    index = {level: i for i, level in enumerate(features[at].levels or [])}
    made = [_Feature(f"{name}={level}", None) for level in written["levels"]]
    codes = [index[level] for level in written["levels"]]
    if written["missing"]:
        made.append(_Feature(f"{name} is missing", None))
        codes.append(MISSING)

    def apply(cells: Cells) -> Cells:
        return _replaced(cells, at, [(cells[at] == code).astype(np.float64) for code in codes])

    return [*features[:at], *made, *features[at + 1 :]], apply


def _ordinal(written: Mapping[str, Any], features: list[_Feature]) -> tuple[list[_Feature], Transform]:
    at = _at(features, written["feature"], True)

    def apply(cells: Cells) -> Cells:
        return _replaced(cells, at, [np.where(cells[at] < 0, math.nan, cells[at])])

    return [*features[:at], _Feature(written["feature"], None), *features[at + 1 :]], apply


def _frequency(written: Mapping[str, Any], features: list[_Feature]) -> tuple[list[_Feature], Transform]:
    at = _at(features, written["feature"], True)
    shares = _array(written["shares"], f"shares of '{written['feature']}'")
    if len(shares) != len(features[at].levels or []):
        raise ModelError(f"the model's shares of '{written['feature']}' are not one a level")
    # The last two places answer to UNSEEN (-2) and MISSING (-1).
    table = np.concatenate([shares, [0.0, math.nan]])

    def apply(cells: Cells) -> Cells:
        return _replaced(cells, at, [table[cells[at]]])

    return [*features[:at], _Feature(written["feature"], None), *features[at + 1 :]], apply


def _combined(
    written: Mapping[str, Any], features: list[_Feature]
) -> tuple[list[_Feature], Transform]:
    left = _at(features, written["left"], False)
    right = _at(features, written["right"], False)
    divides = written["kind"] == "ratio"
    sign = "/" if divides else "*"

    def apply(cells: Cells) -> Cells:
        with np.errstate(all="ignore"):
            made = cells[left] / cells[right] if divides else cells[left] * cells[right]
        # Infinity is no number of a table: a division by 0, and what overflows, is missing.
        return [*cells, np.where(np.isfinite(made), made, math.nan)]

    return [*features, _Feature(f"{written['left']}{sign}{written['right']}", None)], apply


def _cross(written: Mapping[str, Any], features: list[_Feature]) -> tuple[list[_Feature], Transform]:
    left = _at(features, written["left"], True)
    right = _at(features, written["right"], True)
    lefts, rights = features[left].levels or [], features[right].levels or []
    width = len(rights)
    pairs = _array(written["pairs"], "pairs of a cross").astype(np.int64)
    # No pair is -1, so a search that ends behind the last one finds nothing.
    ended = np.append(pairs, -1)
    levels = [f"{lefts[pair // width]}\u00d7{rights[pair % width]}" for pair in pairs.tolist()]

    def apply(cells: Cells) -> Cells:
        a, b = cells[left], cells[right]
        wanted = a * width + b
        place = np.searchsorted(pairs, wanted)
        known = (a >= 0) & (b >= 0) & (ended[place] == wanted)
        absent = (a == MISSING) | (b == MISSING)
        return [*cells, np.where(known, place, np.where(absent, MISSING, UNSEEN))]

    name = f"{written['left']}\u00d7{written['right']}"
    return [*features, _Feature(name, levels)], apply


def _select(written: Mapping[str, Any], features: list[_Feature]) -> tuple[list[_Feature], Transform]:
    names = [feature.name for feature in features]
    try:
        kept = [names.index(name) for name in written["features"]]
    except ValueError:
        raise ModelError("the model's selection names a feature that isn't there") from None
    return [features[i] for i in kept], lambda cells: [cells[i] for i in kept]


_TRANSFORMS = {
    "impute": _impute,
    "oneHot": _one_hot,
    "ordinal": _ordinal,
    "frequency": _frequency,
    "product": _combined,
    "ratio": _combined,
    "cross": _cross,
    "select": _select,
}


def _calibrator(written: Mapping[str, Any] | None) -> Callable[[np.ndarray], np.ndarray]:
    if written is None:
        return lambda scores: scores
    if written["kind"] == "sigmoid":
        slope, intercept = written["slope"], written["intercept"]
        return lambda scores: _logistic(slope * scores + intercept)
    if written["kind"] == "isotonic":
        x = _array(written["x"], "calibrator.x")
        y = _array(written["y"], "calibrator.y")
        if len(x) != len(y) or len(x) == 0:
            raise ModelError("the model's calibrator.y has not one entry a point")
        return lambda scores: np.interp(scores, x, y)
    raise ModelError("the model's calibrator is of an unknown kind")


def _known(table: Mapping[str, Any], written: Mapping[str, Any], part: str) -> Any:
    if written["kind"] not in table:
        raise ModelError(f"the model's {part} is of an unknown kind")
    return table[written["kind"]]


# The model.


class Model:
    """A pipeline that was read: columns in, probabilities of the positive class out."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.columns: list[str] = [column["name"] for column in written["columns"]]
        self.threshold: float = written["threshold"]
        #: The value of the target that label 1 stands for.
        self.positive: str = written["positive"]
        features = [_Feature(c["name"], c.get("levels")) for c in written["columns"]]
        self._read = [self._reader(feature) for feature in features]
        self._transforms: list[Transform] = []
        for transform in written["transforms"]:
            make = _known(_TRANSFORMS, transform, "transforms")
            features, apply = make(transform, features)
            self._transforms.append(apply)
        estimator = written["estimator"]
        if len(estimator["inputs"]) != len(features):
            raise ModelError("the model's estimator.inputs are not one a feature")
        self._score = _known(_ESTIMATORS, estimator, "estimator")(estimator, features)
        self._calibrate = _calibrator(written["calibrator"])

    @staticmethod
    def _reader(feature: _Feature) -> Callable[[np.ndarray], np.ndarray]:
        if feature.levels is None:
            return lambda cells: _numbers(cells, feature.name)
        codes = {level.strip(_SPACE): i for i, level in enumerate(feature.levels)}
        return lambda cells: _levels(cells, feature.name, codes)

    def score(self, table: Mapping[str, Any]) -> np.ndarray:
        """One probability a row, from one array a column; further columns don't matter."""
        given: Cells = []
        for name in self.columns:
            if name not in table:
                raise ModelError(f"column '{name}' is missing")
            given.append(np.asarray(table[name]))
        rows = len(given[0])
        for name, cells in zip(self.columns, given, strict=True):
            if cells.shape != (rows,):
                raise ModelError(f"column '{name}' has another number of rows")
        cells = [read(column) for read, column in zip(self._read, given, strict=True)]
        out = np.empty(rows)
        for start in range(0, rows, BLOCK):
            block = [column[start : start + BLOCK] for column in cells]
            for apply in self._transforms:
                block = apply(block)
            out[start : start + BLOCK] = self._calibrate(self._score(block))
        return out

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """What MLflow calls: a DataFrame in; out a DataFrame of probability and label, same index.

        label is 1 from the model's threshold on (>=), the class that positive names, else 0.
        """
        import pandas as pd

        if not isinstance(model_input, pd.DataFrame):
            model_input = pd.DataFrame(model_input)
        table = {name: _cells_of(model_input[name]) for name in self.columns if name in model_input}
        probability = self.score(table)
        label = (probability >= self.threshold).astype(np.int64)
        return pd.DataFrame({"probability": probability, "label": label}, index=model_input.index)


def _cells_of(series: Any) -> np.ndarray:
    """A pandas column as an array; its own types (nullable, text, category) as objects."""
    if isinstance(series.dtype, np.dtype):
        return series.to_numpy()
    return series.to_numpy(dtype=object)


def load(path: str | Path) -> Model:
    """Reads a model; raises ModelError in one line for a file of another format or version."""
    try:
        written = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        raise ModelError(f"{path} is not JSON in UTF-8") from None
    if not isinstance(written, dict) or written.get("format") != FORMAT:
        raise ModelError(f"{path} is not of the format {FORMAT}")
    if written.get("schemaVersion") != SCHEMA_VERSION:
        raise ModelError(
            f"{path} has schemaVersion {written.get('schemaVersion')}; this loader reads {SCHEMA_VERSION}"
        )
    try:
        return Model(written)
    except (KeyError, TypeError, IndexError) as error:
        raise ModelError(f"{path} lacks a part or has a wrong one ({error!r})") from error


def _load_pyfunc(path: str) -> Model:
    """MLflow's entry: path is what the MLmodel file's data names."""
    return load(path)
`;
