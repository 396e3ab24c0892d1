"""One file a metric; its name is what `evaluate` is asked for, as in `ndcg@10`.

A metric is a frozen dataclass whose fields are its definitions: each one can be chosen, as in
`ndcg@10:gain=exp`, and each one is named in the report. It measures in exactly one of three ways:

    def of_users(self, lists: Lists, k: int) -> Values
        A value for each of a run of users [users], NaN for one it says nothing about. The
        report holds their mean with an interval. `recli.kernels.lists.Lists` says what a run
        of users is.
    def of_catalogue(self, exposure: Exposure) -> float
        One number from how many users' first k places each item of the catalogue [items]
        stood in. It has no interval.
    def of_pairs(self, errors: Values) -> Values, def of_mean(self, means: Values) -> Values
        What each pair of user and item that has both a score and a rating adds [pairs], by how
        much the score is above the rating; and what the report shows of the mean over all
        pairs, a rising function. Its interval is that of users, with all their pairs. It looks
        at whole lists: it is asked for without places, as `rmse`.

and may say what it reads beside lists and truth:

    NEEDS: ClassVar[tuple[str, ...]] = ("history",)
        Options of which one must be given: `history` fills `lists.information`, `items` or
        `history` make the catalogue. Without one the metric is refused before any work.
    by: Annotated[str | None, "..."] = None
        A field of this name chooses a column of --items (its first list column if None), and
        `lists.labels[self.by]` holds it.

    LESS_IS_BETTER: ClassVar[bool] = True
        A smaller value is a better one: a gate on it is `--max`, never `--min`.

Faults of a definition are a RecliError of `__post_init__`.
"""
