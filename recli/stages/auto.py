"""Try a short list of models on validation data, tune the best and keep the winner."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import ignore
from recli.stages.trial import Measure
from recli.stages.tune import tune
from recli.stages.tune_search import Limits, Search, Tried, best_of
from recli.store.artefact import TIMINGS

FINALISTS = 2  # models that are tuned once all have been tried with their defaults
Report = Callable[[str], None]


@dataclass
class Candidate:
    """A model of the short list and its trials so far."""

    search: Search
    journal: Path
    tried: list[Tried] = field(default_factory=list)
    refusal: str = ""

    @property
    def best(self) -> Tried | None:
        """Its best trial, None where no trial came to an end."""
        return best_of(self.tried)

    @property
    def measure(self) -> Measure:
        """What its best trial came to."""
        best = self.best
        nothing = float("nan")
        return best.measure if best and best.measure else Measure(nothing, nothing, nothing, 0)

    @property
    def values(self) -> dict[str, Any]:
        """Hyper-parameters of its best trial."""
        return {} if self.best is None else self.search.fixed | self.best.values

    def go_on(self, limits: Limits) -> None:
        """More trials; what the model refuses to learn from is remembered."""
        try:
            # An earlier run's trials come again from the journal.
            self.tried = list(tune(self.search, limits, self.journal))
        except RecliError as error:
            if error.code in (ExitCode.IO, ExitCode.CANNOT_CREATE):
                raise  # no other model would fare better
            self.refusal = str(error)

    def row(self) -> list[object]:
        """Its line of the table that the winner is chosen from."""
        if self.best is None:
            return [
                self.search.model,
                None,
                None,
                None,
                len(self.tried),
                self.refusal or "too slow",
            ]
        found = self.measure
        return [self.search.model, found.value, found.low, found.high, len(self.tried), ""]


HEADER = ["model", "value", "low", "high", "trials", "why not"]


def compare(
    searches: list[Search], limits: Limits, folder: Path, report: Report = ignore
) -> list[Candidate]:
    """Every model with its defaults, then the best ones tuned: the best first.

    `limits.trials` are those of each finalist. Raises RecliError where no model came to an end.
    """
    deadline = None if limits.seconds is None else time.monotonic() + limits.seconds
    candidates = [Candidate(search, folder / f"{search.model}.journal") for search in searches]
    for candidate in candidates:
        candidate.go_on(Limits(1, _left(deadline)))
        report(_said(candidate))
    finalists = sorted(candidates, key=_standing)[:FINALISTS]
    for at, candidate in enumerate(finalists):
        # The winner is trained once more at the end.
        left = _left(deadline, sum(one.seconds for one in candidate.tried))
        if candidate.best is None or not candidate.search.tunable() or left == 0:
            continue
        share = None if left is None else left / (len(finalists) - at)
        candidate.go_on(Limits(limits.trials, share, limits.jobs))
        report(_said(candidate))
    ranked = sorted(candidates, key=_standing)
    if ranked[0].best is None:
        raise RecliError(
            "; ".join(_said(one) for one in ranked),
            "give a longer --time-limit, or other --models",
            code=ExitCode.TIME_LIMIT if not any(one.refusal for one in ranked) else ExitCode.DATA,
        )
    return ranked


def record(ranked: list[Candidate]) -> dict[str, Any]:
    """What the winner's manifest says of the choice; seconds apart, as they differ."""
    rows = [dict(zip(HEADER, one.row(), strict=True)) for one in ranked]
    chosen = [row | {"parameters": one.values} for row, one in zip(rows, ranked, strict=True)]
    seconds = {one.search.model: one.best.seconds for one in ranked if one.best}
    return {
        "chosen_from": chosen,
        "chosen_by": ranked[0].search.metric,
        TIMINGS: {name: round(value, 2) for name, value in seconds.items()},
    }


def _standing(candidate: Candidate) -> float:
    return -candidate.measure.worth if candidate.best else float("inf")


def _left(deadline: float | None, reserve: float = 0.0) -> float | None:
    """Seconds until the deadline, less what is kept for later; None where there is none."""
    return None if deadline is None else max(0.0, deadline - reserve - time.monotonic())


def _said(candidate: Candidate) -> str:
    name, value, low, high, trials, fault = candidate.row()
    if value is None:
        return f"{name}: {fault}"
    metric = candidate.search.metric
    return f"{name}: {metric} {value:.4f} [{low:.4f}, {high:.4f}], {trials} trials"


def shown(ranked: list[Candidate]) -> list[list[object]]:
    """The table that the winner was chosen from, for people."""
    return [
        [f"{cell:.4f}" if isinstance(cell, float) else "" if cell is None else cell for cell in row]
        for row in (one.row() for one in ranked)
    ]


def names_of(models: str) -> Iterator[str]:
    """The models of a comma-separated list."""
    yield from dict.fromkeys(name.strip() for name in models.split(",") if name.strip())
