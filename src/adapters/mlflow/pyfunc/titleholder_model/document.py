"""Reads the parts of a model file, and believes none of it.

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
