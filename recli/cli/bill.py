"""What rules did and what that cost, as lines for people and records for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recli.stages.rerank_price import SHOWN

if TYPE_CHECKING:
    from recli.cli.messages import Messages
    from recli.stages.rerank_chain import Bill

_NAMES = {"score": "score", "gini": "Gini", "ndcg": "NDCG", "kl": "KL to history"}


def tell(run: Messages, bill: Bill, names: list[str], k: int, catalogue: int | None) -> None:
    """Print the price of each rule, unless quiet."""
    if run.quiet:
        return
    for name, priced in zip(names, bill.rules, strict=True):
        before, after = (worth.measures(catalogue) for worth in (priced.before, priced.after))
        parts = [
            f"{_NAMES.get(key, key)} {_number(before[key])} -> {_number(after[key])}"
            for key in SHOWN
            if before[key] is not None and after[key] is not None
        ]
        line = f"first {k} places: {', '.join(parts)}"
        record: dict[str, Any] = {"rule": name, "places": k, "before": before, "after": after}
        if len(names) > 1:
            counts = dict(priced.counts)
            told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
            line, record = f"{name}: {told}; {line}", record | {"counts": counts}
        run.print("info", line, **record)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}"
