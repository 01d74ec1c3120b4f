"""Logistic regression, and the function that makes a probability of a sum."""

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
