"""The contracts of the tables that stages read and write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile

import polars as pl

from recli.errors import RecliError

ID_TYPES = (pl.String, pl.Int64)
TIME = pl.Datetime("us", "UTC")
AS_OF = "as_of"  # moment of a row of features or of a candidate: events before it count
NUMBER = (pl.Float32, pl.Float64, pl.Int64, pl.Int32, pl.UInt32)
REWARDS = ("reward", "clicked", "label")  # columns of a log that tell what came of a row
SHOWN = 20  # columns that a message names
Columns = Mapping[str, pl.DataType]
Types = tuple[pl.DataType | type[pl.DataType], ...]


@dataclass(frozen=True)
class Contract:
    """What a table must look like: columns, types and the order of its rows."""

    name: str
    required: dict[str, Types]
    optional: dict[str, Types] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    finite: tuple[str, ...] = ()  # columns in which every number must be finite
    filled: tuple[str, ...] = ()  # optional columns that have a value in every row, if there
    made_by: str = "recli ingest"

    def check_schema(self, schema: pl.Schema, where: str) -> None:
        """Raise RecliError that names every column that is missing or of a wrong type."""
        faults = [f"no column '{name}'" for name in self.required if name not in schema]
        if faults:
            faults[-1] += f" (it has {_some(schema)})"
        for name, types in (self.required | self.optional).items():
            if name in schema and schema[name] not in types:
                wanted = " or ".join(str(kind) for kind in types)
                faults.append(f"column '{name}' is {schema[name]}, it must be {wanted}")
        if faults:
            raise RecliError(
                f"{where} is not a table of {self.name.lower()}: {'; '.join(faults)}",
                f"make one with '{self.made_by}' or rename the columns",
            )

    def check_rows(self, rows: pl.DataFrame, where: str) -> None:
        """Raise RecliError that names every fault in the values: empty, not finite."""
        faults = []
        for name in (*self.required, *self.filled):
            if name in rows.columns and rows[name].null_count():
                faults.append(f"column '{name}' is empty in {rows[name].null_count()} rows")
        for name in self.finite:
            if name in rows.columns:
                wrong = int((~rows[name].is_finite()).sum())  # an empty value is no fault here
                if wrong:
                    faults.append(f"column '{name}' is not a finite number in {wrong} rows")
        if faults:
            raise RecliError(f"{where}: {'; '.join(faults)}", "mend the rows or leave them out")

    def disorder(self, rows: pl.DataFrame) -> int | None:
        """Number of the first row that sorts before the one above it; None where all is well."""
        below = pl.lit(False)
        # Without times a user's rows may stand in any order: it may mean something of its own.
        for name in reversed([*takewhile(rows.columns.__contains__, self.order)]):
            here, above = pl.col(name), pl.col(name).shift(1)
            below = (here < above).fill_null(False) | (here.eq_missing(above) & below)
        found = rows.with_columns(below.alias(""))[""].arg_true()
        return int(found[0]) if len(found) else None


def _some(schema: pl.Schema) -> str:
    """Names of columns, as many as one reads."""
    names = list(schema)
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more or "none"


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
# How likely a place is to be looked at: what off-policy estimates and unbiased training divide by.
POSITION_BIAS = Contract(
    "Position bias",
    {
        "position": (pl.Int64,),
        "propensity": (pl.Float64,),  # beside the first place, which has 1
        "low": (pl.Float64,),
        "high": (pl.Float64,),
        "shown": (pl.Int64,),
        "clicked": (pl.Int64,),
    },
    order=("position",),
    finite=("propensity", "low", "high"),
    made_by="recli fit-position-bias",
)
# What lists are worth for each value of an option of a rule; as they came, in the first row.
TRADE_OFF = Contract(
    "Trade-off",
    {
        "parameter": (pl.String,),
        "items": (pl.Float64,),
    },
    {
        "value": (pl.Float64,),
        "score": (pl.Float64,),
        "coverage": (pl.Float64,),
        "gini": (pl.Float64,),
        "diversity": (pl.Float64,),
        "kl": (pl.Float64,),
        "ndcg": (pl.Float64,),
        "lists_touched": (pl.Int64,),
        "items_moved": (pl.Int64,),
    },
    made_by="recli rerank --curve",
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
# A round of the feedback loop under a policy, in the world of a seed.
SIMULATION = Contract(
    "Simulation",
    {
        "policy": (pl.String,),
        "seed": (pl.Int64,),
        "round": (pl.Int64,),
        "utility": (pl.Float64,),  # chance of a click on a shown place, once it is looked at
        "regret": (pl.Float64,),  # of a user: the best list's utilities less those of hers
        "total_regret": (pl.Float64,),  # up to this round
        "coverage": (pl.Float64,),
        "gini": (pl.Float64,),
        "long_tail_share": (pl.Float64,),
        "new_share": (pl.Float64,),
        "clicks": (pl.Float64,),  # of a user
    },
    made_by="recli simulate",
)
# What a policy would have earned, told by each estimator from the log of another.
OPE = Contract(
    "Off-policy values",
    {
        "estimator": (pl.String,),
        "value": (pl.Float64,),
        "low": (pl.Float64,),
        "high": (pl.Float64,),
        "difference": (pl.Float64,),  # from the log's own value, draws of users paired
        "difference_low": (pl.Float64,),
        "difference_high": (pl.Float64,),
        "rows": (pl.Int64,),
    },
    {
        "position": (pl.Int64,),  # null is all of them
        "verdict": (pl.String,),
        "effective_sample_size": (pl.Float64,),
        "definition": (pl.String,),
    },
    made_by="recli ope",
)
# A stage of a funnel, in order: what users chose of what it offers, and what it lost of that.
FUNNEL = Contract(
    "Funnel",
    {
        "stage": (pl.String,),
        "lists": (pl.String,),
        "rows": (pl.Int64,),
        "users": (pl.Int64,),
        "relevant": (pl.Int64,),
        "reached": (pl.Int64,),
        "recall": (pl.Float64,),
        "low": (pl.Float64,),
        "high": (pl.Float64,),
        "lost": (pl.Int64,),
        "oracle_ndcg": (pl.Float64,),
        "oracle_k": (pl.Int64,),
    },
    made_by="recli evaluate --funnel",
)
METRICS = Contract(
    "Metrics",
    {
        "metric": (pl.String,),
        "k": (pl.Int64,),
        "value": (pl.Float64,),
        "low": (pl.Float64,),
        "high": (pl.Float64,),
        "users": (pl.Int64,),
    },
    made_by="recli evaluate",
)
# What an A/B test is read from: users with their variant, what they did, before and in the test.
EXPOSURES = Contract(
    "Exposures",
    {"user_id": ID_TYPES},
    {"timestamp": (TIME,)},
    ("user_id",),
    filled=("timestamp",),
)
# A variant beside the control on one metric.
EXPERIMENT = Contract(
    "Experiment",
    {
        "metric": (pl.String,),
        "variant": (pl.String,),
        "control": (pl.String,),
        "users": (pl.Int64,),
        "users_control": (pl.Int64,),
        "verdict": (pl.String,),
    },
    {
        "segment": (pl.String,),  # empty is everybody
        "mean": (pl.Float64,),
        "mean_control": (pl.Float64,),
        "difference": (pl.Float64,),
        "low": (pl.Float64,),
        "high": (pl.Float64,),
        "p": (pl.Float64,),
        "p_adjusted": (pl.Float64,),
        "relative": (pl.Float64,),
        "relative_low": (pl.Float64,),
        "relative_high": (pl.Float64,),
        "sequential_low": (pl.Float64,),
        "sequential_high": (pl.Float64,),
        "p_sequential": (pl.Float64,),
        "variance_left": (pl.Float64,),  # beside the plain difference, with covariates
        "plain_difference": (pl.Float64,),
        "plain_low": (pl.Float64,),
        "plain_high": (pl.Float64,),
    },
    made_by="recli ab read",
)
# What a test that is still to come needs, or can find.
EXPERIMENT_PLAN = Contract(
    "Experiment plan",
    {
        "metric": (pl.String,),
        "mean": (pl.Float64,),
        "sd": (pl.Float64,),  # of a user
        "variance_left": (pl.Float64,),  # by what is known of users before the test
        "effect": (pl.Float64,),
        "alpha": (pl.Float64,),  # of each comparison
        "power": (pl.Float64,),
        "users": (pl.Int64,),  # of all variants
        "users_control": (pl.Int64,),
        "users_variant": (pl.Int64,),  # of the smallest one
    },
    {
        "relative_effect": (pl.Float64,),
        "users_sequential": (pl.Int64,),  # at most, where one looks all the time
        "users_sequential_mean": (pl.Int64,),
        "days": (pl.Float64,),
        "days_sequential": (pl.Float64,),
        "days_sequential_mean": (pl.Float64,),
    },
    made_by="recli ab plan",
)
# What each metric is.
DEFINITIONS = Contract(
    "Definitions",
    {
        "metric": (pl.String,),
        "written": (pl.String,),
        "definition": (pl.String,),
        "range": (pl.String,),
        "better": (pl.String,),
        "needs": (pl.String,),
        "source": (pl.String,),
    },
    order=("metric",),
    made_by="recli metrics",
)
# How lists differ from those before them: `value` is of both, or `new` less `old`.
DIFF = Contract(
    "Diff",
    {
        "measure": (pl.String,),
        "k": (pl.Int64,),  # 0 where the measure looks at whole lists
        "old": (pl.Float64,),
        "new": (pl.Float64,),
        "value": (pl.Float64,),
        "low": (pl.Float64,),
        "high": (pl.Float64,),
        "users": (pl.Int64,),
    },
    made_by="recli diff",
)
# Lists held against others for the same users: NaN where a metric has no interval.
COMPARISONS = Contract(
    "Comparisons",
    {
        "metric": (pl.String,),
        "k": (pl.Int64,),
        "lists": (pl.String,),
        "baseline": (pl.String,),
        "value": (pl.Float64,),
        "baseline_value": (pl.Float64,),
        "difference": (pl.Float64,),
        "low": (pl.Float64,),
        "high": (pl.Float64,),
        "relative": (pl.Float64,),
        "p_value": (pl.Float64,),
        "p_adjusted": (pl.Float64,),
        "users": (pl.Int64,),
    },
    {"verdict": (pl.String,), "definition": (pl.String,)},
    made_by="recli compare",
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
