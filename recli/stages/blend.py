"""Fit the weights of several sources on half of the validation users, measure on the others."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from recli.engines.result import Block
from recli.errors import ExitCode, RecliError
from recli.kernels import blending, lists
from recli.kernels.blending import SCALES, Scale
from recli.kernels.bootstrap import Sums, dealt, draws
from recli.kernels.hashing import uniform
from recli.kernels.lists import Items, Rows, Values
from recli.kernels.simplex import WHOLE, Percents, maximised
from recli.stages.blend_sample import TRUTH
from recli.stages.evaluate_asked import Asked, parsed
from recli.stages.merge_lay import laid_out

HALF = 0x68616C66  # draws the users who are fitted to


@dataclass(frozen=True)
class Blend:
    """How scores of several sources become one."""

    scale: Scale
    weights: Percents


@dataclass(frozen=True)
class Measured:
    """A mean over the held-out users and the ends of its interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Fitted:
    """The best weights found, and what they are worth on users who were not fitted to."""

    names: tuple[str, ...]
    equal: Blend
    fitted: Blend
    looked_at: int
    users: tuple[int, int]  # fitted to, held out
    measured: list[Measured]  # each source, equal weights, fitted weights
    over_equal: Measured  # gain of the fitted weights over equal ones
    over_best: Measured  # gain of `best` over the best source of the held-out users

    @property
    def best(self) -> Blend:
        """The fitted weights where they beat equal ones by more than chance explains.

        Equal weights are hard to beat, and safer where tomorrow is not like the validation data:
        Timmermann, "Forecast combinations", Handbook of Economic Forecasting 1, 2006, 1.
        """
        return self.fitted if self.over_equal.low > 0 else self.equal

    @property
    def pays(self) -> bool:
        """Whether the blend beats every source by more than chance explains."""
        return self.over_best.low > 0


def asked(word: str) -> Asked:
    """The metric to fit to; RecliError (usage) for one that is no mean over users."""
    one = parsed(word)
    if not hasattr(one.metric, "of_users") or one.needs or not one.k:
        raise RecliError(
            f"--metric {word} does not say how well lists meet what people chose",
            "choose one such as ndcg@20 or recall@20",
            code=ExitCode.USAGE,
        )
    return one


class Lists:
    """The lists of some users, ready to be blended and measured again and again."""

    def __init__(self, rows: Block, names: tuple[str, ...], metric: Asked) -> None:
        self.laid = laid_out([rows[name] for name in names], truth=rows[TRUTH])
        self.metric = metric
        self.gains = rows[TRUTH]["worth"].to_numpy()
        self.ties = self.laid.offers.ties()
        self.known = Items(len(self.laid.items), np.zeros(0))
        self.scaled: tuple[Scale, Values] | None = None

    def of_source(self, source: int) -> Values:
        """What each user [users] gets from the list of one source."""
        return self._measured(Rows(self.laid.offers.lists[source], self.laid.numbers))

    def of_blend(self, blend: Blend) -> Values:
        """What each user [users] gets from a blend."""
        if self.scaled is None or self.scaled[0] != blend.scale:
            self.scaled = blend.scale, blending.scaled(self.laid.offers, blend.scale)
        shares = np.array([blend.weights]) / WHOLE
        scores = blending.blended(self.laid.offers, self.scaled[1], shares)
        best = blending.first_items(self.laid.offers, scores, self.ties, self.metric.k)
        return self._measured(Rows(*best))

    def mean(self, scale: Scale, weights: Percents) -> float:
        """What users get from a blend on average."""
        return _mean(self.of_blend(Blend(scale, weights)))

    def _measured(self, lists_: Rows) -> Values:
        longest = max(lists_.lengths.max(initial=1), self.laid.truth.lengths.max(initial=1))
        none = Rows(np.zeros(len(self.laid.users) + 1, np.int64), np.zeros(0, np.int32))
        depth = min(self.metric.k, int(longest))
        found, _ = lists.beside(lists_, self.laid.truth, self.gains, none, depth, self.known)
        values: Values = self.metric.metric.of_users(found, self.metric.k)
        return values


def fit(rows: Block, names: tuple[str, ...], metric: Asked) -> Fitted:
    """The scale and weights that are best for half of the users, measured on the other half.

    Raises RecliError where there are too few users, or no list holds what they chose.
    """
    halves = [_half(rows, second) for second in (False, True)]
    known, held_out = (Lists(half, names, metric) for half in halves)
    if min(len(known.laid.users), len(held_out.laid.users)) < 2:
        raise RecliError("validation has too few users to fit weights to", "give more of them")
    if not any(known.of_source(source).any() for source in range(len(names))):
        raise RecliError(
            "no table offers anything that its users chose afterwards",
            "were the tables made before the validation rows, and with the same ids?",
        )
    equal = (WHOLE,) * len(names)
    evenly, found, looked_at = [], [], 0
    for scale in SCALES:
        evenly.append((known.mean(scale, equal), Blend(scale, equal)))
        weights, value, count = maximised(partial(known.mean, scale), len(names))
        found.append((value, Blend(scale, weights)))
        looked_at += 1 + count
    best = [max(ends, key=lambda one: one[0])[1] for ends in (evenly, found)]
    return _measured(held_out, names, best[0], best[1], looked_at, len(known.laid.users))


def _half(rows: Block, second: bool) -> Block:
    return {
        role: frame.filter(pl.Series((uniform([frame["user_id"]], HALF) < 0.5) != second))
        for role, frame in rows.items()
    }


def _mean(values: Values) -> float:
    """Mean over users, added in their order."""
    known = values[~np.isnan(values)]
    return float(np.cumsum(known)[-1] / len(known)) if len(known) else 0.0


def _measured(
    lists_: Lists,
    names: tuple[str, ...],
    equal: Blend,
    fitted: Blend,
    looked_at: int,
    fitted_to: int,
) -> Fitted:
    """The held-out users' report on every source, and on equal and fitted weights."""
    single = [lists_.of_source(source) for source in range(len(names))]
    even, tuned = lists_.of_blend(equal), lists_.of_blend(fitted)
    best = single[int(np.argmax([_mean(one) for one in single]))]
    columns = np.array([*single, even, tuned, tuned - even, tuned - best, even - best])
    sums = Sums(len(columns))
    sums.add(dealt(lists_.laid.users, 0), columns)
    ends = zip(sums.means.tolist(), *(end.tolist() for end in sums.interval(draws(0))), strict=True)
    titles = (*names, "equal weights", "fitted weights", "gain over equal weights")
    titles += ("gain over the best source",) * 2
    told = [Measured(name, *end) for name, end in zip(titles, ends, strict=True)]
    *measured, over_equal, over_best, equal_over_best = told
    return Fitted(
        names,
        equal,
        fitted,
        looked_at,
        (fitted_to, len(lists_.laid.users)),
        measured,
        over_equal,
        over_best if over_equal.low > 0 else equal_over_best,
    )
