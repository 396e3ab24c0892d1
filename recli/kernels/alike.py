"""What tells a rule which items are alike: a model's vectors, or a column of categories."""

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.rules import Context, Floats, Lists, Longs, no_codes, vectors_of


def need(rule: str, by: str | None, context: Context) -> set[str]:
    """The column of categories, or none where a model is given.

    Raises RecliError (usage) where neither tells which items are alike, or both do.
    """
    if by is not None and context.vectors is not None:
        raise RecliError(
            "--by and --model both tell which items are alike", "drop one", code=ExitCode.USAGE
        )
    if by is not None:
        context.need(by)
        return {by}
    if context.vectors is None:
        raise RecliError(
            f"{rule} cannot tell which items are alike",
            "give --by COLUMN of --items, or --model MODEL with item vectors",
            code=ExitCode.USAGE,
        )
    return set()


def told(
    rows: pl.DataFrame, by: str | None, context: Context
) -> tuple[Lists, tuple[Longs, Floats]]:
    """Codes of the rows, and the row of each among unit vectors; the one or the other is empty."""
    codes = no_codes(rows.height) if by is None else context.codes(rows, by)
    return codes, vectors_of(rows["item_id"], context)
