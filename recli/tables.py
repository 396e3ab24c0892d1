"""The contracts of the tables that stages read and write."""

import polars as pl

from recli.contract import ID_TYPES, TIME, Columns, Contract
from recli.errors import RecliError
from recli.reports import (
    COMPARISONS,
    DEFINITIONS,
    DIFF,
    EXPERIMENT,
    EXPERIMENT_PLAN,
    FUNNEL,
    METRICS,
    OPE,
    POSITION_BIAS,
    SIMULATION,
    TRADE_OFF,
)

AS_OF = "as_of"  # moment of a row of features or of a candidate: events before it count
REWARDS = ("reward", "clicked", "label")  # columns of a log that tell what came of a row
INTERACTIONS = Contract(
    "Interactions",
    {"user_id": ID_TYPES, "item_id": ID_TYPES},
    {
        "timestamp": (TIME,),
        "rating": (pl.Float32,),
        "event": (pl.String,),
        "weight": (pl.Float32,),
    },
    ("user_id", "timestamp", "item_id"),
    ("rating", "weight"),
    ("timestamp", "weight"),
)
ITEMS = Contract("Items", {"item_id": ID_TYPES}, {}, ("item_id",))
USERS = Contract("Users", {"user_id": ID_TYPES}, {}, ("user_id",))
PAIRS = Contract("Pairs", {"user_id": ID_TYPES, "item_id": ID_TYPES}, {}, ("user_id",))
CANDIDATES = Contract(
    "Candidates",
    {
        "user_id": ID_TYPES,
        "item_id": ID_TYPES,
        "score": (pl.Float32,),
        "rank": (pl.Int32,),
    },
    {"source": (pl.String,), "status": (pl.String,)},
    ("user_id", "rank"),
    ("score",),
    made_by="recli retrieve",
)
# What can be ranked or have features: candidates, or pairs of anybody's at moments of their own.
RANKABLE = Contract(
    "Rankable",
    PAIRS.required,
    {
        "score": (pl.Float32,),
        "rank": (pl.Int32,),
        "source": (pl.String,),
        "status": (pl.String,),
        "label": (pl.Float32,),
        AS_OF: (TIME,),
    },
    ("user_id", AS_OF, "rank"),
    ("score", "label"),
    ("label", AS_OF),
    made_by="recli retrieve",
)
# Lists to learn from, each at its moment: what was chosen, and what was drawn beside it.
SAMPLES = Contract(
    "Samples",
    PAIRS.required | {"label": (pl.Float32,), "drawn": (pl.String,)},
    {AS_OF: (TIME,), "log_q": (pl.Float32,)},
    ("user_id", AS_OF),
    made_by="recli sample-negatives",
)
FEATURES = Contract(
    "Features",
    {},
    {"user_id": ID_TYPES, "item_id": ID_TYPES, AS_OF: (TIME,)},
    ("user_id",),
    made_by="recli features",
)
SIMILAR = Contract(
    "Similar items",
    {
        "item_id": ID_TYPES,
        "similar_item_id": ID_TYPES,
        "score": (pl.Float32,),
        "rank": (pl.Int32,),
    },
    order=("item_id", "rank"),
    finite=("score",),
    made_by="recli similar",
)
# What can be evaluated: candidates of anybody, with a rank, or else a score to order them by.
LISTS = Contract(
    "Lists",
    {"user_id": ID_TYPES, "item_id": ID_TYPES},
    {
        "score": (pl.Float32, pl.Float64),
        "rank": (pl.Int32, pl.Int64, pl.UInt32),
        AS_OF: (TIME,),  # of a log: when the row was shown
    },
    ("user_id", "rank"),
    ("score",),
    made_by="recli retrieve",
)
# States of bandits, told apart by their columns: counts of each item, or the sums of LinUCB.
BANDIT_COUNTS = Contract(
    "Bandit counts",
    {"item_id": ID_TYPES, "shown": (pl.Int64,), "rewarded": (pl.Int64,)},
    order=("item_id",),
    made_by="recli bandit-update",
)
# A row for each feature, the last that of a 1: `a` is its row of A, in the order of the rows.
# What the nearest floats are off by stands in `..._rest`: the sums stay exact in any order.
BANDIT_SUMS = Contract(
    "Bandit sums",
    {
        "feature": (pl.String,),
        "b": (pl.Float64,),
        "a": (pl.List(pl.Float64),),
        "b_rest": (pl.Float64,),
        "a_rest": (pl.List(pl.Float64),),
    },
    finite=("b", "b_rest"),
    made_by="recli bandit-update --context",
)
# What an A/B test is read from: users with their variant, what they did, before and in the test.
EXPOSURES = Contract(
    "Exposures",
    {"user_id": ID_TYPES},
    {"timestamp": (TIME,)},
    ("user_id",),
    filled=("timestamp",),
)
CONTRACTS = {
    contract.name.lower(): contract
    for contract in (
        INTERACTIONS,
        ITEMS,
        USERS,
        CANDIDATES,
        SIMILAR,
        POSITION_BIAS,
        TRADE_OFF,
        SIMULATION,
        BANDIT_COUNTS,
        BANDIT_SUMS,
        EXPERIMENT,
        EXPERIMENT_PLAN,
        OPE,
        COMPARISONS,
        METRICS,
        DEFINITIONS,
        FUNNEL,
        DIFF,
    )
}
KINDS = {"interactions": INTERACTIONS, "items": ITEMS, "users": USERS}


def same_id_type(left: Columns, right: Columns, column: str, where: str) -> None:
    """Raise RecliError when one table holds its ids as text and the other as numbers."""
    if left[column] != right[column]:
        raise RecliError(
            f"{where}: '{column}' is {right[column]} here, {left[column]} in the table beside it",
            "ingest both with the same --id-type",
        )


def check_label(columns: Columns, name: str, where: str) -> None:
    """Raise RecliError where a column cannot part users into segments."""
    kind = columns[name]
    if kind.is_nested() or kind == pl.Binary:
        raise RecliError(
            f"{where}: column '{name}' is {kind}, which is no label of a user",
            "name a column with one value a user",
        )
