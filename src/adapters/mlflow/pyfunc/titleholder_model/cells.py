"""What a table holds, as numbers and levels.

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
