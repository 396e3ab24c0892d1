"""The tables that `ope` reads beside the log: what the policy is, and the curve of looks."""

from dataclasses import replace

import polars as pl

from recli.contract import ID_TYPES, Contract
from recli.errors import ExitCode, RecliError
from recli.kernels.policy import Counts
from recli.stages.bandit_state import read_state
from recli.stages.leaks import seen_truth
from recli.stages.ope_policy import PLACES, Target, checked, placed
from recli.stages.plugin_words import built
from recli.stages.weights_known import curve as curve_read
from recli.store.open import Table
from recli.tables import BANDIT_COUNTS, same_id_type

LOG = Contract("Log", {"item_id": ID_TYPES}, {"user_id": ID_TYPES}, ("user_id",))
USUAL = "thompson"


def target_of(table: Table, word: str | None, log: Table) -> Target:
    """The policy of a table, told by its columns; RecliError where it is none, or fits no log."""
    if {"feature", "a"} <= {*table.schema}:
        raise RecliError(
            f"{table.where} is a linear state, whose chances hang on each list",
            "make the lists by rerank explore linucb, and value them",
        )
    table.need("item_id")
    same_id_type(log.schema, table.schema, "item_id", table.where)
    if not table.has("user_id") and {"shown", "rewarded"} <= {*table.schema}:
        return _of_state(table, word or USUAL)
    if word is not None:
        raise RecliError(
            f"--as {word} is for a state of bandit-update, {table.where} holds "
            f"{'lists' if table.has('user_id') else 'chances'}",
            "leave it out",
            code=ExitCode.USAGE,
        )
    if table.has("user_id"):
        if not log.has("user_id"):
            raise RecliError(
                f"{log.where} has no column 'user_id', {table.where} holds lists of users",
                "give a state, or a table of item_id, position and chance",
            )
        if not any(map(table.has, (*PLACES, "score"))):
            table.need("rank")
        return Target(table.where, table, told="lists" + _chosen(table))
    table.need("chance")
    chances = placed(table.read(), table.where)
    keys = [name for name in ("place",) if name in chances.columns]
    return Target(table.where, chances=checked(chances, keys, table.where), told="chances")


def _chosen(table: Table) -> str:
    if table.has("chance"):
        return " by lot, with the chances of all items"
    return ", as they were drawn" if table.has("propensity") else ""


def _of_state(table: Table, word: str) -> Target:
    name, policy = built("policies", word, "--as")
    if policy.state != "beta":
        raise RecliError(
            f"--as {word}: {table.where} is a state of counts, {name} reads one of kind "
            f"{policy.state}",
            "name another policy",
            code=ExitCode.USAGE,
        )
    BANDIT_COUNTS.check_schema(table.schema, table.where)
    counts = read_state(replace(table, contract=BANDIT_COUNTS), "beta")
    if not isinstance(counts, Counts):
        raise TypeError("a state of kind beta is counts")
    return Target(table.where, state=(policy, counts), told=f"{word} by the state")


def seen_before(policy: Table, log: Table) -> list[str]:
    """Warnings where a policy was learned from the log that it is to be valued by."""
    told = seen_truth([policy], log, None)
    steps = [] if policy.record is None else [policy.record]
    steps += [*(steps[0].get("ancestors", {}).values() if steps else ())]
    states = [one for one in steps if one.get("command") == "bandit-update"]
    if any(log.sha256 in one.get("arguments", {}).get("logs", ()) for one in states):
        told.append(f"{policy.where}: 'bandit-update' behind it has seen {log.where}")
    remedy = "it does better there than it would: value it by a log that came after"
    return [f"{line}; {remedy}" for line in told]


def curve_of(table: Table | None) -> pl.DataFrame | None:
    """Place and `look` of each place of a curve that is looked at; None without a curve."""
    if table is None:
        return None
    known = curve_read(table, float("inf"))
    rows = pl.DataFrame(
        {"place": [*known], "look": [*known.values()]}, {"place": pl.Int64, "look": pl.Float64}
    )
    return rows.filter(pl.col("look") > 0)
