"""Evaluation of tables that a test wrote down: rows in, values by metric out."""

from pathlib import Path

import polars as pl

from recli.stages.evaluate import Outcome, evaluate
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_inputs import Choices, Inputs, checked
from recli.store.open import open_table
from recli.tables import INTERACTIONS, ITEMS, LISTS

CONTRACTS = {"truth": INTERACTIONS, "history": INTERACTIONS, "items": ITEMS}


def pairs(rows: dict[str, list[str]], *columns: str) -> pl.DataFrame:
    """A row for each item of each user; `rank` and falling `score` where they are asked for."""
    frame = pl.DataFrame(
        [
            {"user_id": user, "item_id": item, "rank": place, "score": 1 / place}
            for user, items in rows.items()
            for place, item in enumerate(items, 1)
        ],
        schema={
            "user_id": pl.String, "item_id": pl.String, "rank": pl.Int32, "score": pl.Float64,
        },
    )  # fmt: skip
    return frame.select("user_id", "item_id", *columns)


def found(
    folder: Path, words: list[str], choices: Choices | None = None, **frames: pl.DataFrame
) -> tuple[dict[str, float], Outcome]:
    """Values by the words that ask for them; `lists`, `truth` and others are frames."""
    tables = {}
    for role, frame in frames.items():
        frame.write_parquet(folder / role)
        tables[role] = open_table(str(folder / role), CONTRACTS.get(role, LISTS))
    inputs = Inputs({"lists": tables.pop("lists")}, tables.pop("truth"), **tables)
    choices = choices or Choices(added=())
    asked, _ = checked(inputs, [parsed(word) for word in words], [], choices)
    outcome = evaluate(inputs, asked, choices, iter)
    own = [one.value for one in outcome.measured if one.name == "lists"]
    return dict(zip(words, own, strict=True)), outcome
