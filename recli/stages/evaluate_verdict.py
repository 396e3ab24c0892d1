"""What came out of a comparison, in a sentence and in marks beside the numbers."""

import math

from recli.stages.evaluate import Outcome
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_compare import Compared

MARKS = {"better": "+", "worse": "-", "not told apart": "="}
_WORDS = {
    "better": "better than",
    "worse": "worse than",
    "not told apart": "not told apart from",
}


def sentences(outcome: Outcome) -> list[str]:
    """A sentence for each of the user's lists that is held against something.

    Metrics of which the same is to be said stand together; the first one tells by how much, beside
    the baseline that is the best in it.
    """
    found, named = [], labels(outcome)
    for name in outcome.names:
        own = [one for one in outcome.comparisons if one.name == name]
        if own and name not in outcome.baselines:
            found.append(f"{name}: {_sentence(own, named)}")
    return found


def _sentence(own: list[Compared], named: dict[Asked, str]) -> str:
    by_metric: dict[Asked, list[Compared]] = {}
    for one in own:
        by_metric.setdefault(one.asked, []).append(one)
    by_words: dict[str, list[str]] = {}
    for asked, compared in by_metric.items():
        told = named[asked] if by_words else f"{named[asked]} ({_by_how_much(compared)})"
        by_words.setdefault(_words(compared), []).append(told)
    return "; ".join(f"{words} on {', '.join(told)}" for words, told in by_words.items())


def _words(compared: list[Compared]) -> str:
    """One metric beside each baseline: `better than popularity and item-knn`."""
    parts = []
    for verdict, words in _WORDS.items():
        names = [one.baseline for one in compared if one.verdict == verdict]
        if names:
            parts.append(f"{words} {' and '.join(names)}")
    return ", ".join(parts)


def _by_how_much(compared: list[Compared]) -> str:
    worth = -1 if compared[0].asked.less_is_better else 1
    best = max(compared, key=lambda one: worth * one.difference.baseline)
    over = f" beside {best.baseline}" if len(compared) > 1 else ""
    return f"{interval(best)}{over}, {p_value(best.p_adjusted)}"


def interval(one: Compared) -> str:
    """The difference and its interval: `+0.0070 [+0.0031, +0.0110]`."""
    found = one.difference
    ends = "" if math.isnan(found.low) else f" [{signed(found.low)}, {signed(found.high)}]"
    return f"{signed(found.value)}{ends}"


def signed(value: float) -> str:
    """A difference; one that is not 0 is never shown as if it were.

    >>> signed(0.25), signed(-0.00001), signed(0.0)
    ('+0.2500', '-1e-05', '+0.0000')
    """
    small = value and abs(value) < 0.00005
    return f"{value:+.2g}" if small else f"{value:+.4f}"


def p_value(p: float) -> str:
    """As it is read: `p < 0.001`, `p = 0.03`; one below the level is never rounded up to it."""
    return "p < 0.001" if p < 0.001 else f"p = {math.floor(p * 1000) / 1000:g}"


def labels(outcome: Outcome) -> dict[Asked, str]:
    """What a metric is called: with its definition where two would read alike."""
    every = [one.asked for one in outcome.measured] + [one.asked for one in outcome.comparisons]
    asked = list(dict.fromkeys(every))
    plain = [one.label for one in asked]
    return {one: one.label if plain.count(one.label) == 1 else one.written for one in asked}


def marks(outcome: Outcome, asked: Asked, name: str) -> str:
    """A mark for each baseline, in their order; empty where nothing is compared."""
    return "".join(
        MARKS[one.verdict] for one in outcome.comparisons if one.name == name and one.asked == asked
    )
