"""Sentences on a funnel: where most is lost, why, and what a better order could win."""

import math

from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_funnel import Stage

_NOUNS = {
    "retrieve": "retrieval",
    "merge": "merging",
    "rank": "ranking",
    "rerank": "re-ranking",
    "explore": "exploring",
}


def losses(stages: list[Stage]) -> str:
    """Which stage loses most, in a sentence."""
    names = _nouns(stages)
    most = max(stages, key=lambda stage: stage.lost)
    told = [
        f"{name} loses {percent(stage.lost_points)}{_reasons(stage)}"
        for name, stage in zip(names, stages, strict=True)
    ]
    left = stages[-1].reached / stages[-1].relevant
    lost = f"Most is lost by {names[stages.index(most)]}. " if len(stages) > 1 and most.lost else ""
    return f"{lost}Of what users chose {', '.join(told)}; {percent(left)} is left."


def _reasons(stage: Stage) -> str:
    """What no order of the stage could have saved, in brackets."""
    counts = {
        "of users without a list": stage.lost_without,
        "items that the history does not hold": stage.lost_new,
        "items that users chose before": stage.lost_seen,
    }
    parts = [f"{percent(n / stage.relevant)} {why}" for why, n in counts.items() if n]
    return f" ({', '.join(parts)})" if parts else ""


def headroom(stages: list[Stage], final: float, oracle: Asked) -> str:
    """What the final lists are worth beside the best order of what each stage offers."""
    first = ""
    if len(stages) > 1:
        first = f", the best of what {_nouns(stages)[0]} offers {stages[0].oracle.value:.4f}"
    return (
        f"{oracle.label} of the final lists is {final:.4f}; the best order of their items "
        f"has {stages[-1].oracle.value:.4f}{first}."
    )


def _nouns(stages: list[Stage]) -> list[str]:
    """A word for what each stage does, its number where several do that or nobody knows."""
    words = [_NOUNS.get(stage.stage.split(" ", 1)[0], "") for stage in stages]
    return [
        word if words.count(word) == 1 and word else f"stage {at}"
        for at, word in enumerate(words, 1)
    ]


def percent(share: float) -> str:
    """A share as people read it, `-` for none."""
    return "-" if math.isnan(share) else f"{share:.1%}"
