/** src/adapters/mlflow/pyfunc/titleholder_model.py, written by `node src/adapters/mlflow/pyfunc/embed.ts`: edit it there. */
export const PYTHON_LOADER: string = String.raw`"""Loads a Titleholder model (model.json, schemaVersion 2) and scores rows with it.

Plain Python 3.11 to 3.13 and numpy; pandas only where a DataFrame comes in or goes out. The file is data:
nothing in it is run. The rules for cells (missing, unseen, booleans, numbers as text) are those by which
the project itself trains and serves, and the probabilities agree with its own to 1e-9.

    model = load("model.json")
    model.score({"Age": np.array([31.0, np.nan]), "City": np.array(["Ulm", None], dtype=object)})
"""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

FORMAT = "titleholder-model"
SCHEMA_VERSION = 2
MISSING_BIN = 255
# A categorical cell is an index into its levels, or one of these.
MISSING = -1
UNSEEN = -2
# The limits of the format: what goes beyond them is not the engine's.
DEEPEST = 64
MOST_TREES = 100_000
MOST_FEATURES = 32_767
LONGEST_NAME = 1000
MOST_LETTERS = 2**26
# Rows times features that are worked on together, so that memory stays small for any table.
BLOCK_CELLS = 2**20

# White space as JavaScript's trim() has it; Python's own strip() takes other characters.
_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_MISSING_TEXTS = frozenset(["", "NA", "N/A", "NaN", "null", "None"])
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DTYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "f64": "<f8"}
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LINE_END = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class ModelError(ValueError):
    """What a file or a table is refused with: one line that names the part or the column."""

    def __init__(self, message: str) -> None:
        # A name may hold a line end.
        super().__init__(_LINE_END.sub(" ", message))


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


def _numbers(cells: np.ndarray, column: str, first: int) -> np.ndarray:
    """The numbers of the rows from first on."""
    if cells.dtype.kind in "fiu":
        values = cells.astype(np.float64)
        row = _first(np.isinf(values))
        if row is not None:
            raise ModelError(f"column '{column}' is infinite in row {first + row}")
        return values
    return _each(cells, lambda cell: _number_of(cell, column), np.float64)


def _levels(cells: np.ndarray, column: str, codes: Mapping[str, int]) -> np.ndarray:
    return _each(cells, lambda cell: _level_of(cell, column, codes), np.int64)


# Parts of the file. Nothing of it is believed: what the project's own reader refuses is refused here, in
# the same words.


def _refuse(part: str, what: str) -> NoReturn:
    raise ModelError(f"the artifact's {part} {what}")


def _kind_of(value: Any, part: str) -> str:
    if not isinstance(value, dict):
        _refuse(part, "is not an object")
    kind = value.get("kind")
    return kind if isinstance(kind, str) else ""


def _fields(value: Any, part: str, names: Sequence[str]) -> Mapping[str, Any]:
    """An object with exactly these fields."""
    if not isinstance(value, dict):
        _refuse(part, "is not an object")
    for name in names:
        if name not in value:
            _refuse(part, f"lacks '{name}'")
    if len(value) != len(names):
        _refuse(part, "has an unknown field")
    return value


def _list(value: Any, part: str) -> list[Any]:
    return value if isinstance(value, list) else _refuse(part, "is not a list")


def _list_per_feature(value: Any, part: str, features: int) -> list[Any]:
    entries = _list(value, part)
    return entries if len(entries) == features else _refuse(part, "has not one entry a feature")


def _text(value: Any, part: str) -> str:
    # Half a surrogate pair, which JSON can write, is no character.
    if not isinstance(value, str) or _SURROGATE.search(value):
        _refuse(part, "is not a text")
    return value


def _flag(value: Any, part: str) -> bool:
    return value if isinstance(value, bool) else _refuse(part, "is neither true nor false")


def _finite(value: Any, part: str) -> float:
    # Every number of the file was read as a float, so true isn't one.
    if not isinstance(value, float) or not math.isfinite(value):
        _refuse(part, "is not a finite number")
    return value


def _whole(value: Any, part: str, low: int, high: int) -> int:
    number = _finite(value, part)
    if not (number.is_integer() and low <= number <= high):
        _refuse(part, f"is not a whole number from {low} to {high}")
    return int(number)


def _array(value: Any, part: str, allowed: Sequence[str]) -> np.ndarray:
    packed = _fields(value, part, ["type", "length", "data"])
    name = _text(packed["type"], part)
    if name not in allowed:
        _refuse(part, "has another type")
    dtype = np.dtype(_DTYPES[name])
    length = _whole(packed["length"], part, 0, 2**31 - 1)
    text = _text(packed["data"], part)
    size = length * dtype.itemsize
    # Before anything is allocated: a short text can't ask for a long array.
    if _units(text) != -(-size // 3) * 4:
        _refuse(part, "has another length")
    try:
        data = base64.b64decode(text)
    except ValueError:
        data = b""
    # One content has one text: no other letters, and nothing behind the last byte.
    if len(data) != size or base64.b64encode(data).decode() != text:
        _refuse(part, "is no base64 of its length")
    return np.frombuffer(data, dtype)


def _doubles(value: Any, part: str) -> np.ndarray:
    array = _array(value, part, ["f64"])
    at = _first(~np.isfinite(array))
    return array if at is None else _refuse(part, f"is not finite at {at}")


def _first(flags: np.ndarray) -> int | None:
    """The place of the first that is true."""
    return int(np.argmax(flags)) if flags.any() else None


def _units(text: str) -> int:
    """A text's length as JavaScript counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


class _Feature:
    """One feature: its name, its levels where it is categorical, and which array of a block it is."""

    def __init__(self, name: str, levels: list[str] | None, slot: int, place: list[Any]) -> None:
        self.name = name
        self.levels = levels
        self.slot = slot
        # Those that stand together in the list: more than one where a feature became several.
        self.place = place

    @property
    def kind(self) -> str:
        return "numeric" if self.levels is None else "categorical"


# A block of rows, one array a feature; a transform changes it.
Cells = list[np.ndarray]
Transform = Callable[[Cells], None]
Estimator = Callable[[Cells], np.ndarray]


def _logistic(scores: np.ndarray) -> np.ndarray:
    # exp of a positive number may overflow, exp of a negative one can't.
    small = np.exp(-np.abs(scores))
    return np.where(scores >= 0, 1 / (1 + small), small / (1 + small))


class _Trees:
    """Trees one after another in preorder; a walk takes all rows down one level at a time."""

    def __init__(self, written: Mapping[str, Any], highest: int) -> None:
        trees = _whole(written["trees"], "estimator.trees", 1, MOST_TREES)
        split = _array(written["split"], "estimator.split", ["u8", "u16"]).astype(np.int64)
        at = _first(split > highest)
        if at is not None:
            _refuse("estimator.split", f"has a feature out of range at node {at}")
        nodes = len(split)
        if trees > nodes:
            raise ModelError("the trees are more than the nodes")
        # Open places behind each node: a split opens one, a leaf fills one; a tree ends one lower than
        # it began.
        behind = np.cumsum(np.where(split > 0, 1, -1))
        end = _first(behind == -trees)
        if end is None:
            raise ModelError("the trees end in the middle")
        if end != nodes - 1:
            raise ModelError("the trees are fewer than the nodes")
        before = np.concatenate([[0], behind[:-1]])
        # A node's right child is the next node with as many places open before it as the node itself.
        right = np.zeros(nodes, dtype=np.int64)
        order = np.argsort(before, kind="stable")
        right[order[:-1]] = order[1:]
        roots = np.zeros(trees, dtype=np.int64)
        lowest = np.minimum.accumulate(before)
        roots[1:] = np.flatnonzero(lowest[1:] < lowest[:-1]) + 1
        level = roots
        for _ in range(DEEPEST + 1):
            level = level[split[level] > 0]
            level = np.concatenate([level + 1, right[level]])
        if len(level) > 0:
            raise ModelError(f"the trees are deeper than {DEEPEST}")
        self.split, self.right, self.roots = split, right, roots
        self.is_leaf = split == 0
        self.leaves = int(np.count_nonzero(self.is_leaf))
        self.splits = nodes - self.leaves

    def at_splits(self, values: np.ndarray) -> np.ndarray:
        """One value a node, from one a split."""
        return self._spread(values, ~self.is_leaf)

    def at_leaves(self, values: np.ndarray) -> np.ndarray:
        """One value a node, from one a leaf."""
        return self._spread(values, self.is_leaf)

    def _spread(self, values: np.ndarray, nodes: np.ndarray) -> np.ndarray:
        out = np.zeros(len(nodes), dtype=values.dtype)
        out[nodes] = values
        return out

    def sum(self, goes_left: Callable[..., np.ndarray], rows: int, values: np.ndarray) -> np.ndarray:
        """The sum over trees of the value of each row's leaf."""
        total = np.zeros(rows)
        for root in self.roots:
            node = np.full(rows, root, dtype=np.int64)
            walking = np.arange(rows)
            while True:
                here = node[walking]
                inside = self.split[here] > 0
                walking, here = walking[inside], here[inside]
                if len(walking) == 0:
                    break
                left = goes_left(self.split[here], walking, here)
                node[walking] = np.where(left, here + 1, self.right[here])
            total += values[node]
        return total


def _bins_of(value: Any, part: str, feature: _Feature) -> Callable[[np.ndarray], np.ndarray]:
    """What makes a byte of a cell."""
    kind = _kind_of(value, part)
    if kind == "bin" and feature.levels is None:
        edges = _doubles(_fields(value, part, ["kind", "edges"])["edges"], part)
        if len(edges) > 254:
            _refuse(part, "has more than 254 edges")
        if not (edges[1:] > edges[:-1]).all():
            _refuse(part, "has edges that do not ascend")
        return lambda cells: np.where(
            np.isnan(cells), MISSING_BIN, np.searchsorted(edges, cells, side="left")
        )
    if kind == "order" and feature.levels is not None:
        bins = _array(_fields(value, part, ["kind", "binOfLevel"])["binOfLevel"], part, ["u8"])
        if len(bins) != len(feature.levels):
            _refuse(part, "has not one bin a level")
        # The last two places answer to UNSEEN (-2) and MISSING (-1).
        table = np.concatenate([bins, [MISSING_BIN, MISSING_BIN]])
        return lambda cells: table[cells]
    _refuse(part, f"is of a kind that doesn't fit its {feature.kind} feature")


class _BinnedTrees:
    """What a forest and boosted trees share: bytes made of cells, and the trees that compare them."""

    FIELDS = ("inputs", "trees", "split", "bin", "cover")

    def __init__(self, written: Mapping[str, Any], features: list[_Feature]) -> None:
        inputs = _list_per_feature(written["inputs"], "estimator.inputs", len(features))
        self.readers = [
            _bins_of(value, f"estimator.inputs[{i}]", feature)
            for i, (value, feature) in enumerate(zip(inputs, features, strict=True))
        ]
        self.trees = _Trees(written, 2 * len(features))
        cut = _array(written["bin"], "estimator.bin", ["u8"])
        self.cover = _array(written["cover"], "estimator.cover", ["u16", "u32"])
        if len(cut) != self.trees.splits:
            _refuse("estimator.bin", "has not one entry a split")
        if len(self.cover) != self.trees.leaves:
            _refuse("estimator.cover", "has not one entry a leaf")
        at = _first(cut == MISSING_BIN)
        if at is not None:
            _refuse("estimator.bin", f"is {MISSING_BIN} at split {at}")
        at = _first(self.cover == 0)
        if at is not None:
            _refuse("estimator.cover", f"is 0 at leaf {at}")
        self.cut = self.trees.at_splits(cut)

    def sum(self, cells: Cells, values: np.ndarray) -> np.ndarray:
        width, rows = len(self.readers), len(cells[0])
        bins = np.zeros((1 + 2 * width, rows), dtype=np.uint8)
        for i, reader in enumerate(self.readers):
            made = reader(cells[i])
            # One row of bytes for each code that a split may bear. 1 + f: missing goes right of every
            # cut. 1 + width + f: missing goes left.
            bins[1 + i] = made
            bins[1 + width + i] = np.where(made == MISSING_BIN, 0, made)
        return self.trees.sum(
            lambda code, walking, here: bins[code, walking] <= self.cut[here], rows, values
        )


def _forest(value: Any, features: list[_Feature]) -> Estimator:
    fields = ["kind", *_BinnedTrees.FIELDS, "positives", "classWeights"]
    written = _fields(value, "estimator", fields)
    binned = _BinnedTrees(written, features)
    cover = binned.cover.astype(np.float64)
    positives = _array(written["positives"], "estimator.positives", ["u16", "u32"])
    if len(positives) != len(cover):
        _refuse("estimator.positives", "has not one entry a leaf")
    at = _first(positives > cover)
    if at is not None:
        _refuse("estimator.positives", f"is more than the cover at leaf {at}")
    weights = _list(written["classWeights"], "estimator.classWeights")
    if len(weights) != 2 or not all(isinstance(w, float) and 1e-12 <= w <= 1e12 for w in weights):
        _refuse("estimator.classWeights", "are not two numbers from 1e-12 to 1e12")
    negative, positive = weights
    weighted = positive * positives.astype(np.float64)
    leaf = binned.trees.at_leaves(weighted / (weighted + negative * (cover - positives)))
    return lambda cells: binned.sum(cells, leaf) / len(binned.trees.roots)


def _boosting(value: Any, features: list[_Feature]) -> Estimator:
    written = _fields(value, "estimator", ["kind", *_BinnedTrees.FIELDS, "value", "base"])
    binned = _BinnedTrees(written, features)
    values = _doubles(written["value"], "estimator.value")
    if len(values) != binned.trees.leaves:
        _refuse("estimator.value", "has not one entry a leaf")
    leaf = binned.trees.at_leaves(values)
    base = _finite(written["base"], "estimator.base")
    return lambda cells: _logistic(base + binned.sum(cells, leaf))


def _term_of(value: Any, feature: _Feature) -> Callable[[np.ndarray], np.ndarray]:
    """What one feature adds to a logistic regression's sum."""
    part = f"estimator's input of '{feature.name}'"
    kind = _kind_of(value, part)
    if kind == "standard" and feature.levels is None:
        given = _fields(value, part, ["kind", "mean", "scale", "coefficient", "missing"])
        scale = _finite(given["scale"], part)
        if not scale > 0:
            _refuse(part, "has a scale that is not above 0")
        mean = _finite(given["mean"], part)
        coefficient = _finite(given["coefficient"], part)
        missing = _finite(given["missing"], part)
        return lambda cells: np.where(
            np.isnan(cells), missing, (cells - mean) / scale * coefficient
        )
    if kind == "levels" and feature.levels is not None:
        given = _fields(value, part, ["kind", "coefficients", "missing", "unseen"])
        known = _doubles(given["coefficients"], part)
        if len(known) != len(feature.levels):
            _refuse(part, "has not one entry a level")
        missing, unseen = _finite(given["missing"], part), _finite(given["unseen"], part)
        # The last two places answer to UNSEEN (-2) and MISSING (-1).
        table = np.concatenate([known, [unseen, missing]])
        return lambda cells: table[cells]
    _refuse(part, f"is of a kind that doesn't fit a {feature.kind} feature")


def _linear(value: Any, features: list[_Feature]) -> Estimator:
    written = _fields(value, "estimator", ["kind", "inputs", "intercept"])
    inputs = _list_per_feature(written["inputs"], "estimator.inputs", len(features))
    terms = [_term_of(given, feature) for given, feature in zip(inputs, features, strict=True)]
    intercept = _finite(written["intercept"], "estimator.intercept")

    def score(cells: Cells) -> np.ndarray:
        total = np.full(len(cells[0]), intercept)
        for term, column in zip(terms, cells, strict=True):
            total += term(column)
        if np.isnan(total).any():
            raise ModelError("a row has numbers too large to be scored")
        return _logistic(total)

    return score


def _votes(value: Any, features: list[_Feature]) -> Estimator:
    fields = ["kind", "inputs", "trees", "split", "value", "vote"]
    written = _fields(value, "estimator", fields)
    trees = _Trees(written, len(features))
    cuts = _doubles(written["value"], "estimator.value")
    votes = _array(written["vote"], "estimator.vote", ["u8"])
    if len(cuts) != trees.splits:
        _refuse("estimator.value", "has not one entry a split")
    if len(votes) != trees.leaves:
        _refuse("estimator.vote", "has not one entry a leaf")
    if (votes > 1).any():
        _refuse("estimator.vote", "is neither 0 nor 1 somewhere")
    cut, vote = trees.at_splits(cuts), trees.at_leaves(votes)
    fill: list[float] = []
    inputs = _list_per_feature(written["inputs"], "estimator.inputs", len(features))
    for i, (given, feature) in enumerate(zip(inputs, features, strict=True)):
        part = f"estimator.inputs[{i}]"
        if _kind_of(given, part) != ("impute" if feature.levels is None else "ordinal"):
            _refuse(part, f"is of a kind that doesn't fit a {feature.kind} feature")
        fill.append(_finite(_fields(given, part, ["kind", "value"])["value"], part))

    def score(cells: Cells) -> np.ndarray:
        filled = np.stack(
            [
                np.where(np.isnan(column) if feature.levels is None else column < 0, value, column)
                for feature, value, column in zip(features, fill, cells, strict=True)
            ]
        )
        # The library cuts with <, not <=.
        total = trees.sum(
            lambda code, walking, here: filled[code - 1, walking] < cut[here],
            filled.shape[1],
            vote,
        )
        return total / len(trees.roots)

    return score


_ESTIMATORS = {
    "forest": _forest,
    "boosting": _boosting,
    "logistic": _linear,
    "ml-random-forest": _votes,
}


# Transforms.


class _Transforms:
    """Follows the features through the transforms; a new feature gets a new array of a block."""

    def __init__(self, columns: list[tuple[str, list[str] | None]]) -> None:
        self.steps: list[Transform] = []
        self.slots = 0
        self._letters = 0
        self._found: dict[str, _Feature] = {}
        self._places: list[list[_Feature]] = []
        for name, levels in columns:
            self._append(name, levels)

    def in_order(self) -> list[_Feature]:
        return [feature for place in self._places for feature in place]

    def add(self, value: Any, part: str) -> None:
        kind = _kind_of(value, part)
        if kind not in self._KINDS:
            _refuse(part, "is of an unknown kind")
        names, add = self._KINDS[kind]
        add(self, _fields(value, part, ["kind", *names]), part)

    def _refuse(self, name: str, what: str) -> NoReturn:
        _refuse("transforms:", f"feature '{name}' {what}")

    def _feature(self, name: str) -> _Feature:
        return self._found[name] if name in self._found else self._refuse(name, "is not there")

    def _number(self, name: str) -> _Feature:
        feature = self._feature(name)
        return feature if feature.levels is None else self._refuse(name, "is not numeric")

    def _levels(self, name: str) -> tuple[_Feature, list[str]]:
        feature = self._feature(name)
        if feature.levels is None:
            self._refuse(name, "is not categorical")
        return feature, feature.levels

    def _add(self, name: str, levels: list[str] | None, place: list[_Feature]) -> _Feature:
        if name in self._found:
            self._refuse(name, "is there twice")
        if self.slots >= MOST_FEATURES:
            self._refuse(name, f"is one of over {MOST_FEATURES}")
        feature = _Feature(name, levels, self.slots, place)
        self.slots += 1
        place.append(feature)
        self._found[name] = feature
        return feature

    def _append(self, name: str, levels: list[str] | None) -> None:
        self._places.append([])
        self._add(name, levels, self._places[-1])

    def _joined(self, left: str, sign: str, right: str) -> str:
        # Without a limit a product of a product of ... doubles its name at each step.
        length = _units(left) + _units(sign) + _units(right)
        self._letters += length
        if length > LONGEST_NAME:
            self._refuse(left, f"makes a name of over {LONGEST_NAME} characters")
        if self._letters > MOST_LETTERS:
            self._refuse(left, "makes names that are too long together")
        return left + sign + right

    def _impute(self, written: Mapping[str, Any], part: str) -> None:
        name, value = _text(written["feature"], part), _finite(written["value"], part)
        feature = self._feature(name)
        slot = feature.slot
        if feature.levels is None:

            def fill(cells: Cells) -> None:
                cells[slot] = np.where(np.isnan(cells[slot]), value, cells[slot])

        else:
            if not (value.is_integer() and 0 <= value < len(feature.levels)):
                self._refuse(name, "has a value that is no index of its levels")
            level = int(value)

            def fill(cells: Cells) -> None:
                # An unseen level stays unseen.
                cells[slot] = np.where(cells[slot] == MISSING, level, cells[slot])

        self.steps.append(fill)

    def _one_hot(self, written: Mapping[str, Any], part: str) -> None:
        name = _text(written["feature"], part)
        kept = [_text(level, part) for level in _list(written["levels"], part)]
        missing = _flag(written["missing"], part)
        feature, levels = self._levels(name)
        index = {level: i for i, level in enumerate(levels)}
        slot, place = feature.slot, feature.place
        del self._found[name]
        place.clear()
        codes: list[int] = []
        for level in kept:
            if level not in index:
                self._refuse(name, "has a level that it lacked before")
            self._add(self._joined(name, "=", level), None, place)
            codes.append(index[level])
        if missing:
            self._add(self._joined(name, " is ", "missing"), None, place)
            codes.append(MISSING)
        self.steps.append(
            lambda cells: cells.extend((cells[slot] == code).astype(np.float64) for code in codes)
        )

    def _ordinal(self, written: Mapping[str, Any], part: str) -> None:
        feature, _ = self._levels(_text(written["feature"], part))
        feature.levels = None
        slot = feature.slot

        def number(cells: Cells) -> None:
            cells[slot] = np.where(cells[slot] < 0, math.nan, cells[slot])

        self.steps.append(number)

    def _frequency(self, written: Mapping[str, Any], part: str) -> None:
        name, shares = _text(written["feature"], part), _doubles(written["shares"], part)
        feature, levels = self._levels(name)
        if len(shares) != len(levels):
            self._refuse(name, "has not one share a level")
        if not ((shares >= 0) & (shares <= 1)).all():
            self._refuse(name, "has a share that is not from 0 to 1")
        feature.levels = None
        slot = feature.slot
        # The last two places answer to UNSEEN (-2) and MISSING (-1).
        table = np.concatenate([shares, [0.0, math.nan]])

        def number(cells: Cells) -> None:
            cells[slot] = table[cells[slot]]

        self.steps.append(number)

    def _combine(self, written: Mapping[str, Any], part: str) -> None:
        left, right = _text(written["left"], part), _text(written["right"], part)
        a, b = self._number(left).slot, self._number(right).slot
        divides = written["kind"] == "ratio"
        self._append(self._joined(left, "/" if divides else "*", right), None)

        def combine(cells: Cells) -> None:
            made = cells[a] / cells[b] if divides else cells[a] * cells[b]
            # Infinity is no number of a table: a division by 0, and what overflows, is missing.
            cells.append(np.where(np.isfinite(made), made, math.nan))

        self.steps.append(combine)

    def _cross(self, written: Mapping[str, Any], part: str) -> None:
        left, right = _text(written["left"], part), _text(written["right"], part)
        pairs = _array(written["pairs"], part, ["u32"]).astype(np.int64)
        (one, lefts), (other, rights) = self._levels(left), self._levels(right)
        a, b, width = one.slot, other.slot, len(rights)
        levels: list[str] = []
        last = -1
        for pair in pairs.tolist():
            if not pair > last:
                self._refuse(left, "has pairs that do not ascend")
            last = pair
            if not pair < len(lefts) * width:
                self._refuse(left, "has a pair out of range")
            levels.append(self._joined(lefts[pair // width], "\u00d7", rights[pair % width]))
        self._append(self._joined(left, "\u00d7", right), levels)
        # No pair is -1, so a search that ends behind the last one finds nothing.
        ended = np.append(pairs, -1)

        def cross(cells: Cells) -> None:
            x, y = cells[a], cells[b]
            wanted = x * width + y
            place = np.searchsorted(pairs, wanted)
            known = (x >= 0) & (y >= 0) & (ended[place] == wanted)
            absent = (x == MISSING) | (y == MISSING)
            cells.append(np.where(known, place, np.where(absent, MISSING, UNSEEN)))

        self.steps.append(cross)

    def _select(self, written: Mapping[str, Any], part: str) -> None:
        names = [_text(name, part) for name in _list(written["features"], part)]
        scores = _doubles(written["scores"], part)
        before = self.in_order()
        if len(scores) != len(before):
            self._refuse("", "is not scored, or has several scores")
        if len(names) == 0:
            self._refuse("", "is not among the selected, nor is another")
        kept: list[_Feature] = []
        for feature in before:
            if len(kept) < len(names) and feature.name == names[len(kept)]:
                kept.append(feature)
            else:
                del self._found[feature.name]
        if len(kept) < len(names):
            self._refuse(names[len(kept)], "is selected and not there in order")
        self._places = [[feature] for feature in kept]
        for place in self._places:
            place[0].place = place

    _KINDS = {
        "impute": (("feature", "value"), _impute),
        "oneHot": (("feature", "levels", "missing"), _one_hot),
        "ordinal": (("feature",), _ordinal),
        "frequency": (("feature", "shares"), _frequency),
        "product": (("left", "right"), _combine),
        "ratio": (("left", "right"), _combine),
        "cross": (("left", "right", "pairs"), _cross),
        "select": (("features", "scores"), _select),
    }


def _calibrator(value: Any) -> Callable[[np.ndarray], np.ndarray]:
    part = "calibrator"
    if value is None:
        return lambda scores: scores
    kind = _kind_of(value, part)
    if kind == "sigmoid":
        written = _fields(value, part, ["kind", "slope", "intercept"])
        slope = _finite(written["slope"], "calibrator.slope")
        intercept = _finite(written["intercept"], "calibrator.intercept")
        return lambda scores: _logistic(slope * scores + intercept)
    if kind != "isotonic":
        _refuse(part, "is of an unknown kind")
    written = _fields(value, part, ["kind", "x", "y"])
    x = _doubles(written["x"], "calibrator.x")
    y = _doubles(written["y"], "calibrator.y")
    if len(x) == 0 or len(x) != len(y):
        _refuse(part, "has not one y an x")
    if not ((x[1:] > x[:-1]).all() and x[0] >= 0 and x[-1] <= 1):
        _refuse("calibrator.x", "does not ascend in 0 to 1")
    if not ((y[1:] >= y[:-1]).all() and y[0] >= 0 and y[-1] <= 1):
        _refuse("calibrator.y", "falls, or is not from 0 to 1")

    def isotonic(scores: np.ndarray) -> np.ndarray:
        # The first point at or above the score, and the one before it; outside both, an end.
        place = np.searchsorted(x, scores, side="left")
        right = np.minimum(place, len(x) - 1)
        left = np.where(place < len(x), np.maximum(place - 1, 0), right)
        inside = left < right
        share = np.zeros(len(scores))
        np.divide(scores - x[left], x[right] - x[left], out=share, where=inside)
        # Rounding may step over the right point, and past 1.
        return np.where(inside, np.minimum(y[left] + share * (y[right] - y[left]), y[right]), y[right])

    return isotonic


# The model.

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


def _check_format(root: Any) -> None:
    # Before the fields, which another format or version needn't have.
    if not isinstance(root, dict) or root.get("format") != FORMAT:
        raise ModelError(f"the file is not of the format {FORMAT}")
    version = root.get("schemaVersion")
    if version != SCHEMA_VERSION or not isinstance(version, float):
        shown = _number_text(version) if isinstance(version, float) else "none"
        raise ModelError(f"the file has schemaVersion {shown}; this loader reads {SCHEMA_VERSION}")


def _column(value: Any, part: str) -> tuple[str, list[str] | None]:
    kind = _kind_of(value, part)
    if kind == "numeric":
        return _text(_fields(value, part, ["name", "kind"])["name"], part), None
    if kind != "categorical":
        _refuse(part, "is neither numeric nor categorical")
    written = _fields(value, part, ["name", "kind", "levels"])
    levels = [_text(level, part) for level in _list(written["levels"], part)]
    if len(set(levels)) != len(levels):
        _refuse(part, "has a level twice")
    return _text(written["name"], part), levels


def _check_provenance(value: Any) -> None:
    part = "provenance"
    texts = ("model", "commit", "bundle", "data", "code", "asOf", "candidate")
    written = _fields(value, part, [*texts, "seed", "stage"])
    if written["stage"] not in ("quick", "full"):
        _refuse(part, "has another stage")
    for name in texts:
        if written[name] is not None or name not in ("commit", "bundle", "asOf"):
            _text(written[name], f"provenance.{name}")
    _whole(written["seed"], "provenance.seed", 1 - 2**53, 2**53 - 1)


class Model:
    """A pipeline that was read: columns in, probabilities of the positive class out."""

    def __init__(self, data: bytes) -> None:
        """Takes a file's bytes; raises ModelError naming the part that is wrong."""
        root = _json_of(data)
        _check_format(root)
        others = ["otherColumns"] if isinstance(root, dict) and "otherColumns" in root else []
        root = _fields(root, "file", [*others, *_FIELDS])
        columns = [
            _column(column, f"columns[{i}]")
            for i, column in enumerate(_list(root["columns"], "columns"))
        ]
        if not 1 <= len(columns) <= MOST_FEATURES:
            _refuse("columns", f"are not from 1 to {MOST_FEATURES}")
        for name in others:
            for other in _list(root[name], name):
                _text(other, name)
        transforms = _Transforms(columns)
        for i, transform in enumerate(_list(root["transforms"], "transforms")):
            transforms.add(transform, f"transforms[{i}]")
        features = transforms.in_order()
        if len(features) == 0:
            _refuse("transforms:", "feature '' is not left, nor is another")
        kind = _kind_of(root["estimator"], "estimator")
        if kind not in _ESTIMATORS:
            _refuse("estimator", "is of an unknown kind")
        self.threshold: float = _finite(root["threshold"], "threshold")
        if not 0 <= self.threshold <= 1:
            _refuse("threshold", "is not from 0 to 1")
        manifest = _text(root["trainingManifest"], "trainingManifest")
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", manifest):
            _refuse("trainingManifest", "is no SHA-256")
        self._estimate = _ESTIMATORS[kind](root["estimator"], features)
        self._calibrate = _calibrator(root["calibrator"])
        #: The value of the target that label 1 stands for.
        self.positive: str = _text(root["positive"], "positive")
        _check_provenance(root["provenance"])
        self.columns: list[str] = [name for name, _ in columns]
        self._read = [self._reader(name, levels) for name, levels in columns]
        self._transforms = transforms.steps
        self._features = [feature.slot for feature in features]
        # Whatever the table's length and width, no more cells than this are worked on together.
        self._block = max(1, BLOCK_CELLS // transforms.slots)

    @staticmethod
    def _reader(name: str, levels: list[str] | None) -> Callable[[np.ndarray, int], np.ndarray]:
        if levels is None:
            return lambda cells, first: _numbers(cells, name, first)
        codes = {level.strip(_SPACE): i for i, level in enumerate(levels)}
        return lambda cells, _: _levels(cells, name, codes)

    def score(self, table: Mapping[str, Any]) -> np.ndarray:
        """One probability a row, from one array a column; further columns don't matter."""
        given: list[Any] = []
        for name in self.columns:
            if name not in table:
                raise ModelError(f"column '{name}' is missing")
            given.append(_column_of(table[name], name))
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
            read(_cells_of(column, block), block.start)
            for read, column in zip(self._read, given, strict=True)
        ]
        for apply in self._transforms:
            apply(cells)
        return self._calibrate(self._estimate([cells[slot] for slot in self._features]))

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """What MLflow calls: a DataFrame in; out a DataFrame of probability and label, same index.

        label is 1 from the model's threshold on (>=), the class that positive names, else 0.
        """
        import pandas as pd

        if not isinstance(model_input, pd.DataFrame):
            model_input = pd.DataFrame(model_input)
        probability = self.score(model_input)
        label = (probability >= self.threshold).astype(np.int64)
        return pd.DataFrame({"probability": probability, "label": label}, index=model_input.index)


def _column_of(column: Any, name: str) -> Any:
    """A pandas column as it is, anything else as an array."""
    try:
        cells = column if hasattr(column, "iloc") else np.asarray(column)
    except ValueError:
        raise ModelError(f"column '{name}' is no list of cells") from None
    if len(cells.shape) != 1:
        raise ModelError(f"column '{name}' is no list of cells")
    return cells


def _cells_of(column: Any, rows: slice) -> np.ndarray:
    """Some rows of a column; pandas' own types (nullable, text, category) as objects."""
    if not hasattr(column, "iloc"):
        return column[rows]
    part = column.iloc[rows]
    return part.to_numpy() if isinstance(part.dtype, np.dtype) else part.to_numpy(dtype=object)


def _json_of(data: bytes) -> Any:
    def no_number(text: str) -> NoReturn:
        raise ValueError(text)

    try:
        # As JavaScript reads numbers: each one a double, and NaN none.
        return json.loads(data.decode("utf-8"), parse_int=float, parse_constant=no_number)
    except (ValueError, RecursionError):
        _refuse("file", "is not JSON in UTF-8")


def load(path: str | Path) -> Model:
    """Reads a model; raises ModelError in one line that names the file and the part that is wrong."""
    try:
        return Model(Path(path).read_bytes())
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from None
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def _load_pyfunc(path: str) -> Model:
    """MLflow's entry: path is what the MLmodel file's data names."""
    return load(path)
`;
