"""What any other command measured, as a verdict and a section: its facts and its tables."""

from collections.abc import Iterator
from typing import Any

from recli.stages.report_parts import Cell, Grid, Section, Verdict, grid
from recli.store.runs import Written

_DULL = ("format", "recli", "command", "verdict", "gates", "guards", "warnings", "inputs")
_PLAIN = (str, int, float, bool, type(None))
ROWS = 200  # of a table that are shown


def told(run: Written) -> tuple[Verdict, Section]:
    """What a run came to, and its facts: each list of objects is a table, plain ones are one."""
    facts = run.told or {}
    name = str(facts.get("command") or run.where)
    told = {key: value for key, value in facts.items() if key not in _DULL}
    plain = [
        [_words(key), _cell(value)]
        for key, value in told.items()
        if isinstance(value, _PLAIN) and value is not None
    ]
    grids = [one for key, value in told.items() for one in _grids(key, value)]
    if plain:
        grids.append(grid("What it went by", ["fact", "value"], plain, 2))
    verdict = Verdict(
        _sentences(facts.get("verdict")),
        (*_gates(facts.get("gates"), "met"), *_gates(facts.get("guards"), "failed")),
        warnings=_sentences(facts.get("warnings")),
    )
    return verdict, Section("other", name, grids=tuple(grids))


def _gates(value: Any, key: str) -> Iterator[tuple[bool, str]]:
    """Whether each gate holds, by the field that says so, and its other fields as words."""
    for gate in value if isinstance(value, list) else ():
        if isinstance(gate, dict) and isinstance(gate.get(key), bool):
            words = [
                f"{_words(name)} {_cell(one).text}"
                for name, one in gate.items()
                if name != key and isinstance(one, _PLAIN) and one is not None
            ]
            yield gate[key] == (key == "met"), ", ".join(words)


def _sentences(value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list):
        return ()
    return tuple(one for one in given if isinstance(one, str))


def _grids(key: str, value: Any) -> list[Grid]:
    """The tables in a fact: a list of objects is one, and so are the plain facts of an object."""
    if isinstance(value, dict):
        rows = [
            [_words(name), _cell(one)] for name, one in value.items() if isinstance(one, _PLAIN)
        ]
        own = [grid(_words(key), ["name", "value"], rows)] if rows else []
        return own + [one for name, part in value.items() for one in _grids(f"{key}: {name}", part)]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return []
    columns = [
        *dict.fromkeys(
            name for row in value for name, one in row.items() if isinstance(one, _PLAIN)
        )
    ]
    if not columns:
        return []
    first = [name for name in columns if any(isinstance(row.get(name), str) for row in value)]
    ordered = [*first, *(name for name in columns if name not in first)]
    rows = [[_cell(row.get(name)) for name in ordered] for row in value[:ROWS]]
    more = f", the first {ROWS} of {len(value):,}" if len(value) > ROWS else ""
    header = [_words(name) for name in ordered]
    return [grid(f"{_words(key)}{more}", header, rows, max(len(first), 1))]


def _cell(value: Any) -> Cell:
    if isinstance(value, bool) or not isinstance(value, int | float):
        named = {None: "–", True: "yes", False: "no"}
        return Cell(named[value] if value is None or isinstance(value, bool) else str(value))
    return Cell(f"{value:,}" if isinstance(value, int) else f"{value:.6g}")


def _words(key: str) -> str:
    return key.replace("_", " ")
