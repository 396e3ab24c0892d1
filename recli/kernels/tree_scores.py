"""Trees of LightGBM's text to scores: every node for many rows at once, without a branch.

Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive ensembles of
regression trees", SIGIR 2015. The leaves of a tree are bits from left to right; a node at which
a row goes right strikes out the leaves below its left; the first leaf that is left is the row's.
Here all nodes are looked at, for a run of rows that stand feature by feature, which is a handful
of wide instructions a node. The sums are LightGBM's own, bit for bit.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit
from numba.extending import intrinsic

from recli.kernels.ranking import Features, Scores
from recli.kernels.threads import in_threads

ROWS = 128  # looked at together: their features stay in the nearest cache
PART = 8192  # rows that a thread takes at a time
WIDEST = 64  # leaves that a tree may have
MOST = 1 << 30  # codes

CATEGORICAL, DEFAULT_LEFT, MISSING, MISSING_IS_NAN = 1, 2, 12, 8  # bits of a decision type
NAN_LEFT, NAN_RIGHT, CODES = range(3)  # how a node decides


class Forest(NamedTuple):
    """Trees as arrays; a tree's nodes stand by how they decide."""

    starts: npt.NDArray[np.int64]  # [trees, 4] where the nodes of each way begin, and the end
    features: npt.NDArray[np.int32]  # [nodes]
    thresholds: npt.NDArray[np.float32]  # [nodes] or the place among `codes`
    masks: npt.NDArray[Any]  # [nodes] the leaves that stay where a row goes right
    codes: npt.NDArray[np.int64]  # [nodes by codes + 1] where the words of each set begin
    words: npt.NDArray[np.uint32]  # [words] bits of the codes that go left
    leaves: npt.NDArray[np.float64]  # [trees, most leaves] from left to right


def parsed(text: str) -> Forest | None:
    """The trees of a saved model; None where one is too wide for this way.

    Memory: 16 bytes a node.
    """
    told = [_fields(part) for part in text.partition("\nend of trees")[0].split("\nTree=")[1:]]
    most = max((int(tree["num_leaves"]) for tree in told), default=1)
    if most > WIDEST:
        return None
    kind: Any = np.uint32 if most <= 32 else np.uint64
    starts = np.zeros((len(told), 4), np.int64)
    leaves = np.zeros((len(told), most))
    nodes: list[tuple[int, float, int]] = []
    ends, words = [0], [np.zeros(0, np.uint32)]
    for at, tree in enumerate(told):
        values, order = _numbers(tree, "leaf_value", np.float64), _leaves(tree)
        leaves[at, : len(order)] = values[order]
        by_way: list[list[tuple[int, float, int]]] = [[], [], []]
        for way, feature, threshold, gone in _nodes(tree, order):
            if way == CODES:
                words.append(_codes(tree, int(threshold)))
                ends.append(ends[-1] + len(words[-1]))
                threshold = len(ends) - 2  # noqa: PLW2901
            by_way[way].append((feature, threshold, ~gone & np.iinfo(kind).max))
        starts[at] = len(nodes) + np.cumsum([0, *map(len, by_way)])
        nodes += [node for one in by_way for node in one]
    features, thresholds, masks = zip(*nodes, strict=True) if nodes else ((), (), ())
    return Forest(
        starts,
        np.array(features, np.int32),
        np.array(thresholds, np.float32),
        np.array(masks, kind),
        np.array(ends, np.int64),
        np.concatenate(words),
        leaves,
    )


def _fields(tree: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in tree.splitlines() if "=" in line)


def _numbers(tree: dict[str, str], name: str, kind: Any) -> npt.NDArray[Any]:
    return np.array(tree.get(name, "").split(), kind)


def _codes(tree: dict[str, str], at: int) -> npt.NDArray[np.uint32]:
    ends = _numbers(tree, "cat_boundaries", np.int64)
    return _numbers(tree, "cat_threshold", np.uint32)[ends[at] : ends[at + 1]]


def _leaves(tree: dict[str, str]) -> list[int]:
    """Numbers of the leaves from left to right."""
    if int(tree["num_leaves"]) == 1:
        return [0]
    left, right = (_numbers(tree, f"{side}_child", np.int64) for side in ("left", "right"))
    found, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        if node < 0:
            found.append(int(~node))
        else:
            waiting += [int(right[node]), int(left[node])]
    return found


def _nodes(tree: dict[str, str], order: list[int]) -> Iterator[tuple[int, int, float, int]]:
    """How each node decides, on what feature, at what threshold; and the leaves below its left."""
    if len(order) == 1:
        return
    left, right = (_numbers(tree, f"{side}_child", np.int64) for side in ("left", "right"))
    place = {~leaf: at for at, leaf in enumerate(order)}
    below: dict[int, int] = {child: 1 << at for child, at in place.items()}
    # A node's children are made after it, so that backwards they come first.
    for node in range(len(left) - 1, -1, -1):
        below[node] = below[int(left[node])] | below[int(right[node])]
    features = _numbers(tree, "split_feature", np.int32)
    thresholds = _numbers(tree, "threshold", np.float64)
    for node, kind in enumerate(_numbers(tree, "decision_type", np.int64)):
        way, threshold = CODES, thresholds[node]
        if not kind & CATEGORICAL:
            # A missing value counts as 0 where the training saw none.
            lefts = kind & DEFAULT_LEFT if kind & MISSING == MISSING_IS_NAN else threshold >= 0
            way, threshold = (NAN_LEFT if lefts else NAN_RIGHT), _below(threshold)
        yield way, int(features[node]), float(threshold), below[int(left[node])]


def _below(threshold: float) -> np.float32:
    """The largest 32-bit number that is not above a 64-bit one: the same side for each value."""
    near = np.float32(threshold)
    return np.nextafter(near, np.float32(-np.inf)) if near > threshold else near


def scores(trees: Forest, features: Features, threads: int = 1) -> Scores:
    """Sums of the leaves [rows] that rows of features reach, in the order of the trees."""
    found = np.empty(len(features))

    def part(first: int) -> None:
        last = first + PART
        _scored(*trees, features[first:last], found[first:last])

    in_threads(part, range(0, len(features), PART), threads)
    return found


@intrinsic
def _zeros_below(_context: Any, bits: Any) -> Any:
    """How many zeros stand below the lowest 1."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return bits(bits), generate


@njit(cache=True, nogil=True)
def _scored(starts, on, thresholds, masks, codes, words, leaves, features, out):  # type: ignore[no-untyped-def]
    columns = np.zeros((features.shape[1], ROWS), np.float32)
    left = np.empty(ROWS, masks.dtype)
    every = ~(masks.dtype.type(0))
    held, sums = np.empty(ROWS, np.uint32), np.empty(ROWS)
    for first in range(0, len(features), ROWS):
        last = min(first + ROWS, len(features))
        for row in range(first, last):
            for column in range(features.shape[1]):
                columns[column, row - first] = features[row, column]
        sums[:] = 0
        for tree in range(len(starts)):
            left[:] = every
            for node in range(starts[tree, 0], starts[tree, 1]):
                values, most, mask = columns[on[node]], thresholds[node], masks[node]
                for row in range(ROWS):
                    left[row] &= mask if values[row] > most else every
            for node in range(starts[tree, 1], starts[tree, 2]):
                values, most, mask = columns[on[node]], thresholds[node], masks[node]
                for row in range(ROWS):
                    left[row] &= every if values[row] <= most else mask
            for node in range(starts[tree, 2], starts[tree, 3]):
                begin, end = codes[int(thresholds[node])], codes[int(thresholds[node]) + 1]
                _held(words[begin:end], columns[on[node]], held)
                mask = masks[node]
                for row in range(ROWS):
                    left[row] &= every if held[row] & np.uint32(1) else mask
            for row in range(ROWS):
                sums[row] += leaves[tree, _zeros_below(left[row])]
        out[first:last] = sums[: last - first]


@njit(cache=True, nogil=True)
def _held(words, values, held):  # type: ignore[no-untyped-def]
    """Whether a set holds the code of each row, in the lowest bit; that of no value it does not."""
    held[:] = 0
    for at in range(len(words)):
        bits = words[at]
        if bits:  # most words of a set of few codes are 0
            for row in range(ROWS):
                code = np.int32(values[row] if -1 < values[row] < MOST else -1)
                here = bits >> np.uint32(code & 31)
                held[row] |= here if code >> 5 == at else np.uint32(0)
