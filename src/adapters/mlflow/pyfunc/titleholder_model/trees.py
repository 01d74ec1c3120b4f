"""Trees and what counts their leaves: forests, boosted trees and forests that vote."""

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
