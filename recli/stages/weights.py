"""How much each row of a training counts: by age, by a column, by place, by how it was drawn."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.moments import span
from recli.kernels.ranking import Flags, RankingData
from recli.stages import weights_known
from recli.stages.weights_known import CANDIDATES, CURVE, LABELS, Known, Tables
from recli.stages.weights_rows import Longs, Told

CLIP = 10.0  # what was chosen counts at most so many times
FORMS = "recency:30d, column:NAME, ips:CURVE.parquet or sampling"


@dataclass(frozen=True)
class Weighing:
    """What weights are made of; they multiply, and only their proportions count."""

    half_life: int | None = None  # microseconds
    columns: tuple[str, ...] = ()
    curve: str | None = None  # table of propensities by position
    clip: float = CLIP
    sampling: bool = False
    positive: float | Literal["balanced"] = 1.0
    known: Known = field(default_factory=Known)
    told: tuple[str, ...] = ()  # the kinds as given, less where a curve lies

    def check(self, tables: Tables) -> "Weighing":
        """The same, knowing where its columns are; RecliError for what the tables lack."""
        sources = {name: weights_known.source(name, tables) for name in self.columns}
        if self.sampling and not tables[CANDIDATES].has("log_q"):
            raise RecliError(
                f"--weights sampling: {tables[CANDIDATES].where} has no column 'log_q'",
                "take the lists that sample-negatives makes",
                code=ExitCode.USAGE,
            )
        known = Known(sources)
        if self.curve is not None:
            position = weights_known.position(tables)
            known = replace(
                known, position=position, curve=weights_known.curve(tables[CURVE], self.clip)
            )
        if self.half_life is not None:
            known = replace(known, newest=weights_known.newest(tables))
        return replace(self, known=known)

    @property
    def carried(self) -> tuple[str, ...]:
        """Columns of the labels that are looked at."""
        return tuple(dict.fromkeys(name for role, name in self.known.used if role == LABELS))

    @property
    def apart(self) -> tuple[str, ...]:
        """Columns of the candidates that are looked at, and so are no features."""
        return tuple(name for role, name in self.known.used if role == CANDIDATES)

    def of(
        self, rows: pl.DataFrame, found: pl.DataFrame, owners: Longs, chosen: Flags
    ) -> dict[str, Any]:
        """`weights` and `propensities` [rows] of candidates with what was `found` of them.

        A candidate that was not chosen has no time and no label of its own: it weighs as those
        that were chosen of its list do on average, so that no list shifts between the two.
        """
        told = Told(rows, found, owners, chosen)
        parts = [told.column(role, name) for name, role in self.known.sources.items()]
        if self.half_life is not None:
            age = self.known.newest - found["time"].dt.epoch("us")
            parts.append(told.spread(np.exp2(-age.to_numpy() / self.half_life)))
        if self.sampling:
            parts.append(told.drawn())
        made: dict[str, Any] = {}
        if parts or self.positive != 1:
            made["weights"] = np.prod([np.ones(len(owners)), *parts], axis=0).astype(np.float32)
        if self.known.position is not None:
            made["propensities"] = told.seen(*self.known.position, self.known.curve)
        return made

    def finished(self, data: RankingData) -> RankingData:
        """With what was chosen weighed against what was not, over all rows."""
        if self.positive == 1 and data.weights is None:
            return data
        weights = np.ones(len(data.relevance)) if data.weights is None else data.weights
        chosen = data.relevance > 0
        ups, downs = (float(np.cumsum(weights[one])[-1]) for one in (chosen, ~chosen))
        if not ups or not downs:
            raise RecliError(
                "--weights leaves nothing that was chosen, or nothing that was not: all weigh 0",
                "look at the columns that it is made of",
            )
        positive = downs / ups if self.positive == "balanced" else self.positive
        return replace(data, weights=np.where(chosen, positive * weights, weights).astype("f4"))


def weighing_of(words: list[str], positive: str) -> Weighing:
    """The weights of `--weights`, given once or more, and `--positive-weight`; RecliError (usage).

    >>> weighing_of(["recency:1d", "ips:curve.parquet:clip=5"], "balanced").told
    ('recency:1d', 'ips:clip=5')
    """
    known: dict[str, Any] = {"positive": positive if positive == "balanced" else _above_0(positive)}
    columns = []
    for word in words:
        kind, _, rest = word.partition(":")
        if kind == "column" and rest:
            columns.append(rest)
            continue
        made = _one(kind, rest)
        if made is None or any(name in known for name in made):
            raise RecliError(
                f"--weights {word} is none of {FORMS}"
                if made is None
                else f"--weights {kind} is given twice",
                "give each kind once; they multiply",
                code=ExitCode.USAGE,
            )
        known |= made
    told = tuple(word.replace(f"ips:{known.get('curve')}", "ips") for word in words)
    return Weighing(columns=tuple(dict.fromkeys(columns)), told=told, **known)


def _one(kind: str, rest: str) -> dict[str, Any] | None:
    if kind == "recency" and rest:
        return {"half_life": span("--weights recency:", rest)}
    if kind == "ips" and rest:
        path, clipped, most = rest.rpartition(":clip=")
        return {"curve": path, "clip": _above_0(most, "ips")} if clipped else {"curve": rest}
    return {"sampling": True} if kind == "sampling" and not rest else None


def _above_0(word: str, of: str = "") -> float:
    flag = f"--weights {of}:…:clip=" if of else "--positive-weight "
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0 < value < np.inf:
        wanted = "a positive number" if of else "a positive number or 'balanced'"
        raise RecliError(f"{flag}{word} is not {wanted}", code=ExitCode.USAGE)
    return value
