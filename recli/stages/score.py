"""Give pairs of users and items what a model makes of them."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from recli.engines.result import Block, Build, Result
from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import Reading, numbers
from recli.kernels.pairs import Pairs, Scored, scored
from recli.kernels.served import FALLBACK, FOLDED, STATUS
from recli.kernels.shapes import Factors, ItemScores
from recli.stages.retrieve_inputs import readable, same_item_ids
from recli.stages.retrieve_profiles import People
from recli.store.artefact import Artefact
from recli.store.index import MODEL
from recli.store.model import Model, load_model, vectors_table
from recli.store.open import Table

KEY = ("user_id", "item_id")
OWN = ("score", "rank", "source", "status")
UNKNOWN_ITEMS = "of items that the model does not know, left out"
UNSCORED = "of users or items of whom it can say nothing, left out"


def in_step(artefact: Artefact, tables: dict[str, Table]) -> dict[str, Table]:
    """The tables to read in step with `pairs`; RecliError where they do not fit the model."""
    for table in tables.values():
        same_item_ids(artefact, table)
    beside = {role: table for role, table in tables.items() if role != "pairs"}
    model = artefact.manifest.get("model", artefact.manifest)
    if "history" in beside:
        reading = Reading(**model["reading"])
        readable(str(artefact.path), "history", beside["history"], reading)
    elif model["learned"]["type"] not in (Factors.__name__, ItemScores.__name__):
        raise RecliError(
            f"{artefact.path} scores by what users did",
            "add --history TABLE",
            code=ExitCode.USAGE,
        )
    # Where nothing but their segments parts users, the pairs say to which they belong.
    if model["segments"] and model["learned"]["type"] == ItemScores.__name__:
        tables["pairs"].need(model["segments"]["column"])
    vectors = vectors_table(artefact)
    if vectors is not None:
        beside["vectors"] = vectors
    return beside


def build(artefact: Artefact, threads: int) -> Build:
    """How a worker makes the stage; the artefact was verified by whoever opened it."""
    return partial(load, artefact, threads)


def load(artefact: Artefact, threads: int) -> "Scorer":
    """The stage for a verified model, or for the one inside an index."""
    indexed = artefact.kind == "index"
    name = artefact.manifest["model"]["plugin"] if indexed else artefact.plugin
    return Scorer(load_model(artefact, MODEL if indexed else ""), name, threads)


@dataclass(frozen=True)
class Scorer:
    """Maps `pairs` with `vectors` and `history` to candidates in the order of their scores."""

    model: Model
    name: str
    threads: int = 1

    def __call__(self, block: Block) -> Result:
        """The pairs that have a score, each once, and how many were left out and why."""
        given = block["pairs"]
        rows = given.unique(KEY, keep="first", maintain_order=True)
        people = People(self.model, block, rows.unique("user_id", maintain_order=True))
        profile = people.profile(mean_vectors=False)
        pairs = Pairs(
            numbers(rows["user_id"], people.ids), numbers(rows["item_id"], self.model.items)
        )
        found = scored(self.model.shape, profile, pairs, self.threads)
        kept = np.isfinite(found.scores)
        return Result(
            self._ranked(rows, found),
            {
                "users": len(people.ids),
                "folded in from history": int((found.status[kept] == FOLDED).sum()),
                "from what is so on average": int((found.status[kept] == FALLBACK).sum()),
                "repeated, left out": given.height - rows.height,
                UNKNOWN_ITEMS: int((~kept & (pairs.items < 0)).sum()),
                UNSCORED: int((~kept & (pairs.items >= 0)).sum()),
            },
        )

    def _ranked(self, rows: pl.DataFrame, found: Scored) -> pl.DataFrame:
        """The pairs by falling score, equal ones by item; ratings are cut to those there are."""
        lists = (
            rows.drop(OWN, strict=False)
            .with_columns(
                pl.Series("score", found.scores),
                source=pl.lit(self.name),
                status=pl.Series(STATUS, dtype=pl.String).gather(found.status),
            )
            .filter(pl.col("score").is_finite())
            .sort(["user_id", "score", "item_id"], descending=[False, True, False])
        )
        rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("user_id").alias("rank")
        score = pl.col("score").clip(found.lowest, found.highest).cast(pl.Float32)
        rest = [name for name in rows.columns if name not in (*KEY, *OWN)]
        return lists.with_columns(rank, score).select(*KEY, *OWN, *rest)
