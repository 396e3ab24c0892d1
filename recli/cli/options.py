"""Options that several commands share: one flag, one meaning, declared once."""

from typing import Annotated, Literal

import typer

PLACE = "place"  # marks what says where or how fast, not what: it is left out of provenance

Out = Annotated[
    str,
    typer.Option(
        "-o", "--out", metavar="FILE", help="Where the result goes; - is standard output."
    ),
    PLACE,
]
OutDir = Annotated[
    str,
    typer.Option("-o", "--out", metavar="DIR", help="Directory that the result becomes."),
    PLACE,
]
Form = Annotated[
    Literal["parquet", "arrow", "csv", "ndjson", "table"] | None,
    typer.Option(
        "-f",
        "--format",
        help="Format of the result; else by the suffix of -o, a table on a terminal, Parquet.",
    ),
    PLACE,
]
TableIn = Annotated[str, typer.Argument(metavar="TABLE", help="Table to read."), PLACE]
CandidatesIn = Annotated[
    str, typer.Argument(metavar="CANDIDATES", help="Candidates; - is standard input."), PLACE
]
History = Annotated[
    str | None,
    typer.Option("--history", metavar="TABLE", help="Interactions known at this moment."),
    PLACE,
]
Items = Annotated[
    str | None, typer.Option("--items", metavar="TABLE", help="Items with their columns."), PLACE
]
Users = Annotated[
    str | None,
    typer.Option("--users", metavar="TABLE", help="Users, with or without columns."),
    PLACE,
]
Impressions = Annotated[
    str | None,
    typer.Option("--impressions", metavar="TABLE", help="What was shown to whom."),
    PLACE,
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--features",
        metavar="TABLE",
        help="Ready features by user_id, item_id or both, from `as_of` on where they have it; "
        "may be given again.",
    ),
    PLACE,
]
SimilarItems = Annotated[
    list[str] | None,
    typer.Option(
        "--similar", metavar="TABLE", help="Neighbours of items, of `similar`; may be given again."
    ),
    PLACE,
]
Now = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Moment of prediction; events before it count. The last event if not set.",
    ),
]
Without = Annotated[
    str | None,
    typer.Option(metavar="FAMILY,…", help="Families of features that are left out, for ablation."),
]
FeaturesOnly = Annotated[
    bool,
    typer.Option("--features-only", help="No features but the columns of the tables, as given."),
]
SessionGap = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Longest pause within a user's session, as 30m, the default."
    ),
]
Cross = Annotated[
    list[str] | None,
    typer.Option(
        metavar="A,B",
        help="Two columns that are a category together, as country,category; may be given again.",
    ),
]
Past = Annotated[
    str | None,
    typer.Option("--history", metavar="TABLE", help="What users did, for rules that ask."),
    PLACE,
]
Pairs = Annotated[
    str | None,
    typer.Option("--pairs", metavar="TABLE", help="Pairs of user_id and item_id, for exclude."),
    PLACE,
]
Labels = Annotated[
    str | None,
    typer.Option("--labels", metavar="TABLE", help="What users then chose, to price NDCG with."),
    PLACE,
]
VectorsOf = Annotated[
    str | None, typer.Option("--model", metavar="MODEL", help="Model with item vectors."), PLACE
]
OnlyIf = Annotated[
    str | None,
    typer.Option(
        "--if",
        metavar="CONDITION",
        help="Lists that the rule is for, as \"bucket = 'B'\"; the others stay as they are.",
    ),
]
Jobs = Annotated[
    int, typer.Option("--jobs", min=1, help="Worker processes; 1 works in this process."), PLACE
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")]

Valid = Annotated[
    str,
    typer.Option("--valid", metavar="TABLE", help="What their users did next, to measure on."),
    PLACE,
]
Before = Annotated[
    str | None,
    typer.Option(
        "--history",
        metavar="TABLE",
        help="What users of --valid did before it; TRAIN if not set. With it, users who came "
        "after TRAIN ended are folded in.",
    ),
    PLACE,
]
Metric = Annotated[str, typer.Option(help="What is to be high, as for evaluate.")]
MinRelevance = Annotated[
    float | None, typer.Option(help="Least rating of --valid that is relevant; all without it.")
]
Train = Annotated[str, typer.Argument(metavar="TRAIN", help="Interactions to learn from."), PLACE]

# Options of A/B tests.
Alpha = Annotated[
    float,
    typer.Option(min=1e-6, max=0.5, help="Chance of a false alarm; intervals hold 1 less it."),
]
Shares = Annotated[
    str | None,
    typer.Option(
        "--shares",
        metavar="NAME=SHARE,…",
        help="Share of users in each variant, as A=0.5,B=0.5; all alike if not set.",
    ),
]
BeforeTest = Annotated[
    str | None,
    typer.Option(
        "--before",
        metavar="TABLE",
        help="What users did before the test, with columns of metrics as in it.",
    ),
    PLACE,
]

# Options of every command.
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print each step.")]
LogFormat = Annotated[
    Literal["text", "json"],
    typer.Option("--log-format", envvar="RECLI_LOG_FORMAT", help="Form of the messages."),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, envvar="RECLI_THREADS", help="Processor threads; all by default."
    ),
]
TimeLimit = Annotated[
    str | None,
    typer.Option("--time-limit", metavar="TIME", help="Stop with status 124 after 90s, 30m or 2h."),
]
