"""What a text means: a number, a level, or a missing cell.

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
