"""How popular what is shown is, and what a rule's option costs and buys, as sections."""

from typing import Any

import polars as pl

from recli.kernels import chart_lines
from recli.kernels.chart_lines import Line, Panel
from recli.stages.report_parts import Section, count, grid, number, share
from recli.stages.report_runs import Measurement
from recli.store.text import safe

_NAMES = {"kl": "KL to history", "gini": "Gini", "ndcg": "NDCG", "score": "score, scaled"}
_HELD = {"share_of_truth": "what people then chose", "share_of_history": "their history"}
_NOT_DRAWN = ("parameter", "value", "lists_touched", "items_moved")


def popularity(run: Measurement) -> Section | None:
    """The share of what is shown by decile of popularity, beside history and truth."""
    rows = run.rows("popularity_curve")
    if not rows:
        return None
    names = [*dict.fromkeys(row["lists"] for row in rows)]
    first = [row for row in rows if row["lists"] == names[0]]
    lines = []
    for name in names:
        own = [row for row in rows if row["lists"] == name]
        lines.append(Line(safe(name, 60), _points(own, "share_of_exposure")))
    lines += [Line(told, _points(first, key), quiet=True) for key, told in _HELD.items()]
    told = "Share of the places of lists by decile of popularity; numbers are in the table."
    across = "decile: 1 is the most popular tenth"
    panel = Panel("share of what is shown", tuple(lines))
    picture = chart_lines.picture("popularity", told, across, [panel], share=True)
    exposed = {(row["lists"], row["popularity_decile"]): row["share_of_exposure"] for row in rows}
    keys = ("share_of_truth", "share_of_history", "share_of_catalogue")
    table = [
        [
            row["popularity_decile"],
            *(share(exposed.get((name, row["popularity_decile"]))) for name in names),
            *(share(row[key]) for key in keys),
        ]
        for row in first
    ]
    header = ["decile", *names, "truth", "history", "catalogue"]
    lead = (
        "Items are put in order of their weight in history, those that nobody chose last, and "
        "parted into ten groups alike in size. What lies outside the catalogue is in none.",
    )
    folded = (grid("Shares by decile of popularity", header, table),)
    return Section("popularity", "How popular is what is shown", lead, (picture,), folded=folded)


def _points(rows: list[dict[str, Any]], key: str) -> tuple[tuple[float, float], ...]:
    return tuple(
        (float(row["popularity_decile"]), row[key]) for row in rows if row[key] is not None
    )


def trade_off(rows: pl.DataFrame) -> Section:
    """Each measure over the values of an option; the lists as they came are a level.

    `rows` are those of TRADE_OFF, at least one.
    """
    start, known = rows.row(0, named=True), rows.drop_nulls("value")
    parameter = safe(start["parameter"], 40)
    measures = [
        name
        for name, kind in rows.schema.items()
        if name not in _NOT_DRAWN and kind.is_numeric() and known[name].drop_nulls().len()
    ]
    level = start if start.get("value") is None else {}
    panels = [
        Panel(
            safe(_NAMES.get(name, name), 40),
            (Line("", tuple(known.select("value", name).drop_nulls().rows())),),
            level.get(name),
        )
        for name in measures
    ]
    told = f"Each measure over the values of {parameter}; numbers are in the table."
    picture = chart_lines.picture("trade-off", told, parameter, panels)
    lead = ("Dashed: the lists as they came.",)
    return Section(
        "trade-off",
        f"What {parameter} costs and buys",
        lead,
        (picture,) if panels else (),
        folded=(_values(rows, measures),),
    )


def _values(rows: pl.DataFrame, measures: list[str]) -> Any:
    header = [rows["parameter"][0], *(_NAMES.get(name, name) for name in measures), "items moved"]
    table = [
        [
            "as they came" if row.get("value") is None else f"{row['value']:g}",
            *(number(row[name], 0 if name == "items" else 4) for name in measures),
            count(row.get("items_moved")),
        ]
        for row in rows.iter_rows(named=True)
    ]
    return grid("Every value", header, table)
