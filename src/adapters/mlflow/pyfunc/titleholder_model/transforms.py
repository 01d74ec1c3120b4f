"""What changes a block of rows before the estimator reads it."""

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
