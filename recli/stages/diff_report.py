"""What diff found as a table of DIFF, as text for people and as one JSON object."""

import json
import math
from collections.abc import Iterator

import polars as pl

import recli
from recli.kernels.bootstrap import LEVEL
from recli.kernels.two_lists import PERSISTENCE
from recli.reports import DIFF
from recli.stages.diff import Inputs, Outcome
from recli.stages.diff_asked import Choices, Guard
from recli.stages.diff_measures import Measure
from recli.store import text
from recli.store.provenance import Provenance
from recli.store.report import write_report
from recli.store.write import Output

FORMAT = 1
_SHARES = ("users", "users-lost", "users-gained")  # shown in percent
_ID, _TITLE = 24, 28  # columns of a report that is 80 wide


def publish(
    outcome: Outcome,
    inputs: Inputs,
    choices: Choices,
    guards: list[Guard],
    output: Output,
    told: tuple[Provenance, list[str]],
    *,
    as_json: bool,
) -> None:
    """Write the report: one JSON object, text for people, or rows of DIFF."""
    provenance, warnings = told
    if as_json:
        found = as_object(outcome, inputs, choices, guards)
        more = {
            "warnings": warnings,
            "inputs": [{"role": one.role, "sha256": one.sha256} for one in provenance.inputs],
        }
        write_report(output.target, json.dumps(found | more, ensure_ascii=True, allow_nan=False))
    elif output.form == "table":
        write_report(output.target, shown(outcome, inputs, choices))
    else:
        output.write([frame(outcome)], provenance, {})


def frame(outcome: Outcome) -> pl.DataFrame:
    """A row for each measure; what it does not have is NaN."""
    kinds = {name: kinds[0] for name, kinds in DIFF.required.items()}
    columns = {
        name: [getattr(one, "name" if name == "measure" else name) for one in outcome.measures]
        for name in kinds
    }
    return pl.DataFrame(columns, schema=kinds)


def shown(outcome: Outcome, inputs: Inputs, choices: Choices) -> str:
    """Who has lists, the measures as lines, what moved most, and the definitions."""
    header = ["measure", "old", "new", "value"]
    rows: list[list[object]] = [
        [one.label, _side(one, one.old), _side(one, one.new), _value(one)]
        for one in outcome.measures
    ]
    counts = outcome.counts
    people = (
        f"{counts['both']:,} users in both, {counts['old'] - counts['both']:,} lost, "
        f"{counts['new'] - counts['both']:,} gained"
    )
    parts = [people, text.table(header, rows), *_moved(outcome, inputs, choices)]
    notes = "\n".join(text.safe(line, 4000) for line in _notes(outcome, choices))
    return "\n\n".join([*parts, notes])


def _side(one: Measure, value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if one.name in _SHARES else f"{value:.4f}"


def _value(one: Measure) -> str:
    if math.isnan(one.value):
        return "-"
    change = not math.isnan(one.old)
    if one.name in _SHARES:
        return f"{one.value:{'+' if change else ''}.2%}"
    form = "+.4f" if change else ".4f"
    interval = "" if math.isnan(one.low) else f" [{one.low:{form}}, {one.high:{form}}]"
    return f"{one.value:{form}}{interval}"


def _moved(outcome: Outcome, inputs: Inputs, choices: Choices) -> Iterator[str]:
    """The items that moved most, and the users whose lists did."""
    titles = titles_of(outcome, inputs)
    k = choices.ks[0]
    if outcome.movers.height:
        header = ["item", *(["title"] if titles else []), "old", "new", "change"]
        rows: list[list[object]] = []
        for item, old, new, change in outcome.movers.iter_rows():
            title = [text.safe(titles.get(item) or "", _TITLE)] if titles else []
            rows.append([text.safe(item, _ID), *title, old, new, f"{change:+,}"])
        yield f"lists that hold an item in their first {k}\n{text.table(header, rows)}"
    changed = outcome.least.filter(pl.col("rbo") < 1)
    if changed.height:
        people: list[list[object]] = [
            [text.safe(user, 40), f"{overlap:.4f}", f"{rbo:.4f}"]
            for user, overlap, rbo in changed.iter_rows()
        ]
        header = ["user", f"overlap@{k}", f"rbo@{k}"]
        yield f"users whose lists have least in common\n{text.table(header, people)}"


def titles_of(outcome: Outcome, inputs: Inputs) -> dict[object, str]:
    """Titles of the items that moved most, where --items has any."""
    if inputs.items is None or not inputs.items.has("title"):
        return {}
    known = inputs.items.read(["item_id", "title"])
    moved = known.filter(pl.col("item_id").is_in(outcome.movers["item_id"].implode()))
    return {item: str(title) for item, title in moved.iter_rows() if title is not None}


def _notes(outcome: Outcome, choices: Choices) -> Iterator[str]:
    yield "overlap: items in both over the longer list; churn: share of the new list"
    yield f"rbo: extrapolated, p {PERSISTENCE}; identical: share of users, in order"
    yield f"popularity: mean percentile of what is shown, by {outcome.popularity}"
    yield f"catalogue: {outcome.catalogue}"
    if any(one.name == "score" for one in outcome.measures):
        yield "score: of the items in both lists of a user; ks, psi: of all scores"
    yield f"intervals: {LEVEL:.0%}, bootstrap over users, seed {choices.seed}"


def as_object(
    outcome: Outcome, inputs: Inputs, choices: Choices, guards: list[Guard]
) -> dict[str, object]:
    """One object; its `format` changes when a field is renamed or dropped."""
    failed = {guard for guard, _ in outcome.failed(guards)}
    titles = titles_of(outcome, inputs)
    movers = [row | {"title": titles.get(row["item_id"])} for row in outcome.movers.to_dicts()]
    old, new, both = (outcome.counts[side] for side in ("old", "new", "both"))
    return {
        "format": FORMAT,
        "command": "diff",
        "recli": recli.__version__,
        "level": LEVEL,
        "seed": choices.seed,
        "k": list(choices.ks),
        "p": PERSISTENCE,
        "users": outcome.counts | {"lost": old - both, "gained": new - both},
        "popularity": outcome.popularity,
        "catalogue": outcome.catalogue,
        "measures": [
            {name: _finite(value) for name, value in row.items()}
            for row in frame(outcome).to_dicts()
        ],
        "movers": movers,
        "least_overlap": outcome.least.to_dicts(),
        "guards": [
            {
                "measure": guard.name,
                "k": guard.k,
                "sign": guard.sign,
                "bound": guard.bound,
                "failed": guard in failed,
            }
            for guard in guards
        ],
    }


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def failure(guard: Guard, one: Measure) -> str:
    """One line on a guard that held."""
    value = "not measured" if math.isnan(one.value) else f"{one.value:.6g}"
    return f"{one.label} is {value}: --fail-if '{guard.text}'"
