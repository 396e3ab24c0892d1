"""Measure lists against what happened: one pass over all tables, user by user."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels.matrix import ignore
from recli.stages.ahead import ahead
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_baselines import Say, baselines_of
from recli.stages.evaluate_blocks import laid
from recli.stages.evaluate_by import By, columns_by
from recli.stages.evaluate_cold import Cold, cold_of
from recli.stages.evaluate_compare import Compared
from recli.stages.evaluate_found import ColdMatrix, Measured, cold_matrix, measured
from recli.stages.evaluate_funnel import Stage
from recli.stages.evaluate_gates import Gate
from recli.stages.evaluate_inputs import LISTS, Catalogue, Choices, Inputs, catalogue_of
from recli.stages.evaluate_labels import Labels
from recli.stages.evaluate_leaks import Leak, leaks_of
from recli.stages.evaluate_like import strangers
from recli.stages.evaluate_needs import columns_of_log, columns_of_truth, place
from recli.stages.evaluate_summary import Facts, inputs_of, summary_of
from recli.stages.evaluate_tally import Divider, Tally
from recli.stages.leak_traces import Traces
from recli.store.merged import Asked as Tables
from recli.store.merged import merged
from recli.store.open import Table

Watch = Callable[[Iterator[Block]], Iterator[Block]]


@dataclass(frozen=True)
class Outcome:
    """Everything that a run found."""

    names: list[str]
    measured: list[Measured]
    counts: dict[str, int]
    warnings: list[str] = field(default_factory=list)
    catalogue: str | None = None  # what the items are that could have been offered
    by: list[By] = field(default_factory=list)
    cold: ColdMatrix | None = None
    funnel: list[Stage] = field(default_factory=list)
    popularity_curve: list[Facts] = field(default_factory=list)
    summary: list[Facts] = field(default_factory=list)
    inputs: list[Facts] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    comparisons: list[Compared] = field(default_factory=list)
    baselines: list[str] = field(default_factory=list)  # of the names: what others are beside
    held: list[tuple[str, str]] = field(default_factory=list)  # which lists beside which

    def failed(self, gates: list[Gate]) -> list[tuple[Gate, Measured]]:
        """Gates that some lists, but for baselines, do not reach; NaN reaches none."""
        return [
            (gate, one)
            for gate in gates
            for one in self.measured
            if (one.asked.label, one.asked.definition) == (gate.asked.label, gate.asked.definition)
            and one.segment is None
            and one.name not in self.baselines
            and not gate.met(one.value)
        ]


def evaluate(
    inputs: Inputs, asked: list[Asked], choices: Choices, watch: Watch, say: Say = ignore
) -> Outcome:
    """Every metric of every list, with intervals; `watch` sees the blocks go by.

    Baselines of the history stand beside them; `say` tells of one that takes long to make.

    `asked` was settled by `checked`. Memory is that of a block, the items and 4,096 buckets.
    Raises RecliError when truth holds nothing relevant.
    """
    catalogue = catalogue_of(inputs, asked, choices.rows)
    baselines, missing = baselines_of(inputs, catalogue, asked, choices, say)
    columns = columns_by(choices.by, inputs.roles)
    cold = _cold(inputs, choices, catalogue)
    dividers: list[Divider] = [Labels(one, catalogue.numbering) for one in columns]
    dividers += [] if cold is None else [cold]
    tally = Tally(list(inputs.lists), asked, catalogue, choices, baselines, dividers)
    traces = Traces(inputs, catalogue)
    tables = traces.asked(tables_of(inputs, asked, choices))
    for frames in watch(ahead(merged(tables, choices.rows))):
        block = laid(frames, list(inputs.lists), catalogue.numbering, choices)
        tally.add(block)
        traces.add(frames, block)
    if not tally.counts["relevant"]:
        raise RecliError(
            f"{inputs.truth.where} holds nothing relevant",
            "check the steps before this one, and --min-relevance",
        )
    found = measured(tally, asked), counted(tally), [*warned(tally, asked, inputs), *missing]
    items = inputs.items or inputs.history
    of_catalogue = any("items or history" in one.needs for one in asked)
    where = items.where if items and of_catalogue else None
    beside = [one.name for one in baselines]
    beside += [choices.against] if choices.against in inputs.lists else []
    return Outcome(
        tally.names,
        *found,
        where,
        columns,
        comparisons=tally.comparing.found(choices.seed),
        baselines=beside,
        held=tally.comparing.held,
        cold=None if cold is None else cold_matrix(cold, tally),
        funnel=[] if tally.funnel is None else tally.funnel.found(choices.seed),
        popularity_curve=[] if tally.spread is None else tally.spread.curve(),
        summary=summary_of(inputs, tally.held, catalogue.past),
        inputs=inputs_of(inputs),
        leaks=leaks_of(inputs, traces, tally.longest, max(one.k for one in asked)),
    )


def _cold(inputs: Inputs, choices: Choices, catalogue: Catalogue) -> Cold | None:
    """What tells the cold apart, where that was asked for."""
    if choices.cold is None or inputs.history is None:
        return None
    return cold_of(choices.cold, inputs.history, inputs.truth, inputs.items, catalogue.numbering)


def rows_of_lists(block: Block) -> int:
    """How far a block goes: rows of lists."""
    return sum(frame.height for role, frame in block.items() if role.startswith(LISTS))


def tables_of(inputs: Inputs, asked: list[Asked], choices: Choices) -> Tables:
    """The tables of a run by role, with the columns that are read."""
    pair, needs = ["user_id", "item_id"], {need for one in asked for need in one.needs}
    logged = "log" in needs
    rated = "rating" in needs or choices.graded or choices.min_relevance is not None
    tables: dict[str, tuple[Table, list[str]]] = {}
    for name, table in inputs.lists.items():
        order = place(table) if choices.like.order == "rank" else "score"
        read = [*pair, order, *(["score"] if "score" in needs else [])]
        read += columns_of_log(table) if logged else []
        tables[LISTS + name] = (table, list(dict.fromkeys(read)))
    read = [*pair, *(["rating"] if rated else [])]
    read += ["timestamp"] if choices.cold and inputs.truth.has("timestamp") else []
    tables["truth"] = inputs.truth, read + (columns_of_truth(inputs.truth) if logged else [])
    if inputs.history is not None:
        weight = ["weight"] if inputs.history.has("weight") and choices.added else []
        tables["history"] = inputs.history, [*pair, *weight]
    if inputs.users is not None:
        tables["users"] = (inputs.users, ["user_id"])
    for by in columns_by(choices.by, inputs.roles):
        if by.role in tables and by.place != "history":
            tables[by.role][1].append(by.column)
    return {role: (table, list(dict.fromkeys(read))) for role, (table, read) in tables.items()}


def counted(tally: Tally) -> dict[str, int]:
    """Users and pairs measured and left out, for the last line and the report."""
    like, found = tally.choices.like, tally.counts
    counts = {"users measured": found["relevant"]}
    if like.nothing:
        counts["with nothing relevant, counted as 0"] = found["worthless"]
    counts["with nothing relevant left out"] = found["nothing"] - found["worthless"] * like.nothing
    several = len(tally.longest) > 1
    for name in tally.longest:
        suffix = f" in {name}" if several else ""
        if tally.rated:
            compared = tally.counts[f"compared {name}"]
            counts[f"pairs compared{suffix}"] = compared
            counts[f"ratings without a score{suffix}"] = tally.counts["ratings"] - compared
        if not tally.judging or (several and not tally.counts[f"none {name}"]):
            continue
        what = "without a list, counted as 0" if like.unlisted else "without a list left out"
        counts[f"{what}{suffix}"] = tally.counts[f"none {name}"]
    return counts


def warned(tally: Tally, asked: list[Asked], inputs: Inputs) -> list[str]:
    """One line for each thing that may make the numbers mean less than they seem to."""
    lines = []
    for name, table in inputs.lists.items():
        where = table.where
        repeated, seen, outside = (
            tally.counts[f"{fault} {name}"] for fault in ("repeated", "seen", "outside")
        )
        if tally.counts[f"none {name}"] == tally.counts["relevant"]:
            lines.append(f"{where}: no user of truth has a list; are the ids the same ones?")
        elif tally.rated and not tally.counts[f"compared {name}"]:
            lines.append(f"{where}: no pair has both a score and a rating")
        if repeated:
            lines.append(
                f"{where}: {repeated:,} of the first {tally.k} places repeat an item of the same "
                "list; an item counts once, in its first place"
            )
        if seen:
            lines.append(f"{where}: {seen:,} items offered are in the user's history")
        if outside:
            lines.append(f"{where}: {outside:,} items offered are not in the catalogue")
        lines += tally.pooled.warned(name, where)
    lines += strangers(tally.choices.like, (one.name for one in asked))
    lines += [] if tally.funnel is None else tally.funnel.warned()
    if inputs.history is not None and tally.counts["cold"]:
        cold, all_users = tally.counts["cold"], tally.counts["relevant"]
        lines.append(f"{cold:,} of {all_users:,} users measured have no history")
    return lines
