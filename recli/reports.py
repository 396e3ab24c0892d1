"""The contracts of the tables that measurements write."""

import polars as pl

from recli.contract import Contract

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
