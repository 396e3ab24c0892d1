"""Apply one rule to every list of a block, prove it, and count what it did."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels import where
from recli.kernels.places import Demand, arranged, joined
from recli.kernels.price import Worth
from recli.kernels.rules import Context, Longs, Reordered, starts_of
from recli.kernels.standing import list_numbers
from recli.stages.rerank_price import Pricing
from recli.stages.rerank_rule import Ruled

PROVED = 64  # lists of a block on which a rule of order is proved
ROW = "(row)"  # where a row stood in the block
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
        rows, rule, k = block["candidates"], self.ruled.rule, self.ruled.k
        seen, context = self._widened(rows, block), self._beside(block)
        done = self._applied(seen, context)
        kept = self._placed(_taken(seen, done), context)
        concerned = _concerned(kept, self.ruled)
        own = kept.filter(concerned)
        self._prove(kept, own, context)
        notes = done.notes | rule.unmet(own, context)
        for name, values in rule.marked(own, context).items():
            old = _before(kept, name, values.dtype)
            new = old.scatter(concerned.arg_true(), values)
            kept = kept.with_columns(new.alias(name))
        if k is not None:
            kept = kept.filter(pl.col("rank") <= k)
        at = kept[ROW].to_numpy()
        added = [name for name in rule.adds() if name in kept.columns]
        out = rows[at].with_columns(kept.select("score", "rank", *added))
        counts = moves(rows["user_id"], at, kept["rank"].to_numpy(), k) | notes
        return out, counts, *self.pricing.of(seen, at, block, context)

    def _beside(self, block: Block) -> Context:
        """The context with what users of the block did, and the pairs that name them."""
        history = block.get("history")
        if history is not None and self.context.items is not None:
            items = self.context.items
            history = items.widened(items.numbered(history), self.gathered)
        return replace(self.context, history=history, pairs=block.get("pairs"))

    def _widened(self, rows: pl.DataFrame, block: Block) -> pl.DataFrame:
        """The rows with their numbers, and the columns of items and users that are needed."""
        seen = rows.with_columns(pl.int_range(pl.len()).alias(ROW))
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
        concerned = _concerned(seen, self.ruled)
        whole = concerned.all()
        given = seen if whole else seen.filter(concerned)
        done = self.ruled.rule.apply(given, context)
        if done is None:
            return Reordered(np.arange(seen.height))
        if self.ruled.rule.ORDERS:
            self._prove_order(given, done, context)
        if whole:
            return done
        own, others = concerned.arg_true().to_numpy(), (~concerned).arg_true().to_numpy()
        rows = np.concatenate([others, own[done.rows]]).astype(np.int64)
        order = np.argsort(list_numbers(seen)[rows], kind="stable")
        scores = None
        if done.scores is not None:
            scores = np.concatenate([seen["score"].to_numpy()[others], done.scores])[order]
        columns = {
            name: _before(seen, name, values.dtype)[others].append(values)[order]
            for name, values in done.columns.items()
        }
        return Reordered(rows[order], scores, done.notes, columns)

    def _placed(self, seen: pl.DataFrame, context: Context) -> pl.DataFrame:
        """The rows in the order that all rules of places agree to, with their new ranks."""
        demands = [self._demand(seen, one, context) for one in (*self.held, self.ruled)]
        asked = [demand for demand in demands if demand is not None]
        starts = starts_of(seen["user_id"])
        if asked:
            places = arranged(starts, joined(asked), _ALL)
            lists = list_numbers(seen)
            there = np.flatnonzero(places >= 0)
            order = there[np.lexsort((places[there], lists[there]))]
            seen = seen[order]
            starts = starts_of(seen["user_id"])
        ranks = np.arange(seen.height) - np.repeat(starts[:-1], np.diff(starts)) + 1
        return seen.with_columns(pl.Series("rank", ranks, pl.Int32))

    def _demand(self, seen: pl.DataFrame, one: Ruled, context: Context) -> Demand | None:
        if not one.holds:
            return None
        concerned = _concerned(seen, one)
        ask = one.rule.demand if one is self.ruled else one.rule.held
        demand = ask(seen.filter(concerned), context)
        own = concerned.arg_true().to_numpy().astype(np.int64)
        return demand and demand.among(own, seen.height)

    def _prove(self, kept: pl.DataFrame, own: pl.DataFrame, context: Context) -> None:
        """AssertionError where the rule, or one that is held, is broken by the rows."""
        rules = [(one, kept.filter(_concerned(kept, one))) for one in self.held]
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
        broken = self.ruled.rule.broken(_taken(given, first), context)
        if broken:
            raise AssertionError(f"{self.ruled.rule} is broken {broken} times by its own result")


def _concerned(seen: pl.DataFrame, ruled: Ruled) -> pl.Series:
    """Whether each row is of a list that a rule is for."""
    if ruled.only_if is None:
        return pl.repeat(value=True, n=seen.height, dtype=pl.Boolean, eager=True)
    holds = where.holds(seen, where.parse(ruled.only_if, "--if"), "--if")
    lists = list_numbers(seen)
    first = np.searchsorted(lists, lists)
    strange = np.flatnonzero(holds.to_numpy() != holds.to_numpy()[first])
    if len(strange):
        raise RecliError(
            f"--if {ruled.only_if}: it holds for some rows of user "
            f"{seen['user_id'][int(strange[0])]!r} and not for others",
            "ask about the user or the bucket; --where of `rerank filter` asks about rows",
        )
    return holds


def _taken(seen: pl.DataFrame, done: Reordered) -> pl.DataFrame:
    """The rows that a rule keeps, with the scores and columns that it gives them."""
    same = len(done.rows) == seen.height and bool((np.diff(done.rows) == 1).all())
    taken = seen if same else seen[done.rows]
    if done.scores is not None:
        taken = taken.with_columns(pl.Series("score", done.scores, pl.Float32))
    return taken.with_columns(values.alias(name) for name, values in done.columns.items())


def _before(seen: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Series:
    """A column as it was before a rule wrote it; empty where it was not there."""
    if name in seen.columns:
        return seen[name].cast(kind)
    return pl.repeat(None, seen.height, dtype=kind, eager=True)


def moves(
    users: pl.Series, at: Longs, ranks: npt.NDArray[np.int32], k: int | None
) -> dict[str, int]:
    """Lists touched, items moved, lists shorter than they were, or were asked to be.

    `at` [kept rows] is where each kept row stood among those of `users`.
    """
    starts = starts_of(users)
    before = np.diff(starts)
    lists = np.repeat(np.arange(len(before)), before)
    moved = ranks != at - starts[lists[at]] + 1
    after = np.bincount(lists[at], minlength=len(before))
    short = after < (before if k is None else np.minimum(before, k))
    touched = short.copy()
    touched[lists[at[moved]]] = True
    return {
        "lists": len(before),
        "lists touched": int(touched.sum()),
        "items moved": int(moved.sum()),
        "lists made shorter" if k is None else "lists with fewer than k": int(short.sum()),
    }
