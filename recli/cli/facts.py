"""The facts of `inspect` as text for people."""

from typing import Any

from recli.stages.inspect import chain
from recli.store import text


def shown(facts: dict[str, Any]) -> str:
    """Kind and size first, then columns, first rows and the chain of steps."""
    parts = [_pairs(facts)]
    if "columns" in facts:
        header = ["column", "type", "empty", "distinct (about)", "least", "most", "mean"]
        keys = ["name", *header[1:]]
        rows = [[_short(column.get(key, "")) for key in keys] for column in facts["columns"]]
        parts.append(text.table(header, rows))
    if facts.get("head"):
        header = list(facts["head"][0])
        rows = [[_short(row[name]) for name in header] for row in facts["head"]]
        parts.append(text.table(header, rows))
    for name in _tables(facts):
        columns = [_column(key, [row[key] for row in facts[name]]) for key in facts[name][0]]
        header, *rows = map(list, zip(*columns, strict=True))
        parts.append(f"{name}:\n{text.table(header, rows)}")
    steps = chain(facts["provenance"])
    parts.append("\n".join(text.safe(line) for line in steps) or "not made by recli")
    return "\n\n".join(parts)


def _tables(facts: dict[str, Any]) -> list[str]:
    """The facts that are rows of the same columns, but for those shown in a way of their own."""
    known = ("columns", "head", "provenance")
    return [
        key
        for key, value in facts.items()
        if key not in known and isinstance(value, list) and value and isinstance(value[0], dict)
    ]


def _column(key: str, values: list[Any]) -> list[str]:
    """A title and its values: numbers to the right, with as many decimals each."""
    title = key.replace("queries_per_second", "queries/s").replace("_", " ")
    if not all(isinstance(value, int | float) for value in values):
        return [title, *(str(_short(value)) for value in values)]
    decimals = 0
    if any(isinstance(value, float) for value in values):
        decimals = max(0, 5 - len(str(int(max(map(abs, values))))))
    cells = [title, *(f"{value:,.{decimals}f}" for value in values)]
    return [cell.rjust(max(map(len, cells))) for cell in cells]


def _pairs(facts: dict[str, Any]) -> str:
    """Every plain fact on a line of its own, a mapping's entries indented below its name."""
    lines = []
    for key, value in facts.items():
        if key in ("columns", "head", "provenance", *_tables(facts)):
            continue
        if isinstance(value, dict):
            lines.append(f"{key}:")
            lines += [f"  {text.safe(name)}: {text.safe(_short(v))}" for name, v in value.items()]
        elif value is not None:
            lines.append(f"{key}: {text.safe(_short(value))}")
    return "\n".join(lines)


def _short(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(str(_short(part)) for part in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
