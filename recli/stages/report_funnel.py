"""What a funnel loses stage by stage, and what lists are worth to the cold, as sections."""

from typing import Any

from recli.kernels import chart_bars
from recli.kernels.chart_bars import Bar
from recli.stages.report_measured import by_label
from recli.stages.report_parts import Cell, Grid, Section, count, grid, interval, number, share
from recli.stages.report_runs import Facts, Measurement
from recli.store.text import safe

_ALL = "all"  # the margin of the matrix


def funnel(run: Measurement) -> Section | None:
    """The share of what was relevant that each stage still holds, and what it lost."""
    stages = run.rows("funnel")
    if not stages:
        return None
    told = "The share of relevant items that each stage still holds; numbers are in the table."
    known = [row for row in stages if row["recall"] is not None]
    bars = [
        Bar(safe(row["stage"], 60), row["recall"], row["low"], row["high"], max(came - left, 0.0))
        for row, came, left in zip(known, _before(known), _recalls(known), strict=True)
    ]
    across = "ceiling of recall: share of what a user chose"
    pictures = (chart_bars.picture("funnel", told, across, bars),) if bars else ()
    lead = [
        "Recall of a stage bounds that of every later one. The oracle puts the items of a stage "
        "in the best order: no ranking of them is worth more."
    ]
    most = max(stages, key=lambda row: row["lost"] or 0)
    if len(stages) > 1 and most["lost"]:
        of = "" if most["lost_share"] is None else f", {share(most['lost_share'])} of what came in"
        lead.append(f"Most is lost by {most['stage']}: {most['lost']:,} items{of}.")
    return Section("funnel", "Where the funnel loses", tuple(lead), pictures, (_stages(stages),))


def _recalls(stages: list[Facts]) -> list[float]:
    return [row["recall"] for row in stages]


def _before(stages: list[Facts]) -> list[float]:
    """The recall that comes into each stage; the first is the start of the funnel."""
    recalls = _recalls(stages)
    return recalls[:1] + recalls[:-1]


def _stages(stages: list[Facts]) -> Grid:
    k = next((row["oracle_k"] for row in stages if row["oracle_k"] is not None), None)
    header = ["stage", "lists", "length", "recall", "reached", "lost"]
    header += [f"oracle ndcg@{k}" if k else "oracle ndcg"]
    rows = [
        [
            Cell(row["stage"], row["lists"] if row["lists"] != row["stage"] else ""),
            count(row["users"]),
            number(row["mean_length"], 1),
            Cell(number(row["recall"]), interval(row["low"], row["high"])),
            Cell(count(row["reached"]), f"of {count(row['relevant'])}"),
            Cell(count(row["lost"]), _why(row)),
            number(row["oracle_ndcg"]),
        ]
        for row in stages
    ]
    return grid("The stages", header, rows)


def _why(row: Facts) -> str:
    """What share of what came in was lost, and what of it no order could have saved."""
    known = {"lost_without_list": "no list", "lost_new": "new items", "lost_seen": "seen before"}
    told = [f"{row[key]:,} {why}" for key, why in known.items() if row[key]]
    part = [] if row["lost_share"] is None else [f"{share(row['lost_share'])} of what came in"]
    return ", ".join(part + told)


def cold(run: Measurement) -> Section | None:
    """A matrix for each metric of each list: length of history down, age of the items across."""
    cells = run.rows("cells")
    if not cells:
        return None
    numbers: dict[tuple[str, str], dict[tuple[str, str], Facts]] = {}
    for cell in cells:
        for name, rows in by_label(run.metrics_of(cell)).items():
            for row in rows:
                place = (cell["history"], cell["age"])
                numbers.setdefault((row["lists"], name), {})[place] = row
    people = {(cell["history"], cell["age"]): cell for cell in cells}
    grids = {key: _matrix(f"{key[1]} of {key[0]}", found) for key, found in numbers.items()}
    added = run.words("baselines")
    first = {lists: (lists, name) for lists, name in reversed(grids) if lists not in added}
    shown = tuple(one for key, one in grids.items() if key in first.values())
    folded = [one for one in grids.values() if one not in shown]
    lead = (
        "Users by how much they did before, down; what they then chose by how old the items "
        "were, across. The stronger the colour, the higher.",
    )
    return Section("cold", "The cold start", lead, grids=shown, folded=(*folded, _people(people)))


def _bands(found: dict[tuple[str, str], Any]) -> tuple[list[str], list[str]]:
    """Names of the bands down and across, in their order, the margins last."""
    downs, acrosses = ([*dict.fromkeys(key[at] for key in found)] for at in (0, 1))
    return sorted(downs, key=_ALL.__eq__), sorted(acrosses, key=_ALL.__eq__)


def _matrix(caption: str, found: dict[tuple[str, str], Facts]) -> Grid:
    downs, acrosses = _bands(found)
    inner = [row["value"] for key, row in found.items() if _ALL not in key]
    most = max((value for value in inner if value is not None), default=0.0)

    def cell(down: str, across: str) -> Cell:
        row = found.get((down, across))
        if row is None or row["value"] is None:
            return Cell("–")
        users = f"{row['users']:,} users" if row["users"] is not None else ""
        if _ALL in (down, across):
            return Cell(number(row["value"]), users)
        heat = max(row["value"], 0.0) / most if most > 0 else 0.0
        return Cell(number(row["value"]), users, heat=round(heat, 3))

    rows = [[down, *(cell(down, across) for across in acrosses)] for down in downs]
    return grid(caption, ["history", *acrosses], rows)


def _people(people: dict[tuple[str, str], Facts]) -> Grid:
    """How many users and interactions each cell is about."""
    downs, acrosses = _bands(people)

    def cell(down: str, across: str) -> Cell:
        row = people.get((down, across))
        if row is None:
            return Cell("–")
        users = f"{count(row['users'])} users, {share(row['users_share'])}"
        return Cell(count(row["interactions"]), users)

    rows = [[down, *(cell(down, across) for across in acrosses)] for down in downs]
    return grid("Interactions and users of each cell", ["history", *acrosses], rows)
