"""What a table holds, as numbers and levels.

The rules (missing, unseen, booleans, numbers as text) are those by which the project trains and serves.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .document import first_of
from .errors import ModelError
from .features import MISSING, UNSEEN

# White space as JavaScript's trim() has it; Python's own strip() takes other characters.
SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_MISSING_TEXTS = frozenset(["", "NA", "N/A", "NaN", "null", "None"])
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def _is_missing(cell: Any) -> bool:
    # pandas' NA and NaT, without importing pandas.
    return cell is None or type(cell).__name__ in ("NAType", "NaTType")


def number_text(value: float) -> str:
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
        text = cell.strip(SPACE)
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
        text = cell.strip(SPACE)
    elif isinstance(cell, int | float | np.integer | np.floating):
        try:
            text = number_text(float(cell))
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


def numbers_of(cells: np.ndarray, column: str, first: int) -> np.ndarray:
    """The numbers of the rows from first on."""
    if cells.dtype.kind in "fiu":
        values = cells.astype(np.float64)
        row = first_of(np.isinf(values))
        if row is not None:
            raise ModelError(f"column '{column}' is infinite in row {first + row}")
        return values
    return _each(cells, lambda cell: _number_of(cell, column), np.float64)


def levels_of(cells: np.ndarray, column: str, codes: Mapping[str, int]) -> np.ndarray:
    return _each(cells, lambda cell: _level_of(cell, column, codes), np.int64)


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
