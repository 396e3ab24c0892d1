"""Apply one rule to every list of a block, prove it, and count what it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from recli.engines.result import Block
from recli.kernels import where
from recli.kernels.places import Demand, arranged, joined
from recli.kernels.price import Worth
from recli.kernels.rules import Context, Reordered, starts_of
from recli.kernels.standing import list_numbers
from recli.stages.rerank_price import Pricing
from recli.stages.rerank_rows import ROW, before, concerned, moves, numbered, taken
from recli.stages.rerank_rule import Ruled

PROVED = 64  # lists of a block on which a rule of order is proved
AHEAD = 4  # times k rows of a list are looked at first
_ALL = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Reranker:
    """Maps `candidates`, with what lies beside them, to candidates that keep the rule."""

    ruled: Ruled
    held: tuple[Ruled, ...]  # of the steps before: their places stay kept
    context: Context
    gathered: frozenset[str]  # columns of items that rows get
    people: tuple[str, ...]  # columns of users that rows get, without `user.`
    pricing: Pricing

    def applied(self, block: Block) -> tuple[pl.DataFrame, dict[str, int], Worth, Worth]:
        """The lists by the rule, what it did, and what lists were worth before and after.

        An AssertionError is a rule that broke its own promise.
        """
        rows = block["candidates"]
        context = self._beside(block)
        kept, notes = self._kept(
            rows.with_columns(pl.int_range(pl.len()).alias(ROW)), block, context
        )
        at = kept[ROW].to_numpy()
        added = [name for name in self.ruled.rule.adds() if name in kept.columns]
        out = rows[at].with_columns(kept.select("score", "rank", *added))
        counts = moves(rows["user_id"], at, kept["rank"].to_numpy(), self.ruled.k) | notes
        return out, counts, *self.pricing.of(rows, at, block, context)

    def _kept(
        self, rows: pl.DataFrame, block: Block, context: Context
    ) -> tuple[pl.DataFrame, dict[str, int]]:
        """The rows that come out with their ranks, and what the rule has to note.

        Where only the first rows that fit are asked for, they are looked for among the first few,
        and among all of them in the lists in which those were not enough.
        """
        k = self.ruled.k
        if k is None or not all(one.rule.FIRST_FIT for one in (self.ruled, *self.held)):
            return self._worked(rows, block, context)
        lists = list_numbers(rows)
        starts = starts_of(rows["user_id"])
        head = np.arange(rows.height) - starts[lists] < AHEAD * k
        kept, notes = self._worked(rows.filter(head), block, context)
        counts = np.bincount(lists[kept[ROW].to_numpy()], minlength=len(starts) - 1)
        wanting = (counts < k) & (np.diff(starts) > AHEAD * k)
        if not wanting.any():
            return kept, notes
        more, noted = self._worked(rows.filter(wanting[lists]), block, context)
        kept = pl.concat([kept.filter(~wanting[lists[kept[ROW].to_numpy()]]), more])
        order = np.argsort(lists[kept[ROW].to_numpy()], kind="stable")
        return kept[order], dict(Counter(notes) + Counter(noted))

    def _worked(
        self, rows: pl.DataFrame, block: Block, context: Context
    ) -> tuple[pl.DataFrame, dict[str, int]]:
        """The same, of all the rows there are."""
        rule, k = self.ruled.rule, self.ruled.k
        seen = self._widened(rows, block).with_columns(pl.col("rank").alias(where.CAME))
        if rule.LAST:
            context = replace(context, held=self._demands(seen, context))
        done = self._applied(seen, context)
        kept = numbered(taken(seen, done)) if rule.LAST else self._placed(seen, done, context)
        chosen = concerned(kept, self.ruled)
        own = kept.filter(chosen)
        self._prove(kept, own, context)
        notes = done.notes | rule.unmet(own, context)
        for name, values in rule.marked(own, context).items():
            new = before(kept, name, values.dtype).scatter(chosen.arg_true(), values)
            kept = kept.with_columns(new.alias(name))
        return (kept if k is None else kept.filter(pl.col("rank") <= k)), notes

    def _beside(self, block: Block) -> Context:
        """The context with what users of the block did, and the pairs that name them."""
        history = block.get("history")
        if history is not None and self.context.items is not None:
            items = self.context.items
            history = items.widened(items.numbered(history), self.gathered)
        return replace(self.context, history=history, pairs=block.get("pairs"))

    def _widened(self, rows: pl.DataFrame, block: Block) -> pl.DataFrame:
        """The rows with their numbers, and the columns of items and users that are needed."""
        seen = rows
        if self.context.items is not None:
            seen = self.context.items.numbered(seen)
            seen = self.context.items.widened(seen, self.gathered)
        if self.people:
            named = {name: f"user.{name}" for name in self.people}
            people = block["users"].select("user_id", *self.people).rename(named)
            people = people.unique("user_id", keep="first", maintain_order=True)
            seen = seen.join(people, on="user_id", how="left", maintain_order="left")
        return seen

    def _applied(self, seen: pl.DataFrame, context: Context) -> Reordered:
        """What the rule makes of the lists that it is for; the others stay as they are."""
        chosen = concerned(seen, self.ruled)
        whole = chosen.all()
        given = seen if whole else seen.filter(chosen)
        done = self.ruled.rule.apply(given, context)
        if done is None:
            return Reordered(np.arange(seen.height))
        if self.ruled.rule.ORDERS:
            self._prove_order(given, done, context)
        if whole:
            return done
        own, others = chosen.arg_true().to_numpy(), (~chosen).arg_true().to_numpy()
        rows = np.concatenate([others, own[done.rows]]).astype(np.int64)
        order = np.argsort(list_numbers(seen)[rows], kind="stable")
        scores = None
        if done.scores is not None:
            scores = np.concatenate([seen["score"].to_numpy()[others], done.scores])[order]
        columns = {
            name: before(seen, name, values.dtype)[others].append(values)[order]
            for name, values in done.columns.items()
        }
        return Reordered(rows[order], scores, done.notes, columns)

    def _placed(self, seen: pl.DataFrame, done: Reordered, context: Context) -> pl.DataFrame:
        """The rows in the order that all rules of places agree to, with their new ranks.

        Rows past k are left out at once where no proof asks for them.
        """
        rules = (*self.held, self.ruled)
        soft = self.ruled.k is None or any(one.rule.SOFT for one in rules)
        depth = _ALL if soft else int(self.ruled.k or 0)
        if not any(one.holds for one in rules):
            first = done.first(list_numbers(seen), depth)
            return numbered(taken(seen, first))
        seen = taken(seen, done)
        demands = [self._demand(seen, one, context) for one in rules if one.holds]
        starts, lists = starts_of(seen["user_id"]), list_numbers(seen)
        places = arranged(starts, joined(demands), depth)
        there = np.flatnonzero(places >= 0)
        return numbered(seen[there[np.lexsort((places[there], lists[there]))]])

    def _demands(self, seen: pl.DataFrame, context: Context) -> Demand | None:
        """What the rules of the steps before ask of places together; None where nothing."""
        demands = [self._demand(seen, one, context) for one in self.held if one.holds]
        return joined(demands) if demands else None

    def _demand(self, seen: pl.DataFrame, one: Ruled, context: Context) -> Demand:
        """What a rule asks of the places of all rows, those of other lists among them."""
        ask = one.rule.demand if one is self.ruled else one.rule.held
        if one.only_if is None:
            return ask(seen, context)
        chosen = concerned(seen, one)
        own = chosen.arg_true().to_numpy().astype(np.int64)
        return ask(seen.filter(chosen), context).among(own, seen.height)

    def _prove(self, kept: pl.DataFrame, own: pl.DataFrame, context: Context) -> None:
        """AssertionError where the rule, or one that is held, is broken by the rows."""
        rules = [(one, kept.filter(concerned(kept, one))) for one in self.held]
        alone = not rules
        if not self.ruled.rule.ORDERS:
            rules.append((self.ruled, own))
        for one, rows in rules:
            broken = 0 if one.rule.SOFT and not alone else one.rule.broken(rows, context)
            if broken:
                raise AssertionError(f"{one.rule} is broken {broken} times by its own result")

    def _prove_order(self, given: pl.DataFrame, done: Reordered, context: Context) -> None:
        """The same of a rule of order, on the first lists and before places are held."""
        lists = list_numbers(given)[done.rows]
        first = Reordered(
            done.rows[lists < PROVED],
            None if done.scores is None else done.scores[lists < PROVED],
        )
        broken = self.ruled.rule.broken(taken(given, first), context)
        if broken:
            raise AssertionError(f"{self.ruled.rule} is broken {broken} times by its own result")
