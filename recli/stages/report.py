"""One page of what measurements found: the verdict first, then what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import recli
from recli.errors import RecliError
from recli.stages import report_curves, report_funnel, report_measured, report_other
from recli.stages.report_parts import Told, Verdict
from recli.stages.report_runs import Measurement, measurement
from recli.stages.report_sources import Source, sources, summary
from recli.stages.report_users import Person
from recli.store.pages import filled
from recli.store.runs import Written

SECTIONS = (
    report_measured.metrics,
    report_measured.comparisons,
    report_funnel.funnel,
    report_funnel.cold,
    report_curves.popularity,
)


@dataclass(frozen=True)
class Sample:
    """Users drawn by lot, and how."""

    people: list[Person]
    where: str
    seed: int


def page(runs: Sequence[Written], sample: Sample | None, title: str | None) -> str:
    """The page as HTML: the same runs give the same text.

    Raises RecliError where a run holds what no measurement writes.
    """
    read = [(run, measurement(run)) for run in runs]
    measured = [one for _, one in read if one is not None]
    told = [_told(at, run, one) for at, (run, one) in enumerate(read, 1)]
    data = [part.of(at) for at, one in enumerate(measured, 1) if (part := summary(one)) is not None]
    origins: list[tuple[str, list[Source]]] = [(one.name, sources(one)) for one in measured]
    return filled(
        "report.html",
        title=title or _title(measured, runs),
        several=len(runs) > 1,
        runs=told,
        failed=any(one.verdict.failed for one in told),
        sample=sample,
        data=data,
        origins=[(name, found) for name, found in origins if found],
        files=[(run.where, run.sha256, (run.told or {}).get("recli")) for run in runs],
        version=recli.__version__,
    )


def _told(at: int, run: Written, measured: Measurement | None) -> Told:
    if measured is not None:
        verdict = report_measured.verdict(measured)
        parts = [part for make in SECTIONS if (part := make(measured)) is not None]
    elif run.table is not None:
        if not run.table.rows:
            raise RecliError(f"{run.where} holds no rows", "check how it was made")
        verdict, parts = Verdict(()), [report_curves.trade_off(run.table.read())]
    else:
        verdict, part = report_other.told(run)
        parts = [part]
    return Told(run.where, verdict, tuple(part.of(at) for part in parts))


def _title(measured: list[Measurement], runs: Sequence[Written]) -> str:
    """What the lists are called that were measured."""
    lists = [
        PurePath(row["where"]).name
        for one in measured
        for row in one.rows("summary")
        if row["role"] == "lists" and row["where"]
    ]
    named: list[Any] = [*dict.fromkeys(lists)] or [PurePath(run.where).name for run in runs]
    return f"Report on {', '.join(named[:3])}{' and more' if len(named) > 3 else ''}"
