"""The part of a file that says how cells are read, from bytes that nobody vouches for."""

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
