"""What the tables say of weights: where their columns are, the newest label, the curve."""

from dataclasses import dataclass, field

from recli.errors import ExitCode, RecliError
from recli.kernels import features_counts
from recli.store.open import Table
from recli.tables import AS_OF

Tables = dict[str, Table]
LABELS, CANDIDATES, CURVE = "labels", "candidates", "propensities"  # roles of tables
POSITIONS = ("position", "rank")  # columns that say where a row stood, the first that is there


@dataclass(frozen=True)
class Known:
    """What the tables say of weights."""

    sources: dict[str, str] = field(default_factory=dict)  # role by column
    newest: int = 0  # label, in microseconds
    position: tuple[str, str] | None = None  # role and column
    curve: dict[int, float] = field(default_factory=dict)  # propensity by position

    @property
    def used(self) -> list[tuple[str, str]]:
        """Roles and columns."""
        columns = [(role, name) for name, role in self.sources.items()]
        return columns if self.position is None else [*columns, self.position]


def source(name: str, tables: Tables) -> str:
    """Which table has the column of weights."""
    there = [role for role in (LABELS, CANDIDATES) if role in tables and tables[role].has(name)]
    if len(there) != 1:
        places = " and ".join(tables[role].where for role in (LABELS, CANDIDATES) if role in tables)
        raise RecliError(
            f"--weights column:{name}: {places} {'both have it' if there else 'lack it'}",
            "rename it in one of them" if there else "name a column of numbers",
        )
    table = tables[there[0]]
    if not table.schema[name].is_numeric():
        raise RecliError(
            f"{table.where}: --weights column:{name} is {table.schema[name]}, not a number",
            "name another column",
        )
    return there[0]


def position(tables: Tables) -> tuple[str, str]:
    """Role and column of the places at which what was chosen stood."""
    for name in POSITIONS:
        for role in (LABELS, CANDIDATES):
            if role in tables and tables[role].has(name) and tables[role].schema[name].is_numeric():
                return role, name
    raise RecliError(
        "--weights ips: nothing says at which place each label was shown",
        f"give labels or candidates a column {' or '.join(map(repr, POSITIONS))}",
        code=ExitCode.USAGE,
    )


def curve(table: Table, clip: float) -> dict[int, float]:
    """The propensity of each position, none so small that a label counts more than `clip`."""
    rows = table.read(["position", "propensity"])
    twice = rows["position"].filter(rows["position"].is_duplicated()).sort()
    if len(twice):
        raise RecliError(
            f"{table.where} has several propensities of position {twice[0]}",
            "give a curve of one log",
        )
    return dict(zip(rows["position"], rows["propensity"].clip(1 / clip), strict=True))


def newest(tables: Tables) -> int:
    """When the last label was had."""
    labels = tables.get(LABELS)
    table, name = (tables[CANDIDATES], AS_OF) if labels is None else (labels, "timestamp")
    if not table.has(name):
        raise RecliError(
            f"--weights recency: {table.where} has no column '{name}'",
            "give labels with times",
            code=ExitCode.USAGE,
        )
    batches = (batch.rename({name: "timestamp"}) for batch in table.batches([name]))
    return features_counts.latest(batches) or 0
