"""What a ranker makes of an item: each feature beside its list's, and what it adds to the score."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.features import Layout
from recli.stages import rank
from recli.stages.features import beside
from recli.stages.features_block import Rows, of_block
from recli.stages.why_funnel import Step
from recli.stages.why_place import Pair, Place
from recli.store.artefact import Artefact
from recli.store.open import Table
from recli.store.ranker import layout_of, load_explainer
from recli.store.seek import rows_of

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Feature:
    """One feature of the item beside the items of its list."""

    name: str
    value: float | str | None  # None: missing
    mean: float | None  # of the list, of what is not missing; None for a category
    same: float | None  # of a category: the share of the list with this value
    adds: float  # to the item's score
    above: float  # what it adds beyond what it adds to the list on average


@dataclass(frozen=True)
class Reasons:
    """A ranker's score of an item, taken apart."""

    ranker: str  # path
    plugin: str
    candidates: str  # the table that was ordered
    rank: int  # in the ranker's order of all of them
    of: int
    score: float
    mean: float  # of the list's scores
    chance: float | None  # of being chosen, where the ranker is calibrated
    bias: float
    features: tuple[Feature, ...]  # those that add most first, whatever the sign


@dataclass(frozen=True)
class Ordered:
    """Lists to explain the order of, and the step that ordered them."""

    place: Place
    step: Step | None  # None: no step of the funnel ordered them by this ranker


def ordered(artefact: Artefact, found: list[Place]) -> Ordered | None:
    """The lists that the ranker ordered, or earlier ones that hold the item; None without such."""
    step = next((one.step for one in found if artefact.sha256 in one.step.inputs("ranker")), None)
    holding = [place for place in found if place.row is not None]
    if step is not None:
        before = found[: next(at for at, place in enumerate(found) if place.step is step)]
        holding = [place for place in holding if place in before]
        took = [place for place in holding if place.step.sha256 in step.sources]
        holding = took or holding
    # A ranker may be asked about lists that it did not order: the last ones with the item.
    return Ordered(holding[-1], step) if holding else None


def reasons(
    artefact: Artefact,
    asked: Ordered,
    pair: Pair,
    given: Mapping[str, Table],
    now: str | None,
    threads: int,
) -> Reasons:
    """Why a verified ranker scores the item as it does, among the list that holds it.

    `given` are the tables that rank takes. Reads the history once or twice; memory grows with
    the items. Raises RecliError where the tables are not those that the ranker needs.
    """
    table, listed = asked.place.table, asked.place.rows
    if listed is None:
        raise TypeError("a list that is not known cannot be explained")
    tables = _needed(layout_of(artefact), {**given, "candidates": table})
    stage = rank.build(artefact, tables, rank.Choices(1, now, threads))()
    block = {role: rows_of(one, "user_id", pair.user) for role, one in beside(tables).items()}
    rows = of_block(stage.making, {**block, "candidates": listed})
    features = rows.features(slice(0, 1), threads)
    scores = np.asarray(stage.score(features), np.float64)
    adds = load_explainer(artefact, threads)(features)
    at = int(rows.frame["item_id"].eq(pair.item).arg_max() or 0)
    chance = None if stage.calibration is None else float(stage.calibration(scores)[at])
    return Reasons(
        str(artefact.path),
        artefact.plugin,
        table.where,
        _rank(rows.frame["item_id"], scores, at),
        len(scores),
        float(scores[at]),
        float(scores.mean()),
        chance,
        float(adds[at, -1]),
        tuple(_features(rows, features, adds, at)),
    )


def _needed(layout: Layout, tables: dict[str, Table]) -> dict[str, Table]:
    """The tables less those of items and users that the ranker learned nothing from."""
    columns = layout.columns
    idle = [role for role, told in (("items", columns.items), ("users", columns.users)) if not told]
    return {role: table for role, table in tables.items() if role not in idle}


def _rank(items: pl.Series, scores: Floats, at: int) -> int:
    """The item's place by falling score as rank compares them, equal ones by item."""
    own = scores.astype(np.float32)
    first = items.lt(items[at]).to_numpy()
    return 1 + int(((own > own[at]) | ((own == own[at]) & first)).sum())


def _features(rows: Rows, features: Floats, adds: Floats, at: int) -> list[Feature]:
    layout = rows.layout
    mean = adds.mean(axis=0)
    found = []
    for place, name in enumerate(layout.names):
        column, own = features[:, place], features[at, place]
        missing = bool(np.isnan(own))
        value: Any = None if missing else _plain(own)
        if name in layout.categorical and not missing:
            value = layout.meanings(name)[int(own)]
        filled = column[~np.isnan(column)]
        quantity = name not in layout.categorical and len(filled) > 0
        alike = np.isnan(column) if missing else column == own
        found.append(
            Feature(
                name,
                value,
                _plain(filled.mean(dtype=np.float64)) if quantity else None,
                float(alike.mean()) if name in layout.categorical else None,
                float(adds[at, place]),
                float(adds[at, place] - mean[place]),
            )
        )
    return sorted(found, key=lambda one: (-abs(one.adds), one.name))


def _plain(value: Any) -> float:
    """A float32 as the shortest number that it stands for."""
    return float(str(value))
