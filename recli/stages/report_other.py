"""What any other command measured, as a verdict and a section: its facts and its tables."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from recli.stages.report_parts import MARKS, Cell, Grid, Section, Verdict, grid
from recli.stages.report_runs import Facts
from recli.store.runs import Written

_DULL = ("format", "recli", "command", "verdict", "gates", "guards", "warnings", "inputs")
_PLAIN = (str, int, float, bool, type(None))
ROWS = 200  # of a table that are shown


def told(run: Written) -> tuple[Verdict, Section]:
    """What a run came to, and its facts: each list of objects is a table, plain ones are one."""
    facts = run.told or {}
    name = str(facts.get("command") or run.where)
    told = {key: value for key, value in facts.items() if key not in _DULL}
    tables = [one for key, value in told.items() for one in _tables(key, value)]
    folded = [one for key, value in told.items() for one in _named(key, value)]
    folded += _named("What it went by", told)
    verdict = Verdict(
        _sentences(facts.get("verdict")),
        (*_gates(facts.get("gates"), "met"), *_gates(facts.get("guards"), "failed")),
        warnings=_sentences(facts.get("warnings")),
    )
    return verdict, Section("other", name, grids=tuple(tables), folded=tuple(folded))


def _gates(value: Any, key: str) -> Iterator[tuple[bool, str]]:
    """Whether each gate holds, by the field that says so, and its other fields as words."""
    for gate in value if isinstance(value, list) else ():
        if isinstance(gate, dict) and isinstance(gate.get(key), bool):
            words = [
                f"{_words(name)} {_cell(one).text}"
                for name, one in gate.items()
                if name != key and isinstance(one, _PLAIN) and one is not None
            ]
            told = _condition(gate) if key == "failed" else ""
            yield gate[key] == (key == "met"), told or ", ".join(words)


def _condition(guard: Facts) -> str:
    """What must not hold, as `diff` was asked; empty where it lacks a part.

    >>> _condition({"measure": "overlap", "k": 10, "sign": "<", "bound": 0.6, "failed": False})
    'fail if overlap@10 < 0.6'
    """
    measure, sign, bound = (guard.get(name) for name in ("measure", "sign", "bound"))
    if measure is None or sign is None or not isinstance(bound, int | float):
        return ""
    place = f"@{guard['k']}" if guard.get("k") else ""
    return f"fail if {measure}{place} {sign} {bound:g}"


def _sentences(value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list):
        return ()
    return tuple(one for one in given if isinstance(one, str))


def _named(key: str, value: Any) -> list[Grid]:
    """The plain facts of an object as a table of names and values."""
    if not isinstance(value, dict):
        return []
    rows = [
        [_words(name), _cell(one)]
        for name, one in value.items()
        if isinstance(one, _PLAIN) and one is not None
    ]
    return [grid(_words(key), ["name", "value"], rows)] if rows else []


def _tables(key: str, value: Any) -> list[Grid]:
    """Each list of objects in a fact as a table; columns without a value are left out."""
    if isinstance(value, dict):
        return [one for name, part in value.items() for one in _tables(f"{key}: {name}", part)]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return []
    ends = _ends(value)
    inside = {end for pair in ends.values() for end in pair}
    columns = [
        name
        for name in dict.fromkeys(name for row in value for name in row)
        if name not in inside
        and any(row.get(name) not in (None, "") for row in value)
        and all(isinstance(row.get(name), _PLAIN) for row in value)
    ]
    if not columns:
        return []
    first = [name for name in columns if any(isinstance(row.get(name), str) for row in value)]
    ordered = [*first, *(name for name in columns if name not in first)]
    rows = [[_with_ends(row, name, ends) for name in ordered] for row in value[:ROWS]]
    more = f", the first {ROWS} of {len(value):,}" if len(value) > ROWS else ""
    header = [_words(name) for name in ordered]
    return [grid(f"{_words(key)}{more}", header, rows, max(len(first), 1))]


def _ends(rows: list[Facts]) -> dict[str, tuple[str, str]]:
    """Fields that have an interval: `x` with `x_low` and `x_high`, or what `low` stands behind."""
    names = [*dict.fromkeys(name for row in rows for name in row)]
    found = {}
    for at, name in enumerate(names):
        high = f"{name.removesuffix('low')}high"
        if (name == "low" or name.endswith("_low")) and high in names and at:
            found[name.removesuffix("low").rstrip("_") or names[at - 1]] = (name, high)
    return {name: pair for name, pair in found.items() if name in names}


def _with_ends(row: Facts, name: str, ends: dict[str, tuple[str, str]]) -> Cell:
    cell = _cell(row.get(name))
    low, high = (row.get(end) for end in ends.get(name, ("", "")))
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return replace(cell, mark=MARKS.get(cell.text, "")) if name == "verdict" else cell
    return replace(cell, note=f"[{_cell(low).text}, {_cell(high).text}]")


def _cell(value: Any) -> Cell:
    if isinstance(value, bool) or not isinstance(value, int | float):
        named = {None: "–", True: "yes", False: "no"}
        return Cell(named[value] if value is None or isinstance(value, bool) else str(value))
    return Cell(f"{value:,}" if isinstance(value, int) else f"{value:.4g}")


def _words(key: str) -> str:
    return key.replace("_", " ")
