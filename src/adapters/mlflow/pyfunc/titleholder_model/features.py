"""What transforms make and estimators read: features, and blocks of rows of them."""

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
