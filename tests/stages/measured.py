"""What a measurement writes in full, as `evaluate --json` declares it, with every part in it."""

from typing import Any

DECILES = (0.45, 0.2, 0.12, 0.08, 0.05, 0.04, 0.03, 0.02, 0.01, 0.0)
NUMBERS = {
    ("ndcg", 10): {"als": 0.1341, "knn": 0.1302, "popularity": 0.0555},
    ("recall", 10): {"als": 0.1141, "knn": 0.1163, "popularity": 0.0601},
    ("gini", 10): {"als": 0.81, "knn": 0.74, "popularity": 0.97},
    ("coverage", 10): {"als": 0.603, "knn": 0.588, "popularity": 0.027},
}
CHOICES = {"ndcg": {"gain": "linear"}, "recall": {"denominator": "relevant"}}
STAGES = (
    ("retrieve als", 0.5731, 0.4269, 200),
    ("rank lambdamart", 0.3315, 0.2416, 50),
    ("rerank mmr", 0.1141, 0.2174, 10),
)


def metric(name: str, k: int, lists: str, value: float, segment: str | None = None) -> Any:
    whole = name in ("gini", "coverage")
    return {
        "metric": name,
        "k": k,
        "definitions": CHOICES.get(name, {}),
        "less_is_better": name == "gini",
        "lists": lists,
        "segment": segment,
        "value": value,
        "low": None if whole else value - 0.008,
        "high": None if whole else value + 0.008,
        "users": 1885,
    }


def record(command: str, *inputs: tuple[str, str]) -> Any:
    return {
        "format": 1,
        "command": command,
        "arguments": {"k": 50, "lambda": 0.7},
        "inputs": [{"role": role, "name": name, "sha256": name * 4} for role, name in inputs],
        "ancestors": {},
    }


def cell(down: int, across: int) -> Any:
    downs, acrosses = ("0", "1-5", "6-20", "all"), ("0-7 d", "8-30 d", "31 d-", "all")
    value = 0.03 * (down + 1) + 0.02 * across
    return {
        "history": downs[down],
        "age": acrosses[across],
        "users": 100 * (down + 1),
        "users_share": 0.1 * (down + 1),
        "interactions": 1000 * (across + 1),
        "interactions_share": 0.1 * (across + 1),
        "metrics": [
            metric("recall", 10, lists, value / (1 + at))
            for at, lists in enumerate(("als", "popularity"))
        ],
    }


def full() -> dict[str, Any]:
    """A run with every part, of two lists and a baseline."""
    metrics = [
        metric(name, k, lists, value)
        for (name, k), values in NUMBERS.items()
        for lists, value in values.items()
    ]
    metrics += [metric("ndcg", 10, "als", 0.14, "BR"), metric("ndcg", 10, "als", 0.12, "US")]
    return {
        "format": 2,
        "command": "evaluate",
        "recli": "0.6.0",
        "relevance": "relevant every row of truth, worth 1",
        "level": 0.95,
        "seed": 0,
        "by": "country",
        "catalogue": "items.parquet",
        "lists": ["als", "knn", "popularity"],
        "baselines": ["popularity"],
        "verdict": [
            "als is better than popularity: ndcg@10 is higher by 0.0786 [0.0704, 0.0868], 142%.",
            "knn is not told apart from als by ndcg@10.",
        ],
        "metrics": metrics,
        "comparisons": [
            {
                **metric("ndcg", 10, "als", 0.0),
                "baseline": against,
                "difference": difference,
                "low": difference - 0.0082,
                "high": difference + 0.0082,
                "relative": difference / 0.0555,
                "p_value": 0.0,
                "p_adjusted": p,
                "verdict": verdict,
            }
            for against, difference, p, verdict in (
                ("popularity", 0.0786, 0.001, "better"),
                ("knn", 0.0039, 0.41, "not told apart"),
                ("oracle", -0.3, 0.001, "worse"),
            )
        ],
        "users": {"users measured": 1885, "without a list, counted as 0": 12},
        "gates": [
            {"metric": "ndcg@10", "definitions": CHOICES["ndcg"], "least": 0.1, "met": True},
            {"metric": "coverage@10", "definitions": {}, "least": 0.7, "met": False},
            {"metric": "recall@10", "most_below": 0.05, "relative": True, "met": True},
        ],
        "warnings": ["495 of 1,885 users measured have no history"],
        "leaks": [{"kind": "time", "where": "als", "line": "als was trained after the test began"}],
        "funnel": [
            {
                "stage": stage,
                "lists": f"{stage} of als",
                "rows": 1885 * length,
                "users": 1885,
                "mean_length": float(length),
                "relevant": 12_443,
                "reached": round(12_443 * recall),
                "recall": recall,
                "low": recall - 0.01,
                "high": recall + 0.01,
                "lost": round(12_443 * lost),
                "lost_share": lost / (recall + lost),
                "lost_new": 12,
                "lost_seen": 0,
                "oracle_ndcg": min(1.0, recall * 1.6),
                "oracle_k": 10,
            }
            for stage, recall, lost, length in STAGES
        ],
        "cells": [cell(down, across) for down in range(4) for across in range(4)],
        "popularity_curve": [
            {
                "lists": lists,
                "popularity_decile": at + 1,
                "share_of_exposure": DECILES[at] if lists != "popularity" else float(at == 0),
                "share_of_truth": DECILES[at],
                "share_of_catalogue": 0.1,
                "share_of_history": DECILES[at],
            }
            for lists in ("als", "knn", "popularity")
            for at in range(10)
        ],
        "summary": [
            {
                "role": role,
                "where": f"{role}.parquet",
                "rows": 18_850,
                "users": 1885,
                "items": 603,
                "first": "2025-06-02T16:03:22Z" if role == "truth" else None,
                "last": "2025-07-04T22:08:54Z" if role == "truth" else None,
            }
            for role in ("lists", "truth", "history")
        ],
        "inputs": [
            {
                "role": "lists",
                "where": "recs.parquet",
                "sha256": "ab" * 32,
                "record": record("rerank mmr", ("candidates", "ranked-candid")),
            },
            {"role": "truth", "where": "test.csv", "sha256": "cd" * 32, "record": None},
        ],
    }
