"""One file a metric; its name is what `evaluate` is asked for, as in `ndcg@10`.

A metric is a frozen dataclass whose fields are its definitions: each one can be chosen, as in
`ndcg@10(gain=exp)` or `ndcg@10(exp)`, and each one is named in the report. It measures in exactly
one of four ways:

    def of_users(self, lists: Lists, k: int) -> Values
        A value for each of a run of users [users], NaN for one it says nothing about. The
        report holds their mean with an interval. `recli.kernels.lists.Lists` says what a run
        of users is; a metric looks at `lists.first(k)`.
    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]
        For each user what is added up above and below the line of a ratio [users], NaN above
        for one it says nothing about: all users' sums are set against each other, and its
        interval is that of users. With `of_mean(self, means: Values) -> Values`, a rising
        function, that of the ratio is reported.
    def of_catalogue(self, exposure: Exposure) -> float
        One number from how all lists together share out places among items. It has no interval.
    def of_scores(self, relevant: Counts, others: Counts) -> float
        One number from how many relevant rows, and how many others, have each score [scores],
        by rising score. It has no interval.

It says what `recli metrics` tells of it:

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Jarvelin and Kekalainen, TOIS 2002"

and may say more:

    NEEDS: ClassVar[tuple[str, ...]] = ("history", "items or history")
        What it reads beside items of lists and of truth; without it the metric is refused before
        any work. Tables: `history` fills `lists.before` and `lists.known.past`, `items` or
        `history` make the catalogue. Columns: `score` of the lists fills `lists.scores`, with
        `rating` of truth `lists.errors`; `log` are those of lists as they were shown, `lists.log`.
    by: Annotated[str | None, "..."] = None
        A field of this name chooses a column of --items (its first list column if None), and
        `lists.known.labels[self.by]` holds it. One called `price` chooses a column of numbers,
        which `lists.known.numbers[self.price]` holds.
    PLACES: ClassVar[str] = "none"
        It is asked for without places, as `rmse`, and k is larger than any list; `optional`:
        `ctr` and `ctr@3`.
    LESS_IS_BETTER: ClassVar[bool] = True
        A smaller value is a better one: a gate on it is `--max`, never `--min`.

Faults of a definition are a RecliError of `__post_init__`; ranges beside fields are checked
where it is asked for.
"""
