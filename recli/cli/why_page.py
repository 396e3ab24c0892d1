"""The facts of `why` as one page for people, at most 80 columns wide."""

import textwrap
from typing import Any

from recli.store import text

WIDE = 80
_TABLE, _STEP, _NAME = 20, 32, 29  # columns that names of tables, steps and features take
_NOISE = 1e-8  # what is left of a mean that is 0
Facts = dict[str, Any]


def page(facts: Facts, top: int) -> str:
    """The verdict, the way through the funnel, what models say, what the ranker adds up."""
    title = f"  {facts['title']}" if facts["title"] else ""
    parts = [
        _clipped(f"user {facts['user']}  item {facts['item']}{title}", WIDE),
        _wrapped(facts["verdict"]),
        _funnel(facts["funnel"]),
        "\n".join(_wrapped(line) for line in _known(facts)),
    ]
    if facts["ranking"]:
        parts += [_wrapped(_ranked(facts["ranking"])), _features(facts["ranking"], top)]
    return "\n\n".join(part for part in parts if part)


def _funnel(steps: list[Facts]) -> str:
    header = ["step", "table", " rank", "   of", "    score"]
    rows: list[list[object]] = [
        [
            _clipped(step["step"] or "not made by recli", _STEP),
            _clipped(step["table"] or ("(made again)" if step["made_again"] else ""), _TABLE),
            f"{_number(step['rank'], '' if step['of'] is None else '-'):>5}",
            f"{_number(step['of']):>5}",
            f"{_number(step['score']):>9}",
        ]
        for step in steps
    ]
    return text.table(header, rows)


def _known(facts: Facts) -> list[str]:
    """A line for the sources of a merge, the history, each model, and a ranker without a list."""
    lines = []
    sources: Facts = next(
        (step["sources"] for step in facts["funnel"][::-1] if step["sources"]), {}
    )
    if sources:
        told = [f"{name} {one['rank']} ({one['score']:.4g})" for name, one in sources.items()]
        lines.append(f"rank (score) by source: {', '.join(told)}")
    met = facts["history"]
    if met is not None:
        last = f", the last on {met['last']}" if met["last"] else ""
        times = "interaction" if met["interactions"] == 1 else "interactions"
        lines.append(f"history: {met['interactions'] or 'no'} {times} with the item{last}")
    for model in facts["models"]:
        score = "" if model["score"] is None else f", score {model['score']:.6g}"
        status = f", user {model['status']}" if model["status"] else ""
        lines.append(f"{model['model']}: {model['verdict']}{score}{status}")
    if facts["unranked"]:
        lines.append(f"cannot be ranked: {facts['unranked']}")
    return lines


def _ranked(ranking: Facts) -> str:
    chance = "" if ranking["chance"] is None else f", chance {ranking['chance']:.4g}"
    return (
        f"{ranking['ranker']} on {ranking['candidates']}: rank {ranking['rank']:,} of "
        f"{ranking['of']:,}, score {ranking['score']:.6g} (list mean {ranking['mean']:.4g}){chance}"
    )


def _features(ranking: Facts, top: int) -> str:
    """The features that add most, the rest in one line, and their sum: the score."""
    header = ["feature", "       value", " list mean", "      adds", "above list"]
    features = ranking["features"]
    rows = [
        _row(one["name"], _number(one["value"], "missing"), _mean(one), one["adds"], one["above"])
        for one in features[:top]
    ]
    rest = features[top:]
    if rest:
        adds, above = (sum(one[name] for one in rest) for name in ("adds", "above"))
        rows.append(_row(f"{len(rest)} more", "", "", adds, above))
    rows.append(_row("bias", "", "", ranking["bias"], None))
    rows.append(_row("score", "", "", ranking["score"], ranking["score"] - ranking["mean"]))
    return text.table(header, rows)


def _row(name: str, value: str, mean: str, adds: float, above: float | None) -> list[object]:
    beyond = "" if above is None else f"{above:+.4g}"
    return [
        _clipped(name, _NAME),
        f"{_clipped(value, 12):>12}",
        f"{mean:>10}",
        f"{adds:>+10.4g}",
        f"{beyond:>10}",
    ]


def _mean(one: Facts) -> str:
    return f"{one['same']:.0%} alike" if one["same"] is not None else _number(one["mean"])


def _number(value: Any, none: str = "") -> str:
    if value is None:
        return none
    if isinstance(value, float):
        return f"{value:.5g}" if abs(value) > _NOISE else "0"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _wrapped(words: str) -> str:
    return textwrap.fill(text.safe(words, 4000), WIDE, break_on_hyphens=False)


def _clipped(words: str, columns: int) -> str:
    """Text that is safe to show, cut to so many columns of a terminal."""
    shown = text.safe(words)
    if text.width(shown) <= columns:
        return shown
    while text.width(shown) > columns - 1:
        shown = shown[:-1]
    return f"{shown}…"
