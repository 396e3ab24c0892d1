"""Lists that went through a pipe, made again: what each step did to an item."""

from dataclasses import replace

import polars as pl

from recli.stages.why_again import Means, again
from recli.stages.why_place import Id, Place


def replayed(found: list[Place], item: Id, means: Means) -> list[Place]:
    """The same places; those whose lists nobody gave from the lists before them, if that can be.

    A step is done again where all that it read is there, told by the hashes: the list is then
    the one that went through the pipe. Of rules whose lists were given, it tells the rank before
    the cut to k; where such a list comes out otherwise, nothing that was made again counts.
    """
    if not found[-1].length:
        return found  # who has no list at the end may have been served none
    told: dict[str, Place] = {}
    for place in found:
        step = place.step
        before = [told[sha256] for sha256 in step.sources]
        asked = not place.known or step.command.startswith("rerank ")
        rows = again(step, before, means) if asked else None
        if rows is not None and not _agrees(place, rows):
            return found
        told[step.sha256] = place if rows is None else _placed(place, rows, item)
    return list(told.values())


def _agrees(place: Place, rows: pl.DataFrame) -> bool:
    """Whether a list that was made again is the one that was given, if one was."""
    return place.rows is None or place.rows["item_id"].equals(rows["item_id"].head(place.length))


def _placed(place: Place, rows: pl.DataFrame, item: Id) -> Place:
    """A place that knows the rank before the cut to k, and the list where nobody gave it."""
    ranks = rows.filter(pl.col("item_id") == item)["rank"]
    place = replace(place, uncut=ranks[0] if len(ranks) else None)
    if place.known:
        return place
    return place.among(rows if place.step.k is None else rows.head(place.step.k), item)
