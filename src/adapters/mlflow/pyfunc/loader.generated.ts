/** The files of titleholder_model/, written by `node src/adapters/mlflow/pyfunc/embed.ts`: edit them there. */
export const LOADER_SOURCES: Readonly<Record<string, string>> = {
  '__init__.py': String.raw`"""Loads a Titleholder model (model.json, schemaVersion 2) and scores rows with it.

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
`,
  'calibration.py': String.raw`"""What makes a calibrated probability of an estimator's."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .document import doubles_of, fields_of, finite_of, kind_of, refuse
from .linear import logistic


def calibrator_of(value: Any) -> Callable[[np.ndarray], np.ndarray]:
    part = "calibrator"
    if value is None:
        return lambda scores: scores
    kind = kind_of(value, part)
    if kind == "sigmoid":
        written = fields_of(value, part, ["kind", "slope", "intercept"])
        slope = finite_of(written["slope"], "calibrator.slope")
        intercept = finite_of(written["intercept"], "calibrator.intercept")
        return lambda scores: logistic(slope * scores + intercept)
    if kind != "isotonic":
        refuse(part, "is of an unknown kind")
    written = fields_of(value, part, ["kind", "x", "y"])
    x = doubles_of(written["x"], "calibrator.x")
    y = doubles_of(written["y"], "calibrator.y")
    if len(x) == 0 or len(x) != len(y):
        refuse(part, "has not one y an x")
    if not ((x[1:] > x[:-1]).all() and x[0] >= 0 and x[-1] <= 1):
        refuse("calibrator.x", "does not ascend in 0 to 1")
    if not ((y[1:] >= y[:-1]).all() and y[0] >= 0 and y[-1] <= 1):
        refuse("calibrator.y", "falls, or is not from 0 to 1")

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
`,
  'cells.py': String.raw`"""What a table holds, as numbers and levels.

The rules (missing, unseen, booleans, numbers as text) are those by which the project trains and serves.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from .document import first_of
from .errors import ModelError
from .features import MISSING, UNSEEN
from .texts import (
    MISSING_WITHOUT_RULES,
    SPACE,
    Rules,
    boolean_text,
    category_text,
    is_number_otherwise,
    number_of_text,
    number_text,
    why_no_number,
)

# Whole numbers beyond it are not all doubles.
_LARGEST_WHOLE = 2**53 - 1
_LOST = "is a number that may have lost digits or zeros: give it as text"


def _is_missing(cell: Any) -> bool:
    # pandas' NA and NaT, without importing pandas; and NaN, which stands among a frame's texts.
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, float | np.floating | Decimal) and cell != cell


def _is_flag(cell: Any) -> bool:
    return isinstance(cell, bool | np.bool_)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float | np.integer | np.floating | Decimal)


def _double(cell: Any) -> float:
    """Infinity where the number is too large for one."""
    if isinstance(cell, np.float32 | np.float16):
        # 0.1 in 32 bits is 0.1, as a Parquet reader and a person have it.
        return float(str(cell))
    try:
        return float(cell)
    except OverflowError:
        return math.inf


def number_reader(column: str, rules: Rules | None) -> Callable[[Any], float]:
    """What makes a number of a cell: NaN where it is missing; raises ModelError."""
    unit = None if rules is None else rules.units.get(column)
    missing = frozenset() if rules is None else rules.numbers

    def refuse(what: str) -> ModelError:
        return ModelError(f"column '{column}' {what}")

    def read(cell: Any) -> float:
        if _is_missing(cell):
            return math.nan
        if _is_flag(cell):
            raise refuse("is true or false where a number belongs")
        if isinstance(cell, str):
            value = number_of_text(cell, rules, unit)
            if value is None:
                raise refuse(why_no_number(cell))
            return value
        if not _is_number(cell):
            raise refuse("is not a number")
        value = _double(cell)
        if math.isinf(value):
            raise refuse("is no finite number")
        return math.nan if value in missing else value

    return read


def level_reader(
    column: str, levels: list[str], rules: Rules | None
) -> Callable[[Any], int]:
    """What makes an index into the levels of a cell; raises ModelError."""
    text_of = _level_text(column, rules)
    codes: dict[str, int] = {}
    for i, level in enumerate(levels):
        text = text_of(level)
        codes[level.strip(SPACE) if text is None else text] = i
    takes_flags = rules is None or "true" in codes or "false" in codes
    is_code = rules is not None and column in rules.codes
    # A code refuses numbers in words of its own.
    takes_numbers = rules is None or is_code or not any(map(is_number_otherwise, levels))

    def read(cell: Any) -> int:
        if _is_missing(cell):
            return MISSING
        if _is_flag(cell) and not takes_flags:
            raise ModelError(f"column '{column}' is true or false where a word belongs")
        if _is_number(cell) and not _is_flag(cell) and not takes_numbers:
            raise ModelError(f"column '{column}' {_LOST}")
        text = text_of(cell)
        return MISSING if text is None else codes.get(text, UNSEEN)

    return read


def _level_text(column: str, rules: Rules | None) -> Callable[[Any], str | None]:
    """What makes a level's text of a cell that isn't empty: None where its text means missing."""

    def refuse(what: str) -> ModelError:
        return ModelError(f"column '{column}' {what}")

    def plain(cell: Any) -> str:
        """As JavaScript writes it."""
        if isinstance(cell, str):
            return cell.strip(SPACE)
        if _is_flag(cell):
            return "true" if cell else "false"
        if not _is_number(cell):
            raise refuse("holds neither text, number nor true or false")
        value = _double(cell)
        if math.isinf(value):
            raise refuse("is no finite number")
        return number_text(value)

    if rules is None:

        def without_rules(cell: Any) -> str | None:
            text = plain(cell)
            return None if text in MISSING_WITHOUT_RULES else text

        return without_rules

    def category(cell: Any) -> str | None:
        if isinstance(cell, str):
            text = category_text(cell.strip(SPACE), rules.decimal)
        else:
            text = plain(cell)
            if _is_number(cell) and not _is_flag(cell):
                value = _double(cell)
                # Python's own whole numbers keep their digits, and are refused too: a request's don't.
                if value.is_integer() and abs(value) > _LARGEST_WHOLE:
                    raise refuse(_LOST)
        return None if text in rules.words else text

    def boolean(cell: Any) -> str | None:
        text = plain(cell)
        if text in rules.words:
            return None
        folded = boolean_text(text)
        if folded is None:
            raise refuse("is neither true nor false")
        return folded

    def code(cell: Any) -> str | None:
        if _is_flag(cell):
            raise refuse("is true or false where a word belongs")
        if not isinstance(cell, str):
            raise refuse(
                "is a number where a code belongs: it may have lost zeros, so give it as text"
            )
        text = cell.strip(SPACE)
        return None if text in rules.words else text

    if column in rules.booleans:
        return boolean
    return code if column in rules.codes else category


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
        # Not as Python's own floats: a 32-bit one is to stay one.
        return np.array([compute(cell) for cell in distinct], dtype=dtype)[where]
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


def numbers_of(
    cells: np.ndarray, column: str, first: int, read: Callable[[Any], float], rules: Rules | None
) -> np.ndarray:
    """The numbers of the rows from first on."""
    if cells.dtype.kind not in "fiu":
        return _each(cells, read, np.float64)
    if cells.dtype in (np.float32, np.float16):
        values = cells.astype(str).astype(np.float64)
    else:
        values = cells.astype(np.float64)
    row = first_of(np.isinf(values))
    if row is not None:
        raise ModelError(f"column '{column}' is infinite in row {first + row}")
    if rules is not None and rules.numbers:
        values[np.isin(values, list(rules.numbers))] = np.nan
    return values


def levels_of(cells: np.ndarray, read: Callable[[Any], int]) -> np.ndarray:
    return _each(cells, read, np.int64)


def column_of(column: Any, name: str) -> Any:
    """A pandas column as it is, anything else as an array."""
    try:
        cells = column if hasattr(column, "iloc") else np.asarray(column)
    except ValueError:
        raise ModelError(f"column '{name}' is no list of cells") from None
    if len(cells.shape) != 1:
        raise ModelError(f"column '{name}' is no list of cells")
    return cells


def cells_of(column: Any, rows: slice) -> np.ndarray:
    """Some rows of a column; pandas' own types (nullable, text, category) as objects."""
    if not hasattr(column, "iloc"):
        return column[rows]
    part = column.iloc[rows]
    return part.to_numpy() if isinstance(part.dtype, np.dtype) else part.to_numpy(dtype=object)
`,
  'document.py': String.raw`"""Reads the parts of a model file, and believes none of it.

What the project's own reader refuses is refused here, in the same words.
"""

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from .errors import ModelError

_DTYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "f64": "<f8"}
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def json_of(data: bytes) -> Any:
    def no_number(text: str) -> NoReturn:
        raise ValueError(text)

    try:
        # As JavaScript reads numbers: each one a double, and NaN none.
        return json.loads(data.decode("utf-8"), parse_int=float, parse_constant=no_number)
    except (ValueError, RecursionError):
        refuse("file", "is not JSON in UTF-8")


def refuse(part: str, what: str) -> NoReturn:
    raise ModelError(f"the artifact's {part} {what}")


def kind_of(value: Any, part: str) -> str:
    if not isinstance(value, dict):
        refuse(part, "is not an object")
    kind = value.get("kind")
    return kind if isinstance(kind, str) else ""


def fields_of(value: Any, part: str, names: Sequence[str]) -> Mapping[str, Any]:
    """An object with exactly these fields."""
    if not isinstance(value, dict):
        refuse(part, "is not an object")
    for name in names:
        if name not in value:
            refuse(part, f"lacks '{name}'")
    if len(value) != len(names):
        refuse(part, "has an unknown field")
    return value


def list_of(value: Any, part: str) -> list[Any]:
    return value if isinstance(value, list) else refuse(part, "is not a list")


def list_per_feature(value: Any, part: str, features: int) -> list[Any]:
    entries = list_of(value, part)
    return entries if len(entries) == features else refuse(part, "has not one entry a feature")


def text_of(value: Any, part: str) -> str:
    # Half a surrogate pair, which JSON can write, is no character.
    if not isinstance(value, str) or _SURROGATE.search(value):
        refuse(part, "is not a text")
    return value


def flag_of(value: Any, part: str) -> bool:
    return value if isinstance(value, bool) else refuse(part, "is neither true nor false")


def finite_of(value: Any, part: str) -> float:
    # Every number of the file was read as a float, so true isn't one.
    if not isinstance(value, float) or not math.isfinite(value):
        refuse(part, "is not a finite number")
    return value


def whole_of(value: Any, part: str, low: int, high: int) -> int:
    number = finite_of(value, part)
    if not (number.is_integer() and low <= number <= high):
        refuse(part, f"is not a whole number from {low} to {high}")
    return int(number)


def array_of(value: Any, part: str, allowed: Sequence[str]) -> np.ndarray:
    packed = fields_of(value, part, ["type", "length", "data"])
    name = text_of(packed["type"], part)
    if name not in allowed:
        refuse(part, "has another type")
    dtype = np.dtype(_DTYPES[name])
    length = whole_of(packed["length"], part, 0, 2**31 - 1)
    text = text_of(packed["data"], part)
    size = length * dtype.itemsize
    # Before anything is allocated: a short text can't ask for a long array.
    if units_of(text) != -(-size // 3) * 4:
        refuse(part, "has another length")
    try:
        data = base64.b64decode(text)
    except ValueError:
        data = b""
    # One content has one text: no other letters, and nothing behind the last byte.
    if len(data) != size or base64.b64encode(data).decode() != text:
        refuse(part, "is no base64 of its length")
    return np.frombuffer(data, dtype)


def doubles_of(value: Any, part: str) -> np.ndarray:
    array = array_of(value, part, ["f64"])
    at = first_of(~np.isfinite(array))
    return array if at is None else refuse(part, f"is not finite at {at}")


def first_of(flags: np.ndarray) -> int | None:
    """The place of the first that is true."""
    return int(np.argmax(flags)) if flags.any() else None


def units_of(text: str) -> int:
    """A text's length as JavaScript counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
`,
  'errors.py': String.raw`"""What a file or a table is refused with."""

import re

_LINE_END = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class ModelError(ValueError):
    """What a file or a table is refused with: one line that names the part or the column."""

    def __init__(self, message: str) -> None:
        # A name may hold a line end.
        super().__init__(_LINE_END.sub(" ", message))
`,
  'features.py': String.raw`"""What transforms make and estimators read: features, and blocks of rows of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

# A categorical cell is an index into its levels, or one of these.
MISSING = -1
UNSEEN = -2
# The format's limit.
MOST_FEATURES = 32_767


class Feature:
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
`,
  'linear.py': String.raw`"""Logistic regression, and the function that makes a probability of a sum."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .document import doubles_of, fields_of, finite_of, kind_of, list_per_feature, refuse
from .errors import ModelError
from .features import Cells, Estimator, Feature


def logistic(scores: np.ndarray) -> np.ndarray:
    # exp of a positive number may overflow, exp of a negative one can't.
    small = np.exp(-np.abs(scores))
    return np.where(scores >= 0, 1 / (1 + small), small / (1 + small))


def _term_of(value: Any, feature: Feature) -> Callable[[np.ndarray], np.ndarray]:
    """What one feature adds to a logistic regression's sum."""
    part = f"estimator's input of '{feature.name}'"
    kind = kind_of(value, part)
    if kind == "standard" and feature.levels is None:
        given = fields_of(value, part, ["kind", "mean", "scale", "coefficient", "missing"])
        scale = finite_of(given["scale"], part)
        if not scale > 0:
            refuse(part, "has a scale that is not above 0")
        mean = finite_of(given["mean"], part)
        coefficient = finite_of(given["coefficient"], part)
        missing = finite_of(given["missing"], part)
        return lambda cells: np.where(
            np.isnan(cells), missing, (cells - mean) / scale * coefficient
        )
    if kind == "levels" and feature.levels is not None:
        given = fields_of(value, part, ["kind", "coefficients", "missing", "unseen"])
        known = doubles_of(given["coefficients"], part)
        if len(known) != len(feature.levels):
            refuse(part, "has not one entry a level")
        missing, unseen = finite_of(given["missing"], part), finite_of(given["unseen"], part)
        # The last two places answer to UNSEEN (-2) and MISSING (-1).
        table = np.concatenate([known, [unseen, missing]])
        return lambda cells: table[cells]
    refuse(part, f"is of a kind that doesn't fit a {feature.kind} feature")


def linear(value: Any, features: list[Feature]) -> Estimator:
    written = fields_of(value, "estimator", ["kind", "inputs", "intercept"])
    inputs = list_per_feature(written["inputs"], "estimator.inputs", len(features))
    terms = [_term_of(given, feature) for given, feature in zip(inputs, features, strict=True)]
    intercept = finite_of(written["intercept"], "estimator.intercept")

    def score(cells: Cells) -> np.ndarray:
        total = np.full(len(cells[0]), intercept)
        for term, column in zip(terms, cells, strict=True):
            total += term(column)
        if np.isnan(total).any():
            raise ModelError("a row has numbers too large to be scored")
        return logistic(total)

    return score
`,
  'model.py': String.raw`"""The whole pipeline of a file: columns in, probabilities out."""

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
`,
  'rules.py': String.raw`"""The part of a file that says how cells are read, from bytes that nobody vouches for."""

from collections.abc import Mapping
from typing import Any

from .document import fields_of, list_of, refuse, text_of
from .texts import Rules, rules_with

_FIELDS = ["separator", "decimal", "missing", "booleans", "codes", "units"]


def rules_of(value: Any, columns: list[tuple[str, list[str] | None]]) -> Rules:
    """Raises ModelError: an unknown field or mark, a column that isn't there or of another kind."""
    written = fields_of(value, "read", _FIELDS)
    kinds = {name: "numeric" if levels is None else "categorical" for name, levels in columns}

    def check_mark(name: str, known: tuple[str, ...]) -> str:
        mark = written[name]
        if not isinstance(mark, str) or mark not in known:
            refuse(f"read.{name}", "is another mark")
        return mark

    def texts(name: str) -> list[str]:
        return [text_of(text, f"read.{name}") for text in list_of(written[name], f"read.{name}")]

    def check_kind(column: str, kind: str, part: str) -> str:
        if kinds.get(column) != kind:
            refuse(f"read.{part}", f"has a column that is not {kind}")
        return column

    def categorical(name: str) -> list[str]:
        return [check_kind(column, "categorical", name) for column in texts(name)]

    check_mark("separator", (",", ";", "\t", "|"))
    decimal = check_mark("decimal", (".", ","))
    missing = texts("missing")
    booleans = categorical("booleans")
    codes = categorical("codes")
    units: dict[str, str] = {}
    for entry in list_of(written["units"], "read.units"):
        of: Mapping[str, Any] = fields_of(entry, "read.units", ["column", "unit"])
        unit = text_of(of["unit"], "read.units")
        if unit == "":
            refuse("read.units", "has a unit without a letter")
        units[check_kind(text_of(of["column"], "read.units"), "numeric", "units")] = unit
    return rules_with(decimal, missing, booleans, codes, units)
`,
  'texts.py': String.raw`"""What a text means: a number, a level, or a missing cell.

By the rules of a file's read, which are those of the project's own src/learning/cells.ts; and as before
where a file has none.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

# White space as JavaScript's trim() has it; Python's own strip() takes other characters.
SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# Where a file has no rules: exactly these spellings.
MISSING_WITHOUT_RULES = frozenset(["", "NA", "N/A", "NaN", "null", "None"])
# What pandas.read_csv takes for missing by default, and what it writes for a missing time.
STANDARD_MISSING = (
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"]
    + ["<NA>", "N/A", "NA", "NULL", "NaN", "NaT", "None", "n/a", "nan", "null"]
)
_POINT_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA_DECIMAL = re.compile(r"[+-]?(?:[0-9]+,?[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPACES = " \u00a0\u2009\u202f'\u2019"
_POINT_GROUPS = re.compile(
    rf"([+-]?[1-9][0-9]{{0,2}})([,{_SPACES}])([0-9]{{3}}(?:\2[0-9]{{3}})*)(\.[0-9]*)?"
)
_COMMA_GROUPS = re.compile(
    rf"([+-]?[1-9][0-9]{{0,2}})([.{_SPACES}])([0-9]{{3}}(?:\2[0-9]{{3}})*)(,[0-9]*)?"
)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_SHORT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:[.,][0-9]+)?")
_WHOLE = re.compile(r"-?[1-9][0-9]*")
_MOST_DIGITS = 15
_BOOLEANS = {
    **dict.fromkeys(["true", "t", "yes", "y", "1", "1.0"], "true"),
    **dict.fromkeys(["false", "f", "no", "n", "0", "0.0"], "false"),
}


@dataclass(frozen=True)
class Rules:
    """How cells are written, as a file's read says it."""

    decimal: str
    #: Texts that mean missing, the standard ones among them.
    words: frozenset[str]
    #: Numbers that mean missing.
    numbers: frozenset[float]
    booleans: frozenset[str]
    codes: frozenset[str]
    units: Mapping[str, str]


def rules_with(
    decimal: str,
    missing: list[str],
    booleans: list[str],
    codes: list[str],
    units: Mapping[str, str],
) -> Rules:
    texts = [word.strip(SPACE) for word in [*STANDARD_MISSING, *missing]]
    numbers = [written_number(word.strip(SPACE), decimal, None) for word in missing]
    return Rules(
        decimal=decimal,
        words=frozenset([*texts, *(category_text(text, decimal) for text in texts)]),
        numbers=frozenset(number for number in numbers if number is not None),
        booleans=frozenset(booleans),
        codes=frozenset(codes),
        units=units,
    )


def number_text(value: float) -> str:
    """A number as JavaScript writes it: so a level 1 is found by 1 and by 1.0."""
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


def number_of_text(text: str, rules: Rules | None, unit: str | None) -> float | None:
    """NaN where the text is missing, None where it is no number."""
    text = text.strip(SPACE)
    if rules is None:
        if text in MISSING_WITHOUT_RULES:
            return math.nan
        return _finite(float(text)) if _POINT_DECIMAL.fullmatch(text) else None
    if text in rules.words:
        return math.nan
    value = written_number(text, rules.decimal, unit)
    return math.nan if value in rules.numbers else value


def why_no_number(text: str) -> str:
    """In words that don't show it."""
    text = text.strip(SPACE)
    too_large = _POINT_DECIMAL.fullmatch(text) and math.isinf(float(text))
    return "is no finite number" if too_large or _INFINITE.fullmatch(text) else "is not a number"


def written_number(text: str, decimal: str, unit: str | None) -> float | None:
    bare = text if unit is None else _without_unit(text, unit)
    # A minus sign as typographers and spreadsheets write it.
    signed = f"-{bare[1:]}" if bare.startswith("\u2212") else bare
    if decimal == "." and _POINT_DECIMAL.fullmatch(signed):
        return _finite(float(signed))
    if decimal == "," and _COMMA_DECIMAL.fullmatch(signed):
        return _finite(float(signed.replace(",", ".")))
    grouped = (_POINT_GROUPS if decimal == "." else _COMMA_GROUPS).fullmatch(signed)
    if grouped is None:
        return None
    first, _, rest, fraction = grouped.groups()
    digits = re.sub(r"[^0-9]", "", rest)
    return _finite(float(f"{first}{digits}.{(fraction or '')[1:]}"))


def _without_unit(text: str, unit: str) -> str:
    if text.endswith(unit):
        return text[: -len(unit)].rstrip(SPACE)
    sign = text[:1] if text[:1] in ("+", "-", "\u2212") else ""
    rest = text[len(sign) :]
    return sign + rest[len(unit) :].lstrip(SPACE) if rest.startswith(unit) else text


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def category_text(text: str, decimal: str) -> str:
    """True and false in one spelling, a number as JavaScript writes it, everything else as it is."""
    if text in ("True", "TRUE"):
        return "true"
    if text in ("False", "FALSE"):
        return "false"
    if len(text) > _MOST_DIGITS + 2 or not _SHORT_NUMBER.fullmatch(text):
        return text
    if ("," if decimal == "." else ".") in text:
        return text
    number = text.replace(",", ".")
    if len(number.replace("-", "").replace(".", "")) > _MOST_DIGITS:
        return text
    return number_text(float(number))


def is_number_otherwise(level: str) -> bool:
    """Whether a level is a number's text that a number no longer tells from another: 007 from 7."""
    if not _POINT_DECIMAL.fullmatch(level) or _WHOLE.fullmatch(level):
        return False
    return number_text(float(level)) != level


def boolean_text(text: str) -> str | None:
    """true or false; None where it is neither."""
    return _BOOLEANS.get(text.lower())
`,
  'transforms.py': String.raw`"""What changes a block of rows before the estimator reads it."""

import math
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from .document import (
    array_of,
    doubles_of,
    fields_of,
    finite_of,
    flag_of,
    kind_of,
    list_of,
    refuse,
    text_of,
    units_of,
)
from .features import MISSING, MOST_FEATURES, UNSEEN, Cells, Feature, Transform

# The format's limits.
LONGEST_NAME = 1000
MOST_LETTERS = 2**26


class Transforms:
    """Follows the features through the transforms; a new feature gets a new array of a block."""

    def __init__(self, columns: list[tuple[str, list[str] | None]]) -> None:
        self.steps: list[Transform] = []
        self.slots = 0
        self._letters = 0
        self._found: dict[str, Feature] = {}
        self._places: list[list[Feature]] = []
        for name, levels in columns:
            self._append(name, levels)

    def in_order(self) -> list[Feature]:
        return [feature for place in self._places for feature in place]

    def add(self, value: Any, part: str) -> None:
        kind = kind_of(value, part)
        if kind not in self._KINDS:
            refuse(part, "is of an unknown kind")
        names, add = self._KINDS[kind]
        add(self, fields_of(value, part, ["kind", *names]), part)

    def _refuse(self, name: str, what: str) -> NoReturn:
        refuse("transforms:", f"feature '{name}' {what}")

    def _feature(self, name: str) -> Feature:
        return self._found[name] if name in self._found else self._refuse(name, "is not there")

    def _number(self, name: str) -> Feature:
        feature = self._feature(name)
        return feature if feature.levels is None else self._refuse(name, "is not numeric")

    def _levels(self, name: str) -> tuple[Feature, list[str]]:
        feature = self._feature(name)
        if feature.levels is None:
            self._refuse(name, "is not categorical")
        return feature, feature.levels

    def _add(self, name: str, levels: list[str] | None, place: list[Feature]) -> Feature:
        if name in self._found:
            self._refuse(name, "is there twice")
        if self.slots >= MOST_FEATURES:
            self._refuse(name, f"is one of over {MOST_FEATURES}")
        feature = Feature(name, levels, self.slots, place)
        self.slots += 1
        place.append(feature)
        self._found[name] = feature
        return feature

    def _append(self, name: str, levels: list[str] | None) -> None:
        self._places.append([])
        self._add(name, levels, self._places[-1])

    def _joined(self, left: str, sign: str, right: str) -> str:
        # Without a limit a product of a product of ... doubles its name at each step.
        length = units_of(left) + units_of(sign) + units_of(right)
        self._letters += length
        if length > LONGEST_NAME:
            self._refuse(left, f"makes a name of over {LONGEST_NAME} characters")
        if self._letters > MOST_LETTERS:
            self._refuse(left, "makes names that are too long together")
        return left + sign + right

    def _impute(self, written: Mapping[str, Any], part: str) -> None:
        name, value = text_of(written["feature"], part), finite_of(written["value"], part)
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
        name = text_of(written["feature"], part)
        kept = [text_of(level, part) for level in list_of(written["levels"], part)]
        missing = flag_of(written["missing"], part)
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
        feature, _ = self._levels(text_of(written["feature"], part))
        feature.levels = None
        slot = feature.slot

        def number(cells: Cells) -> None:
            cells[slot] = np.where(cells[slot] < 0, math.nan, cells[slot])

        self.steps.append(number)

    def _frequency(self, written: Mapping[str, Any], part: str) -> None:
        name, shares = text_of(written["feature"], part), doubles_of(written["shares"], part)
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
        left, right = text_of(written["left"], part), text_of(written["right"], part)
        a, b = self._number(left).slot, self._number(right).slot
        divides = written["kind"] == "ratio"
        self._append(self._joined(left, "/" if divides else "*", right), None)

        def combine(cells: Cells) -> None:
            made = cells[a] / cells[b] if divides else cells[a] * cells[b]
            # Infinity is no number of a table: a division by 0, and what overflows, is missing.
            cells.append(np.where(np.isfinite(made), made, math.nan))

        self.steps.append(combine)

    def _cross(self, written: Mapping[str, Any], part: str) -> None:
        left, right = text_of(written["left"], part), text_of(written["right"], part)
        pairs = array_of(written["pairs"], part, ["u32"]).astype(np.int64)
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
        names = [text_of(name, part) for name in list_of(written["features"], part)]
        scores = doubles_of(written["scores"], part)
        before = self.in_order()
        if len(scores) != len(before):
            self._refuse("", "is not scored, or has several scores")
        if len(names) == 0:
            self._refuse("", "is not among the selected, nor is another")
        kept: list[Feature] = []
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
`,
  'trees.py': String.raw`"""Trees and what counts their leaves: forests, boosted trees and forests that vote."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .document import (
    array_of,
    doubles_of,
    fields_of,
    finite_of,
    first_of,
    kind_of,
    list_of,
    list_per_feature,
    refuse,
    whole_of,
)
from .errors import ModelError
from .features import Cells, Estimator, Feature
from .linear import logistic

# The format's limits.
DEEPEST = 64
MOST_TREES = 100_000
MISSING_BIN = 255


class Trees:
    """Trees one after another in preorder; a walk takes all rows down one level at a time."""

    def __init__(self, written: Mapping[str, Any], highest: int) -> None:
        trees = whole_of(written["trees"], "estimator.trees", 1, MOST_TREES)
        split = array_of(written["split"], "estimator.split", ["u8", "u16"]).astype(np.int64)
        at = first_of(split > highest)
        if at is not None:
            refuse("estimator.split", f"has a feature out of range at node {at}")
        nodes = len(split)
        if trees > nodes:
            raise ModelError("the trees are more than the nodes")
        # Open places behind each node: a split opens one, a leaf fills one; a tree ends one lower than
        # it began.
        behind = np.cumsum(np.where(split > 0, 1, -1))
        end = first_of(behind == -trees)
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


def _bins_of(value: Any, part: str, feature: Feature) -> Callable[[np.ndarray], np.ndarray]:
    """What makes a byte of a cell."""
    kind = kind_of(value, part)
    if kind == "bin" and feature.levels is None:
        edges = doubles_of(fields_of(value, part, ["kind", "edges"])["edges"], part)
        if len(edges) > 254:
            refuse(part, "has more than 254 edges")
        if not (edges[1:] > edges[:-1]).all():
            refuse(part, "has edges that do not ascend")
        return lambda cells: np.where(
            np.isnan(cells), MISSING_BIN, np.searchsorted(edges, cells, side="left")
        )
    if kind == "order" and feature.levels is not None:
        bins = array_of(fields_of(value, part, ["kind", "binOfLevel"])["binOfLevel"], part, ["u8"])
        if len(bins) != len(feature.levels):
            refuse(part, "has not one bin a level")
        # The last two places answer to UNSEEN (-2) and MISSING (-1).
        table = np.concatenate([bins, [MISSING_BIN, MISSING_BIN]])
        return lambda cells: table[cells]
    refuse(part, f"is of a kind that doesn't fit its {feature.kind} feature")


class _BinnedTrees:
    """What a forest and boosted trees share: bytes made of cells, and the trees that compare them."""

    FIELDS = ("inputs", "trees", "split", "bin", "cover")

    def __init__(self, written: Mapping[str, Any], features: list[Feature]) -> None:
        inputs = list_per_feature(written["inputs"], "estimator.inputs", len(features))
        self.readers = [
            _bins_of(value, f"estimator.inputs[{i}]", feature)
            for i, (value, feature) in enumerate(zip(inputs, features, strict=True))
        ]
        self.trees = Trees(written, 2 * len(features))
        cut = array_of(written["bin"], "estimator.bin", ["u8"])
        self.cover = array_of(written["cover"], "estimator.cover", ["u16", "u32"])
        if len(cut) != self.trees.splits:
            refuse("estimator.bin", "has not one entry a split")
        if len(self.cover) != self.trees.leaves:
            refuse("estimator.cover", "has not one entry a leaf")
        at = first_of(cut == MISSING_BIN)
        if at is not None:
            refuse("estimator.bin", f"is {MISSING_BIN} at split {at}")
        at = first_of(self.cover == 0)
        if at is not None:
            refuse("estimator.cover", f"is 0 at leaf {at}")
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


def forest(value: Any, features: list[Feature]) -> Estimator:
    fields = ["kind", *_BinnedTrees.FIELDS, "positives", "classWeights"]
    written = fields_of(value, "estimator", fields)
    binned = _BinnedTrees(written, features)
    cover = binned.cover.astype(np.float64)
    positives = array_of(written["positives"], "estimator.positives", ["u16", "u32"])
    if len(positives) != len(cover):
        refuse("estimator.positives", "has not one entry a leaf")
    at = first_of(positives > cover)
    if at is not None:
        refuse("estimator.positives", f"is more than the cover at leaf {at}")
    weights = list_of(written["classWeights"], "estimator.classWeights")
    if len(weights) != 2 or not all(isinstance(w, float) and 1e-12 <= w <= 1e12 for w in weights):
        refuse("estimator.classWeights", "are not two numbers from 1e-12 to 1e12")
    negative, positive = weights
    weighted = positive * positives.astype(np.float64)
    leaf = binned.trees.at_leaves(weighted / (weighted + negative * (cover - positives)))
    return lambda cells: binned.sum(cells, leaf) / len(binned.trees.roots)


def boosting(value: Any, features: list[Feature]) -> Estimator:
    written = fields_of(value, "estimator", ["kind", *_BinnedTrees.FIELDS, "value", "base"])
    binned = _BinnedTrees(written, features)
    values = doubles_of(written["value"], "estimator.value")
    if len(values) != binned.trees.leaves:
        refuse("estimator.value", "has not one entry a leaf")
    leaf = binned.trees.at_leaves(values)
    base = finite_of(written["base"], "estimator.base")
    return lambda cells: logistic(base + binned.sum(cells, leaf))


def votes(value: Any, features: list[Feature]) -> Estimator:
    fields = ["kind", "inputs", "trees", "split", "value", "vote"]
    written = fields_of(value, "estimator", fields)
    trees = Trees(written, len(features))
    cuts = doubles_of(written["value"], "estimator.value")
    votes = array_of(written["vote"], "estimator.vote", ["u8"])
    if len(cuts) != trees.splits:
        refuse("estimator.value", "has not one entry a split")
    if len(votes) != trees.leaves:
        refuse("estimator.vote", "has not one entry a leaf")
    if (votes > 1).any():
        refuse("estimator.vote", "is neither 0 nor 1 somewhere")
    cut, vote = trees.at_splits(cuts), trees.at_leaves(votes)
    fill: list[float] = []
    inputs = list_per_feature(written["inputs"], "estimator.inputs", len(features))
    for i, (given, feature) in enumerate(zip(inputs, features, strict=True)):
        part = f"estimator.inputs[{i}]"
        if kind_of(given, part) != ("impute" if feature.levels is None else "ordinal"):
            refuse(part, f"is of a kind that doesn't fit a {feature.kind} feature")
        fill.append(finite_of(fields_of(given, part, ["kind", "value"])["value"], part))

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
`,
};
