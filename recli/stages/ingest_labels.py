"""Which rows count and how much: event weights, least ratings and values, a window."""

from collections import Counter

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.stages.ingest_choices import Choices
from recli.stages.ingest_columns import Columns
from recli.stages.ingest_rows import decimals


def check(choices: Choices, columns: Columns, *, ordered: bool) -> None:
    """Raise RecliError for every option that needs a column the input does not have."""
    needs = {
        "--event-weights": (choices.event_weights is not None, "event"),
        "--min-rating": (choices.min_rating is not None, "rating"),
        "--since": (choices.since is not None, "timestamp"),
        "--until": (choices.until is not None, "timestamp"),
        **{f"--min-value {name}": (True, name) for name in choices.min_value},
        **{f"--list {name}": (True, name) for name in choices.lists},
    }
    faults = [
        f"{flag} needs a column '{name}'"
        for flag, (given, name) in needs.items()
        if given and not columns.has(name)
    ]
    pairs = choices.kind == "interactions"
    by_time = choices.duplicates in ("first", "last") and pairs
    if by_time and not ordered and not columns.has("timestamp"):
        faults.append(f"--duplicates {choices.duplicates} needs a column 'timestamp'")
    measured = columns.has("weight") or columns.has("rating") or choices.event_weights
    if choices.duplicates == "max" and not measured:
        faults.append("--duplicates max needs a column 'weight' or 'rating'")
    if faults:
        raise RecliError(
            "; ".join(faults),
            f"the table has {', '.join(columns.sources)}; see --map",
            code=ExitCode.USAGE,
        )


def labelled(rows: pl.DataFrame, choices: Choices, filtered: Counter[str]) -> pl.DataFrame:
    """The rows that count, weighted by their event; the others are counted by cause."""
    if choices.event_weights is not None:
        weights = choices.event_weights
        events = rows["event"]
        named = events.is_in(list(weights)).fill_null(value=False)
        rows = _kept(rows, named, "of events without a weight", filtered)
        weight = rows["event"].replace_strict(
            list(weights), list(weights.values()), return_dtype=pl.Float64
        )
        if "weight" in rows.columns:
            weight = weight * rows["weight"]
        rows = rows.with_columns(weight.cast(pl.Float32).alias("weight"))
    if choices.min_rating is not None:
        least = (rows["rating"] >= choices.min_rating).fill_null(value=False)
        rows = _kept(rows, least, f"rated below {choices.min_rating:g}", filtered)
    for name, value in choices.min_value.items():
        least = (decimals(rows[name]) >= value).fill_null(value=False)
        rows = _kept(rows, least, f"with {name} below {value:g}", filtered)
    if choices.since is not None:
        inside = rows["timestamp"] >= choices.since
        rows = _kept(rows, inside, f"before {choices.since:%Y-%m-%d %H:%M}", filtered)
    if choices.until is not None:
        inside = rows["timestamp"] < choices.until
        rows = _kept(rows, inside, f"from {choices.until:%Y-%m-%d %H:%M} on", filtered)
    return rows


def _kept(rows: pl.DataFrame, mask: pl.Series, cause: str, filtered: Counter[str]) -> pl.DataFrame:
    mask = mask.fill_null(value=False)  # what is not known was not reached
    left_out = int((~mask).sum())
    if left_out:
        filtered[cause] += left_out
        return rows.filter(mask)
    return rows
