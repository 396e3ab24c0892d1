"""One file a way to part interactions into training and test rows.

A splitter is a frozen dataclass that has

    parts: ClassVar[tuple[str, ...]]
        Names of its outputs, in order; `valid` may be left out by the user.
    needs: ClassVar[tuple[str, ...]]
        Columns without which it cannot work.
    leaks: ClassVar[str]
        What a user should know about the future in its training rows, or ''.
    def plan(self, batches, rows, *, valid) -> Callable[[pl.DataFrame], pl.Series]
        `batches(columns)` passes over the table, `rows` is its length. What comes back takes
        the rows of whole users and gives the number of the part of each [rows].
"""
