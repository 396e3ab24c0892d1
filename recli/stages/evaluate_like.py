"""Conventions of other tools: what evaluate does as they do, so that numbers can be compared.

Each was read from the source of the tool and is held by tests to what the tool itself finds:
trec_eval 9.0 (through pytrec_eval), RecBole 1.2, ranx 0.3 and implicit 0.7.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Like = Literal["trec_eval", "recbole", "ranx", "implicit"]
Order = Literal["rank", "score", "text"]


@dataclass(frozen=True)
class Convention:
    """How users count, how lists are ordered, and which definitions metrics have."""

    tool: str = ""
    said: str = ""  # in the report
    choices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by metric
    instead: Mapping[str, str] = field(default_factory=dict)  # what the tool means by a metric
    same: frozenset[str] = frozenset()  # metrics that then agree with the tool; none: not asked
    unlisted: bool = True  # users with something relevant and no list count, as 0
    nothing: bool = False  # users of truth with nothing relevant count, as 0
    order: Order = "rank"
    padding: int = 0  # items that the tool counts beside those of the catalogue


USUAL = Convention()
_FULL = {"map": {"denominator": "all"}, "recall": {"denominator": "all"}}
_LINEAR = {"ndcg": {"gain": "linear"}}
_LISTED = ("ndcg", "recall", "precision", "map", "mrr", "hit-rate")
CONVENTIONS: Mapping[Like, Convention] = {
    # trec_eval without -c; scores are single precision there, and ids compared as text.
    "trec_eval": Convention(
        "trec_eval",
        "as trec_eval: users in both tables, those with nothing relevant as 0; ranks are not "
        "looked at, equal scores go by falling item id",
        _FULL | _LINEAR,
        same=frozenset([*_LISTED, "r-precision"]),
        unlisted=False,
        nothing=True,
        order="text",
    ),
    # ranx leaves equal scores to chance.
    "ranx": Convention(
        "ranx",
        "as ranx: all users of truth, those without a list and with nothing relevant as 0; ranks "
        "are not looked at, equal scores go by item id",
        _FULL | _LINEAR,
        same=frozenset([*_LISTED, "r-precision", "rbp"]),
        nothing=True,
        order="score",
    ),
    "recbole": Convention(
        "recbole",
        "as RecBole: users with something relevant; its padding counts as an item of the catalogue",
        {
            "map": {"denominator": "cap"},
            "recall": {"denominator": "all"},
            "gauc": {"weight": "relevant"},
            "entropy": {"scale": "shown"},
        }
        | _LINEAR,
        same=frozenset(
            [
                *_LISTED,
                "auc",
                "gauc",
                "log-loss",
                "rmse",
                "mae",
                "coverage",
                "gini",
                "entropy",
                "average-popularity",
            ]
        ),
        padding=1,
    ),
    "implicit": Convention(
        "implicit",
        "as implicit: users with something relevant; precision is pooled over users, auc is cut "
        "at k",
        {"map": {"denominator": "cap"}} | _LINEAR,
        {"precision": "pooled-precision", "auc": "catalogue-auc"},
        frozenset(["pooled-precision", "catalogue-auc", "map", "ndcg"]),
    ),
}


def convention(like: Like | None) -> Convention:
    """What a tool does; what recli does without one."""
    return USUAL if like is None else CONVENTIONS[like]


def strangers(like: Convention, names: Iterable[str]) -> list[str]:
    """Warnings about metrics that a tool does not have, or has in a way of its own."""
    others = sorted({*names} - like.same) if like is not USUAL else []
    if not others:
        return []
    return [f"--like {like.tool} says nothing of {', '.join(others)}: measured as without it"]
