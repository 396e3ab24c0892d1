"""What a page may hold of what a measurement wrote, checked before any of it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recli.errors import RecliError
from recli.store.runs import Written

FORMAT = 2  # of evaluate and compare: later ones are not known
MEASURES = ("evaluate", "compare")
Facts = dict[str, Any]
Kinds = tuple[type, ...]
TEXT, NUMBER, WHOLE, YES, OBJECT, ROWS = (str,), (int, float), (int,), (bool,), (dict,), (list,)
_SHARES = ("exposure", "truth", "catalogue", "history")
_ENDS: dict[str, Kinds] = {"low": NUMBER, "high": NUMBER}


@dataclass(frozen=True)
class Shape:
    """The fields of the objects of a list: those that each must have, and those that it may."""

    must: Mapping[str, Kinds]
    may: Mapping[str, Kinds]


_METRIC: dict[str, Kinds] = {"metric": TEXT, "lists": TEXT}
_ABOUT: dict[str, Kinds] = {
    "k": WHOLE,
    "definitions": OBJECT,
    "less_is_better": YES,
    "users": WHOLE,
}
SHAPES = {
    "metrics": Shape(_METRIC, {**_ABOUT, **_ENDS, "value": NUMBER, "by": TEXT, "segment": TEXT}),
    "comparisons": Shape(
        {**_METRIC, "verdict": TEXT},
        {
            **_ABOUT,
            **_ENDS,
            "baseline": TEXT,
            **dict.fromkeys(("difference", "relative", "p_value", "p_adjusted"), NUMBER),
        },
    ),
    "gates": Shape(
        {"metric": TEXT, "met": YES},
        {
            **dict.fromkeys(("least", "most", "most_below"), NUMBER),
            "relative": YES,
            "definitions": OBJECT,
        },
    ),
    "funnel": Shape(
        {"stage": TEXT},
        {
            **_ENDS,
            **dict.fromkeys(("rows", "users", "relevant", "reached", "lost"), WHOLE),
            **dict.fromkeys(("lost_without_list", "lost_new", "lost_seen", "oracle_k"), WHOLE),
            **dict.fromkeys(("mean_length", "recall", "lost_share", "oracle_ndcg"), NUMBER),
            "lists": TEXT,
        },
    ),
    "cells": Shape(
        {"history": TEXT, "age": TEXT},
        {
            **dict.fromkeys(("users", "interactions"), WHOLE),
            **dict.fromkeys(("users_share", "interactions_share"), NUMBER),
            "metrics": ROWS,
        },
    ),
    "popularity_curve": Shape(
        {"lists": TEXT, "popularity_decile": WHOLE},
        {f"share_of_{name}": NUMBER for name in _SHARES},
    ),
    "leaks": Shape({"line": TEXT}, {"kind": TEXT, "where": TEXT}),
    "summary": Shape(
        {"role": TEXT},
        {
            **dict.fromkeys(("rows", "users", "items"), WHOLE),
            **dict.fromkeys(("where", "first", "last"), TEXT),
        },
    ),
    "inputs": Shape({"role": TEXT}, {"where": TEXT, "sha256": TEXT, "record": OBJECT}),
}


@dataclass(frozen=True)
class Measurement:
    """An object of evaluate or compare: every list in it fits its shape, also where absent."""

    name: str
    sha256: str
    told: Facts

    def rows(self, key: str) -> list[Facts]:
        """The objects of a list, each with all of its fields: None where it lacks one."""
        return self._rows(key, self.told.get(key))

    def words(self, key: str) -> list[str]:
        """A list of sentences or names."""
        given = self.told.get(key)
        told = [given] if isinstance(given, str) else given or []
        if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
            raise self._wrong(f"'{key}' is no list of texts")
        return told

    def text(self, key: str) -> str | None:
        """A plain fact as text, None where there is none."""
        value = self.told.get(key)
        return str(value) if isinstance(value, str | int | float) else None

    def metrics_of(self, cell: Facts) -> list[Facts]:
        """The metrics of a cell of the cold matrix."""
        return self._rows("metrics", cell["metrics"])

    def _rows(self, key: str, given: Any) -> list[Facts]:
        if given is None:
            return []
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise self._wrong(f"'{key}' is no list of objects")
        return [self._row(key, SHAPES[key], row) for row in given]

    def _row(self, key: str, shape: Shape, row: Facts) -> Facts:
        for name, kinds in ({**shape.must, **shape.may}).items():
            value = row.get(name)
            if value is None and name in shape.must:
                raise self._wrong(f"'{key}' has an object without '{name}'")
            is_bool = isinstance(value, bool) and bool not in kinds
            if value is not None and (is_bool or not isinstance(value, kinds)):
                raise self._wrong(f"'{key}' has a '{name}' that is no {kinds[0].__name__}")
        return {name: row.get(name) for name in {**shape.must, **shape.may}}

    def _wrong(self, what: str) -> RecliError:
        return RecliError(f"{self.name}: {what}", "measure again with `recli evaluate --json`")


def measurement(run: Written) -> Measurement | None:
    """What evaluate or compare wrote; None where another command did.

    Raises RecliError where the format is newer than what is known here.
    """
    told = run.told or {}
    command = told.get("command", "evaluate" if "metrics" in told else None)
    if command not in MEASURES:
        return None
    if told["format"] > FORMAT:
        raise RecliError(
            f"{run.where} has format {told['format']}, this recli reads up to {FORMAT}",
            "make the page with the recli that measured, or a newer one",
        )
    return Measurement(run.where, run.sha256, told)
