"""What makes a calibrated probability of an estimator's."""

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
