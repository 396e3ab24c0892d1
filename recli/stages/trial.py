"""One trial of a model: learn in memory, retrieve for validation users, measure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from recli.engines.result import Block, Stage
from recli.errors import ExitCode, RecliError
from recli.kernels.bootstrap import draws
from recli.kernels.matrix import Reading, Training, ignore, numbers
from recli.kernels.numbering import Numbering
from recli.kernels.shapes import Factors, Shape
from recli.models import Learner
from recli.stages import evaluate_inputs, retrieve
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_blocks import laid
from recli.stages.evaluate_tally import Tally
from recli.stages.retrieve_inputs import readable
from recli.stages.score import Scorer
from recli.stages.train import counts_of, read_training
from recli.store.blocks import blocks
from recli.store.model import Model
from recli.store.open import Table
from recli.tables import same_id_type

_NAME = "lists"


@dataclass(frozen=True)
class Measure:
    """What a trial came to: the mean over users, and its interval."""

    value: float
    low: float
    high: float
    users: int
    less_is_better: bool = False

    @property
    def worth(self) -> float:
        """The value, turned where less is better: the highest is the best."""
        return -self.value if self.less_is_better else self.value


class Bench:
    """Tables that model after model is tried on; what two trials share is read once."""

    def __init__(
        self,
        train: Table,
        valid: Table,
        items: Table | None,
        history: Table | None,
        asked: Asked,
        min_relevance: float | None = None,
        threads: int = 1,
    ) -> None:
        _check(asked)
        self.train, self.valid, self.items = train, valid, items
        self.history = train if history is None else history
        for table in (valid, self.history):
            for column in ("user_id", "item_id"):
                same_id_type(train.schema, table.schema, column, table.where)
        self.asked, self.threads = asked, threads
        self.choices = evaluate_inputs.Choices(min_relevance=min_relevance, added=())
        self.held: dict[tuple[Reading, bool], Training] = {}

    def learn(self, name: str, learner: Learner) -> tuple[Training, Shape]:
        """What the model learns from the training table."""
        key = learner.reading(), "items" in learner.needs()
        readable(name, "history", self.history, key[0])
        tables = {"items": self.items} if key[1] and self.items is not None else {}
        if key not in self.held:
            self.held = {
                key: read_training(name, learner, self.train, tables, None, self.threads, ignore)
            }
        data = self.held[key]
        return data, learner.fit(data)

    def measure(self, name: str, learner: Learner) -> Measure:
        """The metric of the model's lists for the users of the validation table.

        Raises RecliError where the model refuses, or nothing is relevant.
        """
        data, shape = self.learn(name, learner)
        model = Model(data.items, counts_of(data), shape, data.reading)
        stage = self._stage(name, model)
        tally = Tally([_NAME], [self.asked], self._catalogue, self.choices)
        for block in self._blocks(data, shape):
            truth = block["users"].select(self._columns)
            block["pairs"] = truth
            frames = {evaluate_inputs.LISTS + _NAME: stage(block).rows, "truth": truth}
            tally.add(laid(frames, [_NAME], self._catalogue.numbering, self.choices))
        return self._found(tally)

    def _stage(self, name: str, model: Model) -> Stage:
        """What gives the metric its rows: lists, or scores of the very pairs of the truth."""
        if "rating" in self.asked.needs:
            return Scorer(model, name, self.threads)
        choices = retrieve.Choices(self.asked.k, threads=self.threads)
        return retrieve.Retriever(model, name, choices)

    def _found(self, tally: Tally) -> Measure:
        sums = tally.overall
        if not sums.users[0]:
            raise RecliError(
                f"{self.valid.where} holds nothing to measure {self.asked.label} on",
                "check --min-relevance, and that it has ratings where errors are asked for",
            )
        found = np.array([sums.means[0], *(end[0] for end in sums.interval(draws(0)))])
        value, low, high = self.asked.shown(found)
        less = self.asked.less_is_better
        return Measure(float(value), float(low), float(high), int(sums.users[0]), less)

    def _blocks(self, data: Training, shape: Shape) -> Iterator[Block]:
        """Validation users with their history and, of factors, their vectors."""
        for block in blocks(("users", self.valid), {"history": self.history}):
            if isinstance(shape, Factors):
                people = block["users"]["user_id"].unique(maintain_order=True)
                rows = numbers(people, data.users)
                known = rows >= 0
                vectors = pl.Series("vector", shape.users[rows[known]])
                frame = pl.DataFrame({"user_id": people.filter(pl.Series(known))})
                block["vectors"] = frame.with_columns(vectors)
            yield block

    @property
    def _columns(self) -> list[str]:
        rated = self.choices.min_relevance is not None or "rating" in self.asked.needs
        return ["user_id", "item_id", *(["rating"] if rated else [])]

    @cached_property
    def _catalogue(self) -> evaluate_inputs.Catalogue:
        numbering = Numbering(self.valid.schema["item_id"])
        return evaluate_inputs.Catalogue(numbering, None, None, {})


def _check(asked: Asked) -> None:
    of_lists = asked.k > 0 and asked.averaged and not asked.needs
    if not of_lists and "rating" not in asked.needs:
        raise RecliError(
            f"{asked.label} says nothing of whether lists are right",
            "name a metric of relevance, as ndcg@10",
            code=ExitCode.USAGE,
        )
